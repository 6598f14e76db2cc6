"""One system as the bridge uses it: its settings, documents, credential and tools."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from ...tools.systems.system import System
from ...tools.tiers.tier import Tier, tiers_up_to
from ...tools.toolset.generated import operation_tool
from ...tools.toolset.tool import Tool
from ..settings.model import PresetTools, SystemSettings
from .system_clients import SystemClients
from .tool_baseline import ToolBaseline

if TYPE_CHECKING:
    from ...auth.session.renewal import Session
    from ...auth.sign_in.login import Login


@dataclass(frozen=True, slots=True)
class Connection:
    """A system; `allow` is the highest tier of its tools."""

    settings: SystemSettings
    system: System
    preset_tools: PresetTools
    baseline: ToolBaseline
    clients: SystemClients
    files: tuple[Path, ...]
    allow: Tier

    @property
    def session(self) -> Session | None:
        """The session that the call under way uses, if the system uses OAuth."""
        return self.clients.user.session

    @property
    def login(self) -> Login | None:
        """The sign-in for that session, if a user can sign in."""
        return self.clients.user.login

    def core_tools(self) -> tuple[Tool, ...]:
        """The allowed ones of the preset's tools that are always listed."""
        return tuple(self._allowed(self.preset_tools.core))

    def tools(self) -> Iterator[Tool]:
        """The allowed tools of the preset and of the operations read so far."""
        return self._allowed(self._default_tools())

    def _allowed(self, tools: Iterable[Tool]) -> Iterator[Tool]:
        """Yield those whose tier is allowed, with the tiers that the settings assign."""
        tiers = tiers_up_to(self.allow)
        for tool in tools:
            tier = self.settings.tiers.get(tool.name, tool.tier)
            if tier in tiers:
                yield tool if tier == tool.tier else replace(tool, tier=tier)

    def _default_tools(self) -> Iterator[Tool]:
        preset = self.preset_tools
        yield from (replace(tool, api=self.system.name) for tool in preset.tools)
        for operation in self.system.operations():
            yield operation_tool(
                operation, self.system.sender, context=preset.context, files=self.files, check=preset.check
            )
