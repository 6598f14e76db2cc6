"""Bundling: making every `$ref` that requests need a JSON pointer inside the document.

Parts of other files are copied to `components` (or to their place in Swagger 2.0), and references by anchor or `$id`
(JSON Schema 2020-12 §8.2) are replaced. Only paths, parameters, bodies and what they refer to are bundled, not
responses, examples or callbacks.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import unquote, urlsplit

from ..formats.json_pointer import unescape
from ..formats.json_values import JsonObject, JsonValue, as_object, as_text
from ..formats.text import short_digest
from ..formats.urls import InvalidUrlError, has_origin, is_file, origin_of, resolve_link
from .resources import REFERENCES, File, Resource, child_nodes, find, join_url, read_file

MAX_FILES = 100
# A `$ref` that is not a local JSON pointer, or a keyword that gives a part another name.
_NEEDS_BUNDLING = re.compile(
    rb"""\$(?:ref["']?+\s*+:\s*+["']?+(?!\#/|["'])|(?:id|anchor|self|dynamic\w++|recursive\w++)["']?+\s*+:)"""
)


def refers_elsewhere(body: bytes) -> bool:
    """Tell cheaply whether a document may need a `Bundler`."""
    return _NEEDS_BUNDLING.search(body) is not None


@dataclass(frozen=True, slots=True)
class _Reference:
    """A reference in `holder`; `section` is where components of its kind belong."""

    holder: JsonObject
    keyword: str
    text: str
    fragment: str
    resource: Resource
    section: str


class Bundler:
    """Bundles a document in place; `unresolved` has the references that lead nowhere, with reasons."""

    def __init__(self, document: JsonObject, url: str) -> None:
        self.document = document
        self.unresolved: dict[str, str] = {}
        self._url = url
        self._swagger = "swagger" in document
        self._resources: dict[str, Resource] = {}
        self._failed: dict[str, str] = {}
        self._pending: dict[str, list[_Reference]] = {}
        self._file_count = 0
        self._places: dict[tuple[int, str], str] = {}
        self._seen: set[int] = set()
        self._open: list[tuple[JsonValue, Resource, bool, str]] = []
        self._root = self._add_file(url, document)
        self._open.append((document.get("paths"), self._root, True, "pathItems"))
        self._walk()

    def missing(self) -> list[str]:
        """Return the URLs of the files that are needed next."""
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
        self._file_count += 1
        self._resources.setdefault(url, root)
        for resource in root.file.resources.values():
            self._resources.setdefault(resource.base, resource)
        return root

    def _walk(self) -> None:
        while self._open:
            node, resource, named, section = self._open.pop()
            if not isinstance(node, dict | list) or id(node) in self._seen:
                continue
            self._seen.add(id(node))
            if isinstance(node, dict) and not named:
                resource = resource.file.resources.get(id(node), resource)
                self._resolve_in(node, resource, section)
            for key, child, maps in child_nodes(node, named=named):
                self._open.append((child, resource, maps, section if named else _SECTIONS.get(key, section)))

    def _resolve_in(self, node: JsonObject, resource: Resource, section: str) -> None:
        keyword = next((keyword for keyword in REFERENCES if isinstance(node.get(keyword), str)), "")
        if keyword:
            self._resolve(node, keyword, resource, section)
        mapping = as_object(as_object(node.get("discriminator")).get("mapping"))
        for value, text in mapping.items():
            if isinstance(text, str) and re.search(r"[/#.]", text):
                self._resolve(mapping, value, resource, "schemas")

    def _resolve(self, holder: JsonObject, keyword: str, resource: Resource, section: str) -> None:
        text = as_text(holder[keyword])
        uri, _, fragment = text.partition("#")
        reference = _Reference(holder, keyword, text, fragment, resource, section)
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
        """Return the URL of a reference's file, and the reason if it must not be read."""
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
        full = self._file_count + len(self._pending) + len(self._failed) > MAX_FILES
        if not reason and full and url not in self._pending:
            reason = f"more than {MAX_FILES} other files are needed"
        return url, reason

    def _reason_against(self, url: str) -> str:
        if is_file(self._url):
            folder = self._url.rsplit("/", 1)[0] + "/"
            if is_file(url):
                return "" if url.startswith(folder) else "the file is outside the document's folder"
            return "it is on the network, but the document is a local file"
        if has_origin(url, frozenset({origin_of(self._url)})):
            return ""
        return f"it has another origin than the document, {origin_of(url)}"

    def _link(self, reference: _Reference, resource: Resource) -> None:
        """Replace a reference to a part of this resource, which is copied if it is in another file."""
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
        _replace(reference, target)
        self._open.append((node, inner_resource, False, reference.section))

    def _copy(self, file: File, pointer: str, node: JsonValue, section: str) -> str:
        """Copy a part of another file to a component; return the reference to it."""
        key = (id(file), pointer)
        if key not in self._places:
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
            parent[name] = node
            self._places[key] = "#/" + "/".join([*steps, name])
        return self._places[key]

    def _fail(self, reference: _Reference, url: str, reason: str) -> None:
        if reference.keyword not in REFERENCES:
            return  # a discriminator's mapping is optional
        text = f"{url}#{reference.fragment}" if reference.fragment or not url else url
        self.unresolved[text] = reason
        _replace(reference, text)


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
