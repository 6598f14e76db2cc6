"""What is missing and what was skipped, for agents and for `status`."""

from __future__ import annotations

from collections.abc import Iterable

from ...tools.formats.suggestions import did_you_mean
from ...tools.formats.text import counted
from ...tools.problems import Problem
from ...tools.systems.system import System
from ..settings.model import Settings, SystemSettings
from .tool_table import ToolTable


def missing(systems: Iterable[System]) -> list[str]:
    """What an agent cannot reach: systems and documents that were not read, or not yet."""
    messages: list[str] = []
    for system in systems:
        failed = sum(bool(document.failure) for document in system.documents.values())
        if system.failure and not system.loaded:
            messages.append(f"{system.name}: {system.failure}")
        elif not system.loaded:
            messages.append(f"{system.name}: its documents are still being read")
        elif failed:
            messages.append(f"{system.name}: {failed} of {counted(len(system.entries), 'document')} could not be read")
        if system.loaded and system.partial:
            later = f"{system.not_loaded} of {len(system.entries)} documents are read on demand"
            messages.append(f"{system.name}: {later}, by find_operations (its arguments `query` and `api`)")
    return messages


def skipped_of(settings: SystemSettings, table: ToolTable) -> list[Problem]:
    """Everything of a system that could not be used, and why."""
    system = table.systems[settings.name]
    unknown = _unknown(settings, system, table) if system.complete else ()
    source = f"the settings of {settings.name}"
    effects = [Problem(source, what, "this setting has no effect") for what in unknown]
    return [*system.skipped(), *table.clashes(settings.name), *effects]


def unknown_apis(settings: Settings, table: ToolTable) -> list[Problem]:
    """The APIs in the setting `expose` that no system has; none while a system is not read completely."""
    exposure, systems = settings.exposure, table.systems.values()
    if exposure.mode != "apis" or not all(system.complete for system in systems):
        return []
    apis = sorted({entry.api for system in systems for entry in system.entries})
    known = {*table.systems, *apis, *(f"{system.name}.{entry.api}" for system in systems for entry in system.entries)}
    source = next((setting.source for setting in settings.shown if setting.name == "expose"), "expose")
    return [
        Problem(source, _no_api(name, known, apis), "nothing is listed for it")
        for name in exposure.apis
        if name not in known
    ]


def _no_api(name: str, known: Iterable[str], apis: Iterable[str]) -> str:
    meant = did_you_mean(name, known) or "."
    return f"there is no API `{name}`{meant} There are {', '.join(sorted(apis))[:250]}"


def _unknown(settings: SystemSettings, system: System, table: ToolTable) -> Iterable[str]:
    """The tools and APIs that the settings name and a completely loaded system does not have."""
    apis = {entry.api for entry in system.entries}
    names = [tool.name for tool in table.all()]
    for tool in settings.tiers:
        if table.find(tool) is None:
            yield f"there is no tool `{tool}`{did_you_mean(tool, names)}"
    for pin in settings.pins:
        # A site may lack some of the APIs that are pinned by default.
        if pin not in {settings.name, *apis, *settings.preset.pins}:
            yield _no_api(pin, apis, apis)
