"""Loading the documents of all systems: from the cache, from the network, and on demand."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field

import anyio
import anyio.to_thread

from ...tools.systems.system import Progress, System
from .connection import Connection

logger = logging.getLogger(__name__)


@dataclass(slots=True)
class Loader:
    """Loads the documents of all systems; `revision` increases whenever their operations may have changed."""

    connections: Sequence[Connection]
    revision: int = field(default=0, init=False)

    async def load_cached(self, max_age: float | None = None) -> bool:
        """Load from the cache, without network access; return whether `load` would give no more.

        Entries last validated more than `max_age` seconds ago are ignored.
        """
        async with anyio.create_task_group() as group:
            for connection in self.connections:
                group.start_soon(connection.system.load_cached, max_age)
        self.revision += 1
        return all(connection.system.loaded for connection in self.connections)

    async def load(
        self,
        progress: Progress | None = None,
        *,
        revalidate: bool = False,
        on_system: Callable[[], Awaitable[None]] | None = None,
    ) -> None:
        """Load every system's documents concurrently; a slow or failing system doesn't affect the others.

        Documents loaded before are fetched only to `revalidate` them. `on_system` is called after each system.
        """

        def report(done: int, total: int, api: str) -> None:
            self.revision += 1
            if progress:
                progress(done, total, api)

        async def load(system: System) -> None:
            try:
                await system.load(report, revalidate=revalidate)
            except Exception as error:
                logger.exception("internal error while reading the documents of %s", system.name)
                system.failure = f"its documents could not be read ({type(error).__name__}); details are in the log"
            self.revision += 1
            if on_system:
                await on_system()

        async with anyio.create_task_group() as group:
            for connection in self.connections:
                group.start_soon(load, connection.system)
        await anyio.to_thread.run_sync(self._compare)

    def _compare(self) -> None:
        for connection in self.connections:
            connection.baseline.compare()

    async def load_matching(self, query: str, system: str = "", api: str = "", name: str = "") -> None:
        """Load further documents of large catalogs: those that match a query or a tool's name."""
        for candidate in (connection.system for connection in self.connections):
            if system in ("", candidate.name) and await (
                candidate.load_for_tool(name) if name else candidate.load_matching(query, api)
            ):
                self.revision += 1

    @property
    def complete(self) -> bool:
        """Whether every system's documents were read and none is stale."""
        systems = (connection.system for connection in self.connections)
        return all(system.complete and not system.stale() for system in systems)
