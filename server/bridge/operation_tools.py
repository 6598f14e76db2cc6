"""The tools of all operations that have been read, by name."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from ...tools.problems import Problem
from ...tools.systems.system import System
from ...tools.tiers import Tier
from ...tools.toolset.generated import operation_tool
from ...tools.toolset.tool import Tool
from .preset_tools import PresetTools


@dataclass(frozen=True, slots=True)
class Source:
    """A system whose operations become tools; `tiers` are those that the settings say, by the name of the tool."""

    system: System
    preset: PresetTools
    tiers: Mapping[str, Tier]
    files: Sequence[Path]

    def tools(self) -> Iterator[Tool]:
        """The tools of the preset and of the operations read so far."""
        for tool in self._untiered():
            yield replace(tool, tier=self.tiers.get(tool.name, tool.tier))

    def _untiered(self) -> Iterator[Tool]:
        yield from (replace(tool, api=self.system.name) for tool in self.preset.tools)
        for operation in self.system.operations():
            yield operation_tool(
                operation,
                self.system.sender,
                context=self.preset.context,
                files=self.files,
                check=self.preset.check,
            )


@dataclass(slots=True)
class OperationTools:
    """Tools by name, of the permitted tiers only; no name of `reserved` is used.

    `clashes` are the operations that lost their name to another, with their system.
    """

    sources: Sequence[Source]
    permitted: tuple[Tier, ...]
    reserved: frozenset[str] = frozenset()
    by_name: Mapping[str, Tool] = field(default_factory=dict[str, Tool], init=False)
    clashes: Sequence[tuple[str, Problem]] = field(default=(), init=False)

    def refresh(self) -> None:
        """Make the tools of what has been read by now."""
        tools: dict[str, Tool] = {}
        clashes: list[tuple[str, Problem]] = []
        for source in self.sources:
            for tool in source.tools():
                name = tool.name if tool.name not in self.reserved else f"{tool.name}_operation"
                if name in tools:
                    where = f"{tool.title} ({tool.search_text.split()[0]}) of {tool.api}"
                    reason = f"another operation is already called {name}"
                    clashes.append((source.system.name, Problem(where, reason, "this operation is left out")))
                elif tool.tier in self.permitted:
                    tools[name] = replace(tool, name=name)
        self.by_name, self.clashes = tools, clashes
