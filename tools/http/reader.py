"""Reading documents from the network and from local files."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import anyio.to_thread

from ..formats.urls import is_file, path_of
from .fetched import MAX_BYTES, Document, FetchError
from .fetcher import Fetcher, Parsed
from .local_files import LocalFiles


@dataclass(frozen=True, slots=True)
class Reader:
    """Reads documents from the network, from `files`, and from `folders` and below."""

    fetcher: Fetcher
    files: tuple[str, ...] = ()
    folders: tuple[str, ...] = ()
    local_files: LocalFiles = field(default_factory=LocalFiles)

    async def read(self, url: str, accept: str, parse: Callable[[Document], Parsed]) -> Parsed:
        """Read a document and parse it in a thread; `parse` raises ValueError if it cannot be used.

        Raises:
            FetchError: the document is not allowed, or cannot be read.
            ValueError: from `parse`, if there is no cached copy.
        """
        if is_file(url):
            return await anyio.to_thread.run_sync(lambda: parse(self._read_file(url)))
        return await self.fetcher.fetch_and_parse(url, accept, parse)

    def _read_file(self, url: str) -> Document:
        try:
            path = self.local_files.resolve(path_of(url))
            if not any(path.is_relative_to(path_of(allowed).resolve()) for allowed in (*self.files, *self.folders)):
                raise FetchError("the file is outside the catalog's folder")
            if not path.is_file():
                raise FetchError(f"the file {path} does not exist")
            body = self.local_files.read(path, MAX_BYTES + 1)
        except (OSError, RuntimeError, ValueError) as error:
            raise FetchError(f"the file cannot be read: {error}") from None
        if len(body) > MAX_BYTES:
            raise FetchError(f"larger than {MAX_BYTES // 2**20} MiB")
        return Document(body, url)
