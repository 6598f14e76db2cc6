"""Schema resources in a file, and the resolution of fragments in them.

A part with an `$id` is a resource of its own, in which `$anchor` names a part (JSON Schema 2020-12 §8.2). The `$self`
of a document (OpenAPI 3.2 §4.8.1) is the `$id` of the file.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from urllib.parse import unquote, urldefrag, urljoin

from ..formats.json_pointer import escape, nodes_along, unescape
from ..formats.json_values import JsonObject, JsonValue, as_text

# Far more names and longer pointers than documents have.
_MAX_NAMED = 10_000
_MAX_POINTER = 10_000

_NAMING = ("$id", "$anchor", "$dynamicAnchor")
REFERENCES = ("$ref", "$dynamicRef", "$recursiveRef")
# Objects whose keys are names, not keywords.
_MAPS = {
    "paths", "webhooks", "pathItems", "schemas", "requestBodies", "properties", "patternProperties",
    "dependentSchemas", "definitions", "$defs", "content", "additionalOperations", "encoding", "headers",
    "securitySchemes", "callbacks", "responses", "mediaTypes", "parameters",
}  # fmt: skip
_DATA = {"default", "enum", "const", "example", "examples", "externalDocs", "discriminator", "security", "tags"}
_NOT_SENT = {"responses", "callbacks", "links", "headers"}


@dataclass(slots=True)
class File:
    """A file with its anchors, by resource pointer and name, and its resources, by the id of their nodes."""

    url: str
    root: JsonObject
    anchors: dict[str, str] = field(default_factory=dict[str, str])
    resources: dict[int, Resource] = field(default_factory=dict[int, "Resource"])


@dataclass(frozen=True, slots=True)
class Resource:
    """A file or a part of it that has an `$id`, in which fragments are resolved."""

    file: File
    node: JsonObject
    pointer: str
    base: str


@dataclass(frozen=True, slots=True)
class _Location:
    """The location of a node; its pointer is computed only when needed."""

    parent: _Location | None
    key: str

    def pointer(self) -> str:
        keys: list[str] = []
        location: _Location | None = self
        while location:
            keys.append(escape(location.key))
            location = location.parent
        return "".join(f"/{key}" for key in reversed(keys))


def read_file(url: str, content: JsonObject) -> Resource:
    """The file as a resource, with the resources and anchors in it."""
    file = File(url, content)
    base = join_url(url, as_text(content.get("$self")) or as_text(content.get("$id"))) or url
    root = file.resources[id(content)] = Resource(file, content, "", base)
    nodes: list[tuple[JsonValue, Resource, _Location | None, bool]] = [(content, root, None, False)]
    while nodes and len(file.anchors) + len(file.resources) < _MAX_NAMED:
        node, resource, location, named = nodes.pop()
        if isinstance(node, dict) and not named and any(keyword in node for keyword in _NAMING):
            resource = _register(node, resource, location.pointer() if location else "")
        for key, child, maps in child_nodes(node, named=named, everything=True):
            nodes.append((child, resource, _Location(location, key), maps))
    return root


def _register(node: JsonObject, resource: Resource, pointer: str) -> Resource:
    """Register the `$id` and anchors of a node; return its resource."""
    file = resource.file
    if len(pointer) > _MAX_POINTER:
        return resource
    if pointer and (name := as_text(node.get("$id"))):
        base = join_url(resource.base, name) or resource.base
        resource = file.resources.setdefault(id(node), Resource(file, node, pointer, base))
    for name in (as_text(node.get(keyword)) for keyword in ("$anchor", "$dynamicAnchor")):
        if name:
            file.anchors.setdefault(f"{resource.pointer}#{name}", pointer)
            file.anchors.setdefault(f"#{name}", pointer)
    return resource


def find(resource: Resource, fragment: str) -> tuple[str, JsonValue, Resource] | None:
    """Resolve a fragment; return its pointer from the file's root, the node, and the innermost resource."""
    file = resource.file
    root = file.resources[id(file.root)]
    if not fragment:
        return resource.pointer, resource.node, resource
    if not fragment.startswith("/"):
        name = unquote(fragment)
        pointer = file.anchors.get(f"{resource.pointer}#{name}", file.anchors.get(f"#{name}", ""))
        nodes = nodes_along(file.root, pointer.split("/")[1:]) if pointer else None
        return (pointer, nodes[-1], _innermost(nodes, root)) if nodes else None
    steps = fragment.split("/")[1:]
    for start in (resource, root):
        if nodes := nodes_along(start.node, steps):
            pointer = start.pointer + "".join(f"/{escape(unescape(step))}" for step in steps)
            return pointer, nodes[-1], _innermost(nodes, start)
    return None


def _innermost(nodes: Sequence[JsonValue], outer: Resource) -> Resource:
    resources = (outer.file.resources.get(id(node)) for node in reversed(nodes))
    return next(filter(None, resources), outer)


def join_url(base: str, reference: str) -> str:
    """Resolve a reference without its fragment, or return '' if it is invalid."""
    try:
        return urldefrag(urljoin(base, reference)).url
    except ValueError:
        return ""


def child_nodes(node: JsonValue, *, named: bool, everything: bool = False) -> Iterator[tuple[str, JsonValue, bool]]:
    """Yield the children of a node that may contain references, with their keys, and whether their keys are names.

    Without `everything`, only those that belong to requests.
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
