"""Reading local files, with a record from which a later process can tell whether they are the same."""

from __future__ import annotations

import hashlib
import json
import os
from pathlib import Path


class LocalFiles:
    """Follows paths and reads files, which may be done by several threads, and remembers what it found."""

    def __init__(self) -> None:
        # Where paths lead, and the size and digest of what is there.
        self._targets: dict[str, str] = {}
        self._contents: dict[str, list[int | str]] = {}
        self._is_certain = True

    def resolve(self, path: Path) -> Path:
        """An absolute path without links; there may be nothing at it.

        Raises:
            OSError, RuntimeError, ValueError: the path cannot be followed.
        """
        try:
            target = path.resolve()
        except Exception:
            self._is_certain = False
            raise
        self._is_certain &= self._targets.setdefault(str(path), str(target)) == str(target)
        return target

    def read(self, path: Path, limit: int) -> bytes:
        """What a file contains, up to a number of bytes.

        Raises:
            OSError, RuntimeError, ValueError: it cannot be read.
        """
        target = self.resolve(path)
        try:
            with target.open("rb") as file:
                body = file.read(limit)
        except OSError:
            self._is_certain = False
            raise
        content: list[int | str] = [len(body), hashlib.sha256(body).hexdigest()]
        self._is_certain &= self._contents.setdefault(str(target), content) == content
        return body

    def record(self) -> str | None:
        """All that was found, in a line of text; None if something failed or changed meanwhile."""
        return json.dumps([self._targets, self._contents], sort_keys=True) if self._is_certain else None


def is_unchanged(record: str) -> bool:
    """Whether there is a file at each path of a `record`, the same as then."""
    targets, contents = json.loads(record)
    leads = (os.path.realpath(path) == target and Path(target).is_file() for path, target in targets.items())
    contains = (_contains(target, size, digest) for target, (size, digest) in contents.items())
    try:
        return all(leads) and all(contains)
    except OSError:
        return False


def _contains(path: str, size: int, digest: str) -> bool:
    with Path(path).open("rb") as file:
        return os.fstat(file.fileno()).st_size == size and hashlib.sha256(file.read(size)).hexdigest() == digest
