"""Finding out which authorization server a service trusts (RFC 9728)."""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass
from typing import cast

import httpx2

from ..urls import origin
from .discovery import ServerMetadataError, checked_url
from .http import HttpClient, NoResponseError, Request, Response

_WELL_KNOWN = "/.well-known/oauth-protected-resource"
_METADATA = re.compile(r'resource_metadata="([\x21\x23-\x5b\x5d-\x7e]{1,2000})"')


@dataclass(frozen=True, slots=True)
class Challenge:
    """What a refused request was told: where the service describes itself, and what was requested."""

    metadata: str
    requested: str


def read_challenge(header: str, requested: httpx2.URL) -> Challenge | None:
    """The `resource_metadata` of a WWW-Authenticate header (RFC 9728 §5.1), where it is the service's own."""
    found = _METADATA.search(header)
    if not found:
        return None
    try:
        url = checked_url(found[1], "resource_metadata")
    except ServerMetadataError:
        return None
    # Somebody else's page must not say whom our person signs in with.
    if origin(httpx2.URL(url)) != origin(requested):
        return None
    return Challenge(url, str(requested.copy_with(query=None, fragment=None)))


def find_issuer(site: str, challenge: Challenge | None, http: HttpClient) -> str | None:
    """The issuer that the service at `site` names, or nothing where it does not describe itself.

    Raises:
        ServerMetadataError: it cannot be reached now, or what it says of itself is not to be believed.
    """
    derived = Challenge(f"{site.rstrip('/')}{_WELL_KNOWN}", site)
    for one in (challenge, derived) if challenge else (derived,):
        try:
            response = http.send(Request(one.metadata, method="GET"))
        except NoResponseError as error:
            raise ServerMetadataError(f"it cannot be reached: {error}", lasting=False) from None
        if response.status == 429 or response.status >= 500:
            raise ServerMetadataError(f"it answers {response.summary}", lasting=False)
        if response.status == 200 and response.body is not None:
            return read_resource(response, one, site)
    return None


def read_resource(response: Response, challenge: Challenge, site: str) -> str | None:
    """The issuer that a service's metadata names: the site itself where that is among them, else the first.

    Raises:
        ServerMetadataError: it speaks of another service (RFC 9728 §3.3), or names what nobody should be sent to.
    """
    resource = response.text("resource")
    if not _covers(resource, challenge.requested):
        reason = f'it publishes metadata of "{resource[:200]}", which is not what was asked for'
        raise ServerMetadataError(reason, lasting=True)
    value = (response.body or {}).get("authorization_servers")
    items = cast(list[object], value) if isinstance(value, list) else []
    issuers = [item for item in items if isinstance(item, str) and item]
    if not issuers:
        return None
    own = [issuer for issuer in issuers if issuer.rstrip("/") == site.rstrip("/")]
    return checked_issuer((own or issuers)[0], site)


def _covers(resource: str, requested: str) -> bool:
    """Whether a request is one to this resource: the same URL, or one below it.

    A service at `/mcp` that calls itself by its origin is what Close does.
    """
    try:
        one, other = httpx2.URL(resource), httpx2.URL(requested)
    except (httpx2.InvalidURL, ValueError):
        return False
    if not resource or one.query or one.fragment or one.userinfo or origin(one) != origin(other):
        return False
    return f"{other.path.rstrip('/')}/".startswith(f"{one.path.rstrip('/')}/")


def checked_issuer(issuer: str, site: str) -> str:
    """An issuer that somebody else names: on another origin it is https, and no URL inside a network.

    Raises:
        ServerMetadataError: it may not be used.
    """
    url = httpx2.URL(checked_url(issuer, "authorization server"))
    if url.host == httpx2.URL(site).host:
        return issuer
    if url.scheme != "https" or url.host == "localhost" or _is_private(url.host):
        raise ServerMetadataError(f"its authorization server is not a public https URL: {issuer[:200]}", lasting=True)
    return issuer


def _is_private(host: str) -> bool:
    try:
        return not ipaddress.ip_address(host).is_global
    except ValueError:
        return False
