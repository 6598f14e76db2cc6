"""The end of a process that is asked to go: at once, but for what must be written first."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable

from ..auth import background

# Hosts kill two seconds after they asked.
LAST_SECONDS = 1.8


def end_on_signals(first: Callable[[], None] | None = None) -> None:
    """Let SIGTERM and SIGINT end this process, whatever it waits for, once no refresh or exchange is under way.

    What a server has given out and we have not yet written would be lost, and with it the sign-in. A server that
    takes longer than hosts wait is not waited for. `first` is what has to be done before all that.
    """

    def end(number: int, _: object) -> None:
        if first:
            first()
        background.finish(LAST_SECONDS)
        os._exit(128 + number)

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, end)
