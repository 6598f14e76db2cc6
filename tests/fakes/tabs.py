"""The tabs that browsers opened, as they report them: through a pipe, so that the next can be waited for."""

from __future__ import annotations

import os
import select
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from .limits import SECONDS


@dataclass
class Tabs:
    """What each tab that was opened showed last: the status, the title and the URL."""

    path: Path
    _number: int
    _shown: list[str] = field(default_factory=list[str])

    def shown(self, expected: int = 1) -> list[str]:
        """All tabs so far; waits until there are as many as expected, the last of which may still be closing."""
        self._take(0.0)
        while len(self._shown) < expected:
            assert self._take(SECONDS), f"{len(self._shown)} tabs instead of {expected}"
        return list(self._shown)

    def _take(self, seconds: float) -> bool:
        ready, _, _ = select.select([self._number], [], [], seconds)
        if ready:
            # Each line arrives whole: it is shorter than what a pipe takes at once.
            self._shown += os.read(self._number, 1 << 16).decode().splitlines()
        return bool(ready)


@contextmanager
def reported_tabs(folder: Path) -> Generator[Tabs]:
    """Tabs that are reported to a pipe in this folder."""
    path = folder / "tabs"
    os.mkfifo(path)
    number = os.open(path, os.O_RDWR)
    try:
        yield Tabs(path, number)
    finally:
        os.close(number)
