"""One system as the bridge uses it: its settings, documents, credential and tools."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from ...auth.session.renewal import Session
from ...auth.sign_in.login import Login
from ...tools.systems.system import System
from ...tools.toolset.generated import operation_tool
from ...tools.toolset.tool import Tool
from ..settings.model import PresetTools, SystemSettings
from .tool_baseline import ToolBaseline


@dataclass(frozen=True, slots=True)
class Connection:
    """A system; it has a `session` if it uses OAuth, and a `login` if a user can sign in."""

    settings: SystemSettings
    system: System
    preset_tools: PresetTools
    baseline: ToolBaseline
    session: Session | None
    login: Login | None
    files: tuple[Path, ...]

    def tools(self) -> Iterator[Tool]:
        """The tools of the preset and of the operations read so far, with the tiers that the settings assign."""
        for tool in self._default_tools():
            yield replace(tool, tier=self.settings.tiers.get(tool.name, tool.tier))

    def _default_tools(self) -> Iterator[Tool]:
        preset = self.preset_tools
        yield from (replace(tool, api=self.system.name) for tool in preset.tools)
        for operation in self.system.operations():
            yield operation_tool(
                operation, self.system.sender, context=preset.context, files=self.files, check=preset.check
            )
