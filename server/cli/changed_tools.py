"""`tools --changed`: how the tools differ from those that the user first saw."""

from __future__ import annotations

import difflib
import json
from collections.abc import Iterator

from ...tools.formats.json_values import JsonValue
from ...tools.formats.text import counted
from ...tools.systems.changes import Change
from ..bridge.composition import Bridge
from ..bridge.connection import Connection
from .terminal import BOLD, GREEN, RED, Terminal


def changed_json(bridge: Bridge, query: str) -> list[JsonValue]:
    """All changes as JSON."""
    return [
        {
            "system": name,
            "tool": change.tool,
            "kind": change.kind,
            "before": change.before or None,
            "after": change.after or None,
        }
        for name, connection in bridge.connections.items()
        for change in connection.baseline.changes
        if query in change.tool
    ]


def print_changed(bridge: Bridge, query: str, terminal: Terminal) -> None:
    """Print all changes, and how to accept them."""
    for connection in bridge.connections.values():
        shown = [change for change in connection.baseline.changes if query in change.tool]
        for change in shown:
            terminal.say((change.tool, BOLD), f"  {_LABELS[change.kind]}")
            for line in _lines(change):
                terminal.say((f"  {line[0]}", RED if line.startswith("-") else GREEN), line[1:])
        terminal.say(_summary(connection, len(shown)))


_LABELS = {
    "added": "added",
    "removed": "removed",
    "title": "title changed",
    "description": "description changed",
    "schema": "arguments changed",
    "tier": "tier changed",
    "url": "URL changed",
}


def _lines(change: Change) -> Iterator[str]:
    before, after = change.before, change.after
    if change.kind == "schema":
        before, after = (json.dumps(json.loads(text), ensure_ascii=False, indent=1) for text in (before, after))
    for line in list(difflib.unified_diff(before.splitlines(), after.splitlines(), n=0, lineterm=""))[2:]:
        if not line.startswith("@@"):
            yield f"{line[0]} {line[1:]}"


def _summary(connection: Connection, count: int) -> str:
    system, baseline = connection.system, connection.baseline
    if not count and system.failure:
        return f"{system.name}: nothing to compare: {system.failure}"
    if not count:
        return f"{system.name}: no differences from what was first seen."
    note = "" if baseline.is_own_version else f" closient-mcp {baseline.program} recorded the tools, which may be why."
    accept = "`closient-mcp tools --accept` accepts the tools as they are now."
    return f"{system.name}: {counted(count, 'difference')}.{note} {accept}"
