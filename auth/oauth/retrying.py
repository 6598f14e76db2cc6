"""Token requests, repeated if the response was lost, but not for longer than others wait for the lock."""

from __future__ import annotations

import time
from collections.abc import Callable

from ..records import Tokens
from .http import HttpClient, NoResponseError, Request
from .tokens import Inconclusive, Verdict, read_tokens

_RETRY_AFTER = (0.3, 1.0)
_DEADLINE = 12.0
_LONGEST_PAUSE = 5.0


def send_with_retries(
    http: HttpClient, request: Request, clock: Callable[[], float], previous: Tokens | None = None
) -> Verdict:
    """As `send_once`, up to three times; only for requests that are safe to repeat."""
    until = time.monotonic() + _DEADLINE
    for wait in _RETRY_AFTER:
        verdict = send_once(http, request, clock, previous, max(0.1, until - time.monotonic()))
        if not isinstance(verdict, Inconclusive) or verdict.is_granted or verdict.is_elsewhere:
            return verdict
        pause = max(wait, verdict.retry_after or 0.0)
        if time.monotonic() + pause >= until or pause > _LONGEST_PAUSE:
            return verdict
        time.sleep(pause)
    return send_once(http, request, clock, previous, max(0.1, until - time.monotonic()))


def send_once(
    http: HttpClient,
    request: Request,
    clock: Callable[[], float],
    previous: Tokens | None = None,
    deadline: float = _DEADLINE,
) -> Verdict:
    """Send a token request and read the response; none at all is inconclusive."""
    try:
        return read_tokens(http.send(request, deadline), clock(), previous)
    except NoResponseError as error:
        return Inconclusive(str(error))
