"""Files that only their owner can read: never through a link, and replaced atomically."""

from __future__ import annotations

import os
import stat
import tempfile
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import TypeVar

T = TypeVar("T")

_LARGEST = 1_000_000
_LEFT_BEHIND = 60.0
# On Windows, a file that another program reads cannot be replaced, nor read while it is replaced.
_TRIES, _PAUSE = (10, 0.03) if os.name == "nt" else (1, 0.0)


class UnsafeFileError(Exception):
    """The file is not ours; the text says why."""


def make_folder(folder: Path) -> None:
    """Make a folder and its missing parents, accessible to their owner only.

    Raises:
        UnsafeFileError: it is a link.
        OSError: it cannot be made.
    """
    _check_folder(folder)
    missing = [path for path in (folder, *folder.parents) if not path.exists()]
    for path in reversed(missing):
        path.mkdir(mode=0o700, exist_ok=True)
    if os.name == "posix" and stat.S_IMODE(folder.stat().st_mode) != 0o700:
        folder.chmod(0o700)


def _check_folder(folder: Path) -> None:
    if folder.is_symlink():
        raise UnsafeFileError(f"its folder {folder} is a link, which could lead to where others can read it")


def read(path: Path) -> str:
    """Read a file; if others can read it too, remove their permissions.

    Raises:
        UnsafeFileError: it is not a plain file, belongs to another user, or is in a folder that is a link.
        OSError: it cannot be read.
    """
    _check_folder(path.parent)
    return _retry(partial(_read, path))


def _open(path: str, flags: int) -> int:
    # O_NOFOLLOW: a link could make us read, and later replace, another file.
    return os.open(path, flags | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0))


def _read(path: Path) -> str:
    with open(path, encoding="utf-8", errors="replace", opener=_open) as file:
        if os.name == "posix":
            status = os.fstat(file.fileno())
            if not stat.S_ISREG(status.st_mode):
                raise UnsafeFileError("it is not a plain file")
            if status.st_uid != os.getuid():
                raise UnsafeFileError("it belongs to another user")
            if stat.S_IMODE(status.st_mode) & 0o077:
                os.fchmod(file.fileno(), 0o600)
        return file.read(_LARGEST)


def write(path: Path, text: str) -> None:
    """Replace a file.

    Raises:
        OSError: it cannot be written; the old file is unchanged.
    """
    with _temporary(path, text) as temporary:
        _retry(partial(temporary.replace, path))


def check_room(path: Path, size: int) -> None:
    """Check that a file of this size can be written.

    Raises:
        OSError: it cannot.
    """
    with _temporary(path, " " * size):
        pass


@contextmanager
def _temporary(path: Path, text: str) -> Generator[Path]:
    """A file in the same folder that contains this text, until it is moved or the block ends."""
    make_folder(path.parent)
    _remove_abandoned(path)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}-")
    temporary = Path(name)
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        yield temporary
    finally:
        temporary.unlink(missing_ok=True)


def _remove_abandoned(path: Path) -> None:
    """Remove temporary files of processes that were killed."""
    for left in path.parent.glob(f".{path.name}-*"):
        with suppress(OSError):
            if time.time() - left.stat().st_mtime > _LEFT_BEHIND:
                left.unlink()


def _retry(work: Callable[[], T]) -> T:
    for _ in range(_TRIES - 1):
        try:
            return work()
        except PermissionError:
            time.sleep(_PAUSE)
    return work()
