"""Token requests, repeated if that cannot spend a single-use token twice."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping

from ..oauth.http import HttpClient, NoResponseError, Request
from ..oauth.rejections import Meaning, Rejection, RequestKind
from ..oauth.tokens import Verdict, read_tokens, token_request
from ..profile import Profile
from ..records import Client, Server, Tokens
from .credentials import Credentials

# A code is good for one use, and a device code is polled. After a password the server may have counted a failed
# attempt whose response was lost.
_REPEATED: tuple[RequestKind, ...] = ("refresh", "client_credentials")
_RETRY_AFTER = (0.3, 1.0)
# Servers may rotate a token at once and answer long after; only their answer has the new one.
_DEADLINE = 60.0
_LONGEST_PAUSE = 5.0


class TokenEndpoint:
    """Sends the token requests of one profile."""

    def __init__(
        self, profile: Profile, http: HttpClient, credentials: Credentials, clock: Callable[[], float]
    ) -> None:
        self._profile = profile
        self._http = http
        self._credentials = credentials
        self._clock = clock

    def request(
        self, kind: RequestKind, server: Server, client: Client, form: Mapping[str, str], previous: Tokens | None = None
    ) -> Verdict:
        """Request tokens; a refresh, and a client for itself, up to three times, but not while the server may answer.

        `previous` are the tokens to refresh.
        """
        complete, profile = self._credentials.complete(client, server), self._profile
        request = token_request(kind, server, complete, form, resource=profile.resource, in_query=profile.in_query)
        until = time.monotonic() + _DEADLINE
        for wait in _RETRY_AFTER if kind in _REPEATED else ():
            verdict = self._send(kind, request, until, previous)
            if not isinstance(verdict, Rejection) or verdict.meaning is not Meaning.LATER or verdict.is_elsewhere:
                return verdict
            pause = max(wait, verdict.retry_after or 0.0)
            if time.monotonic() + pause >= until or pause > _LONGEST_PAUSE:
                return verdict
            time.sleep(pause)
        return self._send(kind, request, until, previous)

    def _send(self, kind: RequestKind, request: Request, until: float, previous: Tokens | None) -> Verdict:
        try:
            response = self._http.send(request, max(0.1, until - time.monotonic()))
        except NoResponseError as error:
            return Rejection(Meaning.LATER, summary=str(error))
        return read_tokens(kind, response, self._clock(), previous)
