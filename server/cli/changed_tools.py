"""`tools --changed` and `tools --accept`: what differs from the tools that a person first saw."""

from __future__ import annotations

import difflib
import json
from collections.abc import Iterator

from ...tools.formats.json_values import JsonObject, JsonValue
from ...tools.systems.changes import Change
from ..bridge.change_report import FirstSeen
from ..bridge.composition import Bridge
from .terminal import BOLD, GREEN, RED, Terminal


def changed_json(bridge: Bridge, query: str) -> list[JsonValue]:
    """Every change as plain data."""
    return [
        _plain(name, change)
        for name, seen in bridge.loader.first_seen.items()
        for change in seen.changes
        if query in change.tool
    ]


def _plain(system: str, change: Change) -> JsonObject:
    values: dict[str, JsonValue] = {"before": change.before or None, "after": change.after or None}
    return {"system": system, "tool": change.tool, "kind": change.kind, **values}


def print_changed(bridge: Bridge, query: str, terminal: Terminal) -> None:
    """Every change for a person, and what can be done about it."""
    for name, seen in bridge.loader.first_seen.items():
        found = [change for change in seen.changes if query in change.tool]
        for change in found:
            terminal.say(f"{terminal.paint(change.tool, BOLD)}  {_WORDS[change.kind]}")
            for line in _lines(change):
                terminal.say(f"  {terminal.paint(line, RED if line.startswith('-') else GREEN)}")
        terminal.say(_summary(name, seen, len(found)))


_WORDS = {
    "added": "is new",
    "removed": "is gone",
    "title": "has another title",
    "description": "description changed",
    "schema": "takes other arguments",
    "tier": "does something else to the service",
    "url": "URL changed",
}


def _lines(change: Change) -> Iterator[str]:
    before, after = change.before, change.after
    if change.kind == "schema":
        before, after = (json.dumps(json.loads(text), ensure_ascii=False, indent=1) for text in (before, after))
    for line in list(difflib.unified_diff(before.splitlines(), after.splitlines(), n=0, lineterm=""))[2:]:
        if not line.startswith("@@"):
            yield f"{line[0]} {line[1:]}"


def _summary(name: str, seen: FirstSeen, count: int) -> str:
    if not count and seen.system.failure:
        return f"{name}: nothing can be compared: {seen.system.failure}"
    if not count:
        return f"{name}: nothing differs from what was first seen."
    note = (
        "" if seen.is_own_version else f" It was first read by closient-mcp {seen.program}, which may account for it."
    )
    return f"{name}: {count} differences.{note} `closient-mcp tools --accept` takes them as they are now."
