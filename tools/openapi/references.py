"""Bundling: making every `$ref` that requests need a JSON pointer inside the document.

Parts of other files are copied to `components` (or to their place in Swagger 2.0), and references by anchor or `$id`
(JSON Schema 2020-12 §8.2) are replaced. Only paths, parameters, bodies and what they refer to are bundled, not
responses, examples or callbacks.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias
from urllib.parse import unquote, urlsplit

from ..formats.json_pointer import nodes_along, unescape
from ..formats.json_values import JsonObject, JsonValue, as_object, as_text
from ..formats.text import short_digest
from ..formats.urls import InvalidUrlError, has_origin, is_file, origin_of, resolve_link
from .resources import REFERENCES, File, Resource, child_nodes, find, join_url, read_file

# The enclosing schemas of a node that definitions may be in, outermost first.
_Scope: TypeAlias = tuple[JsonObject, ...]


@dataclass(frozen=True, slots=True)
class _Reference:
    """A reference in `holder`, which is in the schemas `scope`; `section` is where components of its kind belong."""

    holder: JsonObject
    keyword: str
    text: str
    fragment: str
    resource: Resource
    section: str
    scope: _Scope


@dataclass(frozen=True, slots=True)
class _Visit:
    """A node to visit, inside the schemas `scope`; `named` if its keys are names."""

    node: JsonValue
    resource: Resource
    named: bool
    section: str
    scope: _Scope = ()


class Bundler:
    """Bundles a document in place; `unresolved` has the references that lead nowhere, with reasons.

    A local document may refer to files in its own folder, and in `folders`.
    """

    def __init__(self, document: JsonObject, url: str, folders: Sequence[str] = ()) -> None:
        self.document = document
        self._folders = (*folders, url.rsplit("/", 1)[0] + "/")
        self.unresolved: dict[str, str] = {}
        self._url = url
        self._swagger = "swagger" in document
        self._resources: dict[str, Resource] = {}
        self._failed: dict[str, str] = {}
        self._pending: dict[str, list[_Reference]] = {}
        self._places: dict[int, str] = {}
        self._seen: set[int] = set()
        self._root = self._add_file(url, document)
        self._open = [_Visit(document.get("paths"), self._root, True, "pathItems")]
        self._walk()

    def missing(self) -> list[str]:
        """The URLs of the files that are needed next."""
        return list(self._pending)

    def add(self, url: str, content: JsonObject, final_url: str) -> None:
        """Add a missing file, which came from `final_url` after redirects."""
        resource = self._add_file(final_url, content)
        self._resources.setdefault(url, resource)
        for reference in self._pending.pop(url, []):
            self._link(reference, resource)
        self._walk()

    def reject(self, url: str, reason: str) -> None:
        """Continue without a missing file."""
        self._failed[url] = reason
        for reference in self._pending.pop(url, []):
            self._fail(reference, url, reason)

    def _add_file(self, url: str, content: JsonObject) -> Resource:
        root = read_file(url, content)
        self._resources.setdefault(url, root)
        for resource in root.file.resources.values():
            self._resources.setdefault(resource.base, resource)
        return root

    def _walk(self) -> None:
        while self._open:
            visit = self._open.pop()
            node, resource, scope = visit.node, visit.resource, visit.scope
            if not isinstance(node, dict | list) or id(node) in self._seen:
                continue
            self._seen.add(id(node))
            if isinstance(node, dict) and not visit.named:
                resource = resource.file.resources.get(id(node), resource)
                if visit.section == "schemas" and (not scope or not _SCOPE_KEYWORDS.isdisjoint(node)):
                    scope = (*scope, node)
                self._resolve_in(node, resource, visit.section, scope)
            for key, child, maps in child_nodes(node, named=visit.named):
                section = visit.section if visit.named else _SECTIONS.get(key, visit.section)
                self._open.append(_Visit(child, resource, maps, section, scope))

    def _resolve_in(self, node: JsonObject, resource: Resource, section: str, scope: _Scope) -> None:
        keyword = next((keyword for keyword in REFERENCES if isinstance(node.get(keyword), str)), "")
        if keyword:
            self._resolve(node, keyword, resource, section, scope)
        mapping = as_object(as_object(node.get("discriminator")).get("mapping"))
        for value, text in mapping.items():
            if isinstance(text, str) and re.search(r"[/#.]", text):
                self._resolve(mapping, value, resource, "schemas", scope)

    def _resolve(self, holder: JsonObject, keyword: str, resource: Resource, section: str, scope: _Scope) -> None:
        text = as_text(holder[keyword])
        uri, _, fragment = text.partition("#")
        reference = _Reference(holder, keyword, text, fragment, resource, section, scope)
        if not uri:
            self._link(reference, resource)
            return
        # Many `$id`s are mere names, so references may also be relative to the file's URL.
        candidates = [url for url in (join_url(resource.base, uri), join_url(resource.file.url, uri)) if url]
        if known := next((self._resources[url] for url in candidates if url in self._resources), None):
            self._link(reference, known)
            return
        url, reason = self._locate(resource, uri, candidates)
        if reason or url in self._failed:
            self._fail(reference, url, reason or self._failed[url])
        else:
            self._pending.setdefault(url, []).append(reference)

    def _locate(self, resource: Resource, uri: str, candidates: Sequence[str]) -> tuple[str, str]:
        """The URL of a reference's file, and the reason if it must not be read."""
        url, reason = candidates[0] if candidates else uri, "invalid URL"
        for base in (resource.base, resource.file.url):
            try:
                url = resolve_link(base, uri)
            except InvalidUrlError as error:
                reason = str(error)
                continue
            reason = self._reason_against(url)
            if not reason:
                break
        return url, reason

    def _reason_against(self, url: str) -> str:
        if is_file(self._url):
            if is_file(url):
                return "" if url.startswith(self._folders) else "the file is outside the document's folder"
            return "it is on the network, but the document is a local file"
        if has_origin(url, frozenset({origin_of(self._url)})):
            return ""
        return f"it has another origin than the document, {origin_of(url)}"

    def _link(self, reference: _Reference, resource: Resource) -> None:
        """Replace a reference to a part of this resource, which is copied if it is in another file."""
        if (node := self._enclosing(reference, resource)) is not None:
            _replace(reference, self._copy(resource.file, reference.fragment, node, reference.section))
            return
        found = find(resource, reference.fragment)
        if found is None:
            url = "" if resource.file is self._root.file else resource.file.url
            self._fail(reference, url, "it leads nowhere")
            return
        pointer, node, inner_resource = found
        if resource.file is not self._root.file:
            target = self._copy(resource.file, pointer, node, reference.section)
        elif reference.text.startswith("#/") and not reference.resource.pointer:
            target = reference.text
        else:
            target = f"#{pointer}"
        self._places.setdefault(id(node), target)
        _replace(reference, target)
        scope = _scope_along(resource.file.root, pointer) if reference.section == "schemas" else ()
        self._open.append(_Visit(node, inner_resource, False, reference.section, scope))

    def _enclosing(self, reference: _Reference, resource: Resource) -> JsonValue:
        """The target if it is a schema around the reference, as JSON Schema without `$id` means it.

        `#` is the outermost schema, or for `$recursiveRef` the outermost one with `$recursiveAnchor` (JSON Schema
        2019-09 §8.2.4.2). Definitions are in the innermost schema that has them.
        """
        scope, fragment = reference.scope, reference.fragment
        if reference.text == "#" and "paths" in resource.node and scope:
            anchored = (schema for schema in scope if schema.get("$recursiveAnchor") is True)
            return next(anchored, scope[0]) if reference.keyword == "$recursiveRef" else scope[0]
        if not reference.text.startswith(("#/$defs/", "#/definitions/")) or find(resource, fragment):
            return None
        found = (nodes_along(schema, fragment.split("/")[1:]) for schema in reversed(scope))
        return next((nodes[-1] for nodes in found if nodes), None)

    def _copy(self, file: File, pointer: str, node: JsonValue, section: str) -> str:
        """Give a part without a place in the document one in its components; return the reference to it."""
        if id(node) not in self._places:
            steps = ["components", section]
            if self._swagger:
                steps = ["definitions" if section == "schemas" else section]
            parent = self.document
            for step in steps:
                if not isinstance(parent.get(step), dict):
                    parent[step] = {}
                parent = as_object(parent[step])
            name = _name(file.url, pointer)
            if name in parent:
                name = f"{name}_{short_digest(f'{file.url}#{pointer}')}"
            if name in parent:  # of another schema's own definitions
                name = f"{name}_{len(parent)}"
            parent[name] = node
            self._places[id(node)] = "#/" + "/".join([*steps, name])
        return self._places[id(node)]

    def _fail(self, reference: _Reference, url: str, reason: str) -> None:
        if reference.keyword not in REFERENCES:
            return  # a discriminator's mapping is optional
        text = f"{url}#{reference.fragment}" if reference.fragment or not url else url
        self.unresolved[text] = reason
        _replace(reference, text)


def _scope_along(root: JsonObject, pointer: str) -> _Scope:
    """The enclosing schemas of a schema in a file: of a component, or of a file that is a schema."""
    steps = pointer.split("/")[1:]
    if "paths" in root and steps[:1] not in (["components"], ["definitions"]):
        return ()
    outermost = 0 if "paths" not in root else 3 if steps[0] == "components" else 2
    nodes = [as_object(node) for node in nodes_along(root, steps)[outermost:-1]]
    return tuple(node for index, node in enumerate(nodes) if not index or not _SCOPE_KEYWORDS.isdisjoint(node))


_SCOPE_KEYWORDS = {"$defs", "definitions", "$recursiveAnchor"}
_SECTIONS = {
    "paths": "pathItems",
    "pathItems": "pathItems",
    "parameters": "parameters",
    "requestBody": "requestBodies",
    "requestBodies": "requestBodies",
    "schema": "schemas",
    "schemas": "schemas",
    "itemSchema": "schemas",
}


def _replace(reference: _Reference, target: str) -> None:
    if reference.keyword in REFERENCES:
        for keyword in REFERENCES:
            reference.holder.pop(keyword, None)
        reference.holder["$ref"] = target
    else:
        reference.holder[reference.keyword] = target


def _name(url: str, pointer: str) -> str:
    word = unescape(pointer.rsplit("/", 1)[-1]) or unquote(urlsplit(url).path.rsplit("/", 1)[-1]).split(".")[0]
    return re.sub(r"[^A-Za-z0-9_.-]+", "_", word)[-60:].strip("_") or "part"
