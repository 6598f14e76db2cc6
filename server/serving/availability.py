"""Health, readiness, and an end that gives calls time to finish."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress

import anyio
from starlette.requests import ClientDisconnect

from .asgi import AsgiApplication, Message, Receive, Scope, Send, respond

HEALTH, READINESS = "/healthz", "/readyz"


class Availability:
    """Answers health checks, and ends streams of notifications as soon as the server stops.

    They are for load balancers, which have no token and no name for the server.
    """

    def __init__(self, app: AsgiApplication, is_loaded: Callable[[], bool]) -> None:
        self._app = app
        self._is_loaded = is_loaded
        self._stopping = anyio.Event()
        self._is_watched = False
        self._noticed = anyio.Event()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a check, or pass on the request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
        elif scope["path"] == HEALTH:
            await respond(send, 200, {"status": "ok"})
        elif scope["path"] == READINESS:
            await self._answer_readiness(send)
        elif scope["method"] == "GET":
            await self._pass_on_until_stopped(scope, receive, send)
        else:
            with suppress(ClientDisconnect):  # in the middle of its request
                await self._app(scope, receive, send)

    def stop(self) -> None:
        """Report that the server is not ready any more, and end streams."""
        self._stopping.set()

    async def noticed(self) -> None:
        """Wait until the load balancer, if one asks, knows that the server is no longer ready."""
        if self._is_watched:
            await self._noticed.wait()

    async def _answer_readiness(self, send: Send) -> None:
        self._is_watched = True
        if self._stopping.is_set():
            self._noticed.set()
            await respond(send, 503, {"status": "stopping"})
        elif not self._is_loaded():
            await respond(send, 503, {"status": "starting"})
        else:
            await respond(send, 200, {"status": "ready"})

    async def _pass_on_until_stopped(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on a request whose response may be a stream; when the server stops, the client seems to hang up."""
        is_open = False

        async def receive_until_stopped() -> Message:
            message: Message = {"type": "http.disconnect"}
            async with anyio.create_task_group() as group:

                async def wait() -> None:
                    await self._stopping.wait()
                    group.cancel_scope.cancel()

                group.start_soon(wait)
                message = await receive()
                group.cancel_scope.cancel()
            return message

        async def watch(message: Message) -> None:
            nonlocal is_open
            is_open = message["type"] == "http.response.start" or bool(message.get("more_body"))
            await send(message)

        await self._app(scope, receive_until_stopped, watch)
        if is_open:  # the stream's library ends by itself when the server stops, and leaves the response open
            await send({"type": "http.response.body", "body": b""})
