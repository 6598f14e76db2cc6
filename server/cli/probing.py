"""What is at a URL: a catalog, a description, or a site that leads to one; and what sign-in is wanted there."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import anyio.to_thread

from ...auth.oauth.discovery import ServerMetadataError, discover
from ...auth.oauth.http import Wire
from ...tools.catalog.discovery import WELL_KNOWN, DiscoveryError, DocumentSource, find_descriptions
from ...tools.catalog.entries import Entry, InvalidCatalogError, read_catalog
from ...tools.formats.json_values import JsonObject, as_list, as_object, as_text
from ...tools.formats.urls import InvalidUrlError, has_origin, is_file, is_loopback, origin_of, resolve
from ...tools.http.fetched import ConnectionFailedError, Document, FetchError
from ...tools.http.fetcher import Fetcher
from ...tools.http.reader import Reader
from ...tools.openapi.document import UnreadableDocumentError, read_document, unsupported_reason
from ...tools.openapi.security import Scheme, security_schemes
from ...tools.openapi.servers import server_url
from ...tools.openapi.swagger import is_swagger, to_openapi
from ..settings.model import SettingsError
from .proposal import Provider

_ACCEPT = (
    "application/linkset+json, application/openapi+json, application/json;q=0.9, application/yaml;q=0.8, */*;q=0.1"
)
# Where frameworks put their documents by themselves; tried last.
_USUAL = ("openapi.json", "openapi.yaml", "api/openapi.json", "swagger.json")
# So many documents of a catalog tell how it wants its credentials.
_LOOKED_INTO = 5


@dataclass(frozen=True, slots=True)
class Probe:
    """How a system is reached: the settings that say so, where its API is, and what its descriptions want."""

    way: Mapping[str, str]
    home: str
    schemes: tuple[Scheme, ...] = field(default=())


@dataclass(frozen=True, slots=True)
class _Seen:
    """A description, where it came from, and where the catalog says that its API is."""

    document: JsonObject
    url: str
    anchor: str = ""

    def bases(self) -> list[str]:
        """Where it may be called, the first first; where it says nothing of that, where it is itself."""
        named = [server_url(as_object(server)) for server in as_list(self.document.get("servers"))]
        return list(usable(filter(None, [*named, self.anchor]), self.url)) or list(usable("/", self.url))


async def probe(url: str, base: str, fetcher: Fetcher) -> Probe:
    """Find out what a URL is; `base` is where the person says that the API is.

    Raises:
        SettingsError: nothing there leads to a description; says what was tried.
    """
    try:
        document = await fetcher.fetch(url, _ACCEPT)
    except ConnectionFailedError as error:
        raise SettingsError(f"{url} {error}. Check the URL and the network") from None
    except FetchError as error:
        return await _probe_site(url, base, fetcher, str(error))
    found, what = _understood(document)
    if found is None:
        return await _probe_site(url, base, fetcher, what)
    if "openapi" in found:
        return _described(url, url, base, _Seen(found, document.url))
    return await _cataloged({"catalog": url}, DocumentSource(catalog=url), base, Reader(fetcher))


async def probe_file(path: Path, base: str, fetcher: Fetcher) -> Probe:
    """Find out what a file is.

    Raises:
        SettingsError: it cannot be read, is something else, or does not say where its API is.
    """
    url = path.as_uri()
    try:
        document = await Reader(fetcher, (url,)).read(url, _ACCEPT, lambda document: document)
    except FetchError as error:
        raise SettingsError(f"{path}: {error}") from None
    found, what = _understood(document)
    if found is None:
        raise SettingsError(f"{path}: {what}")
    if "openapi" in found:
        return _described(str(path), "", base, _Seen(found, url))
    way = DocumentSource(catalog=url)
    # The person's own file says where the system is, so what is there may be read.
    there = Fetcher(fetcher.client, _named_in(document))
    return await _cataloged({"catalog": str(path)}, way, base, Reader(there, way.files, way.folders))


def _named_in(document: Document) -> frozenset[str]:
    try:
        entries = read_catalog(document.body, document.url).entries
    except InvalidCatalogError:
        return frozenset()
    return frozenset(_origins([entry.anchor or entry.description for entry in entries]))


async def _probe_site(url: str, base: str, fetcher: Fetcher, what: str) -> Probe:
    """What a site leads to: its catalog, or a document at one of the usual places."""
    well_known = resolve(url, WELL_KNOWN)
    tried = ""
    for way, settings in (
        (DocumentSource(catalog=well_known), {"catalog": well_known}),
        (DocumentSource(site=url), {"site": url}),
    ):
        try:
            return await _cataloged(settings, way, base, Reader(fetcher))
        except DiscoveryError as error:
            tried = str(error)
    folders = dict.fromkeys([resolve(url, "/"), f"{resolve(url, '').split('?')[0].rstrip('/')}/"])
    for place in (f"{folder}{name}" for folder in folders for name in _USUAL):
        try:
            document = await fetcher.fetch(place, _ACCEPT)
        except FetchError:
            continue
        found, _ = _understood(document)
        if found is not None and "openapi" in found:
            return _described(place, place, base, _Seen(found, document.url))
    usual = ", ".join(f"/{name}" for name in _USUAL)
    raise SettingsError(
        f"{url} leads to no description of an API: {what}; {tried}; and there is none at {usual}. "
        "Say the URL of its OpenAPI document, or a file"
    )


def _understood(document: Document) -> tuple[JsonObject | None, str]:
    """The catalog or description that a body is, or what it is instead."""
    try:
        found = read_document(document.body)
    except UnreadableDocumentError as error:
        return None, str(error)
    if is_swagger(found):
        return to_openapi(found, document.url), ""
    if isinstance(found.get("linkset"), list) or "openapi" in found:
        return found, ""
    return None, unsupported_reason(found) or "what is there is no api-catalog and no OpenAPI document"


def _described(description: str, url: str, base: str, seen: _Seen) -> Probe:
    """A description's way in; where its API is elsewhere, that is written down too, for the person to see.

    `url` is where the description is, nothing for a file.
    """
    way = {"description": description}
    own = frozenset({origin_of(url)} if url else ())
    there = [one for one in seen.bases() if not is_file(one)]
    elsewhere = not any(has_origin(one, own) for one in there) or not seen.bases()
    if base or elsewhere:
        if not (base or there):
            raise SettingsError(f"{description} does not say where its API is: say --base ADDRESS")
        way["base"] = (base or there[0]).rstrip("/")
    home = way.get("base", url)
    # A relative URL is relative to the server's, as to a folder.
    return Probe(way, home, security_schemes(seen.document, f"{home}/" if "base" in way else seen.url))


async def _cataloged(settings: dict[str, str], way: DocumentSource, base: str, reader: Reader) -> Probe:
    """A catalog's way in; where all its APIs are at one other place, that is the system's own.

    Raises:
        DiscoveryError: there is no catalog.
        SettingsError: its APIs are at several places, none of which is the catalog's own.
    """
    found = await find_descriptions(way, reader)
    seen = [one async for one in _read_some(found.entries, reader)]
    schemes = dict.fromkeys(scheme for one in seen for scheme in security_schemes(one.document, one.url))
    own = "" if is_file(way.url) else way.url
    home = base or own
    if base:
        settings["base"] = base.rstrip("/")
    elif seen and not any(own and has_origin(place, frozenset({origin_of(own)})) for s in seen for place in s.bases()):
        firsts = list(dict.fromkeys(_origins([place for one in seen for place in one.bases()[:1]])))
        if not own and len(firsts) > 1:
            return Probe(settings, firsts[0], tuple(schemes))  # the person's own file may name several
        if len(firsts) != 1:
            where = f"are at {', '.join(firsts)}" if firsts else "are nowhere that it says"
            raise SettingsError(f"The APIs of {way.url} {where}: add each by the URL of its OpenAPI document")
        if "site" in settings:
            raise SettingsError(f"The APIs of {way.url} are at {firsts[0]}: add it by the URL of its catalog")
        home = settings["site"] = firsts[0]
    return Probe(settings, home, tuple(schemes))


async def _read_some(entries: Sequence[Entry], reader: Reader) -> AsyncIterator[_Seen]:
    for entry in entries[:_LOOKED_INTO]:
        try:
            yield await reader.read(entry.description, _ACCEPT, partial(_seen, anchor=entry.anchor))
        except (FetchError, ValueError):
            continue  # the loading of the system tells it


def _seen(document: Document, anchor: str) -> _Seen:
    found, what = _understood(document)
    if found is None or "openapi" not in found:
        raise ValueError(what)
    return _Seen(found, document.url, anchor)


def usable(references: Iterable[str], url: str) -> Iterator[str]:
    """Those that calls may go to: by https, or on this machine if what names them is there too."""
    for reference in references:
        try:
            base = resolve(url, reference)
            safe = base.startswith("https://") or (is_loopback(base) and (is_file(url) or is_loopback(url)))
        except InvalidUrlError:
            continue
        if safe and base.isascii() and base.isprintable():
            yield base.split("?")[0]


def _origins(urls: Iterable[str]) -> Iterator[str]:
    for url in urls:
        try:
            yield origin_of(url)
        except InvalidUrlError:
            continue


async def find_provider(found: Probe, fetcher: Fetcher) -> Provider | None:
    """The authorization server of a system, if it publishes metadata (RFC 8414).

    It is asked for where the API is, then where the API says that it is (RFC 9728), then where its documents do.
    """
    home = origin_of(found.home)
    named = [await _protected_by(home, fetcher)]
    for scheme in found.schemes:
        named += [scheme.issuer, *_origins([scheme.authorization, scheme.token])]
    wire = Wire(trust_env=not is_loopback(home))
    for issuer in dict.fromkeys([home, *usable(filter(None, named), home)]):
        try:
            server = await anyio.to_thread.run_sync(discover, issuer, wire)
        except ServerMetadataError:
            continue
        registers, people = server.registration_endpoint is not None, bool(server.authorization_endpoint)
        return Provider(registers, people, "" if issuer == home else issuer)
    return None


async def _protected_by(home: str, fetcher: Fetcher) -> str:
    """The authorization server that a protected resource names (RFC 9728 §2), if it names one."""
    try:
        document = await fetcher.fetch(f"{home}/.well-known/oauth-protected-resource", "application/json")
        return as_text(next(iter(as_list(read_document(document.body).get("authorization_servers"))), ""))
    except (FetchError, UnreadableDocumentError):
        return ""
