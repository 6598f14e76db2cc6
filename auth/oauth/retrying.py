"""Asking a token endpoint, again where the answer was lost, and never for longer than others wait for the lock."""

from __future__ import annotations

import time
from collections.abc import Callable

from ..records import Tokens
from .http import HttpClient, NoResponseError, Request
from .tokens import Inconclusive, Verdict, read_tokens

_RETRY_AFTER = (0.3, 1.0)
_DEADLINE = 12.0
_LONGEST_PAUSE = 5.0


def ask_patiently(
    http: HttpClient, request: Request, clock: Callable[[], float], previous: Tokens | None = None
) -> Verdict:
    """As `ask`, up to three times: for what does no harm when it is asked twice."""
    until = time.monotonic() + _DEADLINE
    verdict: Verdict = Inconclusive("no time")
    for wait in (*_RETRY_AFTER, None):
        verdict = ask(http, request, clock, previous, max(0.1, until - time.monotonic()))
        if not isinstance(verdict, Inconclusive) or verdict.is_granted or verdict.is_elsewhere or wait is None:
            return verdict
        pause = max(wait, verdict.retry_after or 0.0)
        if time.monotonic() + pause >= until or pause > _LONGEST_PAUSE:
            return verdict
        time.sleep(pause)
    return verdict


def ask(
    http: HttpClient,
    request: Request,
    clock: Callable[[], float],
    previous: Tokens | None = None,
    deadline: float = _DEADLINE,
) -> Verdict:
    """What the token endpoint says; that nothing came back is no answer to go by."""
    try:
        return read_tokens(http.send(request, deadline), clock(), previous)
    except NoResponseError as error:
        return Inconclusive(str(error))
