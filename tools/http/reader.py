"""Files on this machine that the settings name, beside what is on the network."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit
from urllib.request import url2pathname

import anyio.to_thread

from ..formats.urls import is_file
from .fetched import MAX_BYTES, Document, FetchError
from .fetcher import Fetcher, Used


@dataclass(frozen=True, slots=True)
class Reader:
    """Reads catalogs and documents: over the network, and the `files` that the settings name.

    What is in or below one of `folders` may be read too; those are the folders of local catalogs.
    """

    fetcher: Fetcher
    files: tuple[str, ...] = ()
    folders: tuple[str, ...] = ()

    async def read(self, url: str, accept: str, use: Callable[[Document], Used]) -> Used:
        """What `use` makes of one document; it raises ValueError where it is not what was looked for.

        Raises:
            FetchError: it is not permitted, or it could not be had.
            ValueError: of `use`, and no kept copy is better.
        """
        if is_file(url):
            return await anyio.to_thread.run_sync(lambda: use(self._read_file(url)))
        return await self.fetcher.fetch_as(url, accept, use)

    def _read_file(self, url: str) -> Document:
        try:
            path = _path_of(url).resolve()
            if not self._permits(path):
                raise FetchError("it is a file outside the catalog's own folder")
            if not path.is_file():
                raise FetchError(f"there is no file {path}")
            with path.open("rb") as file:
                body = file.read(MAX_BYTES + 1)
        except (OSError, ValueError) as error:
            raise FetchError(f"the file cannot be read: {error}") from None
        if len(body) > MAX_BYTES:
            raise FetchError(f"larger than {MAX_BYTES // 2**20} MiB")
        return Document(body, url)

    def _permits(self, path: Path) -> bool:
        if any(path == _path_of(file).resolve() for file in self.files):
            return True
        return any(path.is_relative_to(_path_of(folder).resolve()) for folder in self.folders)


def _path_of(url: str) -> Path:
    return Path(url2pathname(urlsplit(url).path))
