"""What the preset of a system adds to its tools, beside what its documents describe."""

from __future__ import annotations

from dataclasses import dataclass

from ...tools.closient.tools import Closient
from ...tools.fluent.events import failed_event
from ...tools.fluent.tools import Fluent
from ...tools.http.sender import Sender
from ...tools.results.responses import ResponseCheck, no_check
from ...tools.toolset.tool import Tool
from ..settings.model import SystemSettings


@dataclass(frozen=True, slots=True)
class PresetTools:
    """Curated tools: those of `core` are always listed, those of `tools` as operations are.

    `context` is a sentence for the descriptions of all operations, `check` finds errors that the service sends with a
    status of success.
    """

    core: tuple[Tool, ...] = ()
    tools: tuple[Tool, ...] = ()
    context: str = ""
    check: ResponseCheck = no_check


def preset_tools(system: SystemSettings, sender: Sender) -> PresetTools:
    """What a system's preset adds; nothing without one."""
    match system.preset:
        case "closient":
            return PresetTools(core=tuple(Closient(system.site, sender).tools()))
        case "fluent":
            fluent = Fluent(system.name, system.way.base, sender, account=system.account, retailer=system.retailer)
            return PresetTools(tools=tuple(fluent.tools()), context=fluent.context, check=failed_event)
        case _:
            return PresetTools()
