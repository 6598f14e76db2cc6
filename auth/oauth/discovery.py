"""Discovery of an authorization server's endpoints (RFC 8414, OpenID Connect Discovery)."""

from __future__ import annotations

from dataclasses import asdict, fields

import httpx2

from ..background import within
from ..profile import Endpoints
from ..records import Server
from ..urls import has_invalid_character, is_safe, network_scope, origin, resolved_network_scope
from .http import HttpClient, NoResponseError, Request, Response, valid_scopes

_LONGEST_URL = 2048
# Seconds for looking up hosts.
_RESOLVING = 10.0
_URLS = ("jwks_uri", "userinfo_endpoint", *(f"{field.name}_endpoint" for field in fields(Endpoints)))


class ServerMetadataError(Exception):
    """There is no usable metadata; the text says why. `lasting` is false if trying again later may help."""

    def __init__(self, reason: str, *, lasting: bool = True) -> None:
        super().__init__(reason)
        self.lasting = lasting


def configured_server(issuer: str, endpoints: Endpoints) -> Server:
    """The server as the settings describe it.

    Raises:
        ServerMetadataError: an endpoint is not allowed.
    """
    return Server.model_validate({"issuer": issuer, "token_endpoint": "", **_configured(endpoints)})


def _configured(endpoints: Endpoints) -> dict[str, str]:
    given = {f"{name}_endpoint": url for name, url in asdict(endpoints).items() if url is not None}
    return {name: checked_url(url, name) for name, url in given.items()}


def discover(issuer: str, http: HttpClient, endpoints: Endpoints | None = None, *, renamed: bool = False) -> Server:
    """Discover an issuer's server; configured endpoints take precedence over those in the metadata.

    Metadata may name another issuer of the same origin, as some servers do that are mounted below a path. That is
    followed once, and the metadata there must name itself.

    Raises:
        ServerMetadataError: there is no usable metadata, or the server does not answer now.
    """
    for url in metadata_urls(issuer):
        if response := fetch_metadata(url, http):
            name = response.text("issuer")
            if not renamed and not _same_issuer(name, issuer) and same_origin(name, issuer):
                return discover(checked_url(name, "issuer"), http, endpoints, renamed=True)
            server = read_metadata(issuer, response, endpoints)
            configured = {url for url in asdict(endpoints or Endpoints()).values() if url}
            for name in _URLS:
                if (published := getattr(server, name)) and published not in configured:
                    check_not_nearer(published, name, issuer)
            return server
    raise ServerMetadataError("it has no OAuth metadata at the URLs of RFC 8414 and OpenID Connect Discovery")


def fetch_metadata(url: str, http: HttpClient) -> Response | None:
    """Fetch a JSON document; return None if this URL has no document.

    Raises:
        ServerMetadataError: the server does not answer now.
    """
    try:
        response = http.send(Request(url, method="GET"))
    except NoResponseError as error:
        raise ServerMetadataError(f"it cannot be reached: {error}", lasting=False) from None
    if response.is_busy:
        raise ServerMetadataError(f"it answers {response.summary}", lasting=False)
    return response if response.status == 200 and response.body is not None else None


def is_alias(name: str, server: Server, http: HttpClient) -> bool:
    """Whether another issuer is the same server: same origin, and the same endpoints.

    Otherwise another server's response could pass for this one's (RFC 9207 §1, mix-up).
    """
    if not same_origin(name, server.issuer):
        return False
    try:
        other = discover(name, http, renamed=True)
    except ServerMetadataError:
        return False
    names = ("authorization_endpoint", "token_endpoint")
    return all(getattr(other, name) == getattr(server, name) for name in names)


def same_origin(first: str, second: str) -> bool:
    """Whether two URLs have the same origin; an invalid URL has none."""
    try:
        return origin(httpx2.URL(first)) == origin(httpx2.URL(second))
    except (httpx2.InvalidURL, ValueError):
        return False


def metadata_urls(issuer: str) -> list[str]:
    """The URLs of an issuer's metadata, in order (RFC 8414 §3; OpenID Connect Discovery §4; RFC 8414 §5)."""
    from authlib.oauth2.rfc8414 import get_well_known_url

    bare = issuer.rstrip("/")
    oauth: str = get_well_known_url(bare, external=True)
    inserted: str = get_well_known_url(bare, external=True, suffix="openid-configuration")
    return list(dict.fromkeys((oauth, f"{bare}/.well-known/openid-configuration", inserted)))


def read_metadata(issuer: str, response: Response, endpoints: Endpoints | None = None) -> Server:
    """Read and check metadata; configured endpoints take precedence.

    Raises:
        ServerMetadataError: the metadata is of another issuer or invalid, or an endpoint is not allowed.
    """
    name = response.text("issuer")
    # RFC 8414 §3.3: the same issuer, or another server's metadata could pass for this one's.
    if not _same_issuer(name, issuer):
        raise ServerMetadataError(f'its metadata has the issuer "{name[:200]}", expected {issuer}')
    _check(response)
    configured = _configured(endpoints or Endpoints())
    published = {
        url: checked_url(response.text(url), url, issuer)
        for url in _URLS
        if url not in configured and response.text(url)
    }
    urls = published | configured
    # RFC 8414 §2: the authorization endpoint is required unless no supported grant uses it.
    for required in ("token_endpoint", *(("authorization_endpoint",) if _has_users(response) else ())):
        if required not in urls:
            raise ServerMetadataError(f"its metadata has no {required}")
    # Endpoints that receive secrets must have the token endpoint's origin: metadata may change, and lie.
    for url in ("revocation_endpoint", "device_authorization_endpoint", "userinfo_endpoint"):
        if url in published and not same_origin(published[url], urls["token_endpoint"]):
            del urls[url]
    return Server(
        issuer=name,
        scopes_supported=valid_scopes(response.texts("scopes_supported")),
        auth_methods=response.texts("token_endpoint_auth_methods_supported"),
        iss_in_response=_flag(response, "authorization_response_iss_parameter_supported"),
        signing_algorithms=response.texts("id_token_signing_alg_values_supported") or ("RS256",),
        client_documents=_flag(response, "client_id_metadata_document_supported"),
        token_endpoint=urls.pop("token_endpoint"),
    ).model_copy(update=urls)


def _same_issuer(first: str, second: str) -> bool:
    return first.rstrip("/") == second.rstrip("/")


def _check(response: Response) -> None:
    from authlib.oauth2.rfc8414 import AuthorizationServerMetadata

    metadata = AuthorizationServerMetadata(response.body or {})
    try:
        if _has_users(response):
            metadata.validate_response_types_supported()
        metadata.validate_grant_types_supported()
        metadata.validate_scopes_supported()
        metadata.validate_code_challenge_methods_supported()
    except ValueError as error:
        raise ServerMetadataError(f"its metadata is not valid: {error}") from None


def _has_users(response: Response) -> bool:
    """Whether users sign in with a browser, which is the default without `grant_types_supported`."""
    grants = response.texts("grant_types_supported")
    return not grants or bool({"authorization_code", "implicit"} & set(grants))


def _flag(response: Response, name: str) -> bool:
    return (response.body or {}).get(name) is True


def checked_url(text: str, name: str, named_by: str = "") -> str:
    """The URL if it is allowed: https or loopback, without user info, not too long (see CVE-2025-6514).

    The site in whose metadata it is (`named_by`) may refer to its own host, and to none that is nearer to us:
    otherwise it could send requests and users to what listens on this machine or in a private network (RFC 9728 §7.7).

    Raises:
        ServerMetadataError: it is not.
    """
    try:
        url = httpx2.URL(text)
    except (httpx2.InvalidURL, ValueError):
        raise ServerMetadataError(f"its {name} is not a URL") from None
    if has_invalid_character(text):
        raise ServerMetadataError(f"its {name} is not a URL (RFC 3986)")
    if len(text) > _LONGEST_URL or not is_safe(url) or url.userinfo or not url.host or url.fragment:
        raise ServerMetadataError(f"its {name} is not an https URL: {origin(url)[:200]}")
    site = httpx2.URL(named_by).host or url.host
    if url.host != site and network_scope(url.host) > network_scope(site):
        raise ServerMetadataError(f"its {name} is on this machine or in a private network: {origin(url)[:200]}")
    return text


def check_not_nearer(url: str, name: str, named_by: str) -> None:
    """As `checked_url` for what the host's name resolves to; never on the event loop.

    Raises:
        ServerMetadataError: it is nearer to us than the site that refers to it, or it is not known in time.
    """
    host, site = httpx2.URL(url).host, httpx2.URL(named_by).host
    try:
        is_nearer = host != site and within(
            _RESOLVING, lambda: resolved_network_scope(host) > resolved_network_scope(site)
        )
    except TimeoutError:
        raise ServerMetadataError(f"the host of its {name} could not be looked up in time", lasting=False) from None
    if is_nearer:
        raise ServerMetadataError(f"its {name} is on this machine or in a private network: {origin(httpx2.URL(url))}")
