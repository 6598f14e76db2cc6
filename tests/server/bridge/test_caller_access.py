"""The clients of callers: one for each, as many as are used, and none that is at work is closed."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any, cast

import httpx2
import pytest

from closient_mcp.server.bridge.caller_access import CallerAccess
from closient_mcp.server.bridge.user_access import UserAccess
from closient_mcp.tools.caller import Caller, caller


class Client:
    """A client that notes that it is closed."""

    is_closed = False

    @asynccontextmanager
    async def stream(self, method: str, url: str, **options: Any) -> AsyncGenerator[httpx2.Response]:
        yield httpx2.Response(200, text=url)

    async def aclose(self) -> None:
        self.is_closed = True


class Access:
    """How a caller reaches a system; `is_idle` is false while a refresh is under way."""

    def __init__(self, id: str, name: str) -> None:
        self.id, self.name, self.is_idle = id, name, True
        self.api = Client()


def access_of(id: str, callers: CallerAccess) -> Access:
    return cast("Access", callers.of(id))


@pytest.fixture
def callers() -> CallerAccess:
    """Those of at most two callers."""
    return CallerAccess(lambda id, name: cast("UserAccess", Access(id, name)), most=2)


async def call(callers: CallerAccess, id: str) -> None:
    token = caller.set(Caller(id, name=f"name of {id}"))
    try:
        async with callers.stream("GET", "https://api.acme.example") as response:
            assert response.status_code == 200
    finally:
        caller.reset(token)


async def test_each_caller_has_a_client_of_their_own_which_stays(callers: CallerAccess) -> None:
    await call(callers, "a")
    first = access_of("a", callers)
    await call(callers, "b")
    await call(callers, "a")
    assert access_of("a", callers) is first
    assert access_of("b", callers) is not first
    assert first.name == "name of a"


async def test_of_too_many_the_one_that_was_not_used_for_longest_is_closed(callers: CallerAccess) -> None:
    for id in ("a", "b", "a"):
        await call(callers, id)
    kept, left = access_of("a", callers), access_of("b", callers)
    await call(callers, "a")
    await call(callers, "c")
    assert (kept.api.is_closed, left.api.is_closed) == (False, True)
    assert access_of("b", callers) is not left


async def test_none_is_closed_with_a_request_or_a_refresh_under_way(callers: CallerAccess) -> None:
    await call(callers, "refreshing")
    refreshing = access_of("refreshing", callers)
    refreshing.is_idle = False
    token = caller.set(Caller("busy"))
    async with callers.stream("GET", "https://api.acme.example"):
        busy = access_of("busy", callers)
        await call(callers, "c")
        assert (busy.api.is_closed, refreshing.api.is_closed) == (False, False)
    caller.reset(token)
    refreshing.is_idle = True
    await call(callers, "c")
    assert refreshing.api.is_closed


async def test_rule_5_a_call_without_a_caller_uses_nobodys_credential(callers: CallerAccess) -> None:
    with pytest.raises(PermissionError):
        await call(callers, "")
