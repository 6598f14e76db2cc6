"""Questions answered by FastMCP's BM25 search, for a Python that has it; it knows nothing of this project.

`python bench/finding_fastmcp.py` reads `{"documents": {NAME: FILE}, "questions": [[NAME, QUESTION], ...]}` from its
input, and writes for each question the first ten operations among the document's own tools, then among all.
"""

# pyright: basic, reportMissingImports=false
# mypy: ignore-errors

from __future__ import annotations

import asyncio
import json
import sys
from pathlib import Path
from typing import Any

import httpx2
from fastmcp import FastMCP
from fastmcp.server.transforms.search.bm25 import BM25SearchTransform


async def main(given: dict[str, Any]) -> dict[str, Any]:
    """The answers, the bytes of each in full, and the documents that were refused."""
    client = httpx2.AsyncClient(base_url="https://bench.example")
    tools, refused = {}, []
    for name, file in given["documents"].items():
        try:
            server = FastMCP.from_openapi(_document(file), client=client)
            tools[name] = list(await server.list_tools())
        except Exception:
            refused.append(name)
    merged = [tool.model_copy(update={"name": f"{name}_{tool.name}"}) for name in tools for tool in tools[name]]
    owners = {f"{name}_{tool.name}": name for name in tools for tool in tools[name]}
    own = {name: BM25SearchTransform(max_results=10) for name in tools}
    together = BM25SearchTransform(max_results=10)
    answers, size = [], 0
    for name, question in given["questions"]:
        if name not in tools:
            answers.append(None)
            continue
        found = await own[name]._search(tools[name], question)
        size += len(json.dumps([tool.to_mcp_tool().model_dump(mode="json", exclude_none=True) for tool in found[:5]]))
        of_all = await together._search(merged, question)
        answers.append(
            [[_request(tool) for tool in found], [_request(t) if owners[t.name] == name else "" for t in of_all]]
        )
    return {"answers": answers, "refused": refused, "bytes": size}


def _document(file: str) -> Any:
    return json.loads(Path(file).read_text())


def _request(tool: Any) -> str:
    return f"{tool._route.method} {tool._route.path}"


if __name__ == "__main__":
    print(json.dumps(asyncio.run(main(json.load(sys.stdin)))), flush=True)
