"""Work that is finished whoever stops waiting for it: a server's answer may be all that is left of a sign-in.

A cancelled task, the end of the input and a signal would otherwise come between what a server gave out and our
writing it down.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from concurrent.futures import Future

_THREAD = "closient-mcp-uninterrupted"


def start(work: Callable[[], None]) -> Future[None]:
    """Do this in a thread of its own, which the end of the process waits for; gives how it ends."""
    job: Future[None] = Future()
    job.set_running_or_notify_cancel()  # so that a waiter's cancellation cannot cancel it

    def run() -> None:
        try:
            work()
        except BaseException as error:
            job.set_exception(error)
        else:
            job.set_result(None)

    threading.Thread(target=run, name=_THREAD, daemon=False).start()
    return job


def finish(seconds: float) -> None:
    """Wait, at most so long, for all of it that is under way."""
    until = time.monotonic() + seconds
    for thread in threading.enumerate():
        if thread.name == _THREAD:
            thread.join(max(0.0, until - time.monotonic()))
