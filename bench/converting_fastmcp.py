"""Converts a document with FastMCP, for comparison with `converting_ours`.

`python bench/converting_fastmcp.py FILE [check]`. Runs in FastMCP's own environment, so it imports nothing from this
project. A document that it refuses is reported as such.
"""

# pyright: basic, reportMissingImports=false
# mypy: ignore-errors

from __future__ import annotations

import asyncio
import json
import logging
import sys
import time
from pathlib import Path
from typing import Any

import httpx2
from fastmcp import FastMCP

# What either side loads only when it is first needed is not what is measured.
_WARM_UP = {
    "openapi": "3.1.0",
    "info": {"title": "Warm up", "version": "1"},
    "paths": {"/things": {"get": {"operationId": "list_things", "responses": {"200": {"description": "well"}}}}},
}


async def main(document: dict[str, Any], check: bool) -> dict[str, Any]:
    """What the conversion took; with `check`, which arguments each tool requires."""
    client = httpx2.AsyncClient(base_url="https://bench.example")
    await _convert(_WARM_UP, client)
    began, used = time.perf_counter(), time.process_time()
    try:
        tools, shown = await _convert(document, client)
    except Exception as error:
        return {"refused": f"{type(error).__name__}: {error}"[:300]}
    json.dumps(shown)
    reply: dict[str, Any] = {
        "wall": time.perf_counter() - began,
        "cpu": time.process_time() - used,
        "tools": len(tools),
        "bytes": len(json.dumps(shown, ensure_ascii=False, separators=(",", ":")).encode()) if check else 0,
    }
    if check:
        reply["required"] = {}
        for tool in tools:
            route = tool._route
            names = set(tool.parameters.get("required", []))
            reply["required"][f"{route.method} {route.path}"] = [
                [where["location"], where["openapi_name"]]
                for name, where in route.parameter_map.items()
                if name in names
            ]
    return reply


async def _convert(document: dict[str, Any], client: httpx2.AsyncClient) -> tuple[Any, Any]:
    tools = await FastMCP.from_openapi(document, client=client).list_tools()
    return tools, [tool.to_mcp_tool().model_dump(mode="json", by_alias=True, exclude_none=True) for tool in tools]


if __name__ == "__main__":
    logging.disable(logging.CRITICAL)
    parsed = json.loads(Path(sys.argv[1]).read_bytes())
    print(json.dumps(asyncio.run(main(parsed, "check" in sys.argv[2:]))), flush=True)
