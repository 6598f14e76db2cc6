"""Reads a credential's table in the settings file."""

from __future__ import annotations

from dataclasses import replace
from typing import Literal

from ...auth.profile import Endpoints, Profile
from ...auth.urls import is_client_document
from ...tools.formats.media_types import TOKEN
from .model import ApiKey, Credential, NoCredential, SignIn
from .schema import ApiKeyTable, AuthorizationCodeTable, PasswordTable
from .table_reader import OAuthTable, TableReader
from .version import VERSION

KEY_HEADER, _KEY_PARAMETER = "X-API-Key", "api_key"
# The settings that `config show` lists if the file has them; endpoints and secrets are listed too.
_NOTED = {"shared", "issuer", "client_auth", "scopes", "resource", "redirect_uri", "pkce", "store", "credentials_in"}
# They route and delimit a request (RFC 9110 §7.2, RFC 9112 §6, §9.6).
_NOT_FOR_KEYS = {"host", "content-length", "transfer-encoding", "connection", "upgrade", "te", "trailer"}


def new_profile(system: str, issuer: str, origins: frozenset[str]) -> Profile:
    """The OAuth settings of a system whose authorization server is discovered."""
    return Profile(system, issuer, origins, VERSION)


def credential_of(
    reader: TableReader, preset: Profile, key_location: Literal["header", "basic"] = "header"
) -> Credential:
    """The credential in a system's table, with defaults from `preset`; API keys go to `key_location` by default.

    Raises:
        SettingsError: invalid combination of keys.
    """
    table, source = reader.table.credential, reader.source("credential")
    if table is None:
        return NoCredential("default")
    if isinstance(table, str):
        reader.note("credential", "none")
        return NoCredential(source)
    reader.note("credential.grant", table.grant)
    if isinstance(table, ApiKeyTable):
        return _api_key(table, reader, key_location)
    endpoints = _endpoints(table, preset, reader)
    if table.issuer is not None:
        reader.origin(table.issuer, "credential", "issuer")
    profile = replace(
        preset,
        grant=table.grant,
        issuer=table.issuer or preset.issuer,
        finds_issuer=preset.finds_issuer and table.issuer is None and endpoints == preset.endpoints,
        endpoints=endpoints,
        client_id=reader.secret(table.client_id, "client_id", plain=True) if table.client_id else None,
        client_secret=reader.secret(table.client_secret, "client_secret") if table.client_secret else None,
        client_auth=table.client_auth or preset.client_auth,
        scopes=preset.scopes if table.scopes is None else tuple(table.scopes),
        resource=table.resource,
        store=table.store,
    )
    _check_client(table, profile, reader)
    for name in sorted(table.model_fields_set & _NOTED):
        reader.note(f"credential.{name}", getattr(table, name))
    if isinstance(table, AuthorizationCodeTable):
        profile = _with_redirect(replace(profile, pkce=table.pkce), table, reader)
    if isinstance(table, PasswordTable):
        profile = replace(
            profile,
            username=reader.secret(table.username, "username", plain=True),
            password=reader.secret(table.password, "password"),
            in_query=table.credentials_in == "query",
        )
    return SignIn(source, profile, table.shared)


def _endpoints(table: OAuthTable, preset: Profile, reader: TableReader) -> Endpoints:
    endpoints = preset.endpoints
    for name in ("authorization", "token", "revocation", "registration", "device_authorization"):
        url = getattr(table, f"{name}_endpoint", None)
        if url is not None:
            reader.origin(url, "credential", f"{name}_endpoint")
            reader.note(f"credential.{name}_endpoint", url)
            endpoints = replace(endpoints, **{name: url})
    return endpoints


def _check_client(table: OAuthTable, profile: Profile, reader: TableReader) -> None:
    if table.shared and not profile.unattended:
        only = "a sign-in belongs to one user; only api_key, client_credentials and password can be shared"
        raise reader.error(only, "credential", "shared")
    if table.client_secret is not None and table.client_id is None:
        raise reader.error("client_secret is set without client_id; set both or neither", "credential")
    if table.client_secret is not None and table.client_auth == "none":
        raise reader.error('client_auth = "none" excludes client_secret; remove one of them', "credential")
    if not isinstance(table.client_id, str) or not is_client_document(table.client_id):
        return
    # A client whose client_id is the URL of its metadata document is a public client.
    if table.client_secret is not None or table.client_auth not in (None, "none"):
        raise reader.error("a client_id that is a URL has no client_secret and no client_auth", "credential")
    if profile.unattended:
        raise reader.error(f"a client_id that is a URL requires an interactive grant, not {table.grant}", "credential")


def _api_key(table: ApiKeyTable, reader: TableReader, key_location: Literal["header", "basic"]) -> ApiKey:
    location = table.location or key_location
    if location == "basic" and table.name is not None:
        raise reader.error('in = "basic" excludes a name: the key is the username', "credential", "name")
    name = "" if location == "basic" else table.name or (KEY_HEADER if location == "header" else _KEY_PARAMETER)
    if location == "header" and not TOKEN.fullmatch(name):
        raise reader.error("invalid header name", "credential", "name")
    if location == "header" and name.lower() in _NOT_FOR_KEYS:
        raise reader.error(f"{name} is not a header that may carry a key", "credential", "name")
    reader.note("credential.in", f"{location} {name}".strip())
    if table.shared:
        reader.note("credential.shared", value=True)
    return ApiKey(reader.source("credential"), reader.secret(table.key, "key"), location, name, shared=table.shared)


def _with_redirect(profile: Profile, table: AuthorizationCodeTable, reader: TableReader) -> Profile:
    if table.redirect_uri is None:
        return profile
    from ...auth.oauth.redirects import InvalidRedirectError, checked_redirect

    try:
        checked_redirect(table.redirect_uri)
    except InvalidRedirectError as error:
        raise reader.error(str(error), "credential", "redirect_uri") from None
    return replace(profile, redirect_uri=table.redirect_uri)
