"""What is no longer used is collected, and how soon."""

from __future__ import annotations

import gc
import weakref
from collections.abc import Generator

import pytest

from closient_mcp.server.process.garbage import spare_long_lived


class Cycle:
    """An object that only a collection frees."""

    def __init__(self) -> None:
        self.itself = self


@pytest.fixture(autouse=True)
def collector() -> Generator[None]:
    """Leaves the collector as it was."""
    thresholds = gc.get_threshold()
    yield
    gc.set_threshold(*thresholds)


def test_what_lived_long_is_collected_soon_after_its_last_use() -> None:
    spare_long_lived()
    session = Cycle()
    gc.collect(1)  # it is now among those that only a full collection looks at
    left = weakref.ref(session)
    del session
    for _ in range(300_000):
        Cycle()
    assert left() is None
