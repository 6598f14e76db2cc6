"""Finds out what is at a URL: a catalog, an OpenAPI document, or a site with one; and its authorization server."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import anyio.to_thread

from ...auth.oauth.discovery import ServerMetadataError, check_not_nearer, checked_url, discover
from ...auth.oauth.http import HttpClient
from ...tools.catalog.discovery import WELL_KNOWN, DiscoveryError, DocumentSource, find_documents
from ...tools.catalog.entries import Entry, InvalidCatalogError, read_catalog
from ...tools.formats.json_values import JsonObject, as_list, as_object, as_text
from ...tools.formats.urls import InvalidUrlError, has_origin, is_file, is_loopback_url, origin_of, resolve
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
# The default paths of common frameworks, tried last.
_COMMON_PATHS = ("openapi.json", "openapi.yaml", "api/openapi.json", "swagger.json")
# How many documents of a catalog are read for their security schemes.
_MAX_SAMPLED = 5


@dataclass(frozen=True, slots=True)
class Probe:
    """The settings for a system's documents, the URL of its API, and the security schemes of the documents."""

    settings: Mapping[str, str]
    home: str
    schemes: tuple[Scheme, ...] = field(default=())


@dataclass(frozen=True, slots=True)
class _ApiDocument:
    """An OpenAPI document, its URL, and the URL of its API in the catalog."""

    document: JsonObject
    url: str
    anchor: str = ""

    def bases(self) -> list[str]:
        """The URLs of its servers, in order; without any, the origin of the document itself."""
        named = [server_url(as_object(server)) for server in as_list(self.document.get("servers"))]
        return list(usable(filter(None, [*named, self.anchor]), self.url)) or list(usable("/", self.url))


async def probe(url: str, base: str, fetcher: Fetcher) -> Probe:
    """Find out what a URL is; `base` overrides the URL of the API.

    Raises:
        SettingsError: no OpenAPI document was found; the message says what was tried.
    """
    try:
        document = await fetcher.fetch(url, _ACCEPT)
    except ConnectionFailedError as error:
        raise SettingsError(f"{url} {error}. Check the URL and the network") from None
    except FetchError as error:
        return await _probe_site(url, base, fetcher, str(error))
    content, reason = _parse(document)
    if content is None:
        return await _probe_site(url, base, fetcher, reason)
    if "openapi" in content:
        return _from_document(url, url, base, _ApiDocument(content, document.url))
    return await _from_catalog({"catalog": url}, DocumentSource(catalog=url), base, Reader(fetcher))


async def probe_file(path: Path, base: str, fetcher: Fetcher) -> Probe:
    """Find out what a file is.

    Raises:
        SettingsError: unreadable file, unsupported format, or no URL of an API in it.
    """
    url = path.as_uri()
    try:
        document = await Reader(fetcher, (url,)).read(url, _ACCEPT, lambda document: document)
    except FetchError as error:
        raise SettingsError(f"{path}: {error}") from None
    content, reason = _parse(document)
    if content is None:
        raise SettingsError(f"{path}: {reason}")
    if "openapi" in content:
        return _from_document(str(path), "", base, _ApiDocument(content, url))
    source = DocumentSource(catalog=url)
    # The user trusts a local file, so the origins that it lists may be read.
    listed = Fetcher(fetcher.client, _catalog_origins(document))
    return await _from_catalog({"catalog": str(path)}, source, base, Reader(listed, source.files, source.folders))


def _catalog_origins(document: Document) -> frozenset[str]:
    try:
        entries = read_catalog(document.body, document.url).entries
    except InvalidCatalogError:
        return frozenset()
    return frozenset(_origins([entry.anchor or entry.document_url for entry in entries]))


async def _probe_site(url: str, base: str, fetcher: Fetcher, reason: str) -> Probe:
    """Find a site's catalog, or an OpenAPI document at a common path."""
    well_known = resolve(url, WELL_KNOWN)
    tried = ""
    for source, settings in (
        (DocumentSource(catalog=well_known), {"catalog": well_known}),
        (DocumentSource(site=url), {"site": url}),
    ):
        try:
            return await _from_catalog(settings, source, base, Reader(fetcher))
        except DiscoveryError as error:
            tried = str(error)
    folders = dict.fromkeys([resolve(url, "/"), f"{resolve(url, '').split('?')[0].rstrip('/')}/"])
    for candidate in (f"{folder}{name}" for folder in folders for name in _COMMON_PATHS):
        try:
            document = await fetcher.fetch(candidate, _ACCEPT)
        except FetchError:
            continue
        content, _ = _parse(document)
        if content is not None and "openapi" in content:
            return _from_document(candidate, candidate, base, _ApiDocument(content, document.url))
    paths = ", ".join(f"/{name}" for name in _COMMON_PATHS)
    raise SettingsError(
        f"No description of an API found at {url}: {reason}; {tried}; nor at {paths}. "
        "Give the URL of its OpenAPI document, or a file"
    )


def _parse(document: Document) -> tuple[JsonObject | None, str]:
    """The catalog or OpenAPI document in a body, or why it is neither."""
    try:
        content = read_document(document.body)
    except UnreadableDocumentError as error:
        return None, str(error)
    if is_swagger(content):
        return to_openapi(content, document.url), ""
    if isinstance(content.get("linkset"), list) or "openapi" in content:
        return content, ""
    return None, unsupported_reason(content) or "it is neither an api-catalog nor an OpenAPI document"


def _from_document(description: str, url: str, base: str, api: _ApiDocument) -> Probe:
    """The settings for one document; they include a `base` if its API is at another origin, for the user to see.

    `url` is the document's URL, '' for a file.
    """
    settings = {"description": description}
    own = frozenset({origin_of(url)} if url else ())
    servers = [server for server in api.bases() if not is_file(server)]
    if base or not any(has_origin(server, own) for server in servers):
        if not (base or servers):
            raise SettingsError(f"{description} does not contain the URL of its API: add --base URL")
        settings["base"] = (base or servers[0]).rstrip("/")
    home = settings.get("base", url)
    # A relative URL is relative to the server's, as to a folder.
    return Probe(settings, home, security_schemes(api.document, f"{home}/" if "base" in settings else api.url))


async def _from_catalog(settings: dict[str, str], source: DocumentSource, base: str, reader: Reader) -> Probe:
    """The settings for a catalog; they include a `site` if all its APIs are at one other origin.

    Raises:
        DiscoveryError: no catalog.
        SettingsError: its APIs are at several origins, none of which is the catalog's own.
    """
    catalog = await find_documents(source, reader)
    apis = [api async for api in _sample(catalog.entries, reader)]
    schemes = tuple(dict.fromkeys(scheme for api in apis for scheme in security_schemes(api.document, api.url)))
    own = "" if is_file(source.url) else source.url
    if base:
        return Probe({**settings, "base": base.rstrip("/")}, base, schemes)
    at_own = own and any(has_origin(url, frozenset({origin_of(own)})) for api in apis for url in api.bases())
    if not apis or at_own:
        return Probe(settings, own, schemes)
    origins = list(dict.fromkeys(_origins([url for api in apis for url in api.bases()[:1]])))
    if not own and len(origins) > 1:
        return Probe(settings, origins[0], schemes)  # the user trusts a local file, which may list several origins
    if len(origins) != 1:
        where = f"are at {', '.join(origins)}" if origins else "have no usable URLs"
        raise SettingsError(f"The APIs of {source.url} {where}: add each by the URL of its OpenAPI document")
    if "site" in settings:
        raise SettingsError(f"The APIs of {source.url} are at {origins[0]}: add it by the URL of its catalog")
    return Probe({**settings, "site": origins[0]}, origins[0], schemes)


async def _sample(entries: Sequence[Entry], reader: Reader) -> AsyncIterator[_ApiDocument]:
    for entry in entries[:_MAX_SAMPLED]:
        try:
            yield await reader.read(entry.document_url, _ACCEPT, partial(_api_document, anchor=entry.anchor))
        except (FetchError, ValueError):
            continue  # reported when the system is loaded


def _api_document(document: Document, anchor: str) -> _ApiDocument:
    content, reason = _parse(document)
    if content is None or "openapi" not in content:
        raise ValueError(reason)
    return _ApiDocument(content, document.url, anchor)


def usable(references: Iterable[str], url: str) -> Iterator[str]:
    """The URLs that calls may go to: https, or on this machine if the document with them is here too."""
    for reference in references:
        try:
            base = resolve(url, reference)
            safe = base.startswith("https://") or (is_loopback_url(base) and (is_file(url) or is_loopback_url(url)))
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

    Tries the API's origin, then the server in the API's metadata (RFC 9728), then those in its documents.
    """
    home = origin_of(found.home)
    candidates = [await _protected_by(home, fetcher)]
    for scheme in found.schemes:
        candidates += [scheme.issuer, *_origins([scheme.authorization, scheme.token])]
    wire = HttpClient(trust_env=not is_loopback_url(home))
    for issuer in dict.fromkeys([home, *usable(filter(None, candidates), home)]):
        try:
            named = checked_url(issuer, "authorization server", home)
            await anyio.to_thread.run_sync(check_not_nearer, named, "authorization server", home)
            server = await anyio.to_thread.run_sync(discover, issuer, wire)
        except ServerMetadataError:
            continue
        registers, interactive = server.registration_endpoint is not None, bool(server.authorization_endpoint)
        return Provider(registers, interactive, "" if issuer == home else issuer)
    return None


async def _protected_by(home: str, fetcher: Fetcher) -> str:
    """The authorization server that a protected resource names (RFC 9728 §2); '' without one."""
    try:
        document = await fetcher.fetch(f"{home}/.well-known/oauth-protected-resource", "application/json")
        return as_text(next(iter(as_list(read_document(document.body).get("authorization_servers"))), ""))
    except (FetchError, UnreadableDocumentError):
        return ""
