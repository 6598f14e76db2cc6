"""Reading the documents of all systems: as they were kept, as they are now, and on demand."""

from __future__ import annotations

import logging
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

import anyio
import anyio.to_thread

from ...tools.systems.system import Progress, System
from .change_report import FirstSeen

logger = logging.getLogger(__name__)

_REFRESH_EVERY = 0.25


@dataclass(frozen=True, slots=True)
class Loader:
    """Reads the documents of `systems`, and calls `refresh` where that may have changed their operations."""

    systems: Mapping[str, System]
    first_seen: Mapping[str, FirstSeen]
    refresh: Callable[[], None]

    async def load_cached(self, within: float | None = None) -> bool:
        """Read what was kept, without any network; whether that is all that `load` would give.

        What was last confirmed more than `within` seconds ago does not count.
        """
        async with anyio.create_task_group() as group:
            for system in self.systems.values():
                group.start_soon(system.load_cached, within)
        self.refresh()
        return all(system.loaded for system in self.systems.values())

    async def load(
        self,
        progress: Progress | None = None,
        *,
        again: bool = False,
        came: Callable[[], Awaitable[None]] | None = None,
    ) -> None:
        """Read every system's documents as they come; a slow or failing system doesn't affect the others.

        What was read already is read only if that is to happen `again`. `came` is called after each system.
        """
        refreshed = 0.0

        def report(done: int, total: int, api: str) -> None:
            nonlocal refreshed
            # Each refresh makes all tools again, so not more often than anybody would notice.
            if time.monotonic() - refreshed > _REFRESH_EVERY:
                self.refresh()
                refreshed = time.monotonic()
            if progress:
                progress(done, total, api)

        async def load(system: System) -> None:
            try:
                await system.load(report, again=again)
            except Exception as error:
                logger.exception("reading the documents of %s failed; this is a bug", system.name)
                system.failure = f"its documents could not be read ({type(error).__name__}); the log has the details"
            self.refresh()
            if came:
                await came()

        async with anyio.create_task_group() as group:
            for system in self.systems.values():
                group.start_soon(load, system)
        await anyio.to_thread.run_sync(self._compare)

    def _compare(self) -> None:
        for seen in self.first_seen.values():
            seen.compare()

    async def load_matching(self, query: str, system: str = "", api: str = "", name: str = "") -> None:
        """Read documents of large catalogs that have not been read, as far as they fit a query or a tool's name."""
        new = False
        for candidate in self.systems.values():
            if system in ("", candidate.name):
                new |= await (candidate.load_for_tool(name) if name else candidate.load_matching(query, api))
        if new:
            self.refresh()

    @property
    def complete(self) -> bool:
        """Whether every system's documents have all been read, as they are now."""
        return all(system.complete and not system.stale() for system in self.systems.values())
