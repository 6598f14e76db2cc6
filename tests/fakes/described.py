"""Documents in memory, read as a system reads its own."""

from __future__ import annotations

from collections.abc import Mapping

from closient_mcp.tools.openapi.document import read_document, refers_elsewhere
from closient_mcp.tools.openapi.operation import Operation, Source
from closient_mcp.tools.openapi.operations import read_operations
from closient_mcp.tools.openapi.references import Bundler
from closient_mcp.tools.problems import Problem


def read_described(body: bytes, origin: str) -> tuple[list[Operation], list[Problem]]:
    """The operations and problems of a document whose API is at this origin, and which has no other files."""
    document = read_document(body)
    url = f"{origin}/openapi.json"
    reasons: Mapping[str, str] = {}
    if refers_elsewhere(body):
        bundler = Bundler(document, url)
        for missing in bundler.missing():
            bundler.reject(missing, "it does not exist")
        reasons = bundler.unresolved
    return read_operations(document, Source("s", ("s",), "", url, "", frozenset({origin})), reasons)
