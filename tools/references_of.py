"""Which members of a document's objects may hold references, and which are names or data."""

from __future__ import annotations

from collections.abc import Iterator

from .json_values import JsonValue

REFERENCES = ("$ref", "$dynamicRef", "$recursiveRef")
# Their members have names that the document chose, so that none of these is a keyword.
_MAPS = {
    "paths", "webhooks", "pathItems", "schemas", "requestBodies", "properties", "patternProperties",
    "dependentSchemas", "definitions", "$defs", "content", "additionalOperations", "encoding", "headers",
    "securitySchemes", "callbacks", "responses", "mediaTypes", "parameters",
}  # fmt: skip
_DATA = {"default", "enum", "const", "example", "examples", "externalDocs", "discriminator", "security", "tags"}
_NOT_SENT = {"responses", "callbacks", "links", "headers"}


def child_nodes(node: JsonValue, *, named: bool, everything: bool = False) -> Iterator[tuple[str, JsonValue, bool]]:
    """The objects and lists in a node that may hold references, each with its key, and whether its keys are names.

    Unless it is `everything`, only what belongs to a request.
    """
    if isinstance(node, list):
        for index, child in enumerate(node):
            if isinstance(child, dict | list):
                yield str(index), child, False
    elif isinstance(node, dict):
        for key, child in list(node.items()):
            if not isinstance(child, dict | list):
                continue
            if named:
                yield key, child, False
            elif key not in _DATA and not key.startswith("x-") and (everything or key not in _NOT_SENT):
                yield key, child, key in _MAPS and isinstance(child, dict)
