"""The ASGI application: Django in one thread, behind the faults that are ordered."""

import asyncio
from typing import Any

from django.core.handlers.asgi import ASGIHandler
from uvicorn.protocols.http.h11_impl import H11Protocol

from .gateway.faults import Application, Receive, Scope, Send, with_faults


class OneThread(ASGIHandler):
    """Django, with all requests answered one after the other in the same thread.

    So SQLite keeps its connection, tokens can't be redeemed twice at the same moment, and counters need no
    locks. Django's own handler gives every request a thread.
    """

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        await self.handle(scope, receive, send)


class Protocol(H11Protocol):
    """HTTP/1.1 that lets the application drop the connection."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self.app_state = {**self.app_state, "transport": transport}


def application() -> Application:
    """The whole sandbox."""
    django = OneThread()

    async def http_only(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            await django(scope, receive, send)

    return with_faults(http_only)
