"""Shows long text in the user's pager, as git and gh do."""

from __future__ import annotations

import shlex
import signal
import subprocess
from collections.abc import Mapping
from pathlib import PurePath
from types import FrameType


def page(text: str, command: str, environment: Mapping[str, str] | None) -> bool:
    """Show text with a pager command; return whether that could be started.

    `less` gets -FRX: it ends at once if the text fits the screen, keeps colours, and leaves the text on the screen.
    """
    try:
        words = shlex.split(command)
        if PurePath(words[0]).stem == "less":
            words.append("-FRX")
        pager = subprocess.Popen(  # noqa: S603 (the command is the user's own setting)
            words, stdin=subprocess.PIPE, env=environment, text=True, encoding="utf-8", errors="backslashreplace"
        )
    except (OSError, ValueError, IndexError):
        return False
    # Ctrl-C belongs to the pager, which stops a search and goes on. A handler, unlike SIG_IGN, is not inherited.
    before = signal.signal(signal.SIGINT, _ignore)
    try:
        pager.communicate(text)  # ignores that the user leaves before the end
    finally:
        signal.signal(signal.SIGINT, before)
    return True


def _ignore(number: int, frame: FrameType | None) -> None:
    """A signal that has no effect on us."""
