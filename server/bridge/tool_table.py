"""All tools by name, and which of them are listed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ...tools.systems.system import System
from ...tools.toolset.exposure import AvailableTools, Exposure, listed_tools, resolve_auto
from ...tools.toolset.tool import Tool
from .operation_tools import OperationTools


@dataclass(slots=True)
class ToolTable:
    """`core` is always listed, `finders` unless every operation is; `exposure` is settled at the first `listed()`."""

    systems: Mapping[str, System]
    core: Sequence[Tool]
    finders: Sequence[Tool]
    operations: OperationTools
    exposure: Exposure
    _settled: Exposure | None = None

    def all(self) -> list[Tool]:
        """Every tool that can be called by name."""
        operations = sorted(self.operations.by_name.values(), key=lambda tool: tool.name)
        return [*self.core, *self.finders, *operations]

    def find(self, name: str) -> Tool | None:
        """The tool of this name."""
        fixed = next((tool for tool in (*self.core, *self.finders) if tool.name == name), None)
        return fixed or self.operations.by_name.get(name)

    def listed(self) -> list[Tool]:
        """The tools of `tools/list`; what `auto` means is decided at the first call."""
        if self._settled is None:
            loaded = tuple(name for name, system in self.systems.items() if system.loaded)
            complete = len(loaded) == len(self.systems)
            self._settled = resolve_auto(self.exposure, self._offer(), complete=complete, loaded=loaded)
        return listed_tools(self._settled, self._offer())

    def scopes_to_request(self, system: str, wanted: tuple[str, ...] = ()) -> tuple[str, ...]:
        """The scopes to request at a sign-in: those that the listed read tools need, and the wanted ones."""
        reading = [tool.scopes for tool in self.listed() if tool.system == system and tool.tier == "read"]
        return tuple(sorted({scope for scopes in reading for scope in scopes} | set(wanted)))

    def _offer(self) -> AvailableTools:
        # Operations read on demand are never listed: the list must not depend on earlier calls.
        operations = {
            name: tool
            for name, tool in self.operations.by_name.items()
            if not self.systems[tool.system].is_on_demand(tool.api)
        }
        partial = any(system.partial for system in self.systems.values())
        return AvailableTools(self.core, self.finders, operations, partial=partial)
