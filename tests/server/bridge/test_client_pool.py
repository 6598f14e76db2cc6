"""How many HTTP clients the requests of one user have."""

from __future__ import annotations

from contextlib import AsyncExitStack

import anyio
import anyio.lowlevel
import httpx2
import pytest

from closient_mcp.server.bridge import client_pool
from closient_mcp.server.bridge.client_pool import ClientPool

URL = "https://api.example.com/"


class Transport(httpx2.MockTransport):
    """Gives empty answers, and lets others run while it closes."""

    def __init__(self) -> None:
        super().__init__(lambda _: httpx2.Response(204))

    async def aclose(self) -> None:
        await anyio.lowlevel.checkpoint()


class Clients:
    """Makes clients whose requests get an empty answer, and keeps them."""

    def __init__(self) -> None:
        self.made: list[httpx2.AsyncClient] = []

    def __call__(self) -> httpx2.AsyncClient:
        """Another client."""
        self.made.append(httpx2.AsyncClient(transport=Transport(), trust_env=False))
        return self.made[-1]


async def test_requests_one_after_the_other_share_a_client() -> None:
    clients = Clients()
    pool = ClientPool(clients)
    assert clients.made == []
    for _ in range(20):
        async with pool.stream("GET", URL) as response:
            assert response.status_code == 204
    await pool.aclose()
    assert [made.is_closed for made in clients.made] == [True]


async def test_of_many_requests_at_a_time_each_client_has_eight() -> None:
    clients = Clients()
    pool = ClientPool(clients)
    for _ in range(2):
        async with AsyncExitStack() as stack:
            for _ in range(17):
                await stack.enter_async_context(pool.stream("GET", URL))
    await pool.aclose()
    assert [made.is_closed for made in clients.made] == [True, True, True]


async def test_clients_that_only_many_requests_need_are_closed_when_they_are_idle(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(client_pool, "_IDLE_SECONDS", 0)
    clients = Clients()
    pool = ClientPool(clients)
    async with AsyncExitStack() as stack:
        for _ in range(25):
            await stack.enter_async_context(pool.stream("GET", URL))
        assert [made.is_closed for made in clients.made] == [False] * 4

    async def request() -> None:
        async with pool.stream("GET", URL) as response:
            assert response.status_code == 204

    async with anyio.create_task_group() as group:
        group.start_soon(request)
        group.start_soon(request)
    assert [made.is_closed for made in clients.made] == [False, True, True, True]
