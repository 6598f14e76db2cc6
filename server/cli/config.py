"""`closient-mcp config`: the settings in force, and the JSON Schema of the settings file."""

from __future__ import annotations

import json

from ..settings.model import Settings


def show(settings: Settings) -> int:
    """Print each setting, its value without secrets, and its source."""
    missing = "" if settings.config.exists() else " (not found)"
    print(f"file: {settings.config}{missing}\nfolder: {settings.home}\n")
    width = max(len(setting.name) for setting in settings.shown)
    for setting in settings.shown:
        print(f"{setting.name:<{width}}  {setting.value}  [{setting.source}]")
    for warning in settings.warnings:
        print(f"\nwarning: {warning}")
    return 0


def schema() -> int:
    """Print the JSON Schema of the settings file."""
    from ..settings.schema import ConfigFile

    document = {"$schema": "https://json-schema.org/draft/2020-12/schema", **ConfigFile.model_json_schema()}
    print(json.dumps({**document, "title": "closient-mcp.toml"}, indent=1))
    return 0
