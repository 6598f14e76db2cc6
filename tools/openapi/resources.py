"""What a reference can name in a file: by a JSON pointer (RFC 6901), or by what its parts call themselves.

A part with an `$id` is a resource of its own, and an `$anchor` a name within one (JSON Schema 2020-12 §8.2); the
`$self` of a description (OpenAPI 3.2 §4.8.1) is the `$id` of the whole.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from urllib.parse import unquote, urldefrag, urljoin

from ..formats.json_pointer import escape, nodes_along, unescape
from ..formats.json_values import JsonObject, JsonValue, as_text

# A name for each part is what no document in use has; a pointer of this length would be a key of it.
_MAX_NAMED = 10_000
_LONGEST_POINTER = 10_000

_NAMING = ("$id", "$anchor", "$dynamicAnchor")
REFERENCES = ("$ref", "$dynamicRef", "$recursiveRef")
# Their members have names that the document chose, so that none of these is a keyword.
_MAPS = {
    "paths", "webhooks", "pathItems", "schemas", "requestBodies", "properties", "patternProperties",
    "dependentSchemas", "definitions", "$defs", "content", "additionalOperations", "encoding", "headers",
    "securitySchemes", "callbacks", "responses", "mediaTypes", "parameters",
}  # fmt: skip
_DATA = {"default", "enum", "const", "example", "examples", "externalDocs", "discriminator", "security", "tags"}
_NOT_SENT = {"responses", "callbacks", "links", "headers"}


@dataclass(slots=True)
class File:
    url: str
    root: JsonObject
    # Anchors by the pointer of their resource and their name; resources by the id of their node.
    anchors: dict[str, str] = field(default_factory=dict[str, str])
    resources: dict[int, Resource] = field(default_factory=dict[int, "Resource"])


@dataclass(frozen=True, slots=True)
class Resource:
    """What a reference without a URL is looked up in: a file, or the part of one that has an `$id`."""

    file: File
    node: JsonObject
    pointer: str
    base: str


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a node is, as a way back to the root: its pointer is put together only when it is needed."""

    above: _Place | None
    key: str

    def pointer(self) -> str:
        keys: list[str] = []
        place: _Place | None = self
        while place:
            keys.append(escape(place.key))
            place = place.above
        return "".join(f"/{key}" for key in reversed(keys))


def read_file(url: str, content: JsonObject) -> Resource:
    """The file as a resource, with all in it that has a name of its own, up to a bound."""
    file = File(url, content)
    base = joined(url, as_text(content.get("$self")) or as_text(content.get("$id"))) or url
    whole = file.resources[id(content)] = Resource(file, content, "", base)
    nodes: list[tuple[JsonValue, Resource, _Place | None, bool]] = [(content, whole, None, False)]
    while nodes and len(file.anchors) + len(file.resources) < _MAX_NAMED:
        node, resource, place, named = nodes.pop()
        if isinstance(node, dict) and not named and any(one in node for one in _NAMING):
            resource = _note_names(node, resource, place.pointer() if place else "")
        for key, child, maps in child_nodes(node, named=named, everything=True):
            nodes.append((child, resource, _Place(place, key), maps))
    return whole


def _note_names(node: JsonObject, resource: Resource, pointer: str) -> Resource:
    """Note what a node calls itself; the resource that it is, or is in."""
    file = resource.file
    if len(pointer) > _LONGEST_POINTER:
        return resource
    if pointer and (name := as_text(node.get("$id"))):
        base = joined(resource.base, name) or resource.base
        resource = file.resources.setdefault(id(node), Resource(file, node, pointer, base))
    for name in (as_text(node.get(keyword)) for keyword in ("$anchor", "$dynamicAnchor")):
        if name:
            file.anchors.setdefault(f"{resource.pointer}#{name}", pointer)
            file.anchors.setdefault(f"#{name}", pointer)
    return resource


def find(resource: Resource, fragment: str) -> tuple[str, JsonValue, Resource] | None:
    """What a fragment names: the pointer from the file's root, the node, and the resource around it."""
    file = resource.file
    whole = file.resources[id(file.root)]
    if not fragment:
        return resource.pointer, resource.node, resource
    if not fragment.startswith("/"):
        name = unquote(fragment)
        pointer = file.anchors.get(f"{resource.pointer}#{name}", file.anchors.get(f"#{name}", ""))
        found = nodes_along(file.root, pointer.split("/")[1:]) if pointer else None
        return (pointer, found[-1], _innermost(found, whole)) if found else None
    steps = fragment.split("/")[1:]
    for start in (resource, whole):
        if found := nodes_along(start.node, steps):
            pointer = start.pointer + "".join(f"/{escape(unescape(one))}" for one in steps)
            return pointer, found[-1], _innermost(found, start)
    return None


def _innermost(nodes: Sequence[JsonValue], outer: Resource) -> Resource:
    known = (outer.file.resources.get(id(node)) for node in reversed(nodes))
    return next((one for one in known if one), outer)


def joined(base: str, reference: str) -> str:
    try:
        return urldefrag(urljoin(base, reference)).url
    except ValueError:
        return ""


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
