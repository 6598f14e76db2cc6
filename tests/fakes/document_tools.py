"""The tools of a document, which describe themselves but cannot be called."""

from __future__ import annotations

from typing import cast

from closient_mcp.tools.formats.json_values import JsonObject
from closient_mcp.tools.http.sender import Sender
from closient_mcp.tools.openapi.operation import Source
from closient_mcp.tools.openapi.operations import read_operations
from closient_mcp.tools.toolset.generated import operation_tool
from closient_mcp.tools.toolset.tool import Tool

_HOST = "https://api.example"


def tools_of(document: JsonObject) -> list[Tool]:
    """The tools of a document that is the only one of its system."""
    source = Source("a", ("a",), "a", f"{_HOST}/openapi.json", f"{_HOST}/", frozenset({_HOST}))
    operations, problems = read_operations(document, source)
    assert problems == []
    return [operation_tool(operation, cast(Sender, None)) for operation in operations]
