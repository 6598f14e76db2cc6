"""What `tools/list` takes of a model's context, and a start of time, for 1 to 10,000 operations.

`python -m bench.list_sizes [--pairs N] [--json]`. The operations are those of one document, of five kinds; the start is
one with its tools kept from before, up to an answered `tools/list`, relative to that with one operation.
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
from .pairs import Run, Sample, measure_pairs
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
    """The list for a number of operations in a mode; `start` is the CPU time of `auto` relative to one operation."""

    operations: int
    mode: str
    tools: int
    size: int
    start: float | None = None

    def line(self) -> str:
        """The figures in a row."""
        start = "" if self.start is None else f"{self.start:.2f}"
        return f"{self.operations:>10,} {self.mode:<5} {self.tools:>7,} {self.size:>11,} {start:>6}"


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and report; 0 if all went well."""
    parser = argparse.ArgumentParser(prog="python -m bench.list_sizes", description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--pairs", type=int, default=3, metavar="N", help="pairs of starts that count (default: 3)")
    parser.add_argument("--json", action="store_true", help="the figures as JSON")
    given = parser.parse_args(arguments)
    if given.pairs < 1:
        parser.error("--pairs must be 1 or more")
    try:
        with tempfile.TemporaryDirectory(prefix="closient-bench-") as folder:
            measured = _measure(Path(folder), given.pairs)
    except (ChildError, OSError) as error:
        print(f"bench.list_sizes: {error}", file=sys.stderr)
        return 1
    if given.json:
        print(json.dumps([asdict(listed) for listed in measured], indent=2))
        return 0
    print(f"{'operations':>10} mode  {'tools':>7} {'bytes':>11}  start")
    print("\n".join(listed.line() for listed in measured))
    return 0


def _measure(folder: Path, pairs: int) -> list[Listed]:
    homes = {size: _home(folder / str(size), size) for size in _SIZES}
    measured: list[Listed] = []
    for size, home in homes.items():
        for mode in _MODES:
            start = None
            if mode == "auto" and size > _SIZES[0]:
                start = measure_pairs(_run(home), _run(homes[_SIZES[0]]), pairs=pairs, warm_up=1).ratio("cpu").median
            tools = _list(home, mode)[0]
            taken = len(json.dumps(tools, ensure_ascii=False, separators=(",", ":")).encode())
            measured.append(Listed(size, mode, len(tools), taken, start))
    return measured


def _home(folder: Path, size: int) -> Path:
    """A folder for settings with one system of so many operations, whose tools are kept."""
    folder.mkdir()
    (folder / "shop.json").write_text(json.dumps(document_of_size(size)), encoding="utf-8")
    table = f'[systems.shop]\ndescription = "{folder / "shop.json"}"\nbase = "https://shop.example"\n'
    (folder / "closient-mcp.toml").write_text(table + 'credential = "none"\n', encoding="utf-8")
    with Child([*_OURS, "tools", "--json"], environment=environment(str(folder)), limit=_SECONDS) as child:
        child.finish()
    return folder


def _run(home: Path) -> Run:
    return lambda: _list(home, "auto")[1]


def _list(home: Path, mode: str) -> tuple[list[Any], Sample]:
    with Child([*_OURS, "serve", "--expose", mode], environment=environment(str(home)), limit=_SECONDS) as child:
        return Session(child, "2025-11-25").tools(), child.kill()


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
