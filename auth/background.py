"""Work in threads: either finished whatever happens to the caller, or abandoned after a time limit."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from typing import TypeVar

T = TypeVar("T")

_UNINTERRUPTED = "closient-mcp-uninterrupted"
_STARTING_SECONDS = 0.001


def start(work: Callable[[], T]) -> Future[T]:
    """Run `work` in a thread that the end of the process waits for, and that no caller can cancel.

    Otherwise a cancelled task, the end of the input or a signal could come between a server's response, which may
    contain the only valid token, and saving it.
    """
    return _run(work, name=_UNINTERRUPTED, daemon=False)


def finish(seconds: float) -> None:
    """Wait for all work that `start` started, at most so many seconds."""
    until = time.monotonic() + seconds
    while (threads := [t for t in threading.enumerate() if t.name == _UNINTERRUPTED]) and time.monotonic() < until:
        for thread in threads:
            if thread.is_alive():
                thread.join(max(0.0, until - time.monotonic()))
            else:
                time.sleep(_STARTING_SECONDS)  # a thread that is only starting cannot be joined yet


def within(seconds: float, work: Callable[[], T]) -> T:
    """The result of `work`; if it takes too long, its thread is abandoned, and no one waits for it.

    Raises:
        TimeoutError: it took longer.
    """
    return _run(work, name=None, daemon=True).result(seconds)


def _run(work: Callable[[], T], *, name: str | None, daemon: bool) -> Future[T]:
    job: Future[T] = Future()
    job.set_running_or_notify_cancel()  # so that cancelling a waiter cannot cancel it

    def run() -> None:
        try:
            job.set_result(work())
        except BaseException as error:
            job.set_exception(error)

    threading.Thread(target=run, name=name, daemon=daemon).start()
    return job
