"""The least that calls a service over Streamable HTTP with the SDK. `python -m bench.bare_http_server SERVICE`."""

from __future__ import annotations

import logging
import socket
import sys
from typing import Any

import httpx2
import uvicorn
from mcp import types
from mcp.server.context import ServerRequestContext
from mcp.server.lowlevel import Server


def main(service: str) -> None:
    """Serve one tool at a port of its own, and print the URL."""
    limits = httpx2.Limits(max_connections=None, max_keepalive_connections=None)
    client = httpx2.AsyncClient(base_url=service, trust_env=False, limits=limits, timeout=60)
    tool = types.Tool(name="bench_get_thing", description="Get a thing", input_schema={"type": "object"})

    async def list_tools(
        ctx: ServerRequestContext[Any, Any], params: types.PaginatedRequestParams | None
    ) -> types.ListToolsResult:
        return types.ListToolsResult(tools=[tool])

    async def call_tool(
        ctx: ServerRequestContext[Any, Any], params: types.CallToolRequestParams
    ) -> types.CallToolResult:
        answer = await client.get("/thing")
        return types.CallToolResult(content=[types.TextContent(text=answer.text)], structured_content=answer.json())

    server: Server[Any] = Server("bare", on_list_tools=list_tools, on_call_tool=call_tool)
    logging.disable(logging.INFO)
    # With the protocol named, asyncio sets TCP_NODELAY.
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP) as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(1024)
        print(f"http://127.0.0.1:{listener.getsockname()[1]}/mcp", flush=True)
        config = uvicorn.Config(server.streamable_http_app(), log_config=None, access_log=False)
        uvicorn.Server(config).run(sockets=[listener])


if __name__ == "__main__":
    main(sys.argv[1])
