"""Lines from and bytes to a file descriptor."""

from __future__ import annotations

import os
from collections.abc import Iterator

_CHUNK = 1 << 16


def lines_of(source: int) -> Iterator[bytes]:
    """The lines that are not blank, until the end of the input."""
    parts: list[bytes] = []  # of a line; joined once, since lines may have many megabytes
    # Not through sys.stdin, whose lock a thread that reads would hold while the interpreter ends.
    while chunk := os.read(source, _CHUNK):
        end, *lines = chunk.split(b"\n")
        parts.append(end)
        if lines:
            *whole, rest = (b"".join(parts), *lines)
            parts = [rest]
            yield from filter(bytes.strip, whole)
    if (rest := b"".join(parts)).strip():
        yield rest


def write_all(target: int, data: bytes) -> None:
    """Write the data.

    Raises:
        OSError: the output is closed or full.
    """
    left = memoryview(data)
    while left:
        left = left[os.write(target, left) :]
