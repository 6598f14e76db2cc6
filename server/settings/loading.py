"""Loads the settings, once: the command line overrides the environment, which overrides the file and the defaults.

No other module reads the environment.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from dataclasses import replace
from pathlib import Path

from ...tools.formats.suggestions import did_you_mean
from ...tools.tiers.tier import TIERS, Tier
from ...tools.toolset.exposure import Exposure
from .folders import browser_command, home_folder
from .http_model import HttpSettings
from .model import Options, Settings, SettingsError, SystemSettings
from .presets.registry import read_systems, secret_variables
from .schema import ConfigFile
from .sources import Sources

FILE = "closient-mcp.toml"
_VARIABLES = (
    "CLOSIENT_MCP_ALLOW", "CLOSIENT_MCP_CONFIG", "CLOSIENT_MCP_EXPOSE", "CLOSIENT_MCP_HOME", "CLOSIENT_MCP_READ_ONLY",
)  # fmt: skip
_MODES = ("auto", "core", "all")
_LEVELS = ("debug", "info", "warning", "error")
# What a bundle passes for a field that the user left empty.
_EMPTY_FIELD = re.compile(r"\s*\$\{user_config\.\w+\}\s*")
_YES, _NO = {"1", "true", "yes", "on"}, {"", "0", "false", "no", "off"}


def load_settings(
    options: Options, environ: Mapping[str, str], text: str | None = None, *, without: frozenset[str] = frozenset()
) -> Settings:
    """The settings in force, but for some systems; `text` replaces the content of the settings file.

    Raises:
        SettingsError: invalid setting.
    """
    empty = sorted(name for name, value in environ.items() if _EMPTY_FIELD.fullmatch(value))
    environ = {name: value for name, value in environ.items() if name not in empty}
    home = home_folder(environ, sys.platform)
    if home is None:
        raise SettingsError("No home folder to store sign-ins in. Set CLOSIENT_MCP_HOME to a folder of yours.")
    if "${" in str(home) or not home.is_absolute():
        # A relative path would depend on where the host starts us.
        raise SettingsError(
            f"CLOSIENT_MCP_HOME: {str(home)[:200]!r} is not an absolute path. If it contains "
            '"${...}", the host did not expand it.'
        )
    path, table, sources = _file(options, environ, home, text, without)
    for name in empty:
        sources.warnings.append(f"{name} is not set: it holds the placeholder of a field that was left empty.")
    for name in sorted(name for name in environ if name.startswith("CLOSIENT_MCP_") and name not in _VARIABLES):
        meant = did_you_mean(name, _VARIABLES) or "."
        sources.warnings.append(f"{name} has no effect: unknown variable{meant}")
    secrets = secret_variables(environ) | (sources.file.variables if sources.file else frozenset[str]())
    sources.child_environment.update({name: value for name, value in environ.items() if name not in secrets})
    systems = () if without and not table.systems else read_systems(table.systems, options.site, sources)
    exposure = _exposure(options, table, sources, systems)
    return Settings(
        systems=_only(options.system, systems),
        home=home,
        config=path,
        browser=browser_command(environ, sys.platform),
        child_environment=sources.child_environment,
        exposure=exposure,
        allow=_allow(options, table, sources),
        files=_files(path, table, sources),
        result_characters=table.result_characters,
        http=_http(table, sources, {*(system.name for system in systems), *without}),
        log_level=_level(options.log_level or "warning"),
        log_file=options.log_file,
        pager=environ.get("PAGER", "less"),
        shown=tuple(sources.shown),
        warnings=tuple(sources.warnings),
        local_files=sources.local_files,
    )


def load_valid_settings(options: Options, environ: Mapping[str, str]) -> Settings:
    """The settings without the systems whose own are invalid; without any system if others are invalid.

    `problems` says what is wrong, so that a server can report it to its host instead of ending.
    """
    problems: dict[str, str] = {}
    while True:
        try:
            settings = load_settings(options, environ, without=frozenset(problems))
        except SettingsError as error:
            if not error.system or error.system in problems:
                return invalid_settings(environ, (*problems.values(), str(error)))
            problems[error.system] = str(error)
        else:
            return replace(settings, problems=tuple(problems.values()))


def invalid_settings(environ: Mapping[str, str], problems: tuple[str, ...]) -> Settings:
    """Settings without any system, whose `problems` a server reports to its host."""
    home = home_folder(environ, sys.platform)
    # A home that can't be used must not become a folder somewhere.
    usable = home is not None and home.is_absolute() and "${" not in str(home)
    folder = home if home is not None and usable else Path(os.devnull)
    return Settings(systems=(), home=folder, config=folder / FILE, problems=problems)


def _file(
    options: Options, environ: Mapping[str, str], home: Path, text: str | None, without: frozenset[str]
) -> tuple[Path, ConfigFile, Sources]:
    """Read the settings file; only a file that is named explicitly has to exist."""
    named = options.config or environ.get("CLOSIENT_MCP_CONFIG", "").strip()
    path = Path(named).expanduser().absolute() if named else home / FILE
    if text is None and not named and not path.exists():
        return path, ConfigFile.model_construct(), Sources(environ, None)
    from .reading import check_config, read_config

    table, config = read_config(path, without) if text is None else check_config(path, text, without)
    return path, table, Sources(environ, config)


def _http(table: ConfigFile, sources: Sources, systems: AbstractSet[str]) -> HttpSettings:
    if table.http is None:
        return HttpSettings()
    from .http_settings import read_http

    if table.http.store:
        for setting in sources.shown:
            if setting.name.endswith(".credential.store"):
                what = f"{setting.source}: {setting.name} has no effect"
                sources.warnings.append(f"{what}: http.store holds all sign-ins. Remove one of them.")
    return read_http(table.http, systems, sources)


def _only(name: str | None, systems: tuple[SystemSettings, ...]) -> tuple[SystemSettings, ...]:
    if name is None:
        return systems
    chosen = tuple(system for system in systems if system.name == name)
    if not chosen:
        names = [system.name for system in systems]
        hint = did_you_mean(name, names) or f"; the systems are {', '.join(names)}."
        raise SettingsError(f"--system {name[:40]}: no such system{hint}")
    return chosen


def _exposure(options: Options, table: ConfigFile, sources: Sources, systems: tuple[SystemSettings, ...]) -> Exposure:
    """Which tools are listed; under `auto` the pins of every system go first."""
    in_file = table.expose if isinstance(table.expose, str) or table.expose is None else ",".join(table.expose)
    value, source = _first(
        ("--expose", options.expose),
        ("CLOSIENT_MCP_EXPOSE", sources.environ.get("CLOSIENT_MCP_EXPOSE")),
        (sources.in_file("expose"), in_file),
        ("default", "auto"),
    )
    text = value.strip() or "auto"
    sources.note("expose", text, source)
    if text in _MODES:
        return Exposure(text, tuple(f"{system.name}.{pin}" for system in systems for pin in system.pins))
    apis = tuple(dict.fromkeys(part.strip() for part in text.split(",") if part.strip()))
    meant = did_you_mean(text, _MODES, cutoff=0.75)
    if meant or not apis or not all(re.fullmatch(r"[a-z0-9_.-]+", api) for api in apis):
        message = f"expected auto, core, all, or a list of APIs such as search,products{meant or '.'}"
        if value is in_file:
            raise sources.error(message, "expose")
        raise SettingsError(f"{source} {text[:80]!r}: {message}")
    return Exposure("apis", apis)


def _allow(options: Options, table: ConfigFile, sources: Sources) -> Tier:
    """The highest tier that is offered; any source can make it `read` with its read-only flag, none can undo that."""
    value, source = _first(
        ("--read-only", "read" if options.read_only else None),
        ("CLOSIENT_MCP_READ_ONLY", "read" if _flag("CLOSIENT_MCP_READ_ONLY", sources.environ) else None),
        (sources.in_file("read_only"), "read" if table.read_only else None),
        ("--allow", options.allow),
        ("CLOSIENT_MCP_ALLOW", sources.environ.get("CLOSIENT_MCP_ALLOW")),
        (sources.in_file("allow"), table.allow),
        ("default", "destructive"),
    )
    for tier in TIERS:
        if value.strip().lower() == tier:
            sources.note("allow", tier, source)
            return tier
    meant = did_you_mean(value.strip().lower(), TIERS) or "."
    raise SettingsError(f"{source} {value[:40]!r}: expected {', '.join(TIERS)}{meant}")


def _files(config: Path, table: ConfigFile, sources: Sources) -> tuple[Path, ...]:
    """The folders from which files may be sent, relative to the settings file; a missing one gives a warning."""
    folders = tuple((config.parent / Path(text).expanduser()).absolute() for text in table.files)
    position = sources.in_file("files")
    for text, folder in zip(table.files, folders, strict=True):
        if not text.strip() or folder.is_file():
            raise sources.error(f"{text[:80]!r} is not a folder", "files")
        if not folder.is_dir():
            sources.warnings.append(f"{position}: files: there is no folder {folder} yet; no file is sent from it.")
    if folders:
        sources.note("files", ", ".join(map(str, folders)), position)
    return folders


def _level(text: str) -> str:
    if text.lower() not in _LEVELS:
        meant = did_you_mean(text.lower(), _LEVELS)
        raise SettingsError(f"--log-level {text!r}: expected {', '.join(_LEVELS)}{meant or '.'}")
    return text.lower()


def _flag(name: str, environ: Mapping[str, str]) -> bool:
    value = environ.get(name, "").strip().lower()
    if value not in _YES | _NO:
        raise SettingsError(f"{name}={value[:40]!r}: expected true or false.")
    return value in _YES


def _first(*values: tuple[str, str | None]) -> tuple[str, str]:
    """The first value that is not blank, and its source; hosts pass unset variables as empty strings."""
    return next((value, source) for source, value in values if value and value.strip())
