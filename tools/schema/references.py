"""References inside a document or schema: JSON Pointers (RFC 6901)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from ..formats.json_pointer import nodes_along
from ..formats.json_values import JsonObject, JsonValue, as_list, as_object, as_text, objects_in
from ..formats.text import one_line

DEFINITIONS = "#/$defs/"


class InvalidReferenceError(ValueError):
    """The `reference` cannot be resolved inside the document."""

    def __init__(self, text: str, reference: str = "") -> None:
        super().__init__(text)
        self.reference = reference


class CircularReferenceError(InvalidReferenceError):
    """A chain of `$ref`s has no end."""


def follow(document: JsonObject, node: JsonValue, limit: int = 20) -> JsonObject:
    """The object that `node` is, or that its chain of local `$ref`s leads to.

    Raises:
        InvalidReferenceError: the chain leaves the document, leads nowhere, or has no end.
    """
    for _ in range(limit):
        reference = as_object(node).get("$ref")
        if not isinstance(reference, str):
            return as_object(node)
        node = resolve_pointer(document, reference)
    raise CircularReferenceError("a chain of `$ref`s has no end")


def describe_reference(error: InvalidReferenceError, unresolved: Mapping[str, str]) -> str:
    """Why a reference cannot be followed; `unresolved` has the reasons known for some."""
    reason = unresolved.get(error.reference)
    return f"it refers to {one_line(error.reference, 100)}: {reason}" if reason else str(error)


def resolve_pointer(document: JsonObject, reference: str) -> JsonValue:
    """The target of a local `$ref`.

    Raises:
        InvalidReferenceError: it leaves the document, or leads nowhere.
    """
    shown = one_line(reference, 100)
    if not reference.startswith("#"):
        raise InvalidReferenceError(f"unsupported `$ref` to another file: {shown}", reference)
    if not reference.startswith("#/"):
        raise InvalidReferenceError(f"unsupported `$ref` to an anchor: {shown}", reference)
    nodes = nodes_along(document, reference[2:].split("/"))
    if not nodes:
        raise InvalidReferenceError(f"`$ref` leads nowhere: {shown}", reference)
    return nodes[-1]


def applicable_schemas(schemas: Iterable[JsonObject], definitions: JsonObject) -> list[JsonObject]:
    """All subschemas that apply to the same value: these, their `$ref` targets and branches, each once."""
    applicable: dict[int, JsonObject] = {}
    pending = list(schemas)
    for schema in pending:
        if id(schema) not in applicable:
            applicable[id(schema)] = schema
            target = definitions.get(as_text(schema.get("$ref")).removeprefix(DEFINITIONS))
            branches = [branch for union in ("anyOf", "oneOf", "allOf") for branch in as_list(schema.get(union))]
            pending += [node for node in (target, *branches) if isinstance(node, dict)]
    return list(applicable.values())


def definition_names(schema: JsonValue) -> Iterator[str]:
    """Yield the name in each `$ref` to `$defs`, as often as it occurs."""
    for node in objects_in(schema):
        if isinstance(reference := node.get("$ref"), str):
            yield reference.removeprefix(DEFINITIONS)
