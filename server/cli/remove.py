"""`closient-mcp remove`: sign out of a system and remove it from the settings."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any, cast

from ...tools.formats.suggestions import did_you_mean
from ..settings.model import Settings, SettingsError, SignIn
from ..settings.presets.registry import DEFAULT_SYSTEM
from ..settings.toml_text import InvalidTomlError, parse_toml, without_value
from ..settings.writing import read_text, write_text
from .terminal import GREEN, MAGENTA, Terminal


def remove(settings: Settings, name: str, load: Callable[[], Settings]) -> int:
    """Remove a system from the settings file, after its sign-in; the exit code is 0 if both are gone.

    `settings` are those without the system, `load` gives its own, which may be invalid.
    """
    terminal = Terminal(sys.stderr)
    before = read_text(settings.config)
    listed = _systems(settings, before)
    if name not in listed:
        meant = did_you_mean(name, list(listed)) or (f"; it has {', '.join(listed)}." if listed else ".")
        raise SettingsError(f"{settings.config} has no system {name[:40]}{meant}")
    after = _without(settings, before, name)
    signed_out = _sign_out(load)
    write_text(settings.config, after)
    terminal.say(("Removed", GREEN), f" {name} from {settings.config}")
    if signed_out is None:
        terminal.say(("Its settings are not valid, so its sign-in, if there is one, was not revoked.", MAGENTA))
    if not [other for other in listed if other != name]:
        terminal.say(f"The file lists no system now, so that {DEFAULT_SYSTEM} is used, as without a file.")
    return signed_out or 0


def _systems(settings: Settings, text: str) -> dict[str, Any]:
    try:
        systems = parse_toml(text.removeprefix("\ufeff")).get("systems", {})
    except InvalidTomlError as error:
        raise SettingsError(f"{settings.config}: {error}.") from None
    return cast("dict[str, Any]", systems) if isinstance(systems, dict) else {}


def _without(settings: Settings, before: str, name: str) -> str:
    """The file without the system and otherwise unchanged."""
    after = without_value(before, ("systems", name))
    expected = {other: table for other, table in _systems(settings, before).items() if other != name}
    if _systems(settings, after) != expected:
        raise SettingsError(f"{settings.config}: systems.{name} is written inside another table. Remove it there.")
    return after


def _sign_out(load: Callable[[], Settings]) -> int | None:
    """Sign out of the system and delete its registrations, callers' too; return the exit code, None if not known."""
    try:
        settings = load()
    except SettingsError:
        return None
    if not any(isinstance(system.credential, SignIn) for system in settings.systems):
        return 0
    from .login import logout, logout_callers

    return max(logout(settings, forget=True), logout_callers(settings, None, forget=True))
