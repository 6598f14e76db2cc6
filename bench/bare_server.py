"""The least that serves tools over stdio with the SDK, which any server built on it pays.

`python bench/bare_server.py FILE`: a JSON object with `tools`, the list, and `urls`, what a call of each tool gets.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import anyio
from mcp import types
from mcp.server.context import ServerRequestContext
from mcp.server.lowlevel import Server
from mcp.server.stdio import stdio_server

if TYPE_CHECKING:
    from httpx2 import AsyncClient

Context = ServerRequestContext[Any, Any]


async def _serve(given: dict[str, Any]) -> None:
    tools = [types.Tool.model_validate(tool) for tool in given["tools"]]
    clients: list[AsyncClient] = []

    async def list_tools(ctx: Context, params: types.PaginatedRequestParams | None) -> types.ListToolsResult:
        return types.ListToolsResult(tools=tools)

    async def call_tool(ctx: Context, params: types.CallToolRequestParams) -> types.CallToolResult:
        if not clients:
            from httpx2 import AsyncClient

            clients.append(AsyncClient(trust_env=False, timeout=60))
        answer = await clients[0].get(given["urls"][params.name])
        return types.CallToolResult(content=[types.TextContent(text=answer.text)], structured_content=answer.json())

    server: Server[Any] = Server("bare", on_list_tools=list_tools, on_call_tool=call_tool)
    async with stdio_server() as (read, write):
        await server.run(read, write, server.create_initialization_options())


if __name__ == "__main__":
    anyio.run(_serve, json.loads(Path(sys.argv[1]).read_bytes()))
