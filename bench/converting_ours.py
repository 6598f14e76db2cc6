"""One document made into tools by us: `python -m bench.converting_ours FILE [check]`, a line of JSON as the answer."""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from typing import Any

import httpx2

from closient_mcp.tools.http.sender import Sender
from closient_mcp.tools.openapi.operation import Operation, Source
from closient_mcp.tools.openapi.operations import NotOpenApiError, read_operations
from closient_mcp.tools.schema.argument_errors import BODY
from closient_mcp.tools.toolset.generated import operation_tool

# What either side loads only when it is first needed is not what is measured.
_WARM_UP: Any = {
    "openapi": "3.1.0",
    "info": {"title": "Warm up", "version": "1"},
    "paths": {"/things": {"get": {"operationId": "list_things", "responses": {"200": {"description": "well"}}}}},
}
_HOST = "https://bench.example"


def main(file: str, check: bool) -> None:
    """Convert, and say what it took; with `check`, which arguments each tool requires."""
    document: Any = json.loads(Path(file).read_bytes())
    origins = frozenset({_HOST})
    source = Source("bench", (), "", _HOST, _HOST, origins, base=_HOST)
    sender = Sender(httpx2.AsyncClient(), origins, "bench")
    read_operations(_WARM_UP, source)
    began, used = time.perf_counter(), time.process_time()
    try:
        operations, problems = read_operations(document, source)
    except NotOpenApiError as error:
        print(json.dumps({"refused": str(error)}), flush=True)
        return
    listed = json.dumps([operation_tool(operation, sender).definition() for operation in operations])
    reply: dict[str, Any] = {
        "wall": time.perf_counter() - began,
        "cpu": time.process_time() - used,
        "tools": len(operations),
        "problems": len(problems),
        "bytes": len(json.dumps(json.loads(listed), ensure_ascii=False, separators=(",", ":")).encode())
        if check
        else 0,
    }
    if check:
        reply["required"] = {f"{one.method} {one.path}": _required(one) for one in operations}
    print(json.dumps(reply), flush=True)


def _required(operation: Operation) -> list[list[str]]:
    schema: Any = operation.input_schema
    names = set(schema.get("required", []))
    found = [[p.location, p.name] for p in operation.parameters if p.argument in names]
    body: Any = schema["properties"].get(BODY, {}) if BODY in names else {}
    for _ in range(20):
        if "$ref" not in body:
            break
        body = schema["$defs"][body["$ref"].removeprefix("#/$defs/").replace("~1", "/").replace("~0", "~")]
    parts: list[Any] = [body, *body.get("allOf", [])]
    return found + [["body", name] for part in parts for name in part.get("required", [])]


if __name__ == "__main__":
    main(sys.argv[1], "check" in sys.argv[2:])
