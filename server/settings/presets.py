"""From a system's table in the settings file to the system: what its preset knows, and what the table says."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from ...auth.profile import Endpoints
from ...tools.catalog.discovery import DocumentSource
from ...tools.fluent.document import DOCUMENT
from ...tools.formats.urls import is_file, origin_of, without_query
from .closient_keys import KEY_HINTS
from .credentials import closient_from_environment, credential_of, new_profile
from .local_origins import described_origins, listed_origins
from .model import ApiKey, Credential, NoCredential, SettingsError, SignIn, SystemSettings
from .schema import CredentialTable, SystemTable
from .sites import site_origin
from .sources import Sources, path_in

PRESETS = ("closient", "close", "fluent")
# What an agent asks Closient for most.
_CLOSIENT_PINS = ("search", "products", "resolver")
_CLOSE_SITE = "https://api.close.com"
_FLUENT_INTEGRATION = "FLUENT_INTEGRATION"


def closient(
    name: str, table: SystemTable, site: tuple[str, str] | None, sources: Sources, *, told: bool
) -> SystemSettings:
    """A Closient; `site` is what the command line or the environment says of its site, and where.

    `told` says that the short forms in the environment are about this one.

    Raises:
        SettingsError: the site is none, or the table has a key that belongs to others.
    """
    _refuse(table, name, sources, "description", "base", "account", "environment", "retailer")
    keys = ("systems", name)
    if site is None and table.site is not None:
        try:
            url, source = site_origin("it is", table.site), sources.in_file(*keys, "site")
        except SettingsError as error:
            raise sources.error(str(error).removeprefix("it is "), *keys, "site") from None
    else:
        url, source = site_origin(*reversed(site or ("production", "--site"))), site[1] if site else "default"
    sources.note(f"systems.{name}.site", url, source)
    origins = _origins(table, name, sources, url)
    catalog = _location(table.catalog, sources, *keys, "catalog") if table.catalog else ""
    profile = replace(new_profile(name, url, origins), or_else="or set CLOSIENT_API_KEY in the host's entry")
    if table.credential is not None:
        credential = credential_of(table.credential, profile, sources, "header")
    elif told:
        credential = closient_from_environment(profile, sources)
    else:
        credential = SignIn("registration", profile)
    return SystemSettings(
        name=name,
        preset="closient",
        site=url,
        way=DocumentSource(catalog=catalog or f"{url}/.well-known/api-catalog"),
        origins=origins,
        credential=replace(credential, hints=KEY_HINTS) if isinstance(credential, ApiKey) else credential,
        pins=tuple(table.pin) if table.pin is not None else _CLOSIENT_PINS,
        tiers=table.tiers,
        app_scopes=True,
        prefixed=name != "closient",
        about="Closient: product search, product data and GS1 resolution, and whatever else its APIs offer. Start with "
        "search_products, lookup_product, resolve_gtin or validate_gtin.",
    )


def close(name: str, table: SystemTable, sources: Sources) -> SystemSettings:
    """A Close: one description, an app's own client or an API key as Basic user.

    Raises:
        SettingsError: something is missing that only the user knows.
    """
    _refuse(table, name, sources, "catalog", "account", "environment", "retailer")
    keys = ("systems", name)
    site = _CLOSE_SITE if table.site is None else sources.origin(table.site, *keys, "site")
    sources.note(f"systems.{name}.site", site, "default" if table.site is None else sources.in_file(*keys, "site"))
    # Where people sign in is another host than the API's, unless a stand-in is both.
    person = "https://app.close.com" if table.site is None else site
    base = _base(table, name, sources) or f"{site}/api/v1"
    origins = _origins(table, name, sources, base)
    preset = replace(
        new_profile(name, site, origins),
        endpoints=Endpoints(
            authorization=f"{person}/oauth2/authorize/",
            token=f"{site}/oauth2/token/",
            revocation=f"{site}/oauth2/revoke/",
        ),
        client_auth="client_secret_post",
        scopes=(),  # the app's registration decides
    )
    example = 'credential = { grant = "api_key", key = { env = "CLOSE_API_KEY" } }, or your OAuth app\'s client'
    credential = credential_of(_needed(table, name, sources, example), preset, sources, "basic")
    if isinstance(credential, SignIn):
        for key, what in (("client_id", "your OAuth app's"), ("redirect_uri", "as your OAuth app has it registered")):
            if credential.profile.grant == "authorization_code" and getattr(credential.profile, key) is None:
                raise sources.error(f"{key} is missing ({what}; Close: Settings, Developer)", *keys, "credential")
    return SystemSettings(
        name=name,
        preset="close",
        site=site,
        way=DocumentSource(
            descriptions=_descriptions(table, name, sources) or (f"{site}/api/openapi.json",), base=base
        ),
        origins=origins,
        credential=credential,
        pins=tuple(table.pin or ()),
        tiers=table.tiers,
        about=f"{name}: Close, a CRM; leads, contacts, opportunities, tasks and activities.",
    )


def fluent(name: str, table: SystemTable, sources: Sources) -> SystemSettings:
    """A Fluent Commerce account: our own description, the password grant.

    Raises:
        SettingsError: something is missing that only the user knows.
    """
    _refuse(table, name, sources, "catalog", "description", "site")
    keys = ("systems", name)
    if table.account is None:
        raise sources.error('account is missing: the first word of your URL, such as "ACME"', *keys)
    part = "sandbox." if table.environment != "production" else ""
    site = _base(table, name, sources) or f"https://{table.account.lower()}.{part}api.fluentretail.com"
    origins = _origins(table, name, sources, site)
    sources.note(f"systems.{name}.site", site, sources.in_file(*keys, "account" if table.base is None else "base"))
    example = (
        'credential = { grant = "password", username = ..., password = ..., client_id = ..., client_secret = ... }'
    )
    given = _needed(table, name, sources, example)
    preset = replace(
        new_profile(name, site, origins),
        endpoints=Endpoints(token=f"{site}/oauth/token"),
        client_auth="client_secret_post",
        scopes=("retailer" if _integrates(given, sources) else "api",),
    )
    return SystemSettings(
        name=name,
        preset="fluent",
        site=site,
        way=DocumentSource(descriptions=(DOCUMENT.as_uri(),), base=site),
        origins=origins,
        credential=credential_of(given, preset, sources, "header"),
        pins=tuple(table.pin or ()),
        tiers=table.tiers,
        about=f"{name}: Fluent Commerce ({site}); orders, products and stock. A variant's gtin is what Closient's "
        "tools take.",
        account=table.account,
        retailer=table.retailer,
    )


def _integrates(table: CredentialTable, sources: Sources) -> bool:
    """Whether the client is Fluent's own for integrations, which wants another scope."""
    from .schema import FromEnvironment

    client_id = None if isinstance(table, str) else getattr(table, "client_id", None)
    if isinstance(client_id, FromEnvironment):
        client_id = sources.environ.get(client_id.env, "").strip()
    return client_id == _FLUENT_INTEGRATION


def own(name: str, table: SystemTable, sources: Sources) -> SystemSettings:
    """A system that no preset knows.

    Raises:
        SettingsError: there is no way to its descriptions, or two.
    """
    _refuse(table, name, sources, "account", "environment", "retailer")
    keys = ("systems", name)
    ways = [key for key in ("catalog", "description", "site") if getattr(table, key) is not None]
    if len(ways) > 1 and set(ways) != {"catalog", "site"}:
        raise sources.error(f"{ways[1]} and {ways[0]} are both set; there is one way in", *keys, ways[1])
    if not ways:
        raise sources.error(
            'there is no way in: set catalog = "https://...", description = "file or address", or site = "https://..."',
            *keys,
        )
    catalog = _location(table.catalog, sources, *keys, "catalog") if table.catalog else ""
    descriptions = _descriptions(table, name, sources)
    site = table.site or ""
    if site:
        sources.note(f"systems.{name}.site", site, sources.in_file(*keys, "site"))
        sources.origin(site, *keys, "site")
    base = _base(table, name, sources)
    homes = _homes(base, site, catalog, descriptions)
    if not homes:
        raise sources.error('base is missing: where the API is, such as "https://api.acme.example"', *keys)
    origins = _origins(table, name, sources, *homes)
    url = homes[0]
    profile = replace(new_profile(name, url, origins), finds_issuer=True)
    credential: Credential = NoCredential("default")
    if table.credential is not None:
        credential = credential_of(table.credential, profile, sources, "header")
    return SystemSettings(
        name=name,
        preset="",
        site=url,
        way=DocumentSource(catalog=catalog, site="" if catalog else site, descriptions=descriptions, base=base),
        origins=origins,
        credential=credential,
        pins=tuple(table.pin or ()),
        tiers=table.tiers,
    )


def _homes(base: str, site: str, catalog: str, descriptions: tuple[str, ...]) -> list[str]:
    """The origins that calls may go to: where the user said that the API is, else where its description is.

    A description in a file is the user's own, so that the servers it names are too.
    """
    if base or site:
        return [origin_of(base or site)]
    if catalog:
        return list(listed_origins(catalog)) if is_file(catalog) else [origin_of(catalog)]
    found: list[str] = []
    for description in descriptions:
        found += described_origins(description) if is_file(description) else [origin_of(description)]
    return list(dict.fromkeys(found))


def _refuse(table: SystemTable, name: str, sources: Sources, *keys: str) -> None:
    for key in keys:
        if getattr(table, key) is not None:
            whose = f"preset {table.preset}" if table.preset else f"system {name}"
            raise sources.error(f"it does not belong to {whose}", "systems", name, key)


def _needed(table: SystemTable, name: str, sources: Sources, example: str) -> CredentialTable:
    if table.credential is None:
        raise sources.error(f"credential is missing: {example}", "systems", name)
    return table.credential


def _base(table: SystemTable, name: str, sources: Sources) -> str:
    if table.base is None:
        return ""
    sources.origin(table.base, "systems", name, "base")
    if "?" in table.base or "#" in table.base:
        raise sources.error("it has a query or a fragment, to which no path can be added", "systems", name, "base")
    sources.note(f"systems.{name}.base", table.base, sources.in_file("systems", name, "base"))
    return table.base.rstrip("/")


def _origins(table: SystemTable, name: str, sources: Sources, *homes: str) -> frozenset[str]:
    """The system's own origins, and those that its credential's table adds."""
    further: Sequence[str] = (
        () if table.credential is None or isinstance(table.credential, str) else (table.credential.origins)
    )
    keys = ("systems", name, "credential", "origins")
    if further:
        sources.note(".".join(keys), ", ".join(further), sources.in_file(*keys))
    return frozenset({*map(origin_of, homes), *(sources.origin(text, *keys) for text in further)})


def _descriptions(table: SystemTable, name: str, sources: Sources) -> tuple[str, ...]:
    given = [table.description] if isinstance(table.description, str) else table.description or []
    if table.description == []:
        raise sources.error("it names no description", "systems", name, "description")
    return tuple(_location(text, sources, "systems", name, "description") for text in given)


def _location(text: str, sources: Sources, *keys: str) -> str:
    """A URL, or a file of this machine as a `file:` URI; a path is relative to the settings file."""
    if "://" in text:
        sources.origin(text, *keys)
        # A query may hold a key.
        shown = text if text == without_query(text) else f"{without_query(text)}?..."
        sources.note(".".join(keys), shown, sources.in_file(*keys))
        return text
    try:
        path = path_in(sources.text.path.parent if sources.text else Path(), text)
    except (ValueError, RuntimeError, OSError) as error:
        raise sources.error(f"it is no path: {error}", *keys) from None
    if not path.is_file():
        raise sources.error(f"there is no file {path}", *keys)
    sources.note(".".join(keys), str(path), sources.in_file(*keys))
    return path.as_uri()
