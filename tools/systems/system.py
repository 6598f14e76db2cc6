"""One service: its catalog and documents, read into operations and problems."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import anyio

from ..catalog.discovery import DiscoveryError, DocumentSource, find_documents
from ..catalog.entries import Catalog, Entry
from ..formats.text import one_line
from ..formats.urls import has_origin
from ..http.fetched import StaleDocument
from ..http.fetcher import Fetcher
from ..http.local_files import LocalFiles
from ..http.reader import Reader
from ..http.sender import Sender
from ..openapi.operation import Operation, Source
from ..problems import Problem
from .loading import LoadedDocument, load_document

if TYPE_CHECKING:
    from ..search.index import SearchIndex

# How many documents are read at the start and for one search, and how many are kept.
MAX_DOCUMENTS = 60
MAX_PER_SEARCH = 5
MAX_KEPT = 200

Progress = Callable[[int, int, str], None]


@dataclass(slots=True)
class System:
    """A service and what is known of it so far; `load` may run again.

    The documents of the pinned APIs (`pins`), then of the others, are read by `load`, up to `MAX_DOCUMENTS`; the rest
    on demand, by `load_matching` and `load_for_tool`. `loaded` says that `load` tried its share, `failure` why nothing
    is known. `documents` are by their URLs. Tool names begin with `prefix`, then the API if the source may list
    several; the single API of a system has the system's name.
    """

    name: str
    source: DocumentSource
    prefix: tuple[str, ...]
    sender: Sender
    fetcher: Fetcher
    app_scopes: bool = False
    pins: tuple[str, ...] = ()
    local_files: LocalFiles = field(default_factory=LocalFiles)
    loaded: bool = False
    failure: str = ""
    entries: tuple[Entry, ...] = ()
    documents: dict[str, LoadedDocument] = field(default_factory=dict[str, LoadedDocument])
    problems: list[Problem] = field(default_factory=list[Problem])
    _first: tuple[Entry, ...] = ()
    _stale_catalogs: tuple[StaleDocument, ...] = ()
    # The URLs of documents that were loaded on demand, least recently used first.
    _on_demand: dict[str, None] = field(default_factory=dict[str, None])
    _index: SearchIndex[Entry] | None = None

    async def load_cached(self, max_age: float | None = None) -> None:
        """Load from the cache only; sets `loaded` if that gives as much as `load` would.

        Ignores what was last confirmed more than `max_age` seconds ago.
        """
        reader = self._reader(replace(self.fetcher, online=False, max_age=max_age))
        if self._base_failure():
            return
        try:
            self._use_catalog(await find_documents(self.source, reader))
        except DiscoveryError:
            return
        await self._load_all(self._first, reader, None)
        first = self._first_documents()
        missing = [document for document in first if document.failure and not document.final]
        self.loaded = len(first) == len(self._first) and not missing
        for document in missing:
            del self.documents[document.url]

    async def load(self, progress: Progress | None = None, *, revalidate: bool = False) -> None:
        """Load the catalog and its first documents concurrently; failures become values.

        Documents that are loaded and not stale are fetched only to `revalidate` them, and kept if that fails. Calls
        `progress` after each document.
        """
        self.failure = self._base_failure()
        if self.failure:
            return
        try:
            self._use_catalog(await find_documents(self.source, self._reader()))
        except DiscoveryError as error:
            self.failure = one_line(str(error), 500)
            return
        on_demand = [entry for entry in self.entries if entry.document_url in self._on_demand] if revalidate else []
        await self._load_all([*self._first, *on_demand], self._reader(), progress, revalidate=revalidate)
        self.loaded = True

    def _base_failure(self) -> str:
        if self.source.base and not has_origin(self.source.base, self.sender.origins):
            return f"its `base` {self.source.base} is not a URL that its calls may go to"
        return ""

    def _use_catalog(self, catalog: Catalog) -> None:
        self.entries, self._index = catalog.entries, None
        if not self.source.lists:
            self.entries = tuple(replace(entry, api=self.name) for entry in self.entries)
        self.problems = list(catalog.problems)
        self._stale_catalogs = catalog.stale
        pins = {pin.removeprefix(f"{self.name}.") for pin in self.pins}
        by_pin = sorted(self.entries, key=lambda entry: entry.api not in pins)
        first = {entry.document_url for entry in by_pin[:MAX_DOCUMENTS]}
        self._first = tuple(entry for entry in self.entries if entry.document_url in first)
        if self.partial:
            reason = f"it lists {len(self.entries)} documents; {len(self._first)} are read at the start"
            effect = f"the others are read on demand, and at most {MAX_KEPT} are kept"
            self.problems.append(Problem(self.source.url, reason, effect))

    async def load_matching(self, query: str, api: str = "") -> bool:
        """Load the documents of an API, or those that match a query best; return whether any was new."""
        if not self.partial:
            return False
        if api:
            return await self._load_on_demand([entry for entry in self.entries if entry.api == api])
        if self._index is None:
            self._index = _index_of(self.entries)
        return await self._load_on_demand([hit.item for hit in self._index.search(query)[:MAX_PER_SEARCH]])

    async def load_for_tool(self, name: str) -> bool:
        """Load the document that a tool's name belongs to; return whether it was new."""
        if not self.partial:
            return False
        from ..openapi.names import tool_name

        matching = [entry for entry in self.entries if name.startswith(tool_name(self._prefix_of(entry), ""))]
        return await self._load_on_demand(sorted(matching, key=lambda entry: -len(entry.api))[:MAX_PER_SEARCH])

    @property
    def partial(self) -> bool:
        """Whether some documents are read only on demand."""
        return self.not_loaded > 0

    @property
    def not_loaded(self) -> int:
        """The number of documents that are read only on demand."""
        return len(self.entries) - len(self._first)

    @property
    def attempted(self) -> bool:
        """Whether loading was tried, successfully or not."""
        return self.loaded or bool(self.failure)

    @property
    def complete(self) -> bool:
        """Whether all the first documents were read."""
        return self.loaded and not self.failure and not any(d.failure for d in self._first_documents())

    def operations(self) -> list[Operation]:
        """All operations read so far, in the order of the catalog, without those of duplicate documents."""
        return [operation for document in self._distinct() for operation in document.operations]

    @property
    def unreachable(self) -> str:
        """Why the system could not be reached, if so."""
        return self.failure or next((stale.reason for stale in self._stale_catalogs), "")

    def stale(self) -> list[StaleDocument]:
        """The catalogs and documents whose cached copies are used because they could not be fetched."""
        return [*self._stale_catalogs, *(stale for document in self._loaded() for stale in document.stale)]

    def is_on_demand(self, api: str) -> bool:
        """Whether an API is read only on demand, so that lists must not depend on it."""
        return self.partial and api not in {entry.api for entry in self._first}

    def skipped(self) -> list[Problem]:
        """Everything that could not be used, and why."""
        problems = list(self.problems)
        distinct = self._distinct()
        kept = {document.fingerprint: document for document in distinct}
        for document in self._loaded():
            if document.failure:
                problems.append(Problem(document.url, document.failure, "its operations are missing"))
            elif document not in distinct:
                other = kept[document.fingerprint]
                reason = f"it is the same document as {other.url}"
                problems.append(Problem(document.url, reason, f"both are one API, {other.api}"))
            else:
                problems += document.problems
        return problems

    async def _load_on_demand(self, entries: list[Entry]) -> bool:
        first = {entry.document_url for entry in self._first}
        for entry in entries:
            if entry.document_url not in first:
                self._on_demand.pop(entry.document_url, None)
                self._on_demand[entry.document_url] = None
        new = [entry for entry in entries if entry.document_url not in self.documents]
        await self._load_all(new, self._reader(), None)
        while len(self.documents) > MAX_KEPT and self._on_demand:
            oldest = next(iter(self._on_demand))
            del self._on_demand[oldest]
            self.documents.pop(oldest, None)
        return bool(new)

    async def _load_all(
        self, entries: Iterable[Entry], reader: Reader, progress: Progress | None, *, revalidate: bool = False
    ) -> None:
        # Without a network nothing is waited for, and threads would only take turns.
        limiter = anyio.CapacityLimiter(8 if reader.fetcher.online else 1)

        async def load(entry: Entry) -> None:
            known = self.documents.get(entry.document_url)
            if revalidate or known is None or known.failure or known.stale or known.api != entry.api:
                async with limiter:
                    document = await load_document(entry, self._source_of(entry), reader)
                self.documents[entry.document_url] = document.or_previous(known)
            if progress:
                progress(len(self.documents), len(self._first), entry.api)

        async with anyio.create_task_group() as group:
            for entry in entries:
                group.start_soon(load, entry)

    def _source_of(self, entry: Entry) -> Source:
        return Source(
            system=self.name,
            prefix=self._prefix_of(entry),
            api=entry.api,
            url=entry.document_url,
            anchor=entry.anchor,
            origins=self.sender.origins,
            app_scopes=self.app_scopes,
            base=self.source.base.rstrip("/"),
        )

    def _prefix_of(self, entry: Entry) -> tuple[str, ...]:
        return (*self.prefix, entry.api) if self.source.lists else self.prefix

    def _reader(self, fetcher: Fetcher | None = None) -> Reader:
        return Reader(fetcher or self.fetcher, self.source.files, self.source.folders, self.local_files)

    def _loaded(self) -> list[LoadedDocument]:
        return [self.documents[entry.document_url] for entry in self.entries if entry.document_url in self.documents]

    def _first_documents(self) -> list[LoadedDocument]:
        first = {entry.document_url for entry in self._first}
        return [document for document in self._loaded() if document.url in first]

    def _distinct(self) -> list[LoadedDocument]:
        """Of equal documents, the one whose API comes first by name, whichever was read first.

        Documents read on demand all stay, because a tool's name must not change while it is in use.
        """
        read = [document for document in self._loaded() if not document.failure]
        first = {entry.document_url for entry in self._first}
        kept: dict[str, LoadedDocument] = {}
        for document in sorted(read, key=lambda document: document.api):
            if document.url in first:
                kept.setdefault(document.fingerprint, document)
        return [document for document in read if document.url not in first or kept[document.fingerprint] is document]


def _index_of(entries: Iterable[Entry]) -> SearchIndex[Entry]:
    from ..search.index import SearchEntry, SearchIndex

    def searched(entry: Entry) -> SearchEntry[Entry]:
        text = f"{entry.api} {urlsplit(entry.anchor).path} {' '.join(entry.titles)}"
        return SearchEntry(entry, (entry.api,), (text,))

    return SearchIndex(map(searched, entries), (1.0,))
