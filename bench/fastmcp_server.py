"""A document served over stdio by FastMCP, for a Python that has it; it knows nothing of this project.

`python bench/fastmcp_server.py DOCUMENT [search]`; with `search`, its tools for searching and calling in place of all.
"""

# pyright: basic, reportMissingImports=false
# mypy: ignore-errors

from __future__ import annotations

import json
import logging
import sys
from pathlib import Path

import httpx2
from fastmcp import FastMCP


def main(file: str, search: bool) -> None:
    """Serve until the input ends."""
    logging.disable(logging.INFO)
    document = json.loads(Path(file).read_bytes())
    client = httpx2.AsyncClient(base_url=document["servers"][0]["url"], trust_env=False, timeout=60)
    server = FastMCP.from_openapi(document, client, name="bench")
    if search:
        from fastmcp.server.transforms.search.bm25 import BM25SearchTransform

        server.add_transform(BM25SearchTransform())
    server.run(show_banner=False)


if __name__ == "__main__":
    main(sys.argv[1], "search" in sys.argv[2:])
