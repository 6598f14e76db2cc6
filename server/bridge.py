"""The whole, put together: settings in, tools out."""

from __future__ import annotations

import logging
import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field, replace

import anyio
import anyio.to_thread

from ..auth.secrets.redaction import Redaction
from ..auth.session.renewal import Session
from ..auth.sign_in.browser import opener
from ..auth.sign_in.login import Login
from ..tools.closient.tools import Closient
from ..tools.fluent.tools import Fluent
from ..tools.formats.json_values import JsonObject
from ..tools.http.cache import Cache
from ..tools.http.fetcher import Fetcher
from ..tools.http.sender import Sender
from ..tools.problems import Problem
from ..tools.results.result import Result
from ..tools.schema.validation import ArgumentChecker
from ..tools.systems.baseline import SeenFile
from ..tools.systems.system import Progress, System
from ..tools.tiers import TIERS, Tier
from ..tools.toolset.exposure import Exposure, Offer, listed, settle
from ..tools.toolset.finders import Finder
from ..tools.toolset.generated import operation_tool
from ..tools.toolset.paging import Pages
from ..tools.toolset.tool import Tool
from .change_report import FirstSeen
from .clients import anonymous_client, client_for, session_for
from .settings.model import Settings, SystemSettings

logger = logging.getLogger(__name__)

_MAKE_EVERY = 0.25


@dataclass(slots=True)
class Bridge:
    """Systems, their tools, and the calls to them; made by `open_bridge`."""

    settings: Settings
    systems: dict[str, System]
    redaction: Redaction
    core: list[Tool]
    tiers: tuple[Tier, ...]
    sessions: dict[str, Session]
    logins: dict[str, Login]
    fluents: dict[str, Fluent]
    first_seen: Mapping[str, FirstSeen] = field(default_factory=dict[str, FirstSeen])
    pages: Pages = field(default_factory=Pages)
    checker: ArgumentChecker = field(default_factory=ArgumentChecker)
    _operations: dict[str, Tool] = field(default_factory=dict[str, Tool])
    _by_name: dict[str, Tool] = field(default_factory=dict[str, Tool])
    _finders: list[Tool] = field(default_factory=list[Tool])
    _clashes: list[tuple[str, Problem]] = field(default_factory=list[tuple[str, Problem]])
    _exposure: Exposure | None = None

    def __post_init__(self) -> None:
        self.core = [*self.core, self.pages.tool()]
        self._finders = Finder(lambda: self._operations, self.checker, self.missing, self.read_more).tools(self.tiers)
        self._by_name = {tool.name: tool for tool in self.all_tools()}

    async def load_kept(self, within: float | None = None) -> bool:
        """Make the tools that were known before, without any network; whether they are all that `load` would give.

        What was last confirmed more than `within` seconds ago does not count.
        """
        async with anyio.create_task_group() as group:
            for system in self.systems.values():
                group.start_soon(system.load_kept, within)
        self._make_tools()
        return all(system.loaded for system in self.systems.values())

    async def load(
        self,
        progress: Progress | None = None,
        *,
        again: bool = False,
        came: Callable[[], Awaitable[None]] | None = None,
    ) -> None:
        """Read every system's documents and make their tools, as they come; a slow or failing one costs no other.

        What was read already is read only if that is to happen `again`. `came` is called after each system.
        """
        made = 0.0

        def told(done: int, total: int, api: str) -> None:
            nonlocal made
            # Each time all tools are made anew, so not more often than anybody would notice.
            if time.monotonic() - made > _MAKE_EVERY:
                self._make_tools()
                made = time.monotonic()
            if progress:
                progress(done, total, api)

        async def load(system: System) -> None:
            try:
                await system.load(told, again=again)
            except Exception as error:
                logger.exception("reading the documents of %s failed; this is a bug", system.name)
                system.failure = f"its documents could not be read ({type(error).__name__}); the log has the details"
            self._make_tools()
            if came:
                await came()

        async with anyio.create_task_group() as group:
            for system in self.systems.values():
                group.start_soon(load, system)
        await anyio.to_thread.run_sync(self._compare)

    def _compare(self) -> None:
        for seen in self.first_seen.values():
            seen.compare()

    async def read_more(self, query: str, system: str = "", api: str = "", name: str = "") -> None:
        """Read what large catalogs list and nobody has read yet, as far as it fits a query or an operation's name."""
        new = False
        for one in self.systems.values():
            if system in ("", one.name):
                new |= await (one.read_for(name) if name else one.read_more(query, api))
        if new:
            self._make_tools()

    def _make_tools(self) -> None:
        self._clashes = []
        reserved = {tool.name for tool in [*self.core, *self._finders]}
        operations: dict[str, Tool] = {}
        for system in self.systems.values():
            tiers = self._tiers_of(system.name)
            for made in self._tools_of(system):
                tool = replace(made, tier=tiers.get(made.name, made.tier))
                name = tool.name if tool.name not in reserved else f"{tool.name}_operation"
                if name in operations:
                    where = f"{tool.title} ({tool.words.split()[0]}) of {tool.api}"
                    reason = f"another operation is already called {name}"
                    self._clashes.append((system.name, Problem(where, reason, "this operation is left out")))
                elif tool.tier in self.tiers:
                    operations[name] = tool.renamed(name)
        self._operations = operations
        self._by_name = {tool.name: tool for tool in self.all_tools()}

    def _tools_of(self, system: System) -> Iterator[Tool]:
        """A system's tools: those of its operations, and of a Fluent's GraphQL, which no document describes."""
        fluent = self.fluents.get(system.name)
        if fluent:
            yield from (replace(tool, api=system.name) for tool in fluent.tools())
        for operation in system.operations():
            context = fluent.context if fluent else ""
            yield operation_tool(operation, system.sender, context=context, files=self.settings.files)

    def _tiers_of(self, system: str) -> Mapping[str, Tier]:
        return next(
            (settings.tiers for settings in self.settings.systems if settings.name == system), dict[str, Tier]()
        )

    def listed(self) -> list[Tool]:
        """The tools that `tools/list` shows; what `auto` comes to is settled at the first call."""
        if self._exposure is None:
            here = tuple(name for name, system in self.systems.items() if system.loaded)
            tried = len(here) == len(self.systems)
            self._exposure = settle(self.settings.exposure, self._offer(), complete=tried, here=here)
        return listed(self._exposure, self._offer())

    @property
    def complete(self) -> bool:
        """Whether every system's documents have all been read, as they are now."""
        return all(system.complete and not system.stale() for system in self.systems.values())

    def all_tools(self) -> list[Tool]:
        """Every tool that can be called by name."""
        return [*self.core, *self._finders, *sorted(self._operations.values(), key=lambda tool: tool.name)]

    def find(self, name: str) -> Tool | None:
        """The tool of this name."""
        return self._by_name.get(name)

    async def call(self, tool: Tool, arguments: JsonObject) -> Result:
        """Check the arguments, call, and bound the reply.

        Raises:
            ToolError, PersonNeeded: what the caller is to be told.
        """
        result = await tool.call(self.checker.check(tool.name, tool.input_schema, arguments))
        # Before it is cut into pages: a secret on the border would be in two halves.
        return self.pages.bounded(result.hiding(self.redaction.hide))

    def missing(self) -> list[str]:
        """What an agent should know is not there: systems and documents that could not be read, or not yet."""
        said: list[str] = []
        for system in self.systems.values():
            failed = sum(bool(description.failure) for description in system.descriptions.values())
            if system.failure and not system.loaded:
                said.append(f"{system.name}: {system.failure}")
            elif not system.loaded:
                said.append(f"{system.name}: its documents are still being read")
            elif failed:
                said.append(f"{system.name}: {failed} of {len(system.entries)} documents could not be read")
            if system.loaded and system.partial:
                later = f"{system.unread} of {len(system.entries)} documents are read when they are looked for"
                said.append(f"{system.name}: {later} (find_operations, also by its `api`)")
        return said

    def skipped(self, name: str) -> list[Problem]:
        """Everything of a system that could not be used, and why."""
        clashes = [problem for system, problem in self._clashes if system == name]
        return [*self.systems[name].skipped(), *clashes, *self._said_of_nothing(name)]

    def _said_of_nothing(self, name: str) -> list[Problem]:
        """What the settings say of tools and APIs that are not there, once all that could be is."""
        system = self.systems[name]
        if not system.complete:
            return []
        settings = next(settings for settings in self.settings.systems if settings.name == name)
        apis = {name, *(entry.api for entry in system.entries)}
        unknown = [f"no tool {tool}" for tool in settings.tiers if tool not in self._by_name]
        unknown += [f"no API {pin}" for pin in settings.pins if pin not in apis and not settings.app_scopes]
        place = f"the settings of {name}"
        return [Problem(place, f"there is {what}", "what they say of it has no effect") for what in unknown]

    def changed_tools(self, system: str) -> set[str]:
        """The names of a system's tools that differ from what was first seen."""
        return {change.tool for change in self.first_seen[system].changes} if system in self.first_seen else set()

    def scopes_to_ask(self, system: str, wanted: tuple[str, ...] = ()) -> tuple[str, ...]:
        """What a sign-in asks for: what the listed tools need to read, and what is wanted at hand."""
        reading = [tool.scopes for tool in self.listed() if tool.system == system and tool.tier == "read"]
        return tuple(sorted({scope for scopes in reading for scope in scopes} | set(wanted)))

    def _offer(self) -> Offer:
        beyond = any(system.partial for system in self.systems.values())
        # What was read on demand is found and called, and is in no list: that depends on no call.
        operations = {
            name: tool for name, tool in self._operations.items() if not self.systems[tool.system].on_demand(tool.api)
        }
        return Offer(self.core, self._finders, operations, partial=beyond)


@asynccontextmanager
async def open_bridge(settings: Settings, redaction: Redaction) -> AsyncGenerator[Bridge]:
    """A bridge with its clients open; nothing has been fetched yet."""
    async with AsyncExitStack() as stack:
        systems: dict[str, System] = {}
        core: list[Tool] = []
        sessions: dict[str, Session] = {}
        logins: dict[str, Login] = {}
        fluents: dict[str, Fluent] = {}
        for warning in settings.warnings:
            logger.warning(warning)
        cache, seen = Cache(settings.home / "cache"), settings.home / "seen"
        tiers: tuple[Tier, ...] = ("read",) if settings.read_only else TIERS
        for system in settings.systems:
            session = session_for(system, settings.home, redaction)
            if session:
                sessions[system.name] = session
            if session and system.login:
                logins[system.name] = Login(session, opener(settings.browser))
            client = await stack.enter_async_context(client_for(system, session, redaction))
            sender = Sender(client, system.origins, system.name)
            anonymous = await stack.enter_async_context(anonymous_client(system.site))
            fetcher = Fetcher(anonymous, system.origins | system.way.origins, cache)
            systems[system.name] = _system(system, sender, fetcher, settings.exposure.apis)
            # Of several Closients the one of that name, else the first.
            if system.preset == "closient" and (not core or system.name == "closient"):
                core = [tool for tool in Closient(system.site, sender).tools() if tool.tier in tiers]
            elif system.preset == "fluent":
                fluents[system.name] = Fluent(
                    system.name, system.way.base, sender, account=system.account, retailer=system.retailer
                )
        first_seen = {
            system.name: FirstSeen(systems[system.name], SeenFile(seen, system.name, system.site))
            for system in settings.systems
        }
        yield Bridge(settings, systems, redaction, core, tiers, sessions, logins, fluents, first_seen)


def _system(settings: SystemSettings, sender: Sender, fetcher: Fetcher, pins: tuple[str, ...]) -> System:
    return System(settings.name, settings.way, settings.prefix, sender, fetcher, settings.app_scopes, pins)
