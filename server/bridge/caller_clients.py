"""How each caller reaches a system that they sign in to for themselves."""

from __future__ import annotations

from collections import Counter, OrderedDict
from collections.abc import AsyncGenerator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import TYPE_CHECKING, Any

from ...tools.caller import caller
from .user_client import UserClient

if TYPE_CHECKING:
    import httpx2

_MOST = 256


class CallerClients:
    """Keeps one session and HTTP client per caller, created at their first call.

    Beyond `most`, the least recently used are closed unless they are busy. Has the `stream` method of
    `httpx2.AsyncClient`, and uses the client of the current caller.
    """

    def __init__(self, make: Callable[[str, str], UserClient], most: int = _MOST) -> None:
        """`make` takes the caller's identifier and name."""
        self._make = make
        self._most = most
        self._known: OrderedDict[str, UserClient] = OrderedDict()
        self._requests: Counter[str] = Counter()

    def current(self) -> UserClient:
        """The client of the current caller."""
        calling = caller.get()
        return self.of(calling.id, calling.name)

    def of(self, id: str, name: str = "") -> UserClient:
        """The client of this caller; `name` is shown once they have signed in."""
        if not id:
            raise PermissionError("the call has no caller")  # a bug: nobody else's credential may be used in its place
        client = self._known.get(id)
        if client is None:
            client = self._known[id] = self._make(id, name)
        self._known.move_to_end(id)
        return client

    def stream(self, method: str, url: str, **options: Any) -> AbstractAsyncContextManager[httpx2.Response]:
        """Send a request as `httpx2.AsyncClient.stream` does, with the client of the current caller."""
        return self._stream(caller.get().id, self.current(), method, url, **options)

    @asynccontextmanager
    async def _stream(
        self, id: str, client: UserClient, method: str, url: str, **options: Any
    ) -> AsyncGenerator[httpx2.Response]:
        self._requests[id] += 1
        try:
            await self._close_least_used()
            async with client.api.stream(method, url, **options) as response:
                yield response
        finally:
            self._requests[id] -= 1
            if not self._requests[id]:
                del self._requests[id]

    async def _close_least_used(self) -> None:
        excess = len(self._known) - self._most
        for id, client in list(self._known.items())[: max(0, excess)]:
            # While another client was being closed, this may have been closed too, or used again.
            if self._known.get(id) is client and not self._requests[id] and client.is_idle:
                del self._known[id]
                await client.api.aclose()

    async def aclose(self) -> None:
        """Close all clients."""
        for client in list(self._known.values()):
            await client.api.aclose()
