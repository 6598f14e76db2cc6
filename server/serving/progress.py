"""Progress notifications of a call, for clients that asked for them."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Generator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

import anyio

# A call that takes longer reports that it is still running.
_FIRST_SECONDS = 2.0
_EVERY_SECONDS = 3.0


@dataclass(slots=True)
class Progress:
    """Reports what a call is doing; the progress itself is the seconds since its start, as it must increase.

    `send` takes the seconds and a message.
    """

    send: Callable[[float, str], Awaitable[None]]
    message: str
    _start: float = field(default_factory=time.monotonic, init=False)
    _last: float = field(default=0.0, init=False)

    async def report(self, message: str) -> None:
        """Send a message, which is also the one to repeat."""
        self.message = message
        self._last = max(time.monotonic() - self._start, self._last + 0.001)
        # A client that has gone does not matter to the call.
        with suppress(anyio.BrokenResourceError, anyio.ClosedResourceError):
            await self.send(self._last, message)

    @contextmanager
    def repeated(self) -> Generator[None]:
        """Repeat the latest message while the call runs, from two seconds on.

        Most calls end before, and cost a timer only.
        """
        loop, repeating = asyncio.get_running_loop(), list[asyncio.Task[None]]()
        timer = loop.call_later(_FIRST_SECONDS, lambda: repeating.append(loop.create_task(self._repeat())))
        try:
            yield
        finally:
            timer.cancel()
            for task in repeating:
                task.cancel()

    async def _repeat(self) -> None:
        while True:
            await self.report(self.message)
            await anyio.sleep(_EVERY_SECONDS)
