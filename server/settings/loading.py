"""Settings, read once: the command line goes before the environment, that before the file, that before defaults.

No other module looks into the environment.
"""

from __future__ import annotations

import difflib
import re
import sys
from collections.abc import Mapping
from pathlib import Path

from ...tools.toolset.exposure import Exposure
from .folders import browser_command, home_folder
from .model import Options, Settings, SettingsError, SystemSettings
from .presets import close, closient, fluent, own
from .schema import ConfigFile, SystemTable
from .sources import Sources

FILE = "closient-mcp.toml"
# What Closient's APIs are called, so that no system's tools can pass for them.
API_WORDS = {"account", "agent", "advertising", "analytics", "billing", "brands", "byos", "certifications",
              "compliance", "content", "dashboard", "epcis", "integrations", "locations", "notifications",
              "products", "resolver", "retailers", "scanner", "search", "sustainability"}  # fmt: skip
_MODES = ("auto", "core", "all")
_LEVELS = ("debug", "info", "warning", "error")
_YES, _NO = {"1", "true", "yes", "on"}, {"", "0", "false", "no", "off"}
_CLOSIENT_ONLY = ("CLOSIENT_SITE", "CLOSIENT_API_KEY", "CLOSIENT_CLIENT_ID")


def load_settings(options: Options, environ: Mapping[str, str], text: str | None = None) -> Settings:
    """The settings in force; `text` stands for what the settings file holds, where it is to be tried first.

    Raises:
        SettingsError: a value is wrong.
    """
    home = home_folder(environ, sys.platform)
    if home is None:
        raise SettingsError("There is no home folder to keep sign-ins in. Set CLOSIENT_MCP_HOME to a folder of yours.")
    if "${" in str(home) or not home.is_absolute():
        # Relative to where a host happens to start us, it would be another folder each time.
        raise SettingsError(
            f"CLOSIENT_MCP_HOME: {str(home)[:200]!r} is no whole path. Write it from the root on; if it holds "
            '"${...}", the host did not fill that in.'
        )
    path, table, sources = _file(options, environ, home, text)
    systems = _systems(options, table, sources)
    exposure = _exposure(options, table, sources, systems)
    return Settings(
        systems=_only(options.system, systems),
        home=home,
        config=path,
        browser=browser_command(environ, sys.platform),
        exposure=exposure,
        read_only=_read_only(options, table, sources),
        files=_files(path, table, sources),
        log_level=_level(options.log_level or "warning"),
        log_file=options.log_file,
        bare="NO_COLOR" in environ,
        shown=tuple(sources.shown),
        warnings=tuple(sources.warnings),
    )


def _file(
    options: Options, environ: Mapping[str, str], home: Path, text: str | None
) -> tuple[Path, ConfigFile, Sources]:
    """The settings file: one that is named has to be there, our own need not."""
    named = options.config or environ.get("CLOSIENT_MCP_CONFIG", "").strip()
    path = Path(named).expanduser().absolute() if named else home / FILE
    if text is None and not named and not path.exists():
        return path, ConfigFile.model_construct(), Sources(environ, None)
    from .reading import check_config, read_config

    table, config = read_config(path) if text is None else check_config(path, text)
    return path, table, Sources(environ, config)


def _systems(options: Options, table: ConfigFile, sources: Sources) -> tuple[SystemSettings, ...]:
    """What the file lists; Closient where it lists nothing."""
    tables = table.systems or {"closient": SystemTable.model_construct()}
    site = _first(("--site", options.site), ("CLOSIENT_SITE", sources.environ.get("CLOSIENT_SITE")))
    closients = [name for name, one in tables.items() if _preset(name, one) == "closient"]
    # Where there are several Closients, what is said outside the file is about the one of that name.
    told = "closient" if "closient" in closients else closients[0] if len(closients) == 1 else None
    if told is None:
        _warn_of_what_is_said_in_vain(options, sources)
    systems: list[SystemSettings] = []
    for name, one in tables.items():
        if name in API_WORDS:
            raise sources.error("it is the name of one of Closient's APIs; choose another", "systems", name)
        match _preset(name, one):
            case "closient":
                ours = name == told
                systems.append(closient(name, one, site if ours else None, sources, told=ours))
            case "close":
                systems.append(close(name, one, sources))
            case "fluent":
                systems.append(fluent(name, one, sources))
            case _:
                systems.append(own(name, one, sources))
        for key in ("preset", "account", "environment", "retailer"):
            if getattr(one, key) is not None:
                sources.note(f"systems.{name}.{key}", getattr(one, key), sources.in_file("systems", name, key))
        if one.pin is not None:
            sources.note(f"systems.{name}.pin", ", ".join(one.pin), sources.in_file("systems", name, "pin"))
        for tool, tier in one.tiers.items():
            sources.note(f"systems.{name}.tiers.{tool}", tier, sources.in_file("systems", name, "tiers"))
    return tuple(systems)


def _preset(name: str, table: SystemTable) -> str:
    """The preset that a table names; the name alone implies it where no other way in is given."""
    if table.preset:
        return table.preset
    elsewhere = table.catalog or table.description
    return name if name == "closient" or (name in ("close", "fluent") and not elsewhere) else ""


def _warn_of_what_is_said_in_vain(options: Options, sources: Sources) -> None:
    if options.site is not None:
        raise SettingsError("--site is for Closient, and the settings file has no such system.")
    for name in _CLOSIENT_ONLY:
        if sources.environ.get(name):
            sources.warnings.append(f"{name} has no effect: the settings file has no system closient.")


def _only(name: str | None, systems: tuple[SystemSettings, ...]) -> tuple[SystemSettings, ...]:
    if name is None:
        return systems
    chosen = tuple(system for system in systems if system.name == name)
    if not chosen:
        names = [system.name for system in systems]
        near = difflib.get_close_matches(name, names, n=1)
        hint = f"did you mean {near[0]}?" if near else f"there is: {', '.join(names)}."
        raise SettingsError(f"--system {name[:40]}: there is no such system; {hint}")
    return chosen


def _exposure(options: Options, table: ConfigFile, sources: Sources, systems: tuple[SystemSettings, ...]) -> Exposure:
    """How to choose what is listed; the pins of every system stand for it where the choice is ours."""
    said = table.expose if isinstance(table.expose, str) or table.expose is None else ",".join(table.expose)
    found = _first(
        ("--expose", options.expose),
        ("CLOSIENT_MCP_EXPOSE", sources.environ.get("CLOSIENT_MCP_EXPOSE")),
        (sources.in_file("expose"), said),
    )
    value, source = found or ("auto", "default")
    text = value.strip() or "auto"
    sources.note("expose", text, source)
    if text in _MODES:
        return Exposure(text, tuple(f"{system.name}.{pin}" for system in systems for pin in system.pins))
    apis = tuple(dict.fromkeys(part.strip() for part in text.split(",") if part.strip()))
    in_file = value is said

    def wrong(what: str) -> SettingsError:
        return sources.error(what, "expose") if in_file else SettingsError(f"{source} {text[:80]!r}: {what}")

    if not apis or not all(re.fullmatch(r"[a-z0-9_.-]+", api) for api in apis):
        raise wrong("it is auto, core, all, or a list of APIs such as search,products.")
    if len(apis) == 1 and (near := difflib.get_close_matches(apis[0], _MODES, n=1, cutoff=0.75)):
        raise wrong(f"did you mean {near[0]}?")
    return Exposure("apis", apis)


def _read_only(options: Options, table: ConfigFile, sources: Sources) -> bool:
    """Whether only reading is allowed: what says so wins, wherever it stands."""
    in_environment = _flag("CLOSIENT_MCP_READ_ONLY", sources.environ)
    value = options.read_only or in_environment or bool(table.read_only)
    source = (
        "--read-only" if options.read_only
        else "CLOSIENT_MCP_READ_ONLY" if in_environment
        else sources.in_file("read_only") if table.read_only is not None
        else "default"
    )  # fmt: skip
    sources.note("read_only", str(value).lower(), source)
    return value


def _files(config: Path, table: ConfigFile, sources: Sources) -> tuple[Path, ...]:
    """The folders from which files may be sent, relative to the settings file; one that is missing is only told."""
    folders = tuple((config.parent / Path(text).expanduser()).absolute() for text in table.files)
    place = sources.in_file("files")
    for text, folder in zip(table.files, folders, strict=True):
        if not text.strip() or folder.is_file():
            raise sources.error(f"{text[:80]!r} is no folder", "files")
        if not folder.is_dir():
            sources.warnings.append(f"{place}: files: there is no folder {folder} yet; no file is sent from it.")
    if folders:
        sources.note("files", ", ".join(map(str, folders)), place)
    return folders


def _level(text: str) -> str:
    if text.lower() not in _LEVELS:
        raise SettingsError(f"--log-level {text!r}: it is {', '.join(_LEVELS)}.")
    return text.lower()


def _flag(name: str, environ: Mapping[str, str]) -> bool:
    value = environ.get(name, "").strip().lower()
    if value not in _YES | _NO:
        raise SettingsError(f"{name}={value[:40]!r}: it is true or false.")
    return value in _YES


def _first(*given: tuple[str, str | None]) -> tuple[str, str] | None:
    """The first that is given, and its source; hosts leave variables that are not set empty."""
    return next(((value, source) for source, value in given if value and value.strip()), None)
