"""All presets: which one a system uses, and its settings."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, replace
from urllib.parse import urlsplit

from ....auth.urls import is_at, server_at
from ..model import SettingsError, SignIn, SystemSettings
from ..proposals import AddRequest, Proposal
from ..schema import SystemTable
from ..sources import Sources
from ..table_reader import TableReader
from . import close, closient, fluent, generic

NAMES = (closient.NAME, close.NAME, fluent.NAME)
# The system that is there while the settings file lists none.
DEFAULT_SYSTEM = closient.NAME
_SETTINGS: Mapping[str, Callable[[TableReader], SystemSettings]] = {
    close.NAME: close.settings,
    fluent.NAME: fluent.settings,
    "": generic.settings,
}
_DOMAINS = {domain: preset.NAME for preset in (closient, close, fluent) for domain in preset.DOMAINS}
_ADDITIONS: Mapping[str, Callable[[AddRequest, str], tuple[dict[str, object], Proposal]]] = {
    closient.NAME: closient.addition,
    close.NAME: close.addition,
    fluent.NAME: fluent.addition,
}


def read_systems(tables: Mapping[str, SystemTable], site: str | None, sources: Sources) -> tuple[SystemSettings, ...]:
    """The settings of all systems; `site` is the option `--site`.

    Raises:
        SettingsError: a table cannot be used.
    """
    tables = tables or {DEFAULT_SYSTEM: SystemTable.model_construct()}
    presets = {name: _preset_of(name, table) for name, table in tables.items()}
    primary = closient.primary_of(presets, site, sources)
    systems = [
        _read(TableReader(name, table, sources), presets[name], name == primary, site) for name, table in tables.items()
    ]
    return tuple(_without_foreign_servers(system, systems) for system in systems)


def _without_foreign_servers(system: SystemSettings, systems: Sequence[SystemSettings]) -> SystemSettings:
    """The system, which may not send its users to where they sign in to others."""
    if not isinstance(system.credential, SignIn):
        return system
    own = server_at(system.site)
    other_systems = {domain: name for domain, name in _DOMAINS.items() if not is_at(own, domain)}
    other_systems |= {
        server_at(url): other.name for other in systems if other is not system for url in _servers_of(other)
    }
    profile = replace(system.credential.profile, other_systems=other_systems)
    return replace(system, credential=replace(system.credential, profile=profile))


def _servers_of(system: SystemSettings) -> Iterator[str]:
    yield from (system.site, *system.origins)
    if isinstance(system.credential, SignIn):
        profile = system.credential.profile
        yield from (url for url in (profile.issuer, *asdict(profile.endpoints).values()) if url)


def _read(reader: TableReader, preset: str, primary: bool, site: str | None) -> SystemSettings:
    table = reader.table
    if reason := reserved(reader.name):
        raise reader.error(f"{reason}; choose another")
    if preset == closient.NAME:
        settings = closient.settings(reader, primary=primary, site=site)
    else:
        settings = _SETTINGS[preset](reader)
    for key in ("preset", "account", "environment", "retailer"):
        if getattr(table, key) is not None:
            reader.note(key, getattr(table, key))
    if table.pin is not None:
        reader.note("pin", ", ".join(table.pin))
    if table.allow is not None:
        reader.note("allow", table.allow)
    for tool, tier in table.tiers.items():
        reader.note(f"tiers.{tool}", tier, reader.source("tiers"))
    return settings


def _preset_of(name: str, table: SystemTable) -> str:
    """The preset of a table; its own name implies one if the table has no other source of documents."""
    if table.preset:
        return table.preset
    elsewhere = table.catalog or table.description
    return name if name == closient.NAME or (name in NAMES and not elsewhere) else ""


def secret_variables(environ: Mapping[str, str]) -> set[str]:
    """The variables of the presets' keys, passwords and secrets, whether or not a setting refers to them."""
    pattern = re.compile(rf"({'|'.join(NAMES)})_(\w+_)?(KEY|PASSWORD|SECRET|TOKEN)", re.IGNORECASE)
    return set(filter(pattern.fullmatch, environ))


def reserved(name: str) -> str:
    """Why a system cannot have this name; '' if it can."""
    return "it is the name of one of Closient's APIs" if name in closient.API_NAMES else ""


def preset_at(name: str, url: str) -> str:
    """The preset for a URL, else for a system's name."""
    host = urlsplit(url).hostname or ""
    if host == close.HOST:
        return close.NAME
    if fluent.HOST.fullmatch(host):
        return fluent.NAME
    if host in closient.HOSTS:
        return closient.NAME
    return name if name in NAMES else ""


def addition(request: AddRequest, preset: str, url: str) -> tuple[dict[str, object], Proposal]:
    """The settings and the credential that `add` proposes for a system with this preset.

    Raises:
        SettingsError: the command line does not fit the preset.
    """
    values, proposal = _ADDITIONS[preset](request, url)
    base = {"base": request.base} if request.base else {}
    return {"preset": preset, **values, **base}, proposal


def check_options(request: AddRequest, preset: str) -> None:
    """Reject options of `add` that belong to another preset.

    Raises:
        SettingsError: one does.
    """
    if preset != fluent.NAME and (request.account is not None or request.retailer is not None):
        raise SettingsError("--account and --retailer are for Fluent Commerce: add --preset fluent")
