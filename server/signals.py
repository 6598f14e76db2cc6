"""Ends the process at a signal, after token refreshes under way are saved."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable

from ..auth import background

# Hosts send SIGKILL two seconds after SIGTERM.
LAST_SECONDS = 1.8


def end_on_signals(first: Callable[[], None] | None = None) -> None:
    """Let SIGTERM and SIGINT end this process, once token requests under way are finished; `first` is called before.

    Tokens that a server has issued and we have not saved would be lost, and with them the sign-in.
    """

    def end(number: int, _: object) -> None:
        if first:
            first()
        background.finish(LAST_SECONDS)
        os._exit(128 + number)

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, end)
