"""API catalogs as lists of APIs with their OpenAPI documents."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from ..formats.urls import is_file
from ..http.fetched import StaleDocument
from ..problems import Problem
from .api_names import api_words
from .links import Target, document_format, is_catalog, is_openapi, other_kind, url_stem
from .linkset import MAX_CONTEXTS, Context, InvalidCatalogError, read_contexts

__all__ = ["MAX_ENTRIES", "Catalog", "Entry", "InvalidCatalogError", "merge_catalogs", "read_catalog"]

MAX_ENTRIES = MAX_CONTEXTS
_MAX_PROBLEMS = 200


@dataclass(frozen=True, slots=True)
class Entry:
    """An API: its word in tool names, its URL (`anchor`, '' if unknown), and the URL of its OpenAPI document.

    `alternates` are URLs of the same document in another format. APIs that share a document are one entry with
    several `titles`.
    """

    api: str
    anchor: str
    document_url: str
    titles: tuple[str, ...] = ()
    alternates: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Catalog:
    """The entries of a catalog, its problems, and the URLs of nested catalogs."""

    entries: tuple[Entry, ...] = ()
    problems: tuple[Problem, ...] = ()
    nested: tuple[str, ...] = ()
    stale: tuple[StaleDocument, ...] = ()


@dataclass(frozen=True, slots=True)
class _Api:
    """The contexts with the same anchor."""

    contexts: Sequence[Context]
    titles: Sequence[str]

    @property
    def anchor(self) -> str:
        return self.contexts[0].anchor

    @property
    def pointer(self) -> str:
        return self.contexts[0].pointer

    def links(self, *relations: str) -> list[Target]:
        return [link for context in self.contexts for relation, link in context.links if relation in relations]


def read_catalog(body: bytes, url: str) -> Catalog:
    """Parse a catalog that was served at `url`.

    Raises:
        InvalidCatalogError: the body is something else.
    """
    contexts, problems = read_contexts(body, url)
    apis = _group_by_anchor(contexts)
    catalog = merge_catalogs([Catalog((), tuple(problems)), *(_read_api(api, apis, url) for api in apis.values())])
    if catalog.entries or catalog.nested or catalog.problems:
        return catalog
    empty = Problem(url, "the catalog is empty (some list nothing until you sign in)", "none")
    return replace(catalog, problems=(empty,))


def _group_by_anchor(contexts: Sequence[Context]) -> dict[str, _Api]:
    groups: dict[str, list[Context]] = {}
    titles: dict[str, list[str]] = {}
    for context in contexts:
        key = context.anchor.rstrip("/")
        groups.setdefault(key, []).append(context)
        titles.setdefault(key, []).append(context.title)
    for context in contexts:
        for relation, link in context.links:
            if relation == "item":
                titles.setdefault(link.href.rstrip("/"), []).append(link.title)
    return {key: _Api(group, titles[key]) for key, group in groups.items()}


def merge_catalogs(catalogs: Iterable[Catalog]) -> Catalog:
    """Merge catalogs, so that each document is one entry and each API has a distinct word."""
    entries: dict[str, Entry] = {}
    problems: list[Problem] = []
    nested: list[str] = []
    stale: list[StaleDocument] = []
    for catalog in catalogs:
        stale += catalog.stale
        problems += catalog.problems
        nested += catalog.nested
        for entry in catalog.entries:
            known = entries.setdefault(entry.document_url, entry)
            titles = tuple(dict.fromkeys([*known.titles, *entry.titles]))
            entries[entry.document_url] = replace(known, titles=titles)
    kept = list(entries.values())[:MAX_ENTRIES]
    if len(problems) > _MAX_PROBLEMS:
        reason = f"{len(problems) - _MAX_PROBLEMS} more entries could not be used"
        problems[_MAX_PROBLEMS:] = [Problem("the catalog", reason, "they are left out")]
    named = (replace(entry, api=word) for entry, word in zip(kept, api_words(_distinct_urls(kept)), strict=True))
    return Catalog(tuple(named), tuple(problems), tuple(nested), tuple(stale))


def _distinct_urls(entries: Sequence[Entry]) -> list[str]:
    """The URL that names each API: its own, unless other documents share it or have it."""
    shared = Counter(url for entry in entries for url in {entry.anchor, entry.document_url})
    return [entry.anchor if entry.anchor and shared[entry.anchor] == 1 else entry.document_url for entry in entries]


def _read_api(api: _Api, apis: Mapping[str, _Api], url: str) -> Catalog:
    documents, problems = _document_links(api, api.links("service-desc"))
    if not documents:
        others, more_problems = _document_links(api, api.links("service-meta", "api-catalog"))
        documents = [link for link in others if is_openapi(link)]
        problems += more_problems
    # A local file is not the URL of an API, nor is the catalog's own URL.
    anchor = "" if api.anchor == url or is_file(api.anchor) else api.anchor
    entries = [_entry(anchor, api, group) for group in _group_formats(documents, api)]
    for link in api.links("item"):
        target = apis.get(link.href.rstrip("/"))
        # An item with documents of its own is an API, even if its type is that of a document.
        is_api = target is not None and bool(target.links("service-desc", "service-meta"))
        if is_openapi(link) and not is_api:
            entries.append(_entry(anchor, api, [link]))
        elif target is None and not is_catalog(link):
            reason = "the catalog lists it as an `item` without a document"
            problems.append(Problem(link.href, reason, "this API is left out", api.pointer))
    nested = [link.href for context in api.contexts for relation, link in context.links if _is_nested(relation, link)]
    has_others = bool(api.links("item")) or any(context.faulty for context in api.contexts)
    if not (entries or nested or problems or has_others) and api.anchor != url:
        reason = "the catalog has no `service-desc` for it (no OpenAPI document)"
        problems.append(Problem(api.contexts[0].subject, reason, "this API is left out", api.pointer))
    return Catalog(tuple(entries), tuple(problems), tuple(nested))


def _document_links(api: _Api, links: Sequence[Target]) -> tuple[list[Target], list[Problem]]:
    """The links that may lead to OpenAPI documents, each URL once, and problems for the others."""
    documents: dict[str, Target] = {}
    problems: list[Problem] = []
    for link in links:
        if is_catalog(link):
            continue
        if kind := other_kind(link):
            problems.append(Problem(link.href, f"skipped: {kind}", "it gives no tools", api.pointer))
        else:
            documents.setdefault(link.href, link)
    return list(documents.values()), problems


def _entry(anchor: str, api: _Api, links: Sequence[Target]) -> Entry:
    titles = tuple(dict.fromkeys(filter(None, [*api.titles, links[0].title])))
    return Entry("", anchor, links[0].href, titles, tuple(link.href for link in links[1:]))


def _is_nested(relation: str, link: Target) -> bool:
    return is_catalog(link) or (relation == "api-catalog" and not is_openapi(link) and not other_kind(link))


def _group_formats(links: Sequence[Target], api: _Api) -> list[list[Target]]:
    """Group links to the same document in several formats, JSON before YAML."""
    by_stem: dict[str, list[Target]] = {}
    for link in links:
        by_stem.setdefault(url_stem(link), []).append(link)
    groups = list(by_stem.values())
    formats = {document_format(group[0]) for group in groups}
    if len(groups) == 2 and formats == {"json", "yaml"} and len(api.contexts) == 1:
        groups = [[*groups[0], *groups[1]]]
    return [sorted(group, key=lambda link: document_format(link) == "yaml") for group in groups]
