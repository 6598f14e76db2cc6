"""References inside one document: JSON pointers (RFC 6901)."""

from __future__ import annotations

from ..formats.json_pointer import nodes_along
from ..formats.json_values import JsonObject, JsonValue, as_object
from ..formats.text import one_line


class InvalidReferenceError(ValueError):
    """A `$ref` that leads nowhere, or out of the document; `reference` is what it says."""

    def __init__(self, text: str, reference: str = "") -> None:
        super().__init__(text)
        self.reference = reference


class CircularReferenceError(InvalidReferenceError):
    """A chain of `$ref`s that leads in a circle."""


def follow(document: JsonObject, node: JsonValue, limit: int = 20) -> JsonObject:
    """The object that `node` is, or that its chain of local `$ref`s (JSON pointers, RFC 6901) leads to.

    Raises:
        InvalidReferenceError: the chain leaves the document, leads nowhere, or does not end.
    """
    for _ in range(limit):
        reference = as_object(node).get("$ref")
        if not isinstance(reference, str):
            return as_object(node)
        node = resolve_pointer(document, reference)
    raise CircularReferenceError("a chain of `$ref`s does not end")


def follow_schema(document: JsonObject, node: JsonValue) -> JsonObject:
    """As `follow`; a schema that is only a name for itself says nothing, and is as good as an empty one.

    Raises:
        InvalidReferenceError: the chain leaves the document, or leads nowhere.
    """
    try:
        return follow(document, node)
    except CircularReferenceError:
        return {}


def resolve_pointer(document: JsonObject, reference: str) -> JsonValue:
    shown = one_line(reference, 100)
    if not reference.startswith("#"):
        raise InvalidReferenceError(f"`$ref` to another file is not read yet: {shown}", reference)
    if not reference.startswith("#/"):
        raise InvalidReferenceError(f"`$ref` to an anchor is not read yet: {shown}", reference)
    nodes = nodes_along(document, reference[2:].split("/"))
    if not nodes:
        raise InvalidReferenceError(f"`$ref` leads nowhere: {shown}", reference)
    return nodes[-1]
