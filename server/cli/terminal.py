"""Colour and progress for people; plain text where nobody looks."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from contextlib import suppress
from typing import TextIO

BOLD, DIM, GREEN, RED, CYAN = "1", "2", "32", "31", "36"


class Terminal:
    """Writes to a stream, in colour on a terminal only. `bare` says that the person wants none (NO_COLOR)."""

    def __init__(self, stream: TextIO, *, bare: bool) -> None:
        self._stream = stream
        self.lively = stream.isatty() and not bare

    def paint(self, text: str, style: str) -> str:
        """The text in a style, where styles can be seen."""
        return f"\x1b[{style}m{text}\x1b[0m" if self.lively else text

    def say(self, text: str = "") -> None:
        """One line."""
        print(text, file=self._stream, flush=True)

    def bar(self, done: int, total: int, what: str) -> None:
        """How far a long step is; on a terminal one line that is drawn over itself, elsewhere nothing."""
        if not self.lively or total == 0:
            return
        width = 24
        filled = width * done // total
        line = f"\r\x1b[2K  {'█' * filled}{'░' * (width - filled)} {done}/{total} {what}"
        self._stream.write(line[:110] if done < total else "\r\x1b[2K")
        self._stream.flush()


def restorer() -> Callable[[], None]:
    """Puts the terminal that we were started on back as it is now, echo included, whoever left it otherwise."""
    if os.name != "posix" or not sys.stdin.isatty():
        return lambda: None
    import termios

    number = sys.stdin.fileno()
    state = termios.tcgetattr(number)

    def restore() -> None:
        with suppress(OSError, termios.error):  # it may be gone
            if os.tcgetpgrp(number) == os.getpgrp():  # who is in the background would be stopped
                termios.tcsetattr(number, termios.TCSADRAIN, state)

    return restore


def stderr_terminal(*, bare: bool) -> Terminal:
    """The terminal for what is said beside the output."""
    return Terminal(sys.stderr, bare=bare)
