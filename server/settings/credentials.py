"""Reads a credential's table in the settings file."""

from __future__ import annotations

import re
from dataclasses import replace
from importlib.metadata import version
from typing import Literal, TypeAlias

from ...auth.oauth.registration import is_document
from ...auth.profile import Endpoints, Profile
from .model import ApiKey, Credential, NoCredential, SignIn
from .schema import (
    ApiKeyTable,
    AuthorizationCodeTable,
    ClientCredentialsTable,
    CredentialTable,
    DeviceCodeTable,
    PasswordTable,
)
from .sources import Sources

_OAuthTable: TypeAlias = AuthorizationCodeTable | DeviceCodeTable | ClientCredentialsTable | PasswordTable
KEY_HEADER, _KEY_PARAMETER = "X-API-Key", "api_key"
# They route and delimit a request (RFC 9110 §7.2, RFC 9112 §6, §9.6).
_NOT_FOR_KEYS = {"host", "content-length", "transfer-encoding", "connection", "upgrade", "te", "trailer"}


def new_profile(system: str, issuer: str, origins: frozenset[str]) -> Profile:
    """The OAuth settings of a system whose authorization server is discovered."""
    return Profile(system, issuer, origins, version("closient-mcp"))


def credential_of(table: CredentialTable, preset: Profile, sources: Sources, key_place: str) -> Credential:
    """The credential of a table, with defaults from `preset`.

    Raises:
        SettingsError: invalid combination of keys.
    """
    keys = ("systems", preset.system, "credential")
    if isinstance(table, str):
        sources.note(".".join(keys), "none", sources.in_file(*keys))
        return NoCredential(sources.in_file(*keys))
    sources.note(".".join([*keys, "grant"]), table.grant, sources.in_file(*keys, "grant"))
    if isinstance(table, ApiKeyTable):
        return _api_key(table, keys, sources, key_place)
    given = table.model_fields_set
    endpoints = _endpoints(table, preset, keys, sources)
    if table.issuer is not None:
        sources.origin(table.issuer, *keys, "issuer")
    _check_client(table, keys, sources)
    profile = replace(
        preset,
        grant=table.grant,
        issuer=table.issuer or preset.issuer,
        finds_issuer=preset.finds_issuer and table.issuer is None and endpoints == preset.endpoints,
        endpoints=endpoints,
        client_id=sources.secret(table.client_id, *keys, "client_id", plain=True) if table.client_id else None,
        client_secret=sources.secret(table.client_secret, *keys, "client_secret") if table.client_secret else None,
        client_auth=table.client_auth or preset.client_auth,
        scopes=preset.scopes if table.scopes is None else tuple(table.scopes),
        resource=table.resource,
        store=table.store,
    )
    for name in sorted(given & {"issuer", "client_auth", "scopes", "resource", "redirect_uri", "pkce", "store"}):
        sources.note(".".join([*keys, name]), getattr(table, name), sources.in_file(*keys, name))
    if isinstance(table, AuthorizationCodeTable):
        profile = _with_redirect(replace(profile, pkce=table.pkce), table, keys, sources)
    if isinstance(table, PasswordTable):
        profile = replace(
            profile,
            username=sources.secret(table.username, *keys, "username", plain=True),
            password=sources.secret(table.password, *keys, "password"),
            in_query=table.credentials_in == "query",
        )
        sources.note(".".join([*keys, "credentials_in"]), table.credentials_in, sources.in_file(*keys))
    return SignIn(sources.in_file(*keys), profile)


def _endpoints(table: _OAuthTable, preset: Profile, keys: tuple[str, ...], sources: Sources) -> Endpoints:
    endpoints = preset.endpoints
    for name in ("authorization", "token", "revocation", "registration", "device_authorization"):
        url = getattr(table, f"{name}_endpoint", None)
        if url is not None:
            sources.origin(url, *keys, f"{name}_endpoint")
            sources.note(".".join([*keys, f"{name}_endpoint"]), url, sources.in_file(*keys, f"{name}_endpoint"))
            endpoints = replace(endpoints, **{name: url})
    return endpoints


def _check_client(table: _OAuthTable, keys: tuple[str, ...], sources: Sources) -> None:
    if table.client_secret is not None and table.client_id is None:
        raise sources.error("client_secret is set without client_id; set both or neither", *keys)
    if table.client_secret is not None and table.client_auth == "none":
        raise sources.error('client_auth = "none" excludes client_secret; remove one of them', *keys)
    if isinstance(table.client_id, str) and is_document(table.client_id):
        _check_document(table, keys, sources)


def _check_document(table: _OAuthTable, keys: tuple[str, ...], sources: Sources) -> None:
    """A client whose client_id is the URL of its metadata document is a public client."""
    if table.client_secret is not None or table.client_auth not in (None, "none"):
        raise sources.error("a client_id that is a URL has no client_secret and no client_auth", *keys)
    if table.grant not in ("authorization_code", "device_code"):
        raise sources.error(f"a client_id that is a URL requires an interactive grant, not {table.grant}", *keys)


def _api_key(table: ApiKeyTable, keys: tuple[str, ...], sources: Sources, key_place: str) -> ApiKey:
    place: Literal["header", "basic", "query"] = table.place or ("basic" if key_place == "basic" else "header")
    if place == "basic" and table.name is not None:
        raise sources.error('in = "basic" excludes a name: the key is the username', *keys, "name")
    name = "" if place == "basic" else table.name or (KEY_HEADER if place == "header" else _KEY_PARAMETER)
    if place == "header" and not re.fullmatch(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+", name):
        raise sources.error("invalid header name", *keys, "name")
    if place == "header" and name.lower() in _NOT_FOR_KEYS:
        raise sources.error(f"{name} is not a header that may carry a key", *keys, "name")
    sources.note(".".join([*keys, "in"]), f"{place} {name}".strip(), sources.in_file(*keys, "in"))
    return ApiKey(sources.in_file(*keys), sources.secret(table.key, *keys, "key"), place, name)


def _with_redirect(profile: Profile, table: AuthorizationCodeTable, keys: tuple[str, ...], sources: Sources) -> Profile:
    if table.redirect_uri is None:
        return profile
    from ...auth.oauth.redirects import InvalidRedirectError, checked_redirect

    if profile.client_id is None:
        raise sources.error("redirect_uri is set without client_id", *keys)
    try:
        checked_redirect(table.redirect_uri)
    except InvalidRedirectError as error:
        raise sources.error(str(error), *keys, "redirect_uri") from None
    return replace(profile, redirect_uri=table.redirect_uri)
