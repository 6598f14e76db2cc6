"""HTTP clients of one kind, made when they are first needed."""

from __future__ import annotations

import time
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

from ..settings.model import SettingsError

if TYPE_CHECKING:
    import httpx2

# At a time, of one client; it keeps the connections of more than that.
_MOST_REQUESTS = 8
# As long as a client keeps an idle connection, which it closes only with its next request.
_IDLE_SECONDS = 5.0


class ClientPool:
    """HTTP clients of one kind, each made for the first request that those before have no room for.

    A client goes through all of its connections twice for each request, so many requests at a time need several.
    The first is kept; a request closes others that were not used for a while.
    """

    def __init__(self, make: Callable[[], httpx2.AsyncClient]) -> None:
        self._make = make
        self._under_way: dict[httpx2.AsyncClient, int] = {}
        self._last_used: dict[httpx2.AsyncClient, float] = {}

    def client(self) -> httpx2.AsyncClient:
        """A client with room for a request, made now if there is none.

        Raises:
            SettingsError: the machine's proxy or certificate settings cannot be used.
        """
        client = next((client for client, requests in self._under_way.items() if requests < _MOST_REQUESTS), None)
        if client is None:
            client = self._make()
            self._under_way[client] = 0
        return client

    @asynccontextmanager
    async def stream(self, method: str, url: str, **options: Any) -> AsyncGenerator[httpx2.Response]:
        """As `httpx2.AsyncClient.stream`; settings of the machine that cannot be used are a failure to connect."""
        try:
            client = self.client()
        except SettingsError as error:
            import httpx2

            raise httpx2.ConnectError(str(error)) from error
        self._under_way[client] += 1
        try:
            await self._close_idle()
            async with client.stream(method, url, **options) as response:
                yield response
        finally:
            self._under_way[client] -= 1
            self._last_used[client] = time.monotonic()

    async def _close_idle(self) -> None:
        while client := self._idle_client():
            del self._under_way[client], self._last_used[client]
            await client.aclose()  # meanwhile, other requests start and end

    def _idle_client(self) -> httpx2.AsyncClient | None:
        until = time.monotonic() - _IDLE_SECONDS
        more = list(self._under_way)[1:]
        idle = (client for client in more if not self._under_way[client] and self._last_used[client] <= until)
        return next(idle, None)

    async def aclose(self) -> None:
        """Close the clients that were made."""
        for client in list(self._under_way):
            await client.aclose()
