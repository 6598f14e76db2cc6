"""Three servers behind nginx with one Redis: each sign-in is renewed once, and no other caller uses it."""

from __future__ import annotations

import signal
from collections.abc import AsyncGenerator, Iterator
from contextlib import asynccontextmanager

import anyio
import anyio.to_thread
import httpx2
import pytest

from ..fakes.limits import SECONDS
from ..fakes.replicas import Replica, Replicas, running_replicas, wrong

pytestmark = [pytest.mark.all, pytest.mark.timeout(300)]

CALLERS = range(50)


@pytest.fixture(scope="module")
def replicas(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Replicas]:
    with running_replicas(tmp_path_factory.mktemp("replicas")) as running:
        yield running


async def test_rule_1_each_sign_in_is_renewed_once_and_no_token_is_readable_in_redis(replicas: Replicas) -> None:
    with replicas.redis.monitored() as commands:
        await replicas.sign_in_all(CALLERS)
        assert wrong(await replicas.call_all(CALLERS)) == []
        replicas.upstream.reject_all()
        assert wrong(await replicas.call_all(CALLERS, times=3)) == []
    assert dict(replicas.upstream.refreshes) == {f"user{caller}": 1 for caller in CALLERS}
    assert replicas.upstream.reused == []
    assert replicas.upstream.service.count("/register") == 1
    seen = b"\n".join(commands) + replicas.redis.dump()
    assert b"closient-mcp:record:acme-" in seen
    for secret in (b"access-", b"refresh-", b"caller1", b"user1", *map(str.encode, replicas.upstream.tokens())):
        assert secret not in seen


@asynccontextmanager
async def refreshing(replicas: Replicas, server: Replica, callers: range) -> AsyncGenerator[None]:
    """One of the servers has sent refreshes for these callers, whose answers wait; then the answers come."""
    upstream = replicas.upstream
    assert wrong(await replicas.call_all(callers)) == []
    upstream.refreshes.clear()
    upstream.reject_all()
    upstream.may_answer.clear()

    async def call() -> None:
        try:
            await replicas.call_all(callers, at=server)
        except* httpx2.TransportError:
            pass  # the server is ended

    async with anyio.create_task_group() as group:
        group.start_soon(call)
        assert await anyio.to_thread.run_sync(lambda: upstream.wait_for_refreshes(len(callers)))
        yield
        upstream.may_answer.set()


async def until_signed_out(replicas: Replicas, server: Replica, callers: range) -> None:
    """Call until all callers are asked to sign in; before that, they are told to wait."""
    until = anyio.current_time() + SECONDS
    answers = await replicas.call_all(callers, at=server)
    while not all("/sign-in/" in text for _, _, text in answers):
        assert len(wrong(answers)) == len(callers)
        assert anyio.current_time() < until, answers
        answers = await replicas.call_all(callers, at=server)


async def until_right(replicas: Replicas, server: Replica, callers: range) -> None:
    """Call until all calls succeed."""
    until = anyio.current_time() + SECONDS
    while answers := wrong(await replicas.call_all(callers, at=server)):
        assert anyio.current_time() < until, answers


@pytest.mark.parametrize(
    ("ending", "callers"),
    [(signal.SIGTERM, CALLERS[:6]), (signal.SIGHUP, CALLERS[6:12])],
    ids=["terminated", "hung up"],
)
async def test_a_server_that_is_ended_during_refreshes_loses_no_sign_in(
    replicas: Replicas, ending: signal.Signals, callers: range
) -> None:
    server = replicas.servers[0]
    async with refreshing(replicas, server, callers):
        server.send(ending)
    await anyio.to_thread.run_sync(server.wait)
    assert wrong(await replicas.call_all(callers)) == []
    assert replicas.upstream.refreshes.total() == len(callers)
    assert replicas.upstream.reused == []
    server.start(replicas.settings)


async def test_a_server_that_is_killed_loses_only_the_sign_ins_it_was_renewing(replicas: Replicas) -> None:
    server, callers = replicas.servers[1], CALLERS[12:18]
    async with refreshing(replicas, server, callers):
        server.send(signal.SIGKILL)
        await anyio.to_thread.run_sync(server.wait)
    replicas.redis.lose_locks()
    await until_signed_out(replicas, replicas.servers[0], callers)
    assert replicas.upstream.reused == []
    assert wrong(await replicas.call_all(CALLERS[30:])) == []
    server.start(replicas.settings)
    await replicas.sign_in_all(callers)
    assert wrong(await replicas.call_all(callers)) == []


async def test_a_server_that_was_stopped_past_its_locks_uses_no_token_twice(replicas: Replicas) -> None:
    server, callers = replicas.servers[2], CALLERS[18:24]
    async with refreshing(replicas, server, callers):
        server.send(signal.SIGSTOP)
        replicas.redis.lose_locks()
        other = replicas.servers[0]
        await until_signed_out(replicas, other, callers)
        server.send(signal.SIGCONT)
    await until_right(replicas, other, callers)  # the server saves the answers now
    assert replicas.upstream.refreshes.total() == len(callers)
    assert replicas.upstream.reused == []


async def test_while_redis_is_down_callers_go_on_and_no_sign_in_is_lost(replicas: Replicas) -> None:
    callers = CALLERS[24:30]
    assert wrong(await replicas.call_all(callers, at=replicas.servers[0])) == []
    async with refreshing(replicas, replicas.servers[0], callers):
        replicas.redis.kill()
    assert wrong(await replicas.call_all(callers, at=replicas.servers[0])) == []
    replicas.upstream.reject_all()
    answers = await replicas.call_all(callers, at=replicas.servers[0])
    assert all("store of the sign-ins does not answer" in text for _, _, text in answers)
    replicas.redis.start()
    replicas.redis.lose_locks()
    await until_right(replicas, replicas.servers[1], callers)
    assert replicas.upstream.reused == []
