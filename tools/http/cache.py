"""What was fetched and what was made of it, kept in files that may be deleted at any time.

Several processes share the folder without a lock: a file is replaced whole and says by its digest whether it is whole.
Whatever cannot be read, was changed, or has another format is as if it were not there.
"""

from __future__ import annotations

import hashlib
import logging
import os
import re
import stat
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, TypeAlias

from ..formats.json_values import InvalidJsonError, JsonObject, as_object, parse_json, to_text
from .atomic_files import replace_file

logger = logging.getLogger(__name__)

FORMAT = 1
MOST_BYTES = 256 * 1024 * 1024
MOST_FILES = 2_000
_MOST_IN_ONE = 64 * 1024 * 1024
_OURS = re.compile(r"\.?(document|missing|compiled)-[0-9a-f]{32}.*")
_ABANDONED = 3600.0

Kind: TypeAlias = Literal["document", "missing", "compiled"]


@dataclass(frozen=True, slots=True)
class CachedFile:
    """A file of the cache: its body, a few facts about it, and when it was last confirmed (seconds since 1970)."""

    facts: JsonObject
    body: bytes
    confirmed: float


class Cache:
    """A folder of bounded size; the entries that were confirmed longest ago make room for new ones.

    Nothing raises: a folder that cannot be written to costs only the keeping, and is logged once.
    """

    def __init__(self, folder: Path, *, most_bytes: int = MOST_BYTES, most_files: int = MOST_FILES) -> None:
        self._folder = folder
        self._most_bytes, self._most_files = most_bytes, most_files
        # What may still be written before it is worth looking at the folder again; nothing is known of it yet.
        self._bytes_left = self._files_left = 0
        self._room = threading.Lock()
        self._complained = False

    def read(self, kind: Kind, key: str) -> CachedFile | None:
        """The entry, if it is there and whole."""
        path = self._path(kind, key)
        try:
            status = path.lstat()
            if not stat.S_ISREG(status.st_mode) or status.st_size > _MOST_IN_ONE:
                return None
            head, _, content = path.read_bytes().partition(b"\n")
        except OSError:
            return None
        if head != _head(kind, key, content):
            logger.info("%s is damaged, or of another version, and will be made anew", path.name)
            return None
        facts, _, body = content.partition(b"\n")
        try:
            return CachedFile(as_object(parse_json(facts)), body, status.st_mtime)
        except InvalidJsonError:
            return None

    def write(self, kind: Kind, key: str, facts: JsonObject, body: bytes) -> None:
        """Keep the entry in the place of what was there."""
        content = to_text(facts).encode(errors="replace") + b"\n" + body
        head = _head(kind, key, content)
        size = len(head) + len(content) + 1
        if size > min(_MOST_IN_ONE, self._most_bytes):
            return
        try:
            replace_file(self._path(kind, key), b"%b\n%b" % (head, content))
            self._make_room(size)
        except OSError as error:
            self._complain(error)

    def confirm(self, kind: Kind, key: str) -> None:
        """Note that the entry is still what it should be."""
        try:
            os.utime(self._path(kind, key))
        except FileNotFoundError:
            return
        except OSError as error:
            self._complain(error)

    def forget(self, kind: Kind, key: str) -> None:
        """Drop the entry."""
        try:
            self._path(kind, key).unlink(missing_ok=True)
        except OSError as error:
            self._complain(error)

    def _path(self, kind: Kind, key: str) -> Path:
        # Of the key only a digest: a URL may hold what is nobody's business.
        return self._folder / f"{kind}-{hashlib.sha256(key.encode(errors='replace')).hexdigest()[:32]}"

    def _make_room(self, size: int) -> None:
        with self._room:
            self._bytes_left -= size
            self._files_left -= 1
            if self._bytes_left >= 0 and self._files_left >= 0:
                return
            there = list(self._there())
            there.sort(key=lambda found: found[0].st_mtime)
            total = sum(status.st_size for status, _ in there)
            files = len(there)
            for status, path in there:
                abandoned = path.name.startswith(".") and status.st_mtime < time.time() - _ABANDONED
                if abandoned or total > self._most_bytes or files > self._most_files:
                    path.unlink(missing_ok=True)
                    total -= status.st_size
                    files -= 1
            self._bytes_left, self._files_left = self._most_bytes - total, self._most_files - files

    def _there(self) -> Iterator[tuple[os.stat_result, Path]]:
        for path in self._folder.iterdir():
            # Others write here too, and what they were writing may have its own name by now.
            with suppress(FileNotFoundError):
                if _OURS.fullmatch(path.name):
                    yield path.lstat(), path

    def _complain(self, error: OSError) -> None:
        if not self._complained:
            self._complained = True
            logger.warning("nothing can be kept in %s (%s); every start asks the network", self._folder, error.strerror)


def _head(kind: Kind, key: str, content: bytes) -> bytes:
    digest = hashlib.sha256(f"{kind} {key}\n".encode(errors="replace"))
    digest.update(content)
    return f"closient-mcp cache {FORMAT} {digest.hexdigest()}".encode()
