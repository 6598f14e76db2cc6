"""How a service's descriptions are found: from its catalog, its site, or by their own URLs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import anyio

from ..formats.link_header import read_links
from ..formats.urls import InvalidUrlError, is_file, origin_of, redact_url, resolve
from ..http.fetched import Document, FetchError, staleness
from ..http.reader import Reader
from ..problems import Problem
from .entries import Catalog, Entry, InvalidCatalogError, joined, read_catalog
from .links import LINKSET

WELL_KNOWN = "/.well-known/api-catalog"
_ACCEPT = f"{LINKSET}, application/json;q=0.5"
_MAX_DEPTH = 3
_MAX_CATALOGS = 50


@dataclass(frozen=True, slots=True)
class DocumentSource:
    """How a system's descriptions are found; the first of these that is given.

    `catalog` is the URL of an api-catalog, also a `file:` one. `site` is an origin or URL whose well-known
    catalog is tried, then the `api-catalog` link in its `Link` header (RFC 9727 §2, §3; RFC 8288). `descriptions`
    are URLs of OpenAPI documents, also `file:` ones. `base` is where the APIs are; it replaces the whole
    server URL, path included, of every document, and is needed where a file names no whole URL.
    """

    catalog: str = ""
    site: str = ""
    descriptions: tuple[str, ...] = ()
    base: str = ""

    @property
    def lists(self) -> bool:
        """Whether it may lead to several descriptions, whose words are then in the tools' names."""
        return bool(self.catalog or self.site) or len(self.descriptions) > 1

    @property
    def url(self) -> str:
        """What to show a person as where the system is looked up."""
        return self.catalog or self.site or ", ".join(self.descriptions)

    @property
    def origins(self) -> frozenset[str]:
        """The origins of the URLs that it names, which may be read wherever they are."""
        return frozenset(
            origin_of(one) for one in (self.catalog, self.site, *self.descriptions) if one and not is_file(one)
        )

    @property
    def files(self) -> tuple[str, ...]:
        """The files that it names."""
        return tuple(url for url in (self.catalog, *self.descriptions) if is_file(url))

    @property
    def is_local(self) -> bool:
        """Whether all that it names are files."""
        return not self.site and len(self.files) == len(self.descriptions) + bool(self.catalog)

    @property
    def folders(self) -> tuple[str, ...]:
        """The folders that a local catalog may name files in."""
        return (self.catalog.rsplit("/", 1)[0] + "/",) if is_file(self.catalog) else ()


class DiscoveryError(Exception):
    """No description of the system can be found; says what was tried and what was there."""


async def find_descriptions(way: DocumentSource, reader: Reader) -> Catalog:
    """Everything that a way in leads to.

    Raises:
        DiscoveryError: there is no catalog where one was expected.
    """
    if way.catalog:
        try:
            return await _walk(way.catalog, reader)
        except (FetchError, InvalidCatalogError) as error:
            raise DiscoveryError(f"no api-catalog at {redact_url(way.catalog)}: {error}") from None
    if way.site:
        return await _of_site(way.site, reader)
    return joined([Catalog(tuple(Entry("", "", url) for url in way.descriptions), ())])


async def _of_site(site: str, reader: Reader) -> Catalog:
    try:
        url = resolve(site, WELL_KNOWN)
    except InvalidUrlError as error:
        raise DiscoveryError(f"{site} is no site: {error}") from None
    try:
        return await _walk(url, reader)
    except (FetchError, InvalidCatalogError) as error:
        tried = f"no api-catalog at {url}: {error}"
    try:
        named = await _linked(site, reader)
    except FetchError as error:
        raise DiscoveryError(f"{tried}; and {site}: {error}") from None
    if not named or named == url:
        raise DiscoveryError(f"{tried}; and {site} names none in a `Link` header")
    try:
        return await _walk(named, reader)
    except (FetchError, InvalidCatalogError) as error:
        raise DiscoveryError(f"{tried}; and none at {named}, which {site} names: {error}") from None


async def _linked(site: str, reader: Reader) -> str:
    """The catalog that a site's own URL names (RFC 9727 §3); links about something else do not count."""
    found = await reader.fetcher.links(site)
    for link in read_links(found.body.decode()):
        try:
            about = resolve(found.url, link.anchor)
            if "api-catalog" in link.relations and about == resolve(found.url, ""):
                return resolve(found.url, link.href)
        except InvalidUrlError:
            continue
    return ""


async def _walk(first: str, reader: Reader) -> Catalog:
    """A catalog and those that it names, each once, down to a depth; only the first has to be there."""
    seen = {_normal(first)}
    catalogs = [await _read(first, reader, seen)]
    level = catalogs
    for _ in range(_MAX_DEPTH):
        named = list(_unseen(level, seen))
        room = max(0, _MAX_CATALOGS - len(catalogs))
        level = await _read_all(named[:room], reader, seen)
        catalogs += level
        catalogs += [_left_out(url, f"more than {_MAX_CATALOGS} catalogs are named") for url in named[room:]]
    catalogs += [_left_out(url, f"nested more than {_MAX_DEPTH} deep") for url in _unseen(level, seen)]
    return joined(catalogs)


async def _read_all(urls: list[str], reader: Reader, seen: set[str]) -> list[Catalog]:
    catalogs: dict[str, Catalog] = {}
    slots = anyio.CapacityLimiter(8)

    async def read(url: str) -> None:
        try:
            async with slots:
                catalogs[url] = await _read(url, reader, seen)
        except (FetchError, InvalidCatalogError) as error:
            catalogs[url] = _left_out(url, f"no api-catalog there: {error}")

    async with anyio.create_task_group() as group:
        for url in urls:
            group.start_soon(read, url)
    return [catalogs[url] for url in urls]


def _unseen(catalogs: list[Catalog], seen: set[str]) -> Iterator[str]:
    for url in (url for catalog in catalogs for url in catalog.nested):
        if (same := _normal(url)) not in seen:
            seen.add(same)
            yield url


async def _read(url: str, reader: Reader, seen: set[str]) -> Catalog:
    document, catalog = await reader.read(url, _ACCEPT, _understand)
    if (final := _normal(document.url)) != _normal(url):
        if final in seen:
            return Catalog((), ())
        seen.add(final)
    if not is_file(url) and (there := origin_of(document.url)) != origin_of(url):
        reason = f"it redirects to the catalog of another host, {there}"
        told = Problem(url, reason, "that one is read; calls go only where the settings allow")
        return replace(catalog, problems=(told, *catalog.problems))
    return catalog


def _understand(document: Document) -> tuple[Document, Catalog]:
    catalog = read_catalog(document.body, document.url)
    return document, replace(catalog, stale=staleness(document))


def _left_out(url: str, reason: str) -> Catalog:
    return Catalog((), (Problem(url, reason, "what it lists is left out"),))


def _normal(url: str) -> str:
    """One spelling for a URL: how its host is written and a last slash make no difference."""
    if is_file(url):
        return url
    try:
        origin = origin_of(url)
    except InvalidUrlError:
        return url
    rest = "/".join(url.split("/")[3:])
    return f"{origin}/{rest.rstrip('/')}"
