"""The tools of all operations read so far, by name."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from ...tools.problems import Problem
from ...tools.tiers import Tier
from ...tools.toolset.tool import Tool
from .loading import Loader


@dataclass(slots=True)
class OperationTools:
    """Tools of the permitted tiers by name, made again when the loader's revision changes; none is in `reserved`."""

    loader: Loader
    permitted: tuple[Tier, ...]
    reserved: frozenset[str]
    _revision: int = field(default=-1, init=False)
    _by_name: Mapping[str, Tool] = field(default_factory=dict[str, Tool], init=False)
    _clashes: Sequence[tuple[str, Problem]] = field(default=(), init=False)

    @property
    def by_name(self) -> Mapping[str, Tool]:
        """The tools by name."""
        self._update()
        return self._by_name

    @property
    def clashes(self) -> Sequence[tuple[str, Problem]]:
        """The operations left out because their name was taken, each with its system."""
        self._update()
        return self._clashes

    def _update(self) -> None:
        if self._revision == self.loader.revision:
            return
        self._revision = self.loader.revision
        tools: dict[str, Tool] = {}
        clashes: list[tuple[str, Problem]] = []
        for connection in self.loader.connections:
            for tool in connection.tools():
                name = f"{tool.name}_operation" if tool.name in self.reserved else tool.name
                if name in tools:
                    where = f"{tool.title} ({tool.search_text.split()[0]}) of {tool.api}"
                    reason = f"another operation is already called {name}"
                    clashes.append((connection.system.name, Problem(where, reason, "this operation is left out")))
                elif tool.tier in self.permitted:
                    tools[name] = replace(tool, name=name)
        self._by_name, self._clashes = tools, clashes
