"""`closient-mcp status`: what can be reached, which tools that gives, and what was skipped and why."""

from __future__ import annotations

from ..tools.json_values import JsonObject, JsonValue
from ..tools.problems import Problem
from ..tools.system import System
from .bridge import Bridge
from .settings import SystemSettings


def status_of(bridge: Bridge) -> JsonObject:
    """The state of every system, as plain data."""
    systems: JsonObject = {}
    for settings in bridge.settings.systems:
        systems[settings.name] = _system_status(settings, bridge)
    return {
        "systems": systems,
        "tools": len(bridge.all_tools()),
        "listed": len(bridge.listed()),
        "expose": bridge.settings.exposure.mode,
        "read_only": bridge.settings.read_only,
    }


def _system_status(settings: SystemSettings, bridge: Bridge) -> JsonObject:
    system = bridge.systems[settings.name]
    read = [d for d in system.descriptions.values() if not d.failure]
    skipped: list[JsonValue] = [_problem(problem) for problem in system.skipped()]
    return {
        "site": settings.site,
        "catalog": settings.catalog,
        "reachable": not system.failure,
        "failure": system.failure or None,
        "apis": len(system.entries),
        "descriptions": len(read),
        "operations": len(system.operations()),
        "tools": len([t for t in bridge.all_tools() if t.system == settings.name]),
        "credential": _credential(settings),
        "skipped": skipped,
    }


def _credential(settings: SystemSettings) -> JsonObject:
    if settings.credential is None:
        return {"kind": "none", "source": None}
    return {"kind": "api_key", "source": settings.credential.source, "ending": settings.credential.key.ending}


def _problem(problem: Problem) -> JsonObject:
    told: JsonObject = {"what": problem.subject, "why": problem.reason, "effect": problem.effect}
    return {**told, "pointer": problem.pointer} if problem.pointer else told


def status_lines(bridge: Bridge) -> list[str]:
    """The same for a person."""
    lines: list[str] = []
    for settings in bridge.settings.systems:
        lines += _system_lines(settings, bridge.systems[settings.name])
    shown = "read-only, " if bridge.settings.read_only else ""
    lines.append(f"Tools: {len(bridge.listed())} listed, {len(bridge.all_tools())} callable ({shown}--expose "
                 f"{bridge.settings.exposure.mode})")  # fmt: skip
    return lines


def _system_lines(settings: SystemSettings, system: System) -> list[str]:
    lines = [f"{settings.name} at {settings.site}"]
    if system.failure:
        lines.append(f"  not reachable: {system.failure}")
    else:
        read = sum(not d.failure for d in system.descriptions.values())
        lines.append(f"  {read} of {len(system.entries)} descriptions read, {len(system.operations())} operations")
    key = settings.credential
    lines.append(f"  credential: API key …{key.key.ending} from {key.source}" if key else "  credential: none")
    if skipped := system.skipped():
        lines.append(f"  skipped: {len(skipped)}")
        lines += [f"    {p.subject}: {p.reason}; {p.effect}" for p in skipped]
    return lines
