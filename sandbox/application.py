"""The ASGI application: Django in one thread, behind the injected faults."""

import asyncio
from typing import Any

from asgiref.sync import sync_to_async
from django.core.handlers.asgi import ASGIHandler
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from uvicorn.protocols.http.h11_impl import H11Protocol

from .gateway.faults import Application, Receive, Scope, Send, with_faults


class SingleThreadHandler(ASGIHandler):
    """Django, handling all requests one after the other in the same thread.

    SQLite keeps its connection, no token can be redeemed twice at the same moment, and counters need no locks.
    Django's own handler gives every request a thread, and changes threads at each middleware that is not asynchronous.
    """

    def __init__(self) -> None:
        super().__init__()
        self.load_middleware(is_async=False)

    async def get_response_async(self, request: HttpRequest) -> HttpResponseBase:
        """Answer one request, all middleware included, in the thread."""
        return await sync_to_async(self.get_response)(request)

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Handle one request."""
        await self.handle(scope, receive, send)


class Protocol(H11Protocol):
    """HTTP/1.1 protocol that lets the application drop the connection."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Make the transport available to the application."""
        super().connection_made(transport)
        self.app_state = {**self.app_state, "transport": transport}


def application() -> Application:
    """The whole sandbox."""
    django = SingleThreadHandler()

    async def http_only(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            await django(scope, receive, send)

    return with_faults(http_only)
