"""How a service's descriptions are found: from its catalog, its site, or by their own addresses."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import anyio

from ..formats.link_header import read_links
from ..formats.urls import BadAddress, is_file, origin_of, resolve, without_query
from ..http.fetched import Document, NotFetched, staleness
from ..http.reader import Reader
from ..problems import Problem
from .entries import Catalog, Entry, NoCatalog, joined, read_catalog
from .links import LINKSET

WELL_KNOWN = "/.well-known/api-catalog"
_ACCEPT = f"{LINKSET}, application/json;q=0.5"
_MAX_DEPTH = 3
_MAX_CATALOGS = 50


@dataclass(frozen=True, slots=True)
class WayIn:
    """How a system's descriptions are found; the first of these that is given.

    `catalog` is the address of an api-catalog, also a `file:` one. `site` is an origin or address whose well-known
    catalog is tried, then the `api-catalog` link in its `Link` header (RFC 9727 §2, §3; RFC 8288). `descriptions`
    are addresses of OpenAPI documents, also `file:` ones. `base` is where the APIs are; it replaces the whole
    server address, path included, of every document, and is needed where a file names no whole address.
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
    def address(self) -> str:
        """What to show a person as where the system is looked up."""
        return self.catalog or self.site or ", ".join(self.descriptions)

    @property
    def origins(self) -> frozenset[str]:
        """The origins of the addresses that it names, which may be read wherever they are."""
        return frozenset(
            origin_of(one) for one in (self.catalog, self.site, *self.descriptions) if one and not is_file(one)
        )

    @property
    def files(self) -> tuple[str, ...]:
        """The files that it names."""
        return tuple(address for address in (self.catalog, *self.descriptions) if is_file(address))

    @property
    def is_local(self) -> bool:
        """Whether all that it names are files."""
        return not self.site and len(self.files) == len(self.descriptions) + bool(self.catalog)

    @property
    def folders(self) -> tuple[str, ...]:
        """The folders that a local catalog may name files in."""
        return (self.catalog.rsplit("/", 1)[0] + "/",) if is_file(self.catalog) else ()


class NoWayIn(Exception):
    """No description of the system can be found; says what was tried and what was there."""


async def find_descriptions(way: WayIn, reader: Reader) -> Catalog:
    """Everything that a way in leads to.

    Raises:
        NoWayIn: there is no catalog where one was expected.
    """
    if way.catalog:
        try:
            return await _walk(way.catalog, reader)
        except (NotFetched, NoCatalog) as error:
            raise NoWayIn(f"no api-catalog at {without_query(way.catalog)}: {error}") from None
    if way.site:
        return await _of_site(way.site, reader)
    return joined([Catalog(tuple(Entry("", "", address) for address in way.descriptions), ())])


async def _of_site(site: str, reader: Reader) -> Catalog:
    try:
        address = resolve(site, WELL_KNOWN)
    except BadAddress as error:
        raise NoWayIn(f"{site} is no site: {error}") from None
    try:
        return await _walk(address, reader)
    except (NotFetched, NoCatalog) as error:
        tried = f"no api-catalog at {address}: {error}"
    try:
        named = await _linked(site, reader)
    except NotFetched as error:
        raise NoWayIn(f"{tried}; and {site}: {error}") from None
    if not named or named == address:
        raise NoWayIn(f"{tried}; and {site} names none in a `Link` header")
    try:
        return await _walk(named, reader)
    except (NotFetched, NoCatalog) as error:
        raise NoWayIn(f"{tried}; and none at {named}, which {site} names: {error}") from None


async def _linked(site: str, reader: Reader) -> str:
    """The catalog that a site's own address names (RFC 9727 §3); links about something else do not count."""
    found = await reader.fetcher.links(site)
    for link in read_links(found.body.decode()):
        try:
            about = resolve(found.address, link.anchor)
            if "api-catalog" in link.relations and about == resolve(found.address, ""):
                return resolve(found.address, link.href)
        except BadAddress:
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
        catalogs += [_left_out(address, f"more than {_MAX_CATALOGS} catalogs are named") for address in named[room:]]
    catalogs += [_left_out(address, f"nested more than {_MAX_DEPTH} deep") for address in _unseen(level, seen)]
    return joined(catalogs)


async def _read_all(addresses: list[str], reader: Reader, seen: set[str]) -> list[Catalog]:
    catalogs: dict[str, Catalog] = {}
    slots = anyio.CapacityLimiter(8)

    async def read(address: str) -> None:
        try:
            async with slots:
                catalogs[address] = await _read(address, reader, seen)
        except (NotFetched, NoCatalog) as error:
            catalogs[address] = _left_out(address, f"no api-catalog there: {error}")

    async with anyio.create_task_group() as group:
        for address in addresses:
            group.start_soon(read, address)
    return [catalogs[address] for address in addresses]


def _unseen(catalogs: list[Catalog], seen: set[str]) -> Iterator[str]:
    for address in (address for catalog in catalogs for address in catalog.nested):
        if (same := _normal(address)) not in seen:
            seen.add(same)
            yield address


async def _read(address: str, reader: Reader, seen: set[str]) -> Catalog:
    document, catalog = await reader.read(address, _ACCEPT, _understand)
    if (final := _normal(document.address)) != _normal(address):
        if final in seen:
            return Catalog((), ())
        seen.add(final)
    if not is_file(address) and (there := origin_of(document.address)) != origin_of(address):
        reason = f"it redirects to the catalog of another host, {there}"
        told = Problem(address, reason, "that one is read; calls go only where the settings allow")
        return replace(catalog, problems=(told, *catalog.problems))
    return catalog


def _understand(document: Document) -> tuple[Document, Catalog]:
    catalog = read_catalog(document.body, document.address)
    return document, replace(catalog, stale=staleness(document))


def _left_out(address: str, reason: str) -> Catalog:
    return Catalog((), (Problem(address, reason, "what it lists is left out"),))


def _normal(address: str) -> str:
    """One spelling for an address: how its host is written and a last slash make no difference."""
    if is_file(address):
        return address
    try:
        origin = origin_of(address)
    except BadAddress:
        return address
    rest = "/".join(address.split("/")[3:])
    return f"{origin}/{rest.rstrip('/')}"
