"""An event loop whose time flies instead of being waited for: what takes minutes is tested in a moment."""

from __future__ import annotations

import asyncio
import selectors
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

T = TypeVar("T")


class _FlyingSelector(selectors.DefaultSelector):
    """Never waits: adds the time that it would wait for."""

    now = 0.0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        assert timeout is not None, "the loop waits for something that nothing in it will do"
        self.now += max(timeout, 0)
        return super().select(0)


class _FlyingLoop(asyncio.SelectorEventLoop):
    def __init__(self) -> None:
        self._flying = _FlyingSelector()
        super().__init__(self._flying)

    def time(self) -> float:
        return self._flying.now


def in_virtual_time(main: Callable[[], Coroutine[Any, Any, T]]) -> T:
    """Run a test that does no real input or output; its clock is that of the loop, from 0."""

    with asyncio.Runner(loop_factory=_FlyingLoop) as runner:
        return runner.run(main())
