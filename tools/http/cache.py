"""A cache in files that may be deleted at any time.

Processes share the folder without a lock: files are replaced atomically and contain their digest. Unreadable or
modified files, and those of another version, are cache misses.
"""

from __future__ import annotations

import hashlib
import logging
import os
import re
import stat
import threading
import time
from collections.abc import Generator, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, TypeAlias

from ..formats.json_values import InvalidJsonError, JsonObject, as_object, parse_json, to_text
from ..formats.text import short_digest
from .atomic_files import replace_file

logger = logging.getLogger(__name__)

FORMAT = 1
MAX_BYTES = 256 * 1024 * 1024
MAX_FILES = 2_000
_MAX_FILE_BYTES = 64 * 1024 * 1024
_FILE_NAME = re.compile(r"\.?[a-z]+-[0-9a-f]{32}.*")
_ABANDONED_AFTER = 3600.0

Kind: TypeAlias = Literal["document", "missing", "compiled"]


@dataclass(frozen=True, slots=True)
class CacheEntry:
    """A body with its metadata; `confirmed` is when it was last written or touched, in Unix time."""

    metadata: JsonObject
    body: bytes
    confirmed: float


class Cache:
    """A folder of limited size, from which the entries touched longest ago are evicted.

    Files that others write there under such names, `kind-digest`, are evicted with them.
    No method raises: write errors are logged once and otherwise ignored.
    """

    def __init__(self, folder: Path, *, max_bytes: int = MAX_BYTES, max_files: int = MAX_FILES) -> None:
        self._folder = folder
        self._max_bytes, self._max_files = max_bytes, max_files
        # How much may be written before the folder is listed again; its size is unknown at first.
        self._bytes_left = self._files_left = 0
        self._eviction = threading.Lock()
        self._warned = False

    def read(self, kind: Kind, key: str) -> CacheEntry | None:
        """The entry if it exists and is intact."""
        path = self._path(kind, key)
        try:
            status = path.lstat()
            if not stat.S_ISREG(status.st_mode) or status.st_size > _MAX_FILE_BYTES:
                return None
            head, _, content = path.read_bytes().partition(b"\n")
        except OSError:
            return None
        if head != _head(kind, key, content):
            logger.info("%s is damaged or of another version and will be replaced", path.name)
            return None
        metadata, _, body = content.partition(b"\n")
        try:
            return CacheEntry(as_object(parse_json(metadata)), body, status.st_mtime)
        except InvalidJsonError:
            return None

    def write(self, kind: Kind, key: str, metadata: JsonObject, body: bytes) -> None:
        """Write the entry, replacing an existing one."""
        content = to_text(metadata).encode(errors="replace") + b"\n" + body
        head = _head(kind, key, content)
        size = len(head) + len(content) + 1
        if size > min(_MAX_FILE_BYTES, self._max_bytes):
            return
        with self._warning():
            replace_file(self._path(kind, key), b"%b\n%b" % (head, content))
            self._evict(size)

    def touch(self, kind: Kind, key: str) -> None:
        """Mark the entry as still current."""
        with self._warning(), suppress(FileNotFoundError):
            os.utime(self._path(kind, key))

    def delete(self, kind: Kind, key: str) -> None:
        """Delete the entry if it exists."""
        with self._warning():
            self._path(kind, key).unlink(missing_ok=True)

    def _path(self, kind: Kind, key: str) -> Path:
        # Only a digest of the key: a URL may contain secrets.
        return self._folder / f"{kind}-{short_digest(key, 32)}"

    def _evict(self, size: int) -> None:
        with self._eviction:
            self._bytes_left -= size
            self._files_left -= 1
            if self._bytes_left >= 0 and self._files_left >= 0:
                return
            entries = sorted(self._entries(), key=lambda entry: entry[0].st_mtime)
            total = sum(status.st_size for status, _ in entries)
            count = len(entries)
            for status, path in entries:
                abandoned = path.name.startswith(".") and status.st_mtime < time.time() - _ABANDONED_AFTER
                if abandoned or total > self._max_bytes or count > self._max_files:
                    path.unlink(missing_ok=True)
                    total -= status.st_size
                    count -= 1
            self._bytes_left, self._files_left = self._max_bytes - total, self._max_files - count

    def _entries(self) -> Iterator[tuple[os.stat_result, Path]]:
        for path in self._folder.iterdir():
            # Another process may have renamed its temporary file since.
            with suppress(FileNotFoundError):
                if _FILE_NAME.fullmatch(path.name):
                    yield path.lstat(), path

    @contextmanager
    def _warning(self) -> Generator[None]:
        """Log the first OSError, and ignore all."""
        try:
            yield
        except OSError as error:
            if not self._warned:
                logger.warning("cannot write to the cache %s (%s); continuing without it", self._folder, error.strerror)
            self._warned = True


def _head(kind: Kind, key: str, content: bytes) -> bytes:
    digest = hashlib.sha256(f"{kind} {key}\n".encode(errors="replace"))
    digest.update(content)
    return f"closient-mcp cache {FORMAT} {digest.hexdigest()}".encode()
