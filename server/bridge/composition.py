"""Composes the bridge: settings in, tools out."""

from __future__ import annotations

import logging
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from functools import lru_cache

from ...auth.secrets.redaction import Redaction
from ...tools.http.cache import Cache
from ...tools.http.fetcher import Fetcher
from ...tools.http.sender import Sender
from ...tools.systems.baseline import SnapshotFile
from ...tools.systems.system import System
from ...tools.tiers.tier import Tier, highest_tier, lowest_tier, tiers_up_to
from ...tools.toolset.exposure import Exposure
from ...tools.toolset.finders import Finders
from ...tools.toolset.kept_results import KeptResults
from ...tools.toolset.result_store import MemoryResultStore, ResultStore
from ...tools.toolset.tool import Tool
from ..settings.model import Settings, SystemSettings
from .calls import Calls
from .connection import Connection
from .loading import Loader
from .report import missing
from .stored_sign_ins import StoredSignIns
from .system_clients import SystemClients
from .tool_baseline import ToolBaseline
from .tool_table import ToolTable

logger = logging.getLogger(__name__)

# Tables of tools for callers with different rights; further tables are rebuilt at each request.
_MOST_TABLES = 64


@dataclass(frozen=True, slots=True)
class Bridge:
    """Systems, their tools, and calls to them; created by `open_bridge`.

    `restricted` returns the tools that are available under a lower tier limit per system; systems without a limit are
    left out.
    """

    settings: Settings
    sign_ins: StoredSignIns
    connections: Mapping[str, Connection]
    loader: Loader
    tools: ToolTable
    calls: Calls
    restricted: Callable[[Mapping[str, Tier]], ToolTable]


@asynccontextmanager
async def open_bridge(
    settings: Settings, redaction: Redaction, sender: type[Sender] = Sender, *, checks_machine: bool = True
) -> AsyncGenerator[Bridge]:
    """A bridge that calls services through senders of this class; nothing has been fetched yet.

    Raises:
        SettingsError: the settings of the store, or the machine's proxy or certificate settings cannot be used. Without
            `checks_machine`, each request fails for the latter reason instead.
    """
    for warning in settings.warnings:
        logger.warning(warning)
    async with AsyncExitStack() as stack:
        sign_ins = StoredSignIns(settings, redaction)
        stack.callback(sign_ins.close)
        connections = [_connect(system, settings, redaction, sign_ins, stack, sender) for system in settings.systems]
        for connection in connections if checks_machine else ():
            connection.clients.check_machine()
        yield _bridge(settings, redaction, sign_ins, connections)


def _connect(
    settings: SystemSettings,
    everything: Settings,
    redaction: Redaction,
    sign_ins: StoredSignIns,
    stack: AsyncExitStack,
    sender_type: type[Sender],
) -> Connection:
    clients = SystemClients(settings, everything, redaction, sign_ins)
    stack.push_async_callback(clients.aclose)
    sender = sender_type(clients.api, settings.origins, settings.name, settings.per_caller, redaction.hide)
    fetcher = Fetcher(clients.documents, settings.origins | settings.source.origins, Cache(everything.home / "cache"))
    system = System(
        settings.name,
        settings.source,
        settings.prefix,
        sender,
        fetcher,
        settings.preset.app_scopes,
        everything.exposure.apis,
        everything.local_files,
    )
    return Connection(
        settings,
        system,
        settings.preset.tools(sender),
        ToolBaseline(system, SnapshotFile(everything.home / "seen", settings.name, settings.site)),
        clients,
        everything.files,
        lowest_tier((everything.allow, settings.allow)),
    )


def _bridge(settings: Settings, redaction: Redaction, sign_ins: StoredSignIns, connections: list[Connection]) -> Bridge:
    calls = Calls(redaction, KeptResults(settings.result_characters, _result_store(sign_ins)))
    loader = Loader(connections)
    highest = highest_tier(connection.allow for connection in connections) if connections else settings.allow
    table = _table(connections, highest, settings.problems, settings.exposure, loader, calls)

    @lru_cache(_MOST_TABLES)
    def restricted(tiers: frozenset[tuple[str, Tier]]) -> ToolTable:
        limits: dict[str, Tier] = dict(tiers)
        allowed = [
            replace(connection, allow=lowest_tier((connection.allow, limits[connection.system.name])))
            for connection in connections
            if connection.system.name in limits
        ]
        if not allowed:
            return ToolTable(loader, (), (), (), settings.exposure)
        highest = highest_tier(connection.allow for connection in allowed)
        return _table(allowed, highest, (), settings.exposure, loader, calls)

    by_name = {connection.system.name: connection for connection in connections}
    return Bridge(settings, sign_ins, by_name, loader, table, calls, lambda tiers: restricted(frozenset(tiers.items())))


def _result_store(sign_ins: StoredSignIns) -> ResultStore:
    """Where long results are kept: where the sign-ins are, if several servers share these."""
    if sign_ins.connection is None:
        return MemoryResultStore()
    from .results_in_redis import RedisResultStore

    return RedisResultStore(sign_ins.connection)


def _table(
    connections: list[Connection],
    highest: Tier,
    problems: Sequence[str],
    exposure: Exposure,
    loader: Loader,
    calls: Calls,
) -> ToolTable:
    systems = [connection.system for connection in connections]
    core = [*_core(connections), calls.kept_results.tool()]
    finders = Finders(
        lambda: table.operations, calls.checker, lambda: [*problems, *missing(systems)], loader.load_matching
    )
    table = ToolTable(loader, connections, core, finders.tools(tiers_up_to(highest)), exposure)
    return table


def _core(connections: list[Connection]) -> tuple[Tool, ...]:
    """The curated tools that are always listed; if several systems have them, those of the preset's namesake win."""
    candidates = [connection for connection in connections if connection.preset_tools.core]
    candidates.sort(key=lambda connection: connection.settings.name != connection.settings.preset.name)
    return candidates[0].core_tools() if candidates else ()
