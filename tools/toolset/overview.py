"""What there is to call: systems, APIs, and the groups of their operations with an example each."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping

from ..formats.json_values import JsonObject, JsonValue, to_text
from .tool import Tool

MAX_CHARACTERS = 10_000
# Segments that name no resource.
_PREFIX = re.compile(r"api|rest|v\d+([.-]\w+)?", re.IGNORECASE)


def groups_of(tool: Tool) -> tuple[str, ...]:
    """The tags of an operation, or the resource that its path begins with."""
    if tool.tags:
        return tool.tags
    segments = [segment for segment in tool.path.split("/") if segment and "{" not in segment]
    return tuple([segment for segment in segments if not _PREFIX.fullmatch(segment)][:1] or segments[:1])


def overview(tools: Iterable[Tool], limit: int = MAX_CHARACTERS) -> JsonObject:
    """Systems, APIs and groups with their counts, each group with an example, in `limit` characters if they fit.

    Of each API, the largest groups are shown.
    """
    by_api: dict[tuple[str, str], list[Tool]] = defaultdict(list)
    for tool in tools:
        by_api[tool.system, tool.api].append(tool)
    most = 60
    while len(to_text(shown := _shown(by_api, most))) > limit and most:
        most //= 2
    return shown


def _shown(by_api: Mapping[tuple[str, str], list[Tool]], most: int) -> JsonObject:
    """The overview with at most so many groups of each API."""
    systems: dict[str, list[JsonValue]] = defaultdict(list)
    for (system, api), tools in sorted(by_api.items()):
        entry: JsonObject = {"api": api, "operations": len(tools)}
        groups = _groups(tools)
        if most:
            entry["groups"] = groups[:most]
        if len(groups) > most:
            entry["more_groups"] = len(groups) - most
        systems[system].append(entry)
    return {"systems": [{"system": system, "apis": apis} for system, apis in systems.items()]}


def _groups(tools: Iterable[Tool]) -> list[JsonValue]:
    """The groups of an API, largest first."""
    groups: dict[str, list[Tool]] = defaultdict(list)
    for tool in tools:
        for group in groups_of(tool)[:1]:
            groups[group].append(tool)
    ordered = sorted(groups.items(), key=lambda item: (-len(item[1]), item[0]))
    return [{"tag": group, "operations": len(of), "example": _example(of)} for group, of in ordered]


def _example(tools: Iterable[Tool]) -> str:
    return min((tool.name for tool in tools), key=lambda name: (len(name), name))
