"""An OpenAPI document with an operation for each tool of a list, so that servers of documents serve the same list."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any


def document_of(tools: Sequence[Mapping[str, Any]], server: str) -> dict[str, Any]:
    """The document; the arguments of a tool are the body of a POST."""
    paths: dict[str, Any] = {}
    schemas: dict[str, Any] = {}
    for tool in tools:
        name = tool["name"]
        # References of a schema begin at its own root, those of a document at the document's.
        text = json.dumps(tool["inputSchema"]).replace('"#/$defs/', f'"#/components/schemas/{name}.')
        schema: dict[str, Any] = json.loads(text)
        schemas |= {f"{name}.{key}": value for key, value in schema.pop("$defs", {}).items()}
        operation = {
            "operationId": name,
            "summary": tool.get("title", name),
            "description": tool.get("description", ""),
            "requestBody": {"required": True, "content": {"application/json": {"schema": schema}}},
            "responses": {"200": {"description": "The result."}},
        }
        paths[f"/{name}"] = {"post": operation}
    return {
        "openapi": "3.1.0",
        "info": {"title": "The same tools", "version": "1"},
        "servers": [{"url": server}],
        "paths": paths,
        "components": {"schemas": schemas},
    }
