"""Streams of notifications to callers who authenticate: a few for each, which stay open as long as the caller wants."""

from __future__ import annotations

from collections import Counter

from ..callers.identity import SCOPE_KEY
from .asgi import AsgiApplication, Receive, Scope, Send, headers_of, respond
from .connections import most_connections

# So many callers are needed to use up all connections.
_FEWEST_CALLERS = 10


class Streams:
    """Passes on requests, but no more streams of a caller than a tenth of the connections that may be open.

    Those of 2026-07-28 are requests for `subscriptions/listen`. Those of 2025-11-25 need a session, which callers who
    authenticate do not have, so they are refused.
    """

    def __init__(self, app: AsgiApplication) -> None:
        self._app = app
        self._most = max(1, most_connections() // _FEWEST_CALLERS)
        self._open: Counter[str] = Counter()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer 405 or 429 to a stream that there may not be."""
        if scope["type"] == "http" and scope["method"] == "GET":
            error = "This server sends no notifications outside of calls."
            await respond(send, 405, {"error": error}, {"allow": "POST"})
        elif scope["type"] == "http" and headers_of(scope, b"mcp-method") == ["subscriptions/listen"]:
            await self._listen(scope, receive, send)
        else:
            await self._app(scope, receive, send)

    async def _listen(self, scope: Scope, receive: Receive, send: Send) -> None:
        caller = scope[SCOPE_KEY].id
        if self._open[caller] >= self._most:
            error = f"You have {self._most} subscriptions, which is the most for a caller. Close some of them first."
            await respond(send, 429, {"error": error})
            return
        self._open[caller] += 1
        try:
            await self._app(scope, receive, send)
        finally:
            self._open[caller] -= 1
            if not self._open[caller]:
                del self._open[caller]
