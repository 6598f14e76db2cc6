"""Who a call is made for, and how to tell them about its progress."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from contextvars import ContextVar
from dataclasses import dataclass


async def _ignore(message: str) -> None:
    pass


@dataclass(frozen=True, slots=True)
class Caller:
    """`id` is the same for all calls of a caller or, if none authenticate, of a session.

    `report` sends a line about what a call is doing. `queue` is whose turn a request takes: the caller's, or the
    connection's if there is neither. `name` is how people know the caller.
    """

    id: str = ""
    report: Callable[[str], Awaitable[None]] = _ignore
    queue: str = ""
    name: str = ""


# A context variable, so that functions in between need not pass it on.
caller: ContextVar[Caller] = ContextVar("caller", default=Caller())  # noqa: B039
