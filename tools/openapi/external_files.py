"""The other files that a description needs: had through the same reader as itself, and bounded together."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import anyio
import anyio.from_thread

from ..formats.json_values import JsonObject
from ..formats.text import one_line
from ..formats.urls import has_origin, is_file, origin_of
from ..http.fetched import Document, FetchError, NotCachedError, StaleDocument, staleness
from ..http.reader import Reader
from .document import read_document
from .references import SelfContained

MAX_BYTES = 32 * 1024 * 1024
MAX_ROUNDS = 20
_TIME = 60.0
_AT_ONCE = 8
_ACCEPT = "application/json, application/yaml;q=0.9, */*;q=0.5"


@dataclass(frozen=True, slots=True)
class _Read:
    """A file as it was had, or why it was not."""

    url: str
    size: int = 0
    digest: str = ""
    content: JsonObject | None = None
    reason: str = ""
    stale: tuple[StaleDocument, ...] = ()


@dataclass(slots=True)
class Files:
    """The files around the document at `url`, read when they are needed; used in a worker thread of anyio's."""

    reader: Reader
    url: str
    _had: dict[str, _Read] = field(default_factory=dict[str, _Read])
    _until: float = field(default_factory=lambda: time.monotonic() + _TIME)

    def complete(self, document: JsonObject) -> tuple[JsonObject, Mapping[str, str], list[str]]:
        """The document made self-contained, in place; its references that lead nowhere; the files it took.

        Raises:
            NotCachedError: the network was not to be asked, and a file was never kept.
        """
        whole = SelfContained(document, self.url)
        taken: list[str] = []
        for _ in range(MAX_ROUNDS):
            wanted = whole.wanted()
            if not wanted:
                break
            taken += wanted
            self.fetch(wanted)
            for url in wanted:
                found = self._had[url]
                if found.content is None:
                    whole.refuse(url, found.reason)
                else:
                    whole.add(url, found.content, found.url)
        while wanted := whole.wanted():
            for url in wanted:
                whole.refuse(url, f"files lead to further files more than {MAX_ROUNDS} times")
        return document, whole.unresolved, taken

    def fetch(self, urls: Iterable[str]) -> None:
        """Have these files, or reasons why not.

        Raises:
            NotCachedError: the network was not to be asked, and one was never kept.
        """
        wanted = [url for url in urls if url not in self._had]
        if wanted:
            anyio.from_thread.run(self._fetch, wanted)

    def digest(self, urls: Sequence[str]) -> bytes:
        """What these files hold, in short; it differs where anything in them does."""
        told = [[one, self._had[one].digest, self._had[one].reason] for one in sorted(urls)]
        return hashlib.sha256(json.dumps(told).encode()).hexdigest().encode() if told else b""

    def stale(self) -> tuple[StaleDocument, ...]:
        """Those that are kept copies although the service was asked."""
        return tuple(stale for found in self._had.values() for stale in found.stale)

    async def _fetch(self, urls: list[str]) -> None:
        slots = anyio.CapacityLimiter(_AT_ONCE)
        not_kept: list[NotCachedError] = []

        async def read(url: str) -> None:
            async with slots:
                try:
                    found = await self._read(url)
                except NotCachedError as error:
                    not_kept.append(error)
                    return
            self._had[url] = found

        with anyio.move_on_after(self._until - time.monotonic()):
            async with anyio.create_task_group() as group:
                for url in urls:
                    group.start_soon(read, url)
        if not_kept:
            raise not_kept[0]
        for url in urls:
            self._had.setdefault(url, _Read(url, reason=f"the files took more than {_TIME:.0f} seconds"))

    async def _read(self, url: str) -> _Read:
        if sum(found.size for found in self._had.values()) > MAX_BYTES:
            return _Read(url, reason=f"the files are larger than {MAX_BYTES // 2**20} MiB together")
        try:
            return await self.reader.read(url, _ACCEPT, self._use)
        except NotCachedError:
            raise
        except (FetchError, ValueError) as error:
            return _Read(url, reason=one_line(str(error), 200))

    def _use(self, document: Document) -> _Read:
        if not is_file(self.url) and not has_origin(document.url, frozenset({origin_of(self.url)})):
            # Rule 2 of design.md §8 holds for redirects too.
            raise ValueError(f"it redirects to another origin than the document's, {origin_of(document.url)}")
        digest = hashlib.sha256(document.body).hexdigest()
        content = read_document(document.body)
        return _Read(document.url, len(document.body), digest, content, stale=staleness(document))
