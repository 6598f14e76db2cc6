"""What fastmcp's client sees of a server: `fastmcp_client.py CALLS COMMAND...` prints it as one line of JSON.

CALLS is a JSON list of `[tool, arguments]`. Runs in an environment of its own, which has fastmcp.
"""

import asyncio
import importlib
import json
import os
import sys
from types import TracebackType
from typing import Any, Protocol, Self

from mcp.shared.exceptions import MCPError
from mcp.types import CallToolResult, Tool

_SECONDS = 50


class Client(Protocol):
    """The part of `fastmcp.Client` that is used here; fastmcp is not there where types are checked."""

    @property
    def protocol_version(self) -> str | None:
        """The version agreed on."""

    async def list_tools(self) -> list[Tool]:
        """All tools."""
        ...

    async def call_tool(self, name: str, arguments: dict[str, Any], *, raise_on_error: bool) -> CallToolResult:
        """Call one, and check what it gives against its output schema."""
        ...

    async def __aenter__(self) -> Self: ...
    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...


def client_of(command: list[str]) -> Client:
    """A client of the server that `command` starts."""
    transports = importlib.import_module("fastmcp.client.transports")
    transport = transports.StdioTransport(command[0], command[1:], env=dict(os.environ))
    client: Client = importlib.import_module("fastmcp").Client(transport)
    return client


async def call(client: Client, name: str, arguments: dict[str, Any]) -> dict[str, Any]:
    """One call: its result, or the error that it was refused with."""
    try:
        result = await client.call_tool(name, arguments, raise_on_error=False)
    except MCPError as error:
        return {"tool": name, "refused": {"code": error.code, "message": error.message}}
    return {
        "tool": name,
        "is_error": result.is_error,
        "structured": result.structured_content,
        "text": [block.text for block in result.content if block.type == "text"],
    }


async def look(calls: list[tuple[str, dict[str, Any]]], command: list[str]) -> dict[str, Any]:
    """All that is seen."""
    async with asyncio.timeout(_SECONDS), client_of(command) as client:
        tools = await client.list_tools()
        return {
            "protocol": client.protocol_version,
            "tools": [tool.name for tool in tools],
            "calls": [await call(client, name, arguments) for name, arguments in calls],
        }


if __name__ == "__main__":
    print(json.dumps(asyncio.run(look(json.loads(sys.argv[1]), sys.argv[2:]))))
