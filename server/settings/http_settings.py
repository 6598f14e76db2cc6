"""Reads `[http]` in the settings file."""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from typing import NoReturn
from urllib.parse import urlsplit

from ...tools.formats.suggestions import did_you_mean
from ...tools.formats.urls import InvalidUrlError, origin_of
from ...tools.tiers.tier import TIERS
from .http_model import HOST, PATH, AccessRule, HttpAuth, HttpSettings, Introspection, OAuth, StoreSettings, TokenAuth
from .http_schema import AccessTable, HttpAuthTable, HttpTable, IntrospectionTable, StoreTable
from .sources import Sources

_CLAIMS = ("scope", "group", "subject")
_OF_OAUTH = ("issuer", "audience", "required_scopes", "introspection", "client_id", "client_secret")


def read_http(table: HttpTable, systems: AbstractSet[str], sources: Sources) -> HttpSettings:
    """The settings of `[http]`; rules may name these systems.

    Raises:
        SettingsError: invalid value, or impossible combination of keys.
    """
    public_url = _public_url(table.public_url, sources) if table.public_url is not None else ""
    auth = _auth(table.auth, public_url, sources) if table.auth else None
    if table.access and not isinstance(auth, OAuth):
        raise sources.error(
            'access rules need auth = { mode = "oauth", ... }: other callers have no claims', "http", "access"
        )
    for key in ("allowed_hosts", "allowed_origins", "trusted_proxies"):
        if values := getattr(table, key):
            sources.note(f"http.{key}", ", ".join(values), sources.in_file("http", key))
    return HttpSettings(
        public_url=public_url,
        allowed_hosts=tuple(_host(text, sources) for text in table.allowed_hosts),
        allowed_origins=tuple(_origin(text, sources) for text in table.allowed_origins),
        trusted_proxies=tuple(_network(text, sources) for text in table.trusted_proxies),
        auth=auth,
        access=tuple(_rule(rule, number, systems, sources) for number, rule in enumerate(table.access)),
        store=_store(table.store, sources) if table.store else None,
    )


def _public_url(url: str, sources: Sources) -> str:
    origin = sources.origin(url, "http", "public_url")
    if "?" in url or "#" in url:
        raise sources.error("it cannot have a query or a fragment", "http", "public_url")
    if url.rstrip("/").endswith(PATH):
        raise sources.error(f"leave out {PATH}, which is added", "http", "public_url")
    sources.note("http.public_url", url, sources.in_file("http", "public_url"))
    return f"{origin}{urlsplit(url).path.rstrip('/')}"


def _host(text: str, sources: Sources) -> str:
    if not HOST.fullmatch(text):
        raise sources.error(
            f"{text[:80]!r} is not a host, such as mcp.example.com or mcp.example.com:8443", "http", "allowed_hosts"
        )
    return text.lower()


def _origin(text: str, sources: Sources) -> str:
    try:
        origin = origin_of(text)
    except InvalidUrlError:
        origin = ""
    if not origin or "*" in origin or text.lower().rstrip("/") != origin:
        raise sources.error(
            f"{text[:80]!r} is not an origin, such as https://app.example.com", "http", "allowed_origins"
        )
    return origin


def _network(text: str, sources: Sources) -> str:
    try:
        return str(ipaddress.ip_network(text))
    except ValueError as error:
        raise sources.error(
            f"expected an address or a network, such as 10.0.0.0/8: {error}", "http", "trusted_proxies"
        ) from None


def _auth(table: HttpAuthTable, public_url: str, sources: Sources) -> HttpAuth:
    def wrong(message: str, *keys: str) -> NoReturn:
        raise sources.error(message, "http", "auth", *keys)

    others = ("tokens",) if table.mode == "oauth" else _OF_OAUTH
    for key in others:
        if getattr(table, key) is not None:
            wrong(f'not valid with mode = "{table.mode}"', key)
    sources.note("http.auth.mode", table.mode, sources.in_file("http", "auth"))
    if table.mode == "token":
        if not table.tokens:
            wrong('mode = "token" needs tokens, such as tokens = [{ env = "MCP_TOKEN" }]')
        return TokenAuth(tuple(sources.secret(value, "http", "auth", "tokens") for value in table.tokens))
    if table.issuer is None:
        wrong('mode = "oauth" needs the issuer of the access tokens')
    if not public_url:
        wrong('mode = "oauth" needs http.public_url: clients request tokens for the URL of the server')
    sources.origin(table.issuer, "http", "auth", "issuer")
    sources.note("http.auth.issuer", table.issuer, sources.in_file("http", "auth", "issuer"))
    given = [table.audience] if isinstance(table.audience, str) else table.audience
    audiences = [f"{public_url}{PATH}"] if given is None else given
    if not audiences or not all(audiences):
        wrong("tokens for any audience are not accepted: name the audience", "audience")
    sources.note("http.auth.audience", ", ".join(audiences), sources.in_file("http", "auth", "audience"))
    if table.client_secret is not None and table.client_id is None:
        wrong("client_secret is set without client_id; set both or neither", "client_secret")
    return OAuth(
        table.issuer,
        tuple(audiences),
        _scopes(table.required_scopes or (), sources, "http", "auth", "required_scopes"),
        introspection=_introspection(table.introspection, sources) if table.introspection else None,
        client_id=sources.secret(table.client_id, "http", "auth", "client_id", plain=True) if table.client_id else None,
        client_secret=sources.secret(table.client_secret, "http", "auth", "client_secret")
        if table.client_secret
        else None,
    )


def _scopes(scopes: Sequence[str], sources: Sources, *keys: str) -> tuple[str, ...]:
    for scope in scopes:
        if scope.split() != [scope]:  # RFC 6749 §3.3: spaces separate scopes
            raise sources.error(f"{scope[:80]!r} is not a scope: write each as an item or a rule of its own", *keys)
    return tuple(scopes)


def _introspection(table: IntrospectionTable, sources: Sources) -> Introspection:
    keys = ("http", "auth", "introspection")
    sources.origin(table.endpoint, *keys, "endpoint")
    return Introspection(
        table.endpoint,
        sources.secret(table.client_id, *keys, "client_id", plain=True),
        sources.secret(table.client_secret, *keys, "client_secret"),
    )


def _store(table: StoreTable, sources: Sources) -> StoreSettings:
    keys = tuple(sources.secret(value, "http", "store", "keys") for value in table.keys)
    has_password = isinstance(table.url, str) and "@" in table.url
    return StoreSettings(sources.secret(table.url, "http", "store", "url", plain=not has_password), keys)


def _rule(table: AccessTable, number: int, systems: AbstractSet[str], sources: Sources) -> AccessRule:
    keys = ("http", "access", str(number))
    claims = [(claim, value) for claim in _CLAIMS if (value := getattr(table, claim))]
    if len(claims) != 1:
        raise sources.error(f"a rule has one of {', '.join(_CLAIMS)}", *keys)
    for name in table.systems or ():
        if name not in systems:
            raise sources.error(f"there is no system {name[:40]}{did_you_mean(name, systems) or '.'}", *keys, "systems")
    ((claim, value),) = claims
    if claim == "scope":
        _scopes((value,), sources, *keys, "scope")
    named = tuple(sorted(systems)) if table.systems is None else tuple(table.systems)
    allow = table.allow or TIERS[-1]
    sources.note(f"http.access.{number}", f"{claim} {value}: {', '.join(named)} up to {allow}", sources.in_file(*keys))
    return AccessRule(claim, value, named, allow)
