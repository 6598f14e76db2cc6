"""One service: its catalog and documents, read into operations and problems."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace

import anyio

from ..catalog.discovery import DiscoveryError, DocumentSource, find_descriptions
from ..catalog.entries import Catalog, Entry
from ..catalog.search import EntryIndex
from ..formats.text import one_line
from ..formats.urls import has_origin
from ..http.fetched import Stale
from ..http.fetcher import Fetcher
from ..http.reader import Reader
from ..http.sender import Sender
from ..openapi.names import tool_name
from ..openapi.operations import Operation, Source
from ..problems import Problem
from .loading import Description, read_description

__all__ = ["Description", "DocumentSource", "Progress", "System"]

# How many documents are read at the start, for one search, and kept at the most.
MAX_DOCUMENTS = 60
MAX_PER_SEARCH = 5
MAX_KEPT = 200

Progress = Callable[[int, int, str], None]


@dataclass(slots=True)
class System:
    """A service and what is known of it so far; `load` fills it in, and may be run again.

    `failure` says why nothing is known of it; `entries` are its APIs, `loaded` says that the first of them were
    tried: the pinned ones (`pins`), then as the catalog has them, up to a bound. The others are read by
    `read_more` and `read_for`. `descriptions` are by their URLs. `prefix` begins the tools' names; the API's
    word follows where the way in may lead to several. The single API of a system is called like the system.
    """

    name: str
    way: DocumentSource
    prefix: tuple[str, ...]
    sender: Sender
    fetcher: Fetcher
    app_scopes: bool = False
    pins: tuple[str, ...] = ()
    loaded: bool = False
    failure: str = ""
    entries: tuple[Entry, ...] = ()
    descriptions: dict[str, Description] = field(default_factory=dict[str, Description])
    problems: list[Problem] = field(default_factory=list[Problem])
    _first: tuple[Entry, ...] = ()
    _stale_catalogs: tuple[Stale, ...] = ()
    # On demand, the one that was wanted longest ago first.
    _wanted: dict[str, None] = field(default_factory=dict[str, None])
    _index: EntryIndex | None = None

    async def load_kept(self, within: float | None = None) -> None:
        """Fill in what was kept from before, without any network; `loaded` if that is as much as `load` would give.

        What was last confirmed more than `within` seconds ago does not count.
        """
        reader = self._reader(replace(self.fetcher, online=False, within=within))
        if self._misplaced():
            return
        try:
            self._take(await find_descriptions(self.way, reader))
        except DiscoveryError:
            return
        await self._read_all(self._first, reader, None)
        found = self._read_at_start()
        self.loaded = len(found) == len(self._first) and all(not one.failure or one.final for one in found)
        for one in found:
            if one.failure and not one.final:
                del self.descriptions[one.url]

    async def load(self, progress: Progress | None = None, *, again: bool = False) -> None:
        """Read the catalog and its first documents, some at a time; failures become values.

        What was read already, and is not stale, is read only if that is to happen `again`; where it then cannot be
        had, it stays as it is. `progress` is told after each document.
        """
        self.failure = self._misplaced()
        if self.failure:
            return
        try:
            self._take(await find_descriptions(self.way, self._reader()))
        except DiscoveryError as error:
            self.failure = one_line(str(error), 500)
            return
        wanted = [entry for entry in self.entries if entry.description in self._wanted] if again else []
        await self._read_all([*self._first, *wanted], self._reader(), progress, again=again)
        self.loaded = True

    def _misplaced(self) -> str:
        if self.way.base and not has_origin(self.way.base, self.sender.origins):
            return f"its `base` {self.way.base} is not a URL that its calls may go to"
        return ""

    def _take(self, listing: Catalog) -> None:
        self.entries = listing.entries
        if not self.way.lists:
            self.entries = tuple(replace(entry, api=self.name) for entry in self.entries)
        self.problems = list(listing.problems)
        self._stale_catalogs = listing.stale
        self._first = self._chosen()
        if self.partial:
            reason = f"it lists {len(self.entries)} descriptions; {len(self._first)} are read at the start"
            effect = f"the others are read when they are looked for, and at most {MAX_KEPT} are kept"
            self.problems.append(Problem(self.way.url, reason, effect))

    async def read_more(self, query: str, api: str = "") -> bool:
        """Read the documents of an API, or of those that a query fits best; whether anything new was read."""
        if not self.partial:
            return False
        if api:
            return await self._want([entry for entry in self.entries if entry.api == api])
        if self._index is None or self._index.entries is not self.entries:
            self._index = EntryIndex(self.entries)
        return await self._want(self._index.search(query, MAX_PER_SEARCH))

    async def read_for(self, name: str) -> bool:
        """Read the document that a tool's name belongs to; whether anything new was read."""
        if not self.partial:
            return False
        fitting = [entry for entry in self.entries if name.startswith(f"{tool_name(self._prefix_of(entry), '')}")]
        return await self._want(sorted(fitting, key=lambda entry: -len(entry.api))[:MAX_PER_SEARCH])

    @property
    def partial(self) -> bool:
        """Whether there are more descriptions than are read at the start."""
        return self.unread > 0

    @property
    def unread(self) -> int:
        """How many descriptions are read only when they are looked for."""
        return len(self.entries) - len(self._first)

    @property
    def settled(self) -> bool:
        """Whether all was tried at least once, well or not."""
        return self.loaded or bool(self.failure)

    @property
    def complete(self) -> bool:
        """Whether what is read at the start was read; what could not be had may be there later."""
        return self.loaded and not self.failure and not any(d.failure for d in self._read_at_start())

    def operations(self) -> list[Operation]:
        """All operations read so far, in the catalog's order; those of equal documents once."""
        return [operation for description in self._distinct() for operation in description.operations]

    @property
    def unreachable(self) -> str:
        """Why the service itself is not where its descriptions are known from, if it is not."""
        return self.failure or next((stale.why for stale in self._stale_catalogs), "")

    def stale(self) -> list[Stale]:
        """The catalogs and documents that are used as they were, because nothing newer could be had."""
        return [*self._stale_catalogs, *(stale for description in self._read() for stale in description.stale)]

    def on_demand(self, api: str) -> bool:
        """Whether an API is read only when it is looked for, so that no list may depend on it."""
        return self.partial and api not in {entry.api for entry in self._first}

    def skipped(self) -> list[Problem]:
        """Everything that could not be used, and why."""
        problems = list(self.problems)
        kept = {description.same: description for description in self._distinct()}
        distinct = {description.url for description in self._distinct()}
        for description in self._read():
            if description.failure:
                effect = "its operations are missing"
                problems.append(Problem(description.url, description.failure, effect))
            elif description.url not in distinct:
                other = kept[description.same]
                reason = f"it is the same document as {other.url}"
                problems.append(Problem(description.url, reason, f"both are one API, {other.api}"))
            else:
                problems += description.problems
        return problems

    def _chosen(self) -> tuple[Entry, ...]:
        pins = {pin.removeprefix(f"{self.name}.") for pin in self.pins}
        pinned = [entry for entry in self.entries if entry.api in pins]
        others = [entry for entry in self.entries if entry.api not in pins]
        chosen = {entry.description for entry in [*pinned, *others][:MAX_DOCUMENTS]}
        return tuple(entry for entry in self.entries if entry.description in chosen)

    async def _want(self, entries: list[Entry]) -> bool:
        first = {entry.description for entry in self._first}
        for entry in entries:
            if entry.description not in first:
                self._wanted.pop(entry.description, None)
                self._wanted[entry.description] = None
        unread = [entry for entry in entries if entry.description not in self.descriptions]
        await self._read_all(unread, self._reader(), None)
        while len(self.descriptions) > MAX_KEPT and self._wanted:
            oldest = next(iter(self._wanted))
            del self._wanted[oldest]
            self.descriptions.pop(oldest, None)
        return bool(unread)

    async def _read_all(
        self, entries: Iterable[Entry], reader: Reader, progress: Progress | None, *, again: bool = False
    ) -> None:
        slots = anyio.CapacityLimiter(8)
        total = len(self._first)

        async def read(entry: Entry) -> None:
            known = self.descriptions.get(entry.description)
            if again or known is None or known.failure or known.stale or known.api != entry.api:
                async with slots:
                    found = await self._read_one(entry, reader)
                self.descriptions[entry.description] = found.or_earlier(known)
            if progress:
                progress(len(self.descriptions), total, entry.api)

        async with anyio.create_task_group() as group:
            for entry in entries:
                group.start_soon(read, entry)

    async def _read_one(self, entry: Entry, reader: Reader) -> Description:
        source = Source(
            system=self.name,
            prefix=self._prefix_of(entry),
            api=entry.api,
            url=entry.description,
            anchor=entry.anchor,
            origins=self.sender.origins,
            app_scopes=self.app_scopes,
            base=self.way.base.rstrip("/"),
        )
        return await read_description(entry, source, reader)

    def _prefix_of(self, entry: Entry) -> tuple[str, ...]:
        return (*self.prefix, entry.api) if self.way.lists else self.prefix

    def _reader(self, fetcher: Fetcher | None = None) -> Reader:
        return Reader(fetcher or self.fetcher, self.way.files, self.way.folders)

    def _read(self) -> list[Description]:
        found = (self.descriptions.get(entry.description) for entry in self.entries)
        return [description for description in found if description]

    def _read_at_start(self) -> list[Description]:
        first = {entry.description for entry in self._first}
        return [description for description in self._read() if description.url in first]

    def _distinct(self) -> list[Description]:
        """What was read without failure, each document once: under the first of its words, whatever came first.

        What was read on demand stays as it is, since no name may change while it is in use.
        """
        read = [description for description in self._read() if not description.failure]
        first = {entry.description for entry in self._first}
        kept: dict[str, Description] = {}
        for description in sorted(read, key=lambda one: one.api):
            if description.url in first:
                kept.setdefault(description.same, description)
        return [one for one in read if one.url not in first or kept[one.same] is one]
