"""`closient-mcp config`: the settings in force, and the JSON Schema of the settings file."""

from __future__ import annotations

import json
import sys

from ..settings.model import Settings
from .terminal import BOLD, MAGENTA, Terminal


def show(settings: Settings) -> int:
    """Print each setting, its value without secrets, and its source."""
    terminal = Terminal(sys.stdout)
    with terminal.paged(settings):
        _print(settings, terminal)
    return 0


def _print(settings: Settings, terminal: Terminal) -> None:
    missing = "" if settings.config.exists() else " (not found)"
    terminal.say(f"file: {settings.config}{missing}\nfolder: {settings.home}\n")
    width = max(len(setting.name) for setting in settings.shown)
    for setting in settings.shown:
        value = (f"{setting.name:<{width}}", BOLD), f"  {setting.value}  ", f"[{setting.source}]"
        terminal.say(*value, hang=width + 2)
    for warning in settings.warnings:
        terminal.say(("\nwarning:", MAGENTA), f" {warning}")


def schema() -> int:
    """Print the JSON Schema of the settings file."""
    from ..settings.schema import ConfigFile

    document = {"$schema": "https://json-schema.org/draft/2020-12/schema", **ConfigFile.model_json_schema()}
    print(json.dumps({**document, "title": "closient-mcp.toml"}, indent=1))
    return 0
