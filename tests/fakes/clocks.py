"""Clocks that stand in for a module's `time`, so that what a test waits for decides when a limit is over."""

from __future__ import annotations

import time
from collections.abc import Callable


class FlyingTime:
    """Time that stands still until something has happened, and then flies: every limit is over at the next look."""

    def __init__(self, flies: Callable[[], bool]) -> None:
        self._flies = flies
        self._now = time.monotonic()

    def monotonic(self) -> float:
        if self._flies():
            self._now += 86_400.0
        return self._now
