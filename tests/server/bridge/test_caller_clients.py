"""The clients of callers: one for each, as many as are used, and none that is at work is closed."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any, cast

import anyio.lowlevel
import httpx2
import pytest

from closient_mcp.server.bridge.caller_clients import CallerClients
from closient_mcp.server.bridge.user_client import UserClient
from closient_mcp.tools.caller import Caller, caller


class FakePool:
    """HTTP clients that count how often they are closed."""

    closed = 0

    @property
    def is_closed(self) -> bool:
        return self.closed > 0

    @asynccontextmanager
    async def stream(self, method: str, url: str, **options: Any) -> AsyncGenerator[httpx2.Response]:
        yield httpx2.Response(200, text=url)

    async def aclose(self) -> None:
        await anyio.lowlevel.checkpoint()
        self.closed += 1


class FakeClient:
    """How a caller reaches a system; `is_idle` is false while a refresh is under way."""

    def __init__(self, id: str, name: str) -> None:
        self.id, self.name, self.is_idle = id, name, True
        self.api = FakePool()


def client_of(id: str, callers: CallerClients) -> FakeClient:
    return cast("FakeClient", callers.of(id))


@pytest.fixture
def callers() -> CallerClients:
    """Those of at most two callers."""
    return CallerClients(lambda id, name: cast("UserClient", FakeClient(id, name)), most=2)


async def call(callers: CallerClients, id: str) -> None:
    token = caller.set(Caller(id, name=f"name of {id}"))
    try:
        async with callers.stream("GET", "https://api.acme.example") as response:
            assert response.status_code == 200
    finally:
        caller.reset(token)


async def test_each_caller_has_a_client_of_their_own_which_stays(callers: CallerClients) -> None:
    await call(callers, "a")
    first = client_of("a", callers)
    await call(callers, "b")
    await call(callers, "a")
    assert client_of("a", callers) is first
    assert client_of("b", callers) is not first
    assert first.name == "name of a"


async def test_of_too_many_the_one_that_was_not_used_for_longest_is_closed(callers: CallerClients) -> None:
    for id in ("a", "b", "a"):
        await call(callers, id)
    kept, left = client_of("a", callers), client_of("b", callers)
    await call(callers, "a")
    await call(callers, "c")
    assert (kept.api.is_closed, left.api.is_closed) == (False, True)
    assert client_of("b", callers) is not left


async def test_none_is_closed_with_a_request_or_a_refresh_under_way(callers: CallerClients) -> None:
    await call(callers, "refreshing")
    refreshing = client_of("refreshing", callers)
    refreshing.is_idle = False
    token = caller.set(Caller("busy"))
    async with callers.stream("GET", "https://api.acme.example"):
        busy = client_of("busy", callers)
        await call(callers, "c")
        assert (busy.api.is_closed, refreshing.api.is_closed) == (False, False)
    caller.reset(token)
    refreshing.is_idle = True
    await call(callers, "c")
    assert refreshing.api.is_closed


async def test_clients_that_two_calls_close_at_once_are_closed_once(callers: CallerClients) -> None:
    clients = [client_of(id, callers) for id in ("a", "b", "c", "d")]
    async with anyio.create_task_group() as calls:
        calls.start_soon(call, callers, "e")
        calls.start_soon(call, callers, "f")
    assert [client.api.closed for client in clients] == [1, 1, 1, 1]


async def test_all_clients_are_closed_while_another_is_made(callers: CallerClients) -> None:
    clients = [client_of(id, callers) for id in ("a", "b")]
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(callers.aclose)
        tasks.start_soon(call, callers, "c")
    assert all(client.api.is_closed for client in clients)


async def test_rule_5_a_call_without_a_caller_uses_nobodys_credential(callers: CallerClients) -> None:
    with pytest.raises(PermissionError):
        await call(callers, "")
