"""`closient-mcp config`: the settings in force, and the grammar of the file they come from."""

from __future__ import annotations

import json

from ..settings.model import Settings


def show(settings: Settings) -> int:
    """Print each setting, its value without secrets, and where it came from."""
    there = "" if settings.config.exists() else " (not there)"
    print(f"file: {settings.config}{there}\nfolder: {settings.home}\n")
    width = max(len(setting.name) for setting in settings.shown)
    for setting in settings.shown:
        print(f"{setting.name:<{width}}  {setting.value}  [{setting.source}]")
    for warning in settings.warnings:
        print(f"\nwarning: {warning}")
    return 0


def schema() -> int:
    """Print the JSON Schema of the settings file."""
    from ..settings.schema import ConfigFile

    described = {"$schema": "https://json-schema.org/draft/2020-12/schema", **ConfigFile.model_json_schema()}
    print(json.dumps({**described, "title": "closient-mcp.toml"}, indent=1))
    return 0
