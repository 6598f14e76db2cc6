"""All tools by name, and which of them are listed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from ...tools.problems import Problem
from ...tools.systems.system import System
from ...tools.toolset.exposure import AvailableTools, Exposure, listed_tools, resolve_auto
from ...tools.toolset.tool import Tool
from .connection import Connection
from .loading import Loader


@dataclass(slots=True)
class ToolTable:
    """The allowed tools of the connections; `core` is always listed, `finders` unless every operation is.

    The tools of operations are rebuilt when the loader's revision changes; none has the name of a core tool or
    finder. `exposure` is settled at the first `listed()`.
    """

    loader: Loader
    connections: Sequence[Connection]
    core: Sequence[Tool]
    finders: Sequence[Tool]
    exposure: Exposure
    _settled: Exposure | None = None
    _revision: int = field(default=-1, init=False)
    _operations: Mapping[str, Tool] = field(default_factory=dict[str, Tool], init=False)
    _clashes: Sequence[tuple[str, Problem]] = field(default=(), init=False)

    @property
    def systems(self) -> Mapping[str, System]:
        """The systems by name."""
        return {connection.system.name: connection.system for connection in self.connections}

    @property
    def operations(self) -> Mapping[str, Tool]:
        """The tools of the operations read so far, by name."""
        self._update()
        return self._operations

    def clashes(self, system: str) -> list[Problem]:
        """The operations of a system that are left out because their name was taken."""
        self._update()
        return [problem for name, problem in self._clashes if name == system]

    def all(self) -> list[Tool]:
        """Every tool that can be called by name."""
        return [*self.core, *self.finders, *sorted(self.operations.values(), key=lambda tool: tool.name)]

    def find(self, name: str) -> Tool | None:
        """The tool of this name."""
        fixed = next((tool for tool in (*self.core, *self.finders) if tool.name == name), None)
        return fixed or self.operations.get(name)

    def listed(self) -> list[Tool]:
        """The tools of `tools/list`; what `auto` means is decided at the first call."""
        if self._settled is None:
            loaded = tuple(name for name, system in self.systems.items() if system.loaded)
            complete = len(loaded) == len(self.systems)
            self._settled = resolve_auto(self.exposure, self._available(), complete=complete, loaded=loaded)
        return listed_tools(self._settled, self._available())

    def scopes_to_request(self, system: str, wanted: tuple[str, ...] = ()) -> tuple[str, ...]:
        """The scopes to request at a sign-in: those that the listed read tools need, and the wanted ones."""
        reading = [tool.scopes for tool in self.listed() if tool.system == system and tool.tier == "read"]
        return tuple(sorted({scope for scopes in reading for scope in scopes} | set(wanted)))

    def _available(self) -> AvailableTools:
        systems = self.systems
        # Operations read on demand are never listed: the list must not depend on earlier calls.
        operations = {
            name: tool for name, tool in self.operations.items() if not systems[tool.system].is_on_demand(tool.api)
        }
        partial = any(system.partial for system in systems.values())
        return AvailableTools(self.core, self.finders, operations, partial=partial)

    def _update(self) -> None:
        if self._revision == self.loader.revision:
            return
        self._revision = self.loader.revision
        reserved = {tool.name for tool in (*self.core, *self.finders)}
        tools: dict[str, Tool] = {}
        clashes: list[tuple[str, Problem]] = []
        for connection in self.connections:
            for tool in connection.tools():
                name = f"{tool.name}_operation" if tool.name in reserved else tool.name
                if name in tools:
                    where = f"{tool.title} ({tool.path}) of {tool.api}"
                    reason = f"another operation is already called {name}"
                    clashes.append((connection.system.name, Problem(where, reason, "this operation is left out")))
                else:
                    tools[name] = tool if name == tool.name else replace(tool, name=name)
        self._operations, self._clashes = tools, clashes
