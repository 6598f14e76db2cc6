"""Reading an api-catalog: a linkset (RFC 9264 §4.2) of APIs and their descriptions (RFC 9727)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

from ..formats.urls import is_file
from ..http.fetched import StaleDocument
from ..problems import Problem
from .api_names import api_words
from .links import Target, format_of, is_catalog, is_openapi, stem_of, what_else
from .linkset import MAX_CONTEXTS, Context, InvalidCatalogError, read_contexts

__all__ = ["MAX_ENTRIES", "Catalog", "Entry", "InvalidCatalogError", "joined", "read_catalog"]

MAX_ENTRIES = MAX_CONTEXTS
_MOST_PROBLEMS = 200


@dataclass(frozen=True, slots=True)
class Entry:
    """One API: its word in tool names, where it is (`anchor`), and its description's URL.

    `anchor` is empty where the catalog says nothing but where the description is. `alternates` are further
    URLs of the same description, in another format. Several APIs with one description are one entry, with
    several `titles`.
    """

    api: str
    anchor: str
    description: str
    titles: tuple[str, ...] = ()
    alternates: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Catalog:
    """What a catalog lists, in its order, the catalogs in it, what in it could not be used, and what is a kept copy."""

    entries: tuple[Entry, ...]
    problems: tuple[Problem, ...]
    nested: tuple[str, ...] = ()
    stale: tuple[StaleDocument, ...] = ()


@dataclass(slots=True)
class _Api:
    """All that the contexts with one anchor say."""

    anchor: str
    contexts: list[Context] = field(default_factory=list[Context])
    titles: list[str] = field(default_factory=list[str])

    def links(self, *relations: str) -> list[Target]:
        return [link for context in self.contexts for relation, link in context.links if relation in relations]


def read_catalog(body: bytes, url: str) -> Catalog:
    """Read a catalog that was served at `url`; relative links are resolved against it.

    Raises:
        InvalidCatalogError: the body is something else.
    """
    problems: list[Problem] = []
    contexts = read_contexts(body, url, problems)
    apis: dict[str, _Api] = {}
    for context in contexts:
        api = apis.setdefault(context.resolved.rstrip("/"), _Api(context.resolved))
        api.contexts.append(context)
        api.titles += [context.title] if context.title else []
    for api in list(apis.values()):
        for item in api.links("item"):
            named = apis.get(item.href.rstrip("/"))
            if item.title and named:
                named.titles.append(item.title)
    reading = _Reading(url, apis, problems)
    for api in apis.values():
        reading.read(api)
    if not contexts and not problems:
        problems.append(Problem(url, "the catalog is valid and lists nothing (some do until one signs in)", "none"))
    return joined([Catalog(tuple(reading.entries), tuple(problems), tuple(dict.fromkeys(reading.nested)))])


def joined(catalogs: Iterable[Catalog]) -> Catalog:
    """Several catalogs as one: descriptions that are listed twice are one entry, and each API has a word of its own."""
    entries: dict[str, Entry] = {}
    problems: list[Problem] = []
    nested: list[str] = []
    stale: list[StaleDocument] = []
    for catalog in catalogs:
        stale += catalog.stale
        problems += catalog.problems
        nested += catalog.nested
        for entry in catalog.entries:
            known = entries.setdefault(entry.description, entry)
            titles = tuple(dict.fromkeys([*known.titles, *entry.titles]))
            entries[entry.description] = replace(known, titles=titles)
    kept = list(entries.values())[:MAX_ENTRIES]
    words = api_words(_subjects(kept))
    if len(problems) > _MOST_PROBLEMS:
        more = f"{len(problems) - _MOST_PROBLEMS} more entries could not be used"
        problems[_MOST_PROBLEMS:] = [Problem("the catalog", more, "they are left out")]
    named = (replace(entry, api=word) for entry, word in zip(kept, words, strict=True))
    return Catalog(tuple(named), tuple(problems), tuple(nested), tuple(stale))


def _subjects(entries: Sequence[Entry]) -> list[str]:
    """What each API is named after: where it is, or its description's URL where that tells more."""
    shared = Counter(entry.anchor for entry in entries)
    return [entry.anchor if entry.anchor and shared[entry.anchor] == 1 else entry.description for entry in entries]


@dataclass(slots=True)
class _Reading:
    """Goes through the APIs of one catalog, and collects what they give."""

    url: str
    apis: dict[str, _Api]
    problems: list[Problem]
    entries: list[Entry] = field(default_factory=list[Entry])
    nested: list[str] = field(default_factory=list[str])

    def read(self, api: _Api) -> None:
        before = self._given()
        described = self._usable(api, api.links("service-desc"))
        if not described:
            others = self._usable(api, api.links("service-meta", "api-catalog"), catalogs_too=True)
            described = [link for link in others if is_openapi(link)]
        for one, alternates in _without_twins(described, api):
            self._add(api, one, alternates)
        self._read_nested(api)
        self._read_items(api)
        if self._given() == before and api.anchor != self.url and not _leads_on(api):
            reason = "the catalog names no `service-desc` (no description of its operations)"
            first = api.contexts[0]
            self.problems.append(Problem(first.subject, reason, "this API is left out", first.pointer))

    def _usable(self, api: _Api, links: list[Target], *, catalogs_too: bool = False) -> list[Target]:
        """The links that may lead to a description; what is known to be something else is told."""
        usable: dict[str, Target] = {}
        for link in links:
            if is_catalog(link):
                continue
            if other := what_else(link):
                pointer = api.contexts[0].pointer
                self.problems.append(Problem(link.href, f"skipped: {other}", "no tools come of it", pointer))
            else:
                usable.setdefault(link.href, link)
        return [link for link in usable.values() if not catalogs_too or is_openapi(link)]

    def _add(self, api: _Api, link: Target, alternates: Sequence[Target]) -> None:
        # Nothing can be called at a file, and the catalog itself is no API.
        anchor = "" if api.anchor == self.url or is_file(api.anchor) else api.anchor
        titles = tuple(dict.fromkeys(filter(None, [*api.titles, link.title])))
        self.entries.append(Entry("", anchor, link.href, titles, tuple(other.href for other in alternates)))

    def _read_nested(self, api: _Api) -> None:
        for context in api.contexts:
            for relation, link in context.links:
                by_relation = relation == "api-catalog" and not is_openapi(link) and not what_else(link)
                if is_catalog(link) or by_relation:
                    self.nested.append(link.href)

    def _read_items(self, api: _Api) -> None:
        for link in api.links("item"):
            named = self.apis.get(link.href.rstrip("/"))
            # An item is the API itself, also where its type is that of the description, which it then names.
            itself = named is not None and bool(named.links("service-desc", "service-meta"))
            if is_openapi(link) and not itself:
                self._add(api, link, ())
            elif named is None and not is_catalog(link):
                reason = "the catalog lists it as an `item` and names no description of it"
                self.problems.append(Problem(link.href, reason, "this API is left out", api.contexts[0].pointer))

    def _given(self) -> tuple[int, int, int]:
        return len(self.entries), len(self.nested), len(self.problems)


def _leads_on(api: _Api) -> bool:
    """Whether there is more in the API's contexts than nothing, be it told elsewhere."""
    if api.links("item") or any(context.faulty for context in api.contexts):
        return True
    return any(is_catalog(link) for context in api.contexts for _, link in context.links)


def _without_twins(links: Sequence[Target], api: _Api) -> list[tuple[Target, list[Target]]]:
    """Each description once, the JSON before the YAML of it, which is kept as what to try next."""
    by_stem: dict[str, list[Target]] = {}
    for link in links:
        by_stem.setdefault(stem_of(link), []).append(link)
    groups = list(by_stem.values())
    formats = {format_of(group[0]) for group in groups}
    if len(groups) == 2 and formats == {"json", "yaml"} and len(api.contexts) == 1:
        groups = [[*groups[0], *groups[1]]]
    ordered = [sorted(group, key=lambda link: format_of(link) == "yaml") for group in groups]
    return [(group[0], group[1:]) for group in ordered]
