"""Making a document self-contained: every `$ref` in it that is needed leads to a place in it.

What stands in other files is put under `components` (or where Swagger 2.0 has such things), and what is named by an
anchor or an `$id` (JSON Schema 2020-12 §8.2) is named by a JSON pointer from then on. Only what calls need is looked
at: paths, parameters and bodies, and what they refer to; no responses, examples or callbacks.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import unquote, urlsplit

from ..formats.json_pointer import unescape
from ..formats.json_values import JsonObject, JsonValue, as_object, as_text
from ..formats.urls import InvalidUrlError, has_origin, is_file, origin_of, resolve_link
from .resources import REFERENCES, File, Resource, child_nodes, find, joined, read_file

MAX_FILES = 100
# A `$ref` that is no JSON pointer into its own document, or anything that gives a part of it another name.
_ELSEWHERE = re.compile(
    rb"""\$(?:ref["']?+\s*+:\s*+["']?+(?!\#/|["'])|(?:id|anchor|self|dynamic\w++|recursive\w++)["']?+\s*+:)"""
)


def refers_elsewhere(body: bytes) -> bool:
    """Whether the bytes of a document may hold a reference that only `SelfContained` resolves; a cheap look."""
    return _ELSEWHERE.search(body) is not None


@dataclass(frozen=True, slots=True)
class _Reference:
    """A reference as it stands in `holder`; `section` is what a component of its kind belongs to."""

    holder: JsonObject
    keyword: str
    text: str
    fragment: str
    resource: Resource
    section: str


class SelfContained:
    """A document on its way to being self-contained; it is changed in place.

    `unresolved` are the references that lead nowhere, each with the reason, as they then stand in the document.
    """

    def __init__(self, document: JsonObject, url: str) -> None:
        self.document = document
        self.unresolved: dict[str, str] = {}
        self._url = url
        self._swagger = "swagger" in document
        self._resources: dict[str, Resource] = {}
        self._failed: dict[str, str] = {}
        self._waiting: dict[str, list[_Reference]] = {}
        self._files = 0
        self._places: dict[tuple[int, str], str] = {}
        self._seen: set[int] = set()
        self._open: list[tuple[JsonValue, Resource, bool, str]] = []
        self._root = self._add_file(url, document)
        self._open.append((document.get("paths"), self._root, True, "pathItems"))
        self._walk()

    def wanted(self) -> list[str]:
        """The URLs of the files that are needed next."""
        return list(self._waiting)

    def add(self, url: str, content: JsonObject, final_url: str) -> None:
        """Go on with a file that was wanted, and that finally came from `final_url`."""
        resource = self._add_file(final_url, content)
        self._resources.setdefault(url, resource)
        for reference in self._waiting.pop(url, []):
            self._link(reference, resource)
        self._walk()

    def refuse(self, url: str, reason: str) -> None:
        """Go on without a file that was wanted."""
        self._failed[url] = reason
        for reference in self._waiting.pop(url, []):
            self._give_up(reference, url, reason)

    def _add_file(self, url: str, content: JsonObject) -> Resource:
        whole = read_file(url, content)
        self._files += 1
        self._resources.setdefault(url, whole)
        for resource in whole.file.resources.values():
            self._resources.setdefault(resource.base, resource)
        return whole

    def _walk(self) -> None:
        while self._open:
            node, resource, named, section = self._open.pop()
            if not isinstance(node, dict | list) or id(node) in self._seen:
                continue
            self._seen.add(id(node))
            if isinstance(node, dict) and not named:
                resource = resource.file.resources.get(id(node), resource)
                self._refer_from(node, resource, section)
            for key, child, maps in child_nodes(node, named=named):
                self._open.append((child, resource, maps, section if named else _SECTIONS.get(key, section)))

    def _refer_from(self, node: JsonObject, resource: Resource, section: str) -> None:
        keyword = next((one for one in REFERENCES if isinstance(node.get(one), str)), "")
        if keyword:
            self._refer(node, keyword, resource, section)
        mapping = as_object(as_object(node.get("discriminator")).get("mapping"))
        for value, text in mapping.items():
            if isinstance(text, str) and re.search(r"[/#.]", text):
                self._refer(mapping, value, resource, "schemas")

    def _refer(self, holder: JsonObject, keyword: str, resource: Resource, section: str) -> None:
        text = as_text(holder[keyword])
        uri, _, fragment = text.partition("#")
        reference = _Reference(holder, keyword, text, fragment, resource, section)
        if not uri:
            self._link(reference, resource)
            return
        # Many an `$id` is only a name: what is not found relative to it may be where the file itself is.
        candidates = [one for one in (joined(resource.base, uri), joined(resource.file.url, uri)) if one]
        if known := next((self._resources[one] for one in candidates if one in self._resources), None):
            self._link(reference, known)
            return
        url, refused = self._url_of(resource, uri, candidates)
        if refused or url in self._failed:
            self._give_up(reference, url, refused or self._failed[url])
        else:
            self._waiting.setdefault(url, []).append(reference)

    def _url_of(self, resource: Resource, uri: str, candidates: Sequence[str]) -> tuple[str, str]:
        """Where the file of a reference is, and why it may not be read, if so (design.md §8, rule 2)."""
        url, reason = candidates[0] if candidates else uri, "it is no URL"
        for base in (resource.base, resource.file.url):
            try:
                url = resolve_link(base, uri)
            except InvalidUrlError as error:
                reason = str(error)
                continue
            reason = self._refusal(url)
            if not reason:
                break
        full = self._files + len(self._waiting) + len(self._failed) > MAX_FILES
        if not reason and full and url not in self._waiting:
            reason = f"more than {MAX_FILES} other files are needed"
        return url, reason

    def _refusal(self, url: str) -> str:
        if is_file(self._url):
            folder = self._url.rsplit("/", 1)[0] + "/"
            if is_file(url):
                return "" if url.startswith(folder) else "it is a file outside the document's own folder"
            return "it is on the network, and the document is a file"
        if has_origin(url, frozenset({origin_of(self._url)})):
            return ""
        return f"it is at another origin than the document, {origin_of(url)}"

    def _link(self, reference: _Reference, resource: Resource) -> None:
        """Let the reference lead to its target, wherever in the document that is or is put."""
        found = find(resource, reference.fragment)
        if found is None:
            url = "" if resource.file is self._root.file else resource.file.url
            self._give_up(reference, url, "it leads nowhere")
            return
        pointer, node, within = found
        if resource.file is self._root.file:
            own = reference.text if reference.text.startswith("#/") and not reference.resource.pointer else ""
            place = own or f"#{pointer}"
        else:
            place = self._place(resource.file, pointer, node, reference.section)
        _point(reference, place)
        self._open.append((node, within, False, reference.section))

    def _place(self, file: File, pointer: str, node: JsonValue, section: str) -> str:
        """Where in the document a part of another file is put."""
        key = (id(file), pointer)
        if key not in self._places:
            steps = [section] if self._swagger else ["components", section]
            steps = ["definitions" if self._swagger and section == "schemas" else steps[0], *steps[1:]]
            there = self.document
            for step in steps:
                if not isinstance(there.get(step), dict):
                    there[step] = {}
                there = as_object(there[step])
            name = _name(file.url, pointer)
            if name in there:
                name = f"{name}_{hashlib.sha256(f'{file.url}#{pointer}'.encode()).hexdigest()[:6]}"
            there[name] = node
            self._places[key] = "#/" + "/".join([*steps, name])
        return self._places[key]

    def _give_up(self, reference: _Reference, url: str, reason: str) -> None:
        if reference.keyword not in REFERENCES:
            return  # a discriminator's mapping only helps to choose
        text = f"{url}#{reference.fragment}" if reference.fragment or not url else url
        self.unresolved[text] = reason
        _point(reference, text)


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


def _point(reference: _Reference, place: str) -> None:
    if reference.keyword in REFERENCES:
        for keyword in REFERENCES:
            reference.holder.pop(keyword, None)
        reference.holder["$ref"] = place
    else:
        reference.holder[reference.keyword] = place


def _name(url: str, pointer: str) -> str:
    """The last word of the pointer, else of the file's name."""
    word = unescape(pointer.rsplit("/", 1)[-1]) or unquote(urlsplit(url).path.rsplit("/", 1)[-1]).split(".")[0]
    return re.sub(r"[^A-Za-z0-9_.-]+", "_", word)[-60:].strip("_") or "part"
