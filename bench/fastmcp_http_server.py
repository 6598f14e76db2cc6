"""A FastMCP server over Streamable HTTP that calls a service, for comparison with `bare_http_server`.

`python bench/fastmcp_http_server.py SERVICE`. Runs in FastMCP's own environment, so it imports nothing from this
project.
"""

# pyright: basic, reportMissingImports=false
# mypy: ignore-errors

from __future__ import annotations

import logging
import socket
import sys

import httpx2
import uvicorn
from fastmcp import FastMCP


def main(service: str) -> None:
    """Serve the service's document at a port of its own, and print the URL."""
    document = httpx2.get(f"{service}/openapi.json", trust_env=False).json()
    limits = httpx2.Limits(max_connections=None, max_keepalive_connections=None)
    client = httpx2.AsyncClient(base_url=service, trust_env=False, limits=limits, timeout=60)
    server = FastMCP.from_openapi(document, client, name="bench")
    logging.disable(logging.INFO)
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP) as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(1024)
        print(f"http://127.0.0.1:{listener.getsockname()[1]}/mcp", flush=True)
        uvicorn.Server(uvicorn.Config(server.http_app(), log_config=None, access_log=False)).run(sockets=[listener])


if __name__ == "__main__":
    main(sys.argv[1])
