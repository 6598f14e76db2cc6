"""What is missing and what was skipped, for agents and for `status`."""

from __future__ import annotations

from collections.abc import Iterable

from ...tools.problems import Problem
from ...tools.systems.system import System
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


def _unknown(settings: SystemSettings, system: System, table: ToolTable) -> Iterable[str]:
    """The tools and APIs that the settings name and a completely loaded system does not have."""
    apis = {settings.name, *(entry.api for entry in system.entries)}
    yield from (f"no tool {tool}" for tool in settings.tiers if table.find(tool) is None)
    yield from (f"no API {pin}" for pin in settings.pins if pin not in apis and not settings.preset.app_scopes)
