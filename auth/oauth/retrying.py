"""Token requests, repeated if that cannot spend a single-use token twice."""

from __future__ import annotations

import time
from collections.abc import Callable

from ..records import Tokens
from .http import HttpClient, NoResponseError, Request
from .rejections import Meaning, Rejection, RequestKind
from .tokens import Verdict, read_tokens

_RETRY_AFTER = (0.3, 1.0)
# Servers may rotate a token at once and answer long after; only their answer has the new one.
_DEADLINE = 60.0
_LONGEST_PAUSE = 5.0


def send_with_retries(
    kind: RequestKind, http: HttpClient, request: Request, clock: Callable[[], float], previous: Tokens | None = None
) -> Verdict:
    """As `send_once`, up to three times, but not while the server may still answer."""
    until = time.monotonic() + _DEADLINE
    for wait in _RETRY_AFTER:
        verdict = send_once(kind, http, request, clock, previous, max(0.1, until - time.monotonic()))
        if not isinstance(verdict, Rejection) or verdict.meaning is not Meaning.LATER or verdict.is_elsewhere:
            return verdict
        pause = max(wait, verdict.retry_after or 0.0)
        if time.monotonic() + pause >= until or pause > _LONGEST_PAUSE:
            return verdict
        time.sleep(pause)
    return send_once(kind, http, request, clock, previous, max(0.1, until - time.monotonic()))


def send_once(
    kind: RequestKind,
    http: HttpClient,
    request: Request,
    clock: Callable[[], float],
    previous: Tokens | None = None,
    deadline: float = _DEADLINE,
) -> Verdict:
    """Send a token request and read the response."""
    try:
        return read_tokens(kind, http.send(request, deadline), clock(), previous)
    except NoResponseError as error:
        return Rejection(Meaning.LATER, summary=str(error))
