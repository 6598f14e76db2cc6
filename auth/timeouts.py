"""Work that may never end, and is not waited for longer than it deserves."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import TypeVar

T = TypeVar("T")


def within(seconds: float, work: Callable[[], T]) -> T:
    """What `work` gives, or raises; where it takes longer it is left to itself, in a thread that nobody waits for.

    Raises:
        TimeoutError: it took longer.
    """
    job: Future[T] = Future()

    def run() -> None:
        try:
            job.set_result(work())
        except Exception as error:
            job.set_exception(error)

    threading.Thread(target=run, daemon=True).start()
    return job.result(seconds)
