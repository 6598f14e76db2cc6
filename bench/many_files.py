"""Documents of many files: `python -m bench.many_files` shows that time and memory grow with their bytes only.

Each of 250 to 4,000 paths is a file that refers to a schema in another one; both figures are per byte, relative to the
smallest document.
"""

from __future__ import annotations

import json
import time
import tracemalloc
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import anyio
import httpx2

from closient_mcp.tools.catalog.discovery import DocumentSource
from closient_mcp.tools.http.fetcher import Fetcher
from closient_mcp.tools.http.sender import Sender
from closient_mcp.tools.systems.system import System

_SIZES = (250, 1_000, 4_000)
_BASE = "https://api.example"


def main() -> None:
    """Measure and print."""
    first: tuple[float, float] | None = None
    for size in _SIZES:
        with TemporaryDirectory() as folder:
            total = _write(Path(folder), size)
            url = (Path(folder) / "openapi.json").as_uri()
            began = time.perf_counter()
            found = anyio.run(_load, url)
            seconds = (time.perf_counter() - began) / total
            tracemalloc.start()
            anyio.run(_load, url)
            memory = tracemalloc.get_traced_memory()[1] / total
            tracemalloc.stop()
        first = first or (seconds, memory)
        read = f"{2 * size + 1} files, {total / 1024:.0f} KiB, {found} operations"
        ratios = f"time x{seconds / first[0]:.2f}, memory x{memory / first[1]:.2f} per byte"
        print(f"bench.many_files: {read}: {ratios}", flush=True)


def _write(folder: Path, size: int) -> int:
    paths = {f"/things{number}": {"$ref": f"paths/{number}.json"} for number in range(size)}
    files: dict[str, dict[str, Any]] = {
        "openapi.json": {"openapi": "3.1.0", "info": {"title": "t", "version": "1"}, "paths": paths}
    }
    for number in range(size):
        content = {"application/json": {"schema": {"$ref": f"../schemas/{number}.json"}}}
        operation = {"operationId": f"create_thing{number}", "requestBody": {"content": content}, "responses": {}}
        files[f"paths/{number}.json"] = {"post": operation}
        properties = {f"field{index}": {"type": "string", "description": "A field of it."} for index in range(8)}
        files[f"schemas/{number}.json"] = {"type": "object", "properties": properties}
    for name, content in files.items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(json.dumps(content), encoding="utf-8")
    return sum((folder / name).stat().st_size for name in files)


async def _load(url: str) -> int:
    origins = frozenset({_BASE})
    async with httpx2.AsyncClient(trust_env=False) as client:
        source = DocumentSource(document_urls=(url,), base=_BASE)
        system = System("acme", source, ("acme",), Sender(client, origins, "acme"), Fetcher(client, origins))
        await system.load()
        return len(system.operations())


if __name__ == "__main__":
    main()
