"""Which authorization server a service trusts (RFC 9728), and what its 401 and 403 responses require (RFC 6750)."""

from __future__ import annotations

import re
from dataclasses import dataclass

import httpx2

from ..urls import origin
from .discovery import ServerMetadataError, checked_url, fetch_metadata
from .http import HttpClient, Response, cleaned, scopes_in, valid_scopes

_MOST_ISSUERS = 5
_WELL_KNOWN = "/.well-known/oauth-protected-resource"
# RFC 9110 §11.2: a parameter, after its scheme if it is the first, whose value is quoted or a token.
_PARAMETER = re.compile(r'(?<![\w-])(?:([\w-]+) +)?([\w-]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,"]+))')


@dataclass(frozen=True, slots=True)
class Challenge:
    """The challenge of a rejected request (RFC 6750 §3); `metadata_url` is empty if it has no usable URL."""

    metadata_url: str
    requested: str
    scope: str = ""
    error: str = ""
    description: str = ""


def read_challenge(header: str, requested: httpx2.URL) -> Challenge:
    """Read a WWW-Authenticate header: the service's own metadata URL (RFC 9728 §5.1), and what it says."""
    parameters = _parameters(header)
    url = parameters.get("resource_metadata", "")
    if url:
        try:
            checked_url(url, "resource_metadata")
        except ServerMetadataError:
            url = ""
        # Another site must not decide where users sign in.
        if url and origin(httpx2.URL(url)) != origin(requested):
            url = ""
    return Challenge(
        url,
        str(requested.copy_with(query=None, fragment=None)),
        scope=scopes_in(parameters.get("scope", "")),
        error=cleaned(parameters.get("error", "")),
        description=cleaned(parameters.get("error_description", "")),
    )


def _parameters(header: str) -> dict[str, str]:
    """The parameters of all challenges, by lower-case name; those of Bearer take precedence."""
    scheme, bearer, others = "", dict[str, str](), dict[str, str]()
    for named, name, quoted, token in _PARAMETER.findall(header):
        scheme = named.lower() or scheme
        value = re.sub(r"\\(.)", r"\1", quoted) or token
        (bearer if scheme == "bearer" else others).setdefault(name.lower(), value)
    return others | bearer


@dataclass(frozen=True, slots=True)
class ProtectedResource:
    """A service's metadata: its identifier, the issuers that it trusts, its own first, and scopes (RFC 9728 §2)."""

    identifier: str
    issuers: tuple[str, ...]
    scopes: tuple[str, ...] = ()


def find_resource(site: str, challenge: Challenge | None, http: HttpClient) -> ProtectedResource | None:
    """The metadata of the service at `site`, None if it has none.

    Raises:
        ServerMetadataError: the service does not answer now, or its metadata is not valid.
    """
    well_known = Challenge(f"{site.rstrip('/')}{_WELL_KNOWN}", site)
    for source in (challenge, well_known) if challenge else (well_known,):
        if response := fetch_metadata(source.metadata_url, http):
            return read_resource(response, source, site)
    return None


def read_resource(response: Response, challenge: Challenge, site: str) -> ProtectedResource:
    """Read a service's metadata.

    Raises:
        ServerMetadataError: the metadata is of another service (RFC 9728 §3.3).
    """
    resource = response.text("resource")
    if not _covers(resource, challenge.requested):
        raise ServerMetadataError(
            f'its metadata has the resource "{resource[:200]}", expected one that covers {challenge.requested[:200]}'
        )
    issuers = dict.fromkeys(issuer for issuer in response.texts("authorization_servers") if issuer)
    own_first = sorted(issuers, key=lambda issuer: issuer.rstrip("/") != site.rstrip("/"))
    scopes = valid_scopes(response.texts("scopes_supported"))
    return ProtectedResource(resource, tuple(own_first[:_MOST_ISSUERS]), scopes)


def _covers(resource: str, requested: str) -> bool:
    """Whether the request was to this resource: the same URL, or one below it.

    Some services at `/mcp` use their origin as their resource.
    """
    try:
        own, url = httpx2.URL(resource), httpx2.URL(requested)
    except (httpx2.InvalidURL, ValueError):
        return False
    if not resource or own.query or own.fragment or own.userinfo or origin(own) != origin(url):
        return False
    return f"{url.path.rstrip('/')}/".startswith(f"{own.path.rstrip('/')}/")
