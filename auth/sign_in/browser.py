"""Opening a browser without letting it near our stdin and stdout, which belong to the protocol."""

from __future__ import annotations

import os
import shlex
import subprocess
from collections.abc import Callable

Opener = Callable[[str], bool]


def opener(command: str | None) -> Opener:
    """Opens URLs with `command`, in which `%s` stands for the URL; gives whether that was started.

    Started is not seen: what a command makes of it nobody can tell, so the URL is always shown too.
    """

    def open_url(url: str) -> bool:
        if command is None:
            return False
        if command == "startfile":  # Windows has no command, only a call
            start = getattr(os, "startfile", None)
            try:
                return start is not None and start(url) is None
            except OSError:
                return False
        try:
            words = shlex.split(command)
        except ValueError:
            return False
        filled = [word.replace("%s", url) for word in words]
        try:
            subprocess.Popen(  # noqa: S603 (the command is the person's own setting)
                filled if filled != words else [*words, url],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                start_new_session=True,
            )
        except OSError:
            return False
        return True

    return open_url
