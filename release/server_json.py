"""Writes the entry for the MCP registry: `python -m release.server_json NAMESPACE [FOLDER]`, by default in `dist`.

The namespace, such as `io.github.NAME`, is the publisher's. The registry requires that the README of the
published package contains the name of the entry: `mcp-name: NAMESPACE/closient-mcp`.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from .bundle import project

SCHEMA = "https://static.modelcontextprotocol.io/schemas/2025-12-11/server.schema.json"
_VARIABLES: list[dict[str, object]] = [
    {"name": "CLOSIENT_API_KEY", "description": "An API key; without one, the browser signs in.", "isSecret": True},
    {"name": "CLOSIENT_SITE", "description": "production, testing, local, or a URL.", "default": "production"},
    {"name": "CLOSIENT_MCP_READ_ONLY", "description": "Offer no operation that changes something.",
     "format": "boolean", "default": "false"},
]  # fmt: skip


def server_json(namespace: str) -> dict[str, Any]:
    """The entry, under a namespace in reverse-DNS form."""
    metadata = project()
    package = {
        "registryType": "pypi",
        "identifier": metadata["name"],
        "version": metadata["version"],
        "runtimeHint": "uvx",
        "transport": {"type": "stdio"},
        "packageArguments": [{"type": "positional", "value": "serve"}],
        "environmentVariables": _VARIABLES,
    }
    return {
        "$schema": SCHEMA,
        "name": f"{namespace}/{metadata['name']}",
        "title": "Closient",
        "description": metadata["description"],
        "version": metadata["version"],
        "packages": [package],
    }


def main(arguments: Sequence[str] | None = None) -> int:
    """Write the file; gives 2 if the namespace is missing or invalid."""
    namespace, *rest = (arguments if arguments is not None else sys.argv[1:]) or [""]
    if not re.fullmatch(r"[a-zA-Z0-9-]+(\.[a-zA-Z0-9-]+)+", namespace):
        print("Usage: make server.json NAMESPACE=io.github.NAME (your namespace in the MCP registry)", file=sys.stderr)
        return 2
    folder = Path(rest[0] if rest else "dist")
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "server.json"
    path.write_text(json.dumps(server_json(namespace), indent=2) + "\n", encoding="utf-8")
    print(path)
    return 0


if __name__ == "__main__":
    sys.exit(main())
