"""What `tools/list` takes of a model's context, for 1 to 10,000 operations: `python -m bench.list_sizes [--json]`.

The operations are those of one document, of five kinds.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from .child import Child, ChildError
from .service import environment
from .wire import Session

_SIZES = (1, 13, 60, 300, 1_200, 10_000)
_MODES = ("auto", "core", "all")
_SECONDS = 600.0
_OURS = [sys.executable, "-m", "closient_mcp.server"]
_TEXT = {"type": "string"}
_ID = {"name": "id", "in": "path", "required": True, "schema": _TEXT}


@dataclass(frozen=True, slots=True)
class Listed:
    """The list for a number of operations in a mode, its size in bytes of JSON."""

    operations: int
    mode: str
    tools: int
    size: int

    def line(self) -> str:
        """The figures in a row."""
        return f"{self.operations:>10,} {self.mode:<5} {self.tools:>7,} {self.size:>11,}"


def main(arguments: Sequence[str] | None = None) -> int:
    """Count and report; 0 if all went well."""
    parser = argparse.ArgumentParser(prog="python -m bench.list_sizes", description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--json", action="store_true", help="the figures as JSON")
    given = parser.parse_args(arguments)
    try:
        with tempfile.TemporaryDirectory(prefix="closient-bench-") as folder:
            listed = [_listed(Path(folder), size, mode) for size in _SIZES for mode in _MODES]
    except (ChildError, OSError) as error:
        print(f"bench.list_sizes: {error}", file=sys.stderr)
        return 1
    if given.json:
        print(json.dumps([asdict(entry) for entry in listed], indent=2))
        return 0
    print(f"{'operations':>10} mode  {'tools':>7} {'bytes':>11}")
    print("\n".join(entry.line() for entry in listed))
    return 0


def _listed(folder: Path, size: int, mode: str) -> Listed:
    document = folder / f"{size}.json"
    document.write_text(json.dumps(document_of_size(size)), encoding="utf-8")
    table = f'[systems.shop]\ndescription = "{document}"\nbase = "https://shop.example"\ncredential = "none"\n'
    (folder / "closient-mcp.toml").write_text(table, encoding="utf-8")
    with Child([*_OURS, "serve", "--expose", mode], environment=environment(str(folder)), limit=_SECONDS) as child:
        tools = Session(child, "2025-11-25").tools()
        child.end()
    taken = len(json.dumps(tools, ensure_ascii=False, separators=(",", ":")).encode())
    return Listed(size, mode, len(tools), taken)


def document_of_size(size: int) -> dict[str, Any]:
    """A document with so many operations, five for each resource."""
    paths: dict[str, dict[str, Any]] = {}
    for number in range(size):
        resource, kind = f"resource{number // 5}", number % 5
        path = f"/{resource}" if kind < 2 else f"/{resource}/{{id}}"
        method, operation = _operation(resource, kind)
        paths.setdefault(path, {})[method] = operation
    return {"openapi": "3.1.0", "info": {"title": "Shop", "version": "1"}, "paths": paths}


def _operation(resource: str, kind: int) -> tuple[str, dict[str, Any]]:
    """One of the five operations of a resource: list, create, get, update, delete."""
    method, verb = (("get", "list"), ("post", "create"), ("get", "get"), ("patch", "update"), ("delete", "delete"))[
        kind
    ]
    operation: dict[str, Any] = {
        "operationId": f"{verb}_{resource}",
        "summary": f"{verb.capitalize()} {resource}",
        "description": f"{verb.capitalize()}s what the account has of {resource}, in the order of creation.",
        "parameters": [_ID] if kind >= 2 else [],
        "responses": {"200": {"description": "Done."}},
    }
    if verb == "list":
        filters = ("limit", "cursor", "created_after", "status")
        operation["parameters"] = [
            {"name": name, "in": "query", "description": f"The {name} of the list.", "schema": _TEXT}
            for name in filters
        ]
    if verb in ("create", "update"):
        fields = {name: {**_TEXT, "description": f"The {name} of it."} for name in ("name", "email", "note", "city")}
        schema = {"type": "object", "properties": fields, "required": ["name"] if verb == "create" else []}
        operation["requestBody"] = {"required": True, "content": {"application/json": {"schema": schema}}}
    return method, operation


if __name__ == "__main__":
    sys.exit(main())
