"""What a client library sees of the server of an `mcp.json`: `entry_clients.py LIBRARY FILE` prints it as JSON.

Printed are the names of the tools and the text of a call. Runs in an environment of its own, which has the libraries.
"""

import asyncio
import importlib
import json
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

_GTIN = {"gtin": "09506000134352"}
_SECONDS = 50

Seen = tuple[list[str], str]


async def fastmcp(entries: dict[str, Any]) -> Seen:
    """`fastmcp.Client`, which takes the whole file."""
    async with importlib.import_module("fastmcp").Client(entries) as client:
        tools = await client.list_tools()
        result = await client.call_tool("validate_gtin", _GTIN)
        return [tool.name for tool in tools], result.content[0].text


async def langchain(entries: dict[str, Any]) -> Seen:
    """langchain-mcp-adapters, whose tools are those of LangChain."""
    connection = {"transport": "stdio", **entries["mcpServers"]["closient"]}
    adapters = importlib.import_module("langchain_mcp_adapters.client")
    tools = await adapters.MultiServerMCPClient({"closient": connection}).get_tools()
    (validate,) = (tool for tool in tools if tool.name == "validate_gtin")
    content = await validate.ainvoke(_GTIN)
    return [tool.name for tool in tools], content if isinstance(content, str) else content[0]["text"]


async def openai_agents(entries: dict[str, Any]) -> Seen:
    """The MCP server of the OpenAI Agents SDK."""
    launch = entries["mcpServers"]["closient"]
    server = importlib.import_module("agents.mcp").MCPServerStdio(launch, client_session_timeout_seconds=_SECONDS)
    async with server:
        tools = await server.list_tools()
        result = await server.call_tool("validate_gtin", _GTIN)
        return [tool.name for tool in tools], result.content[0].text


_LIBRARIES: dict[str, Callable[[dict[str, Any]], Awaitable[Seen]]] = {
    "fastmcp": fastmcp,
    "langchain": langchain,
    "openai-agents": openai_agents,
}


async def main(library: str, file: str) -> None:
    """Print what is seen."""
    async with asyncio.timeout(_SECONDS):
        tools, text = await _LIBRARIES[library](json.loads(Path(file).read_text(encoding="utf-8")))  # noqa: ASYNC240
    print(json.dumps({"tools": tools, "text": text}))


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
