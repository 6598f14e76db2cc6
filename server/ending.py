"""The end of a process that is asked to go: at once, but for what must be written first."""

from __future__ import annotations

import os
import signal

from ..auth.session import finish_refreshes

# Hosts kill two seconds after they asked.
_LAST_SECONDS = 1.8


def end_on_signals() -> None:
    """Let SIGTERM and SIGINT end this process, whatever it waits for, as soon as no refresh is under way.

    What a server has rotated and we have not yet written would be lost, and with it the sign-in.
    """
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, _end)


def _end(number: int, _: object) -> None:
    finish_refreshes(_LAST_SECONDS)
    os._exit(128 + number)
