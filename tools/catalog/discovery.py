"""Finding a system's OpenAPI documents: through its catalog, its site, or their own URLs."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

import anyio

from ..formats.link_header import read_links
from ..formats.urls import InvalidUrlError, is_file, origin_of, redact_url, resolve
from ..http.fetched import Document, FetchError, staleness
from ..http.reader import Reader
from ..problems import Problem
from .entries import Catalog, Entry, InvalidCatalogError, merge_catalogs, read_catalog
from .links import LINKSET

WELL_KNOWN = "/.well-known/api-catalog"
_ACCEPT = f"{LINKSET}, application/json;q=0.5"
_MAX_DEPTH = 3
_MAX_CATALOGS = 50


@dataclass(frozen=True, slots=True)
class DocumentSource:
    """Where a system's OpenAPI documents are found: the first of `catalog`, `site` and `document_urls` that is set.

    `catalog` is the URL of an api-catalog. `site` is a URL whose well-known catalog is tried, then the `api-catalog`
    in its `Link` header (RFC 9727 §2, §3; RFC 8288). All but `site` may be `file:` URLs. `base` replaces the whole
    server URL of every document; local documents without an absolute server URL require it.
    """

    catalog: str = ""
    site: str = ""
    document_urls: tuple[str, ...] = ()
    base: str = ""

    @property
    def lists(self) -> bool:
        """Whether it may list several documents, whose words are then part of tool names."""
        return bool(self.catalog or self.site) or len(self.document_urls) > 1

    @property
    def url(self) -> str:
        """The location to show to users."""
        return self.catalog or self.site or ", ".join(self.document_urls)

    @property
    def origins(self) -> frozenset[str]:
        """The origins of its URLs, which are trusted."""
        urls = (self.catalog, self.site, *self.document_urls)
        return frozenset(origin_of(url) for url in urls if url and not is_file(url))

    @property
    def files(self) -> tuple[str, ...]:
        """Its local files."""
        return tuple(url for url in (self.catalog, *self.document_urls) if is_file(url))

    @property
    def is_local(self) -> bool:
        """Whether it consists of local files only."""
        return not self.site and len(self.files) == len(self.document_urls) + bool(self.catalog)

    @property
    def folders(self) -> tuple[str, ...]:
        """The folders from which a local catalog may list files."""
        return (self.catalog.rsplit("/", 1)[0] + "/",) if is_file(self.catalog) else ()


class DiscoveryError(Exception):
    """No OpenAPI documents were found; the message says what was tried."""


async def find_documents(source: DocumentSource, reader: Reader) -> Catalog:
    """The entries of all catalogs that a source leads to.

    Raises:
        DiscoveryError: there is no catalog where one was expected.
    """
    if source.catalog:
        try:
            return await _read_with_nested(source.catalog, reader)
        except (FetchError, InvalidCatalogError) as error:
            raise DiscoveryError(f"no api-catalog at {redact_url(source.catalog)}: {error}") from None
    if source.site:
        return await _from_site(source.site, reader)
    return merge_catalogs([Catalog(tuple(Entry("", "", url) for url in source.document_urls))])


async def _from_site(site: str, reader: Reader) -> Catalog:
    try:
        url = resolve(site, WELL_KNOWN)
    except InvalidUrlError as error:
        raise DiscoveryError(str(error)) from None
    try:
        return await _read_with_nested(url, reader)
    except (FetchError, InvalidCatalogError) as error:
        tried = f"no api-catalog at {url}: {error}"
    try:
        linked = await _linked_catalog(site, reader)
    except FetchError as error:
        raise DiscoveryError(f"{tried}; and {site}: {error}") from None
    if not linked or linked == url:
        raise DiscoveryError(f"{tried}; and {site} has none in a `Link` header")
    try:
        return await _read_with_nested(linked, reader)
    except (FetchError, InvalidCatalogError) as error:
        raise DiscoveryError(f"{tried}; and none at {linked}, which {site} links to: {error}") from None


async def _linked_catalog(site: str, reader: Reader) -> str:
    """The catalog in a site's `Link` header (RFC 9727 §3), ignoring links with another context."""
    header = await reader.fetcher.links(site)
    for link in read_links(header.body.decode()):
        try:
            context = resolve(header.url, link.anchor)
            if "api-catalog" in link.relations and context == resolve(header.url, ""):
                return resolve(header.url, link.href)
        except InvalidUrlError:
            continue
    return ""


async def _read_with_nested(first: str, reader: Reader) -> Catalog:
    """Read a catalog and those nested in it, each once, to a limited depth; only the first is required."""
    final_url, catalog = await _read(first, reader)
    seen = {_normalize(first), final_url}
    catalogs = level = [catalog]
    for _ in range(_MAX_DEPTH):
        urls = _new_urls(level, seen)
        seen.update(map(_normalize, urls))
        room = max(0, _MAX_CATALOGS - len(catalogs))
        level = list[Catalog]()
        for url, (final_url, catalog) in zip(urls, await _read_concurrently(urls[:room], reader), strict=False):
            if final_url == _normalize(url) or final_url not in seen:
                level.append(catalog)
            seen.add(final_url)
        skipped = [_skipped(url, f"there are more than {_MAX_CATALOGS} nested catalogs") for url in urls[room:]]
        catalogs = [*catalogs, *level, *skipped]
    too_deep = [_skipped(url, f"nested more than {_MAX_DEPTH} levels deep") for url in _new_urls(level, seen)]
    return merge_catalogs([*catalogs, *too_deep])


def _new_urls(catalogs: Iterable[Catalog], seen: set[str]) -> list[str]:
    urls: dict[str, str] = {}
    for catalog in catalogs:
        for url in catalog.nested:
            urls.setdefault(_normalize(url), url)
    return [url for normalized, url in urls.items() if normalized not in seen]


async def _read_concurrently(urls: list[str], reader: Reader) -> list[tuple[str, Catalog]]:
    results: dict[str, tuple[str, Catalog]] = {}
    slots = anyio.CapacityLimiter(8)

    async def read(url: str) -> None:
        try:
            async with slots:
                results[url] = await _read(url, reader)
        except (FetchError, InvalidCatalogError) as error:
            results[url] = _normalize(url), _skipped(url, f"no api-catalog there: {error}")

    async with anyio.create_task_group() as group:
        for url in urls:
            group.start_soon(read, url)
    return [results[url] for url in urls]


async def _read(url: str, reader: Reader) -> tuple[str, Catalog]:
    """A catalog and its normalized URL after redirects."""
    document, catalog = await reader.read(url, _ACCEPT, _parse)
    if not is_file(url) and (origin := origin_of(document.url)) != origin_of(url):
        reason = f"it redirects to the catalog of another host, {origin}"
        problem = Problem(url, reason, "that catalog is read; calls go only where the settings allow")
        catalog = replace(catalog, problems=(problem, *catalog.problems))
    return _normalize(document.url), catalog


def _parse(document: Document) -> tuple[Document, Catalog]:
    catalog = read_catalog(document.body, document.url)
    return document, replace(catalog, stale=staleness(document))


def _skipped(url: str, reason: str) -> Catalog:
    return Catalog((), (Problem(url, reason, "its APIs are left out"),))


def _normalize(url: str) -> str:
    """Normalize the spelling of the host and a trailing slash."""
    if is_file(url):
        return url
    try:
        origin = origin_of(url)
    except InvalidUrlError:
        return url
    rest = "/".join(url.split("/")[3:])
    return f"{origin}/{rest.rstrip('/')}"
