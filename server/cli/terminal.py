"""Colours and progress on terminals, plain text elsewhere."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from contextlib import suppress
from typing import TextIO

BOLD, DIM, GREEN, RED, CYAN, YELLOW = "1", "2", "32", "31", "36", "33"


class Terminal:
    """Writes to a stream, with colours on a terminal unless `plain` (NO_COLOR)."""

    def __init__(self, stream: TextIO, *, plain: bool) -> None:
        self._stream = stream
        self._styled = stream.isatty() and not plain

    def paint(self, text: str, style: str) -> str:
        """The text in a style."""
        return f"\x1b[{style}m{text}\x1b[0m" if self._styled else text

    def say(self, text: str = "") -> None:
        """Print one line."""
        print(text, file=self._stream, flush=True)

    def bar(self, done: int, total: int, what: str) -> None:
        """Draw a progress bar; only on a terminal."""
        if not self._styled or total == 0:
            return
        width = 24
        filled = width * done // total
        line = f"\r\x1b[2K  {'█' * filled}{'░' * (width - filled)} {done}/{total} {what}"
        self._stream.write(line[:110] if done < total else "\r\x1b[2K")
        self._stream.flush()


def restorer() -> Callable[[], None]:
    """A function that restores the terminal to its current state, echo included."""
    if os.name != "posix" or not sys.stdin.isatty():
        return lambda: None
    import termios

    number = sys.stdin.fileno()
    state = termios.tcgetattr(number)

    def restore() -> None:
        with suppress(OSError, termios.error):  # the terminal may be closed
            if os.tcgetpgrp(number) == os.getpgrp():  # a background process would be stopped
                termios.tcsetattr(number, termios.TCSADRAIN, state)

    return restore
