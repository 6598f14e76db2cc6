"""Closient: its sites, its short forms on the command line and in the environment, and its curated tools."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from urllib.parse import urlsplit

from ....auth.profile import Profile
from ....auth.secrets.redaction import Redaction
from ....auth.secrets.references import SecretError, literal
from ....tools.catalog.discovery import DocumentSource
from ....tools.formats.suggestions import did_you_mean
from ....tools.http.sender import Sender
from ..credentials import KEY_HEADER, credential_of, new_profile
from ..model import ApiKey, Credential, Preset, PresetTools, SettingsError, SignIn, SystemSettings
from ..origins import safe_origin
from ..proposals import AddRequest, Proposal, own_client
from ..schema import ApiKeyTable, CredentialTable
from ..secret_schema import FromCommand, FromEnvironment, FromKeyring
from ..sources import Sources
from ..table_reader import TableReader
from .closient_keys import KEY_HINTS, key_fault

NAME = "closient"
DOMAINS = (".closient.com", ".closient.dev")
HOSTS = ("www.closient.com", "www.closient.dev")
SITES = {"production": "https://www.closient.com", "testing": "https://www.closient.dev",
         "local": "http://localhost:8000"}  # fmt: skip
# The names of Closient's APIs: no other system's tools may pass for them.
API_NAMES = {"account", "agent", "advertising", "analytics", "billing", "brands", "byos", "certifications",
             "compliance", "content", "dashboard", "epcis", "integrations", "locations", "notifications",
             "products", "resolver", "retailers", "scanner", "search", "sustainability"}  # fmt: skip
_PINS = ("search", "products", "resolver")
# The request with which Closient's quickstart tries a key.
_KEY_CHECK = "/search/api/v1/search?q=trail+mix"
_SKILLS = "/.well-known/agent-skills/index.json"
_CREDENTIALS = ("CLOSIENT_API_KEY", "CLOSIENT_CLIENT_ID", "CLOSIENT_CLIENT_SECRET")
_INTRODUCTION = (
    "Closient: product search, product data and GS1 resolution, and whatever else its APIs offer. Start with "
    "search_products, lookup_product, resolve_gtin or validate_gtin."
)


def primary_of(presets: Mapping[str, str], site: str | None, sources: Sources) -> str | None:
    """The system that `--site` and the CLOSIENT_* variables configure, from the preset of each system.

    Raises:
        SettingsError: `--site` is set, and no system takes it.
    """
    systems = [name for name, preset in presets.items() if preset == NAME]
    if NAME in systems or len(systems) == 1:
        return NAME if NAME in systems else systems[0]
    if site is not None:
        file = sources.file.path if sources.file else "the settings file"
        raise SettingsError(f"--site needs the system closient. Add [systems.closient] to {file}, or leave out --site.")
    for variable in ("CLOSIENT_SITE", *_CREDENTIALS):
        if sources.environ.get(variable):
            sources.warnings.append(f"{variable} has no effect: the settings file has no system closient.")
    return None


def settings(reader: TableReader, *, primary: bool, site: str | None) -> SystemSettings:
    """The settings of a Closient system; only the primary one is configured outside the file."""
    reader.reject("description", "base", "account", "environment", "retailer")
    url = _site(reader, primary=primary, option=site)
    origins = reader.origins(url)
    catalog = reader.catalog() or f"{url}/.well-known/api-catalog"
    profile = replace(
        new_profile(reader.name, url, origins),
        alternative="or set CLOSIENT_API_KEY in the host's entry",
        identity_scopes=("openid", "email"),
        whoami=f"{url}/account/api/v1/whoami",
    )
    credential: Credential = SignIn("registration", profile)
    if reader.table.credential is not None:
        credential = credential_of(reader, profile)
        _check_key(reader.table.credential, credential, reader.sources)
        if primary:
            _warn_of_unused(reader)
    elif primary:
        credential = _credential_from_environment(profile, reader.sources)
    if isinstance(credential, ApiKey):
        credential = replace(credential, hints=KEY_HINTS)
    preset = Preset(
        NAME, _INTRODUCTION, partial(_tools, url), app_scopes=True, pins=_PINS, key_check=_KEY_CHECK, skills=_SKILLS
    )
    settings = reader.settings(preset, url, DocumentSource(catalog=catalog), origins, credential)
    return replace(settings, prefix=()) if reader.name == NAME else settings


def _check_key(table: CredentialTable, credential: Credential, sources: Sources) -> None:
    """Warn of a malformed key in the file or the environment; commands and keyrings are not read at the start."""
    if not isinstance(credential, ApiKey) or not isinstance(table, ApiKeyTable):
        return
    if isinstance(table.key, FromCommand | FromKeyring):
        return
    try:
        fault = key_fault(credential.key.open(Redaction()).reveal())
    except SecretError:  # reported at first use
        return
    if fault:
        sources.warnings.append(f"{credential.key.location}: {fault} {KEY_HINTS.source}")


def _warn_of_unused(reader: TableReader) -> None:
    """Warn of credentials in the environment that the one in the file replaces."""
    table = reader.table.credential
    values = () if table is None or isinstance(table, str) else dict(table).values()
    used = {value.env for value in values if isinstance(value, FromEnvironment)}
    for variable in _CREDENTIALS:
        if reader.sources.environ.get(variable) and variable not in used:
            reader.sources.warnings.append(
                f"{variable} has no effect: the credential of {reader.name} is set in {reader.source('credential')}. "
                "Leave one of them out."
            )


def _tools(site: str, sender: Sender) -> PresetTools:
    from ....tools.closient.tools import Closient

    return PresetTools(core=tuple(Closient(site, sender).tools()))


def _site(reader: TableReader, *, primary: bool, option: str | None) -> str:
    """The origin of the site: from the command line, else the environment, else the file."""
    values = (("--site", option), ("CLOSIENT_SITE", reader.sources.environ.get("CLOSIENT_SITE")))
    source, value = next(((s, v) for s, v in values if primary and v and v.strip()), ("default", "production"))
    if source == "default" and reader.table.site is not None:
        try:
            url, source = site_origin("", reader.table.site), reader.source("site")
        except SettingsError as error:
            raise reader.error(str(error).lstrip().rstrip("."), "site") from None
    else:
        url = site_origin(source, value)
    reader.note("site", url, source)
    return url


def site_origin(subject: str, value: str) -> str:
    """The origin of a Closient site, from its name or its URL.

    Raises:
        SettingsError: neither; the message starts with `subject` and suggests the nearest name.
    """
    text = value.strip() or "production"
    if text in SITES:
        return SITES[text]
    if "://" not in text:
        hint = did_you_mean(text, SITES) or f"; expected {', '.join(SITES)}, or a URL (https://...)."
        raise SettingsError(f"{subject} {text[:80]!r} is not a site{hint}")
    origin = safe_origin(subject, text)
    parts = urlsplit(text)
    if parts.path not in ("", "/") or parts.query or parts.fragment:
        raise SettingsError(
            f"{subject} {text.split('?')[0][:80]!r} has a path or a query; a site is scheme, host and port: {origin}"
        )
    return origin


def _credential_from_environment(profile: Profile, sources: Sources) -> Credential:
    """An API key, else the user's own client, else registration."""
    key, client_id = (
        sources.variable("CLOSIENT_API_KEY"),
        sources.variable("CLOSIENT_CLIENT_ID"),
    )
    setting = "systems.closient.credential"
    if key is not None:
        if client_id is not None:
            sources.warnings.append(
                "CLOSIENT_API_KEY and CLOSIENT_CLIENT_ID are both set; the API key is used. Leave one of them out."
            )
        if fault := key_fault(key):
            sources.warnings.append(f"CLOSIENT_API_KEY: {fault} {KEY_HINTS.source}")
        sources.note(setting, f"API key in {KEY_HEADER}", "CLOSIENT_API_KEY")
        to_share = (
            'set credential = { grant = "api_key", key = { env = "CLOSIENT_API_KEY" }, shared = true } in '
            f"[systems.{profile.system}] of the settings file"
        )
        reference = literal(key, "CLOSIENT_API_KEY")
        return ApiKey("CLOSIENT_API_KEY", reference, "header", KEY_HEADER, to_share=to_share)
    secret = sources.variable("CLOSIENT_CLIENT_SECRET")
    if client_id is None:
        if secret is not None:
            raise SettingsError("CLOSIENT_CLIENT_SECRET is set without CLOSIENT_CLIENT_ID; set both or neither.")
        sources.note(setting, "sign-in as a client that registers itself", "default")
        return SignIn("registration", profile)
    sources.note(setting, f"sign-in as the client {client_id}", "CLOSIENT_CLIENT_ID")
    profile = replace(
        profile,
        client_id=literal(client_id, "CLOSIENT_CLIENT_ID"),
        client_secret=literal(secret, "CLOSIENT_CLIENT_SECRET") if secret else None,
    )
    return SignIn("CLOSIENT_CLIENT_ID", profile)


def addition(request: AddRequest, url: str) -> tuple[dict[str, object], Proposal]:
    """The settings that `add` proposes; the credential is registration, unless the user named a client."""
    site: dict[str, object] = {"site": safe_origin("its URL", url)}
    if request.client_id is None:
        return site, Proposal({"grant": "authorization_code"}, "Closient supports dynamic client registration")
    return site, own_client(request, {})
