"""Finding an authorization server's endpoints (RFC 8414, OpenID Connect Discovery)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import cast

import httpx2

from ..profile import Endpoints
from ..records import Server
from ..urls import is_safe, origin
from .http import HttpClient, NoResponseError, Request, Response

_MAX_ADDRESS = 8192


class ServerMetadataError(Exception):
    """There is no usable authorization server; the text says why. `lasting` is false if it may answer later."""

    def __init__(self, reason: str, *, lasting: bool) -> None:
        super().__init__(reason)
        self.lasting = lasting


def configured_server(issuer: str, given: Endpoints) -> Server:
    """The server as the settings describe it, without a look at what it publishes.

    Raises:
        ServerMetadataError: a URL may not be used.
    """
    return Server(
        issuer=issuer,
        authorization_endpoint=_given(given.authorization, "authorization_endpoint") or "",
        token_endpoint=_given(given.token, "token_endpoint") or "",
        revocation_endpoint=_given(given.revocation, "revocation_endpoint"),
        registration_endpoint=_given(given.registration, "registration_endpoint"),
        device_authorization_endpoint=_given(given.device_authorization, "device_authorization_endpoint"),
    )


def discover(issuer: str, http: HttpClient, given: Endpoints | None = None, *, renamed: bool = False) -> Server:
    """The server behind an issuer; the endpoints that are given go before those that it publishes.

    A server may call itself by another path of the same origin, as Django OAuth Toolkit does when it is mounted
    under one; that is followed once, to where the other name's own metadata has to say the same.

    Raises:
        ServerMetadataError: it publishes no usable metadata, or does not response now.
    """
    for url in metadata_urls(issuer):
        try:
            response = http.send(Request(url, method="GET"))
        except NoResponseError as error:
            raise ServerMetadataError(f"it cannot be reached: {error}", lasting=False) from None
        if response.status == 429 or response.status >= 500:
            raise ServerMetadataError(f"it answers {response.summary}", lasting=False)
        if response.status == 200 and response.body is not None:
            told = response.text("issuer")
            if not renamed and told.rstrip("/") != issuer.rstrip("/") and same_origin(told, issuer):
                return discover(checked_url(told, "issuer"), http, given, renamed=True)
            return read_metadata(issuer, response, given)
    raise ServerMetadataError(
        "it publishes no OAuth metadata where RFC 8414 and OpenID Connect look for it", lasting=True
    )


def is_alias(name: str, server: Server, http: HttpClient) -> bool:
    """Whether another issuer is this server under another name: same origin, and the very same endpoints.

    Anything less would let somebody else's answer pass for this server's (RFC 9207 §1, mix-up).
    """
    if not same_origin(name, server.issuer):
        return False
    try:
        other = discover(name, http, renamed=True)
    except ServerMetadataError:
        return False
    return (other.authorization_endpoint, other.token_endpoint) == (
        server.authorization_endpoint,
        server.token_endpoint,
    )


def same_origin(one: str, other: str) -> bool:
    """Whether two URLs have one origin; what is no URL has none."""
    try:
        return origin(httpx2.URL(one)) == origin(httpx2.URL(other))
    except (httpx2.InvalidURL, ValueError):
        return False


def metadata_urls(issuer: str) -> list[str]:
    """Where an issuer's metadata may be, in order (RFC 8414 §3; OpenID Connect Discovery §4; RFC 8414 §5)."""
    from authlib.oauth2.rfc8414 import get_well_known_url

    bare = issuer.rstrip("/")
    oauth: str = get_well_known_url(bare, external=True)
    inserted: str = get_well_known_url(bare, external=True, suffix="openid-configuration")
    return list(dict.fromkeys((oauth, f"{bare}/.well-known/openid-configuration", inserted)))


def read_metadata(issuer: str, response: Response, given: Endpoints | None = None) -> Server:
    """The metadata, checked: it speaks of this issuer, and each endpoint is one that a browser may be sent to.

    Endpoints that are given go before those that it names.

    Raises:
        ServerMetadataError: it does not.
    """
    body = response.body or {}
    told = response.text("issuer")
    # RFC 8414 §3.3: the same issuer exactly, or somebody else's document could be passed off as this one's.
    if told.rstrip("/") != issuer.rstrip("/"):
        raise ServerMetadataError(f'it says that it is "{told[:200]}", not {issuer}', lasting=True)
    _check(body)
    own = configured_server(told, given or Endpoints())
    token_endpoint = own.token_endpoint or _endpoint(response, "token_endpoint")
    return Server(
        issuer=told,
        authorization_endpoint=own.authorization_endpoint or _authorization_endpoint(response),
        token_endpoint=token_endpoint,
        registration_endpoint=own.registration_endpoint or _optional(response, "registration_endpoint"),
        revocation_endpoint=own.revocation_endpoint or _beside(token_endpoint, response, "revocation_endpoint"),
        device_authorization_endpoint=own.device_authorization_endpoint
        or _beside(token_endpoint, response, "device_authorization_endpoint"),
        jwks_uri=_optional(response, "jwks_uri"),
        scopes_supported=_texts(body, "scopes_supported"),
        auth_methods=_texts(body, "token_endpoint_auth_methods_supported"),
        iss_in_response=body.get("authorization_response_iss_parameter_supported") is True,
        signing_algorithms=_texts(body, "id_token_signing_alg_values_supported") or ("RS256",),
        client_documents=body.get("client_id_metadata_document_supported") is True,
    )


def _check(body: Mapping[str, object]) -> None:
    from authlib.oauth2.rfc8414 import AuthorizationServerMetadata

    metadata = AuthorizationServerMetadata(body)
    try:
        if _sends_people(body):
            metadata.validate_response_types_supported()
        metadata.validate_grant_types_supported()
        metadata.validate_scopes_supported()
        metadata.validate_code_challenge_methods_supported()
    except ValueError as error:
        raise ServerMetadataError(f"its metadata is not valid: {error}", lasting=True) from None


def _authorization_endpoint(response: Response) -> str:
    # RFC 8414 §2: required unless no grant type is supported that uses it.
    if _sends_people(response.body or {}):
        return _endpoint(response, "authorization_endpoint")
    return _optional(response, "authorization_endpoint") or ""


def _sends_people(body: Mapping[str, object]) -> bool:
    """Whether people are sent to it; left out, `grant_types_supported` says so."""
    grants = _texts(body, "grant_types_supported")
    return not grants or bool({"authorization_code", "implicit"} & set(grants))


def _given(url: str | None, name: str) -> str | None:
    return None if url is None else checked_url(url, name)


def _endpoint(response: Response, name: str) -> str:
    url = response.text(name)
    if not url:
        raise ServerMetadataError(f"its metadata has no {name}", lasting=True)
    return checked_url(url, name)


def _optional(response: Response, name: str) -> str | None:
    return checked_url(response.text(name), name) if response.text(name) else None


def _beside(token_endpoint: str, response: Response, name: str) -> str | None:
    """An endpoint that is told secrets: where the token endpoint is, or nowhere. Metadata may change, and lie."""
    url = _optional(response, name)
    return url if url and same_origin(url, token_endpoint) else None


def checked_url(text: str, name: str) -> str:
    """An endpoint that may be used: https or loopback, no user name, of sane length (CVE-2025-6514 was neither).

    Raises:
        ServerMetadataError: it may not.
    """
    try:
        url = httpx2.URL(text)
    except (httpx2.InvalidURL, ValueError):
        raise ServerMetadataError(f"its {name} is no URL", lasting=True) from None
    if re.search(r"[^!-~]|[\"<>\\^`{|}]", text):
        raise ServerMetadataError(f"its {name} is no URL (RFC 3986)", lasting=True)
    if len(text) > _MAX_ADDRESS or not is_safe(url) or url.userinfo or not url.host or url.fragment:
        raise ServerMetadataError(f"its {name} is not an https URL: {origin(url)[:200]}", lasting=True)
    return text


def _texts(body: Mapping[str, object], name: str) -> tuple[str, ...]:
    value = body.get(name)
    items = cast(list[object], value) if isinstance(value, list) else []
    return tuple(item for item in items if isinstance(item, str))
