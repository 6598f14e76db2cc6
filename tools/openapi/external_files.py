"""Other files that a document refers to, read by the same reader and limited in total."""

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
from .references import Bundler

MAX_BYTES = 32 * 1024 * 1024
MAX_ROUNDS = 20
_TIMEOUT = 60.0
_CONCURRENCY = 8
_ACCEPT = "application/json, application/yaml;q=0.9, */*;q=0.5"


@dataclass(frozen=True, slots=True)
class _File:
    """A file, or the reason why it cannot be read."""

    url: str
    size: int = 0
    digest: str = ""
    content: JsonObject | None = None
    reason: str = ""
    stale: tuple[StaleDocument, ...] = ()


@dataclass(slots=True)
class Files:
    """Reads the files that the document at `url` refers to; for use in a worker thread of anyio."""

    reader: Reader
    url: str
    _files: dict[str, _File] = field(default_factory=dict[str, _File])
    _size: int = 0
    _deadline: float = field(default_factory=lambda: time.monotonic() + _TIMEOUT)

    def bundle(self, document: JsonObject) -> tuple[JsonObject, Mapping[str, str], list[str]]:
        """Bundle a document in place; return it, its unresolved references with reasons, and the URLs of its files.

        Raises:
            NotCachedError: the network is not to be used, and a file is not cached.
        """
        bundler = Bundler(document, self.url, self.reader.folders)
        used: list[str] = []
        for _ in range(MAX_ROUNDS):
            urls = bundler.missing()
            if not urls:
                break
            used += urls
            self.fetch(urls)
            for url in urls:
                file = self._files[url]
                if file.content is None:
                    bundler.reject(url, file.reason)
                else:
                    bundler.add(url, file.content, file.url)
        while urls := bundler.missing():
            for url in urls:
                bundler.reject(url, f"files refer to further files more than {MAX_ROUNDS} levels deep")
        return document, bundler.unresolved, used

    def fetch(self, urls: Iterable[str]) -> None:
        """Read these files, or record why they cannot be read.

        Raises:
            NotCachedError: the network is not to be used, and a file is not cached.
        """
        new = [url for url in urls if url not in self._files]
        if new:
            anyio.from_thread.run(self._fetch, new)

    def digest(self, urls: Sequence[str]) -> bytes:
        """A digest of the contents of these files."""
        states = [[url, self._files[url].digest, self._files[url].reason] for url in sorted(urls)]
        return hashlib.sha256(json.dumps(states).encode()).hexdigest().encode() if states else b""

    def stale(self) -> tuple[StaleDocument, ...]:
        """The files that are stale."""
        return tuple(stale for file in self._files.values() for stale in file.stale)

    async def _fetch(self, urls: list[str]) -> None:
        slots = anyio.CapacityLimiter(_CONCURRENCY)
        errors: list[NotCachedError] = []

        async def read(url: str) -> None:
            async with slots:
                try:
                    self._files[url] = file = await self._read(url)
                    self._size += file.size
                except NotCachedError as error:
                    errors.append(error)

        with anyio.move_on_after(self._deadline - time.monotonic()):
            async with anyio.create_task_group() as group:
                for url in urls:
                    group.start_soon(read, url)
        if errors:
            raise errors[0]
        for url in urls:
            self._files.setdefault(url, _File(url, reason=f"the files took more than {_TIMEOUT:.0f} seconds"))

    async def _read(self, url: str) -> _File:
        if self._size > MAX_BYTES:
            return _File(url, reason=f"the files are larger than {MAX_BYTES // 2**20} MiB together")
        try:
            return await self.reader.read(url, _ACCEPT, self._parse)
        except NotCachedError:
            raise
        except (FetchError, ValueError) as error:
            return _File(url, reason=one_line(str(error), 200))

    def _parse(self, document: Document) -> _File:
        if not is_file(self.url) and not has_origin(document.url, frozenset({origin_of(self.url)})):
            # References must not leave the document's origin, not even by redirects.
            raise ValueError(f"it redirects to another origin than the document's, {origin_of(document.url)}")
        digest = hashlib.sha256(document.body).hexdigest()
        content = read_document(document.body)
        return _File(document.url, len(document.body), digest, content, stale=staleness(document))
