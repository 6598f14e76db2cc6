"""Reports tools that differ from their baseline: how they were when the user first saw them."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

from ...tools.systems.baseline import SnapshotFile
from ...tools.systems.changes import Baseline, Change, accepted, changes, extended
from ...tools.systems.system import System
from ..settings.version import VERSION

logger = logging.getLogger(__name__)

_MAX_LOGGED = 5
# An added or removed tool cannot pose as another, so it is only shown on request.
_NOT_LOGGED = ("added", "removed")


@dataclass(slots=True)
class ToolBaseline:
    """The baseline of one system's tools, and the changes since; `program` is the version that recorded it.

    Another version of ours may describe the same tool differently.
    """

    system: System
    file: SnapshotFile
    changes: Sequence[Change] = ()
    program: str = field(default="", init=False)

    def compare(self) -> None:
        """Compare the tools with the baseline, add new ones to it, and log each change once."""
        now = self.system.operations()
        before = self.file.read() or Baseline({}, program=VERSION)
        found = changes(before, now, self._read_apis(), whole=self._whole())
        self.changes, self.program = tuple(found), before.program
        self._log([change for change in found if change.mark not in before.reported])
        after = replace(extended(before, now, whole=self._whole()), reported=frozenset(change.mark for change in found))
        if after != before:
            self.file.write(after)

    @property
    def is_own_version(self) -> bool:
        """Whether this version of ours recorded the baseline."""
        return self.program == VERSION

    @property
    def changed_tools(self) -> set[str]:
        """The names of the tools that differ."""
        return {change.tool for change in self.changes}

    def accept(self) -> None:
        """Make the tools as they are now the baseline."""
        before = self.file.read() or Baseline({})
        now, program = self.system.operations(), VERSION
        self.file.write(accepted(before, now, self._read_apis(), whole=self._whole(), program=program))
        self.changes = ()

    def _read_apis(self) -> frozenset[str]:
        return frozenset(document.api for document in self.system.documents.values() if not document.failure)

    def _whole(self) -> bool:
        return self.system.complete and not self.system.partial

    def _log(self, new: Iterable[Change]) -> None:
        tools: dict[str, list[str]] = {}
        for change in new:
            if change.kind not in _NOT_LOGGED:
                tools.setdefault(change.tool, []).append(change.kind)
        if tools:
            named = ", ".join(f"{tool} ({', '.join(kinds)})" for tool, kinds in list(tools.items())[:_MAX_LOGGED])
            more = f" and {len(tools) - _MAX_LOGGED} more" if len(tools) > _MAX_LOGGED else ""
            logger.warning(
                "%s: tools changed since first seen: %s%s; `closient-mcp tools --changed` shows how",
                self.system.name,
                named,
                more,
            )
