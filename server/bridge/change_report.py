"""Keeping a person informed of tools that are no longer what they first were."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from importlib.metadata import version

from ...tools.systems.baseline import SnapshotFile
from ...tools.systems.changes import Baseline, Change, accepted, changes, extended
from ...tools.systems.system import System

logger = logging.getLogger(__name__)

_NAMED = 5
# What is new or gone is no disguise: it is shown when somebody looks.
_QUIET = ("added", "removed")


@dataclass(slots=True)
class FirstSeen:
    """One system's tools as they were first seen, and what differs by now."""

    system: System
    file: SnapshotFile
    changes: Sequence[Change] = ()
    # What first saw them, where that was another version of ours, which may describe the same differently.
    program: str = field(default="", init=False)

    def compare(self) -> None:
        """Compare what was read with what was first seen, note what is new, and log each change once."""
        now = self.system.operations()
        before = self.file.read() or Baseline({}, program=version("closient-mcp"))
        found = changes(before, now, self._read(), whole=self._whole())
        self.changes, self.program = tuple(found), before.program
        self._tell([change for change in found if change.mark not in before.reported])
        after = replace(extended(before, now, whole=self._whole()), reported=frozenset(change.mark for change in found))
        if after != before:
            self.file.write(after)

    @property
    def is_own_version(self) -> bool:
        """Whether the version of ours that first saw the tools is this one."""
        return self.program == version("closient-mcp")

    @property
    def tools(self) -> set[str]:
        """The names of the tools that differ."""
        return {change.tool for change in self.changes}

    def accept(self) -> None:
        """Take everything as it is now for what was first seen."""
        before = self.file.read() or Baseline({})
        now, program = self.system.operations(), version("closient-mcp")
        self.file.write(accepted(before, now, self._read(), whole=self._whole(), program=program))
        self.changes = ()

    def _read(self) -> frozenset[str]:
        return frozenset(one.api for one in self.system.documents.values() if not one.failure)

    def _whole(self) -> bool:
        return self.system.complete and not self.system.partial

    def _tell(self, news: Iterable[Change]) -> None:
        tools: dict[str, list[str]] = {}
        for change in news:
            if change.kind not in _QUIET:
                tools.setdefault(change.tool, []).append(change.kind)
        if tools:
            named = ", ".join(f"{tool} ({', '.join(kinds)})" for tool, kinds in list(tools.items())[:_NAMED])
            more = f" and {len(tools) - _NAMED} more" if len(tools) > _NAMED else ""
            logger.warning(
                "%s: tools differ from what was first seen: %s%s; `closient-mcp tools --changed` shows how",
                self.system.name,
                named,
                more,
            )
