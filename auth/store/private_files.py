"""Files that only their owner reads: never through a link, and replaced whole, so that nobody reads half of one."""

from __future__ import annotations

import os
import stat
import tempfile
import time
from collections.abc import Generator
from contextlib import contextmanager, suppress
from pathlib import Path

_LARGEST = 1_000_000
_LEFT_BEHIND = 60.0
# On Windows a file that is read, or looked into for viruses, cannot be replaced, and one that is replaced not read.
_TRIES, _PAUSE = (10, 0.03) if os.name == "nt" else (1, 0.0)


class UnsafeFileError(Exception):
    """What is there is no file of ours; the text says why."""


def make_folder(folder: Path) -> None:
    """Make a folder, with those above it that are missing, for its owner alone.

    Raises:
        OSError: that cannot be done.
    """
    missing = [one for one in (folder, *folder.parents) if not one.exists()]
    for one in reversed(missing):
        one.mkdir(mode=0o700, exist_ok=True)
    if os.name == "posix" and stat.S_IMODE(folder.stat().st_mode) != 0o700:
        folder.chmod(0o700)


def read(path: Path) -> str:
    """What a file holds; one that others can read is closed to them.

    Raises:
        UnsafeFileError: it is no plain file, or somebody else's.
        OSError: it cannot be read.
    """
    for _ in range(_TRIES - 1):
        try:
            return _read(path)
        except PermissionError:
            time.sleep(_PAUSE)
    return _read(path)


def _read(path: Path) -> str:
    # O_NOFOLLOW: whoever may put a link there could make us read, and later replace, another file.
    handle = os.open(path, os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0))
    try:
        file = os.fdopen(handle, encoding="utf-8", errors="replace")
    except BaseException:
        os.close(handle)
        raise
    with file:
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
        OSError: the disk does not take it; the file is what it was.
    """
    with _beside(path, text) as temporary:
        _replace(temporary, path)


def check_room(path: Path, size: int) -> None:
    """See that a file of this size could be written.

    Raises:
        OSError: it could not.
    """
    with _beside(path, " " * size):
        pass


@contextmanager
def _beside(path: Path, text: str) -> Generator[Path]:
    """A file in the same folder that holds this text, until it is moved or the block ends."""
    make_folder(path.parent)
    _sweep(path)
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


def _sweep(path: Path) -> None:
    """Remove what processes left behind that were killed while they wrote."""
    for left in path.parent.glob(f".{path.name}-*"):
        with suppress(OSError):
            if time.time() - left.stat().st_mtime > _LEFT_BEHIND:
                left.unlink()


def _replace(temporary: Path, path: Path) -> None:
    for _ in range(_TRIES - 1):
        try:
            temporary.replace(path)
        except PermissionError:
            time.sleep(_PAUSE)
        else:
            return
    temporary.replace(path)
