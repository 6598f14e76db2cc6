"""Choosing the tools to list: all of them if they are few, otherwise the core tools and the pinned APIs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ..formats.json_values import JsonValue, to_text
from ..schema.shortening import is_truncated, shorten
from .tool import DESCRIBE, Tool

MAX_TOOLS = 40
MAX_BYTES = 32 * 1024


@dataclass(frozen=True, slots=True)
class Exposure:
    """The rule: `mode` is `auto`, `core`, `all`, `apis` or `pinned`; `apis` are the listed or pinned APIs."""

    mode: str
    apis: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class AvailableTools:
    """The tools to choose from: `core` is always listed, `finders` unless all operations are.

    `partial` says that the finders reach more operations than `operations`.
    """

    core: Sequence[Tool]
    finders: Sequence[Tool]
    operations: Mapping[str, Tool]
    partial: bool = False


def resolve_auto(
    exposure: Exposure, available: AvailableTools, *, complete: bool, loaded: Sequence[str] = ()
) -> Exposure:
    """Resolve the mode `auto`, so that the choice can stay the same for the run.

    While documents are missing (not `complete`), only the finders can reach their operations. The tools of `loaded`
    systems are then listed after the pinned APIs, as far as they fit.
    """
    if exposure.mode != "auto":
        return exposure
    if not complete:
        return Exposure("pinned", (*exposure.apis, *loaded))
    everything = [*available.core, *available.operations.values()]
    return Exposure("all" if not available.partial and fits(everything) else "pinned", exposure.apis)


def listed_tools(exposure: Exposure, available: AvailableTools) -> list[Tool]:
    """The tools to list, ordered by name."""
    operations = sorted(available.operations.values(), key=lambda tool: tool.name)
    if exposure.mode == "all":
        finders = available.finders if available.partial else _describe_tool(available, operations)
        return [*available.core, *finders, *operations]
    chosen = [*available.core, *available.finders]
    if exposure.mode == "core":
        return chosen
    for api in exposure.apis:
        names = {tool.name for tool in chosen}
        matching = [tool for tool in operations if api in (tool.api, tool.system, f"{tool.system}.{tool.api}")]
        new = [tool for tool in matching if tool.name not in names]
        if exposure.mode == "apis" or fits([*chosen, *new]):
            chosen += new
    return chosen


def _describe_tool(available: AvailableTools, operations: Sequence[Tool]) -> list[Tool]:
    """`describe_operation` if the list omits parts of any operation."""
    cut = any(tool.abridged and is_truncated(shorten(tool.input_schema)) for tool in operations)
    return [finder for finder in available.finders if finder.name == DESCRIBE] if cut else []


def fits(tools: Sequence[Tool]) -> bool:
    """Whether hosts and models handle a list of these tools well."""
    if len(tools) > MAX_TOOLS:
        return False
    definitions: list[JsonValue] = [tool.definition() for tool in tools]
    return len(to_text(definitions).encode()) <= MAX_BYTES
