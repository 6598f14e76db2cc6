"""Opens a browser, without access to our stdin and stdout, which belong to the protocol."""

from __future__ import annotations

import os
import shlex
import subprocess
from collections.abc import Callable, Mapping

Opener = Callable[[str], bool]

# Seconds in which a command that opens nothing ends with an error.
FAILS_WITHIN = 0.5


def opener(command: str | None, environment: Mapping[str, str] | None = None) -> Opener:
    """Opens URLs with `command`, in which `%s` stands for the URL; returns whether it started and did not fail at once.

    It should have no secret in its `environment`, which is ours if none is given: it runs for days, and others read it.
    Whether the user sees anything is unknown, so always show the URL too.
    """

    def open_url(url: str) -> bool:
        try:
            return command is not None and _open(command, url, environment)
        except (OSError, ValueError):
            return False

    return open_url


def _open(command: str, url: str, environment: Mapping[str, str] | None) -> bool:
    if command == "startfile":  # Windows has a function instead of a command
        start = getattr(os, "startfile", None)
        return start is not None and start(url) is None
    words = shlex.split(command)
    arguments = [word.replace("%s", url) for word in words]
    process = subprocess.Popen(  # noqa: S603 (the command is the user's own setting)
        arguments if arguments != words else [*words, url],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
        env=environment,
    )
    try:
        return process.wait(FAILS_WITHIN) == 0
    except subprocess.TimeoutExpired:
        return True  # a browser that goes on running
