"""Ends the process at a signal, after token refreshes under way are saved."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable

from ...auth import background

# Longer than a token request can take. Hosts may send SIGKILL before.
LAST_SECONDS = 65.0
# The last two are a closed terminal, on Unix and on Windows.
_SIGNALS = ("SIGTERM", "SIGINT", "SIGHUP", "SIGBREAK")


def end_on_signals(first: Callable[[], None] | None = None) -> None:
    """End this process on the signals that ask for it, once token requests under way are finished, or a second signal.

    `first` is called before.

    Tokens that a server has issued and we have not saved would be lost, and with them the sign-in.
    """

    received: list[int] = []

    def end(number: int, _: object) -> None:
        received.append(number)
        if len(received) == 1:
            if first:
                first()
            background.finish(LAST_SECONDS)
        os._exit(128 + number)

    for name in _SIGNALS:
        number = getattr(signal, name, None)
        # What `nohup` ignores stays ignored.
        if number is not None and signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, end)
