"""What is missing and what was skipped, for agents and for `status`."""

from __future__ import annotations

import difflib
from collections.abc import Iterable

from ...tools.problems import Problem
from ...tools.systems.system import System
from ...tools.toolset.exposure import Exposure
from ..settings.model import SystemSettings
from .tool_table import ToolTable


def missing(systems: Iterable[System]) -> list[str]:
    """What an agent cannot reach: systems and documents that were not read, or not yet."""
    messages: list[str] = []
    for system in systems:
        failed = sum(bool(description.failure) for description in system.documents.values())
        if system.failure and not system.loaded:
            messages.append(f"{system.name}: {system.failure}")
        elif not system.loaded:
            messages.append(f"{system.name}: its documents are still being read")
        elif failed:
            messages.append(f"{system.name}: {failed} of {len(system.entries)} documents could not be read")
        if system.loaded and system.partial:
            later = f"{system.not_loaded} of {len(system.entries)} documents are read on demand"
            messages.append(f"{system.name}: {later} (find_operations, also by its `api`)")
    return messages


def skipped_of(settings: SystemSettings, table: ToolTable) -> list[Problem]:
    """Everything of a system that could not be used, and why."""
    system = table.systems[settings.name]
    clashes = [problem for name, problem in table.operations.clashes if name == settings.name]
    unknown = _unknown(settings, system, table) if system.complete else ()
    place = f"the settings of {settings.name}"
    effects = [Problem(place, f"there is {what}", "this setting has no effect") for what in unknown]
    return [*system.skipped(), *clashes, *effects]


def unknown_apis(exposure: Exposure, table: ToolTable) -> list[str]:
    """Messages about the APIs in `--expose` that no system has; unknown while a system is not read completely."""
    systems = table.systems.values()
    if exposure.mode != "apis" or not all(system.complete for system in systems):
        return []
    apis = sorted({entry.api for system in systems for entry in system.entries})
    known = {*table.systems, *apis, *(f"{system.name}.{entry.api}" for system in systems for entry in system.entries)}
    messages: list[str] = []
    for name in (name for name in exposure.apis if name not in known):
        near = difflib.get_close_matches(name, sorted(known), n=1)
        meant = f"did you mean {near[0]}? " if near else ""
        messages.append(f"there is no API `{name}`: {meant}There are {', '.join(apis)[:300]}")
    return messages


def _unknown(settings: SystemSettings, system: System, table: ToolTable) -> Iterable[str]:
    """The tools and APIs that the settings name and a completely loaded system does not have."""
    apis = {settings.name, *(entry.api for entry in system.entries)}
    yield from (f"no tool {tool}" for tool in settings.tiers if table.find(tool) is None)
    yield from (f"no API {pin}" for pin in settings.pins if pin not in apis and not settings.preset.app_scopes)
