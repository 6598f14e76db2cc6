"""The bridge put together: settings in, tools out."""

from __future__ import annotations

import logging
from collections.abc import AsyncGenerator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass

from ...auth.secrets.redaction import Redaction
from ...auth.session.renewal import Session
from ...auth.sign_in.browser import opener
from ...auth.sign_in.login import Login
from ...tools.http.cache import Cache
from ...tools.http.fetcher import Fetcher
from ...tools.http.sender import Sender
from ...tools.systems.baseline import SnapshotFile
from ...tools.systems.system import System
from ...tools.tiers import TIERS, Tier
from ...tools.toolset.finders import Finder
from ...tools.toolset.tool import Tool
from ..settings.model import Settings, SystemSettings
from .calls import Calls
from .change_report import FirstSeen
from .clients import anonymous_client, client_for, session_for
from .loading import Loader
from .operation_tools import OperationTools, Source
from .preset_tools import preset_tools
from .report import missing
from .tool_table import ToolTable

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Bridge:
    """Systems, their tools, and the calls to them; made by `open_bridge`."""

    settings: Settings
    systems: Mapping[str, System]
    sessions: Mapping[str, Session]
    logins: Mapping[str, Login]
    loader: Loader
    tools: ToolTable
    calls: Calls


@asynccontextmanager
async def open_bridge(settings: Settings, redaction: Redaction) -> AsyncGenerator[Bridge]:
    """A bridge with its clients open; nothing has been fetched yet."""
    for warning in settings.warnings:
        logger.warning(warning)
    cache = Cache(settings.home / "cache")
    sessions: dict[str, Session] = {}
    sources: list[Source] = []
    async with AsyncExitStack() as stack:
        for system in settings.systems:
            session = session_for(system, settings.home, redaction)
            if session:
                sessions[system.name] = session
            sender = Sender(
                await stack.enter_async_context(client_for(system, session, redaction)), system.origins, system.name
            )
            anonymous = await stack.enter_async_context(anonymous_client(system.site))
            fetcher = Fetcher(anonymous, system.origins | system.way.origins, cache)
            sources.append(
                Source(
                    _system(system, sender, fetcher, settings.exposure.apis),
                    preset_tools(system, sender),
                    system.tiers,
                    settings.files,
                )
            )
        yield _bridge(settings, redaction, sessions, sources)


def _system(settings: SystemSettings, sender: Sender, fetcher: Fetcher, pins: tuple[str, ...]) -> System:
    return System(settings.name, settings.way, settings.prefix, sender, fetcher, settings.app_scopes, pins)


def _bridge(settings: Settings, redaction: Redaction, sessions: dict[str, Session], sources: list[Source]) -> Bridge:
    tiers: tuple[Tier, ...] = ("read",) if settings.read_only else TIERS
    systems = {source.system.name: source.system for source in sources}
    calls, operations = Calls(redaction), OperationTools(sources, tiers)
    first_seen = {
        system.name: FirstSeen(systems[system.name], SnapshotFile(settings.home / "seen", system.name, system.site))
        for system in settings.systems
    }
    loader = Loader(systems, first_seen, operations.refresh)
    core = [tool for tool in _core(settings, sources) if tool.tier in tiers] + [calls.pages.tool()]
    finder = Finder(lambda: operations.by_name, calls.checker, lambda: missing(systems), loader.load_matching)
    table = ToolTable(systems, core, finder.tools(tiers), operations, settings.exposure)
    operations.reserved = frozenset(tool.name for tool in table.all())
    browser = opener(settings.browser)
    logins = {
        system.name: Login(sessions[system.name], browser)
        for system in settings.systems
        if system.login and system.name in sessions
    }
    return Bridge(settings, systems, sessions, logins, loader, table, calls)


def _core(settings: Settings, sources: list[Source]) -> tuple[Tool, ...]:
    """The curated tools that are always listed: of several systems of one preset those of its namesake or the first."""
    having = [
        (system.name != system.preset, source.preset.core)
        for system, source in zip(settings.systems, sources, strict=True)
        if source.preset.core
    ]
    return min(having, key=lambda pair: pair[0])[1] if having else ()
