"""What is at an address: a catalog, a description, or a site that names one; and what sign-in is wanted there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import anyio.to_thread

from ..auth.discovery import NoServer, discover
from ..auth.records import Server
from ..auth.wire import Wire
from ..tools.addresses import BadAddress, has_origin, is_loopback, origin_of, resolve
from ..tools.documents import NotReadable, kind_of, read_document
from ..tools.fetching import MAX_BYTES, Document, Fetcher, NotFetched
from ..tools.json_values import JsonObject, as_list, as_object
from ..tools.local_files import Reader
from ..tools.security import Scheme, security_schemes
from ..tools.servers import server_url
from .settings import SettingsError

_ACCEPT = (
    "application/linkset+json, application/openapi+json, application/json;q=0.9, application/yaml;q=0.8, */*;q=0.1"
)
# Where frameworks put their documents by themselves; tried last.
_USUAL = ("/openapi.json", "/openapi.yaml", "/api/openapi.json", "/swagger.json")


@dataclass(frozen=True, slots=True)
class Probe:
    """How a system is reached: the settings that say so, and the description that was read meanwhile, if any."""

    way: Mapping[str, str]
    schemes: tuple[Scheme, ...] = field(default=())


async def probe(address: str, fetcher: Fetcher) -> Probe:
    """Find out what an address or a file is.

    Raises:
        SettingsError: nothing there leads to a description; says what was tried.
    """
    if "://" not in address:
        return await anyio.to_thread.run_sync(_probe_file, address)
    try:
        origin_of(address)
        document = await fetcher.fetch(address, _ACCEPT)
    except BadAddress as error:
        raise SettingsError(f"{error}.") from None
    except NotFetched as error:
        if "cannot be reached" in str(error):
            raise SettingsError(f"{address}: {error}. Check the address and the network.") from None
        return await _probe_site(address, fetcher, str(error))
    found, what = _understood(document)
    if found is None:
        return await _probe_site(address, fetcher, what)
    if isinstance(found.get("linkset"), list):
        return Probe({"catalog": address})
    return _described({"description": address}, found, document.address)


def _probe_file(name: str) -> Probe:
    path = Path(name).expanduser().absolute()
    try:
        with path.open("rb") as file:
            body = file.read(MAX_BYTES)
    except OSError as error:
        raise SettingsError(f"{path} cannot be read: {error.strerror or error}.") from None
    found, what = _understood(Document(body, path.as_uri()))
    if found is None:
        raise SettingsError(f"{path}: {what}.")
    if isinstance(found.get("linkset"), list):
        return Probe({"catalog": str(path)})
    return _described({"description": str(path)}, found, "")


async def _probe_site(address: str, fetcher: Fetcher, what: str) -> Probe:
    """What a site leads to: its catalog, or a document at one of the usual places."""
    from ..tools.ways_in import NoWayIn, WayIn, find_descriptions

    site = origin_of(address)
    try:
        await find_descriptions(WayIn(site=address), Reader(fetcher))
    except NoWayIn as error:
        tried = str(error)
    else:
        return Probe({"site": address})
    for path in _USUAL:
        try:
            document = await fetcher.fetch(f"{site}{path}", _ACCEPT)
        except NotFetched:
            continue
        found, _ = _understood(document)
        if found is not None:
            return _described({"description": f"{site}{path}"}, found, document.address)
    usual = ", ".join(_USUAL)
    raise SettingsError(f"{address} leads to no description: {what}; {tried}; and nothing is at {usual}.")


def _understood(document: Document) -> tuple[JsonObject | None, str]:
    """The catalog or description that a body is, or what it is instead."""
    try:
        found = read_document(document.body)
    except NotReadable as error:
        return None, str(error)
    if isinstance(found.get("linkset"), list) or "openapi" in found:
        return found, ""
    return None, kind_of(found) or "what is there is no api-catalog and no OpenAPI document"


def _described(way: dict[str, str], document: JsonObject, address: str) -> Probe:
    """A description's way in; where its API is elsewhere, that is written down too, for the person to see."""
    servers = [server_url(as_object(server)) for server in as_list(document.get("servers"))]
    for server in servers:
        try:
            base = resolve(address, server)
        except BadAddress:
            continue
        if not address or not has_origin(base, frozenset({origin_of(address)})):
            way["base"] = base.rstrip("/")
        break
    return Probe(way, security_schemes(document, way.get("base", address)))


async def authorization_server(origin: str) -> Server | None:
    """The authorization server at an address, if it publishes metadata (RFC 8414)."""
    wire = Wire(trust_env=not is_loopback(origin))
    try:
        return await anyio.to_thread.run_sync(discover, origin, wire)
    except NoServer:
        return None
