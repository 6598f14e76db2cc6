"""Sign-ins that several servers share in a real Redis, at a server that ends a sign-in whose token is used twice."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from closient_mcp.auth.errors import UnavailableError
from closient_mcp.auth.records import Record
from closient_mcp.auth.session.renewal import Session
from closient_mcp.auth.sign_in.sign_out import sign_out
from closient_mcp.auth.store.redis_records import RedisRecords

from ..fakes.limits import SECONDS
from ..fakes.redis_server import KEY, RedisServer, running_redis
from ..fakes.service import Received, Reply, Service
from ..fakes.signed_in_home import Home, no_refresh_is_left, until

pytestmark = pytest.mark.all

# A server of ours, which renews the sign-in once, and prints the token that it has then, and when nothing is unsaved.
_REPLICA = """
import asyncio, sys, time
from closient_mcp.auth.oauth.http import HttpClient
from closient_mcp.auth.profile import Profile
from closient_mcp.auth.secrets.redaction import Redaction
from closient_mcp.auth.session.renewal import Session
from closient_mcp.auth.store.record_store import Store
from closient_mcp.auth.store.redis_connection import RedisConnection
from closient_mcp.auth.store.redis_records import RedisRecords

redis, key, site, now = sys.argv[1:]
store = Store(RedisRecords(RedisConnection(redis, [key])), "closient", site, lambda: "registered", Redaction())
profile = Profile("closient", site, frozenset({"https://api.example.com"}), "1")
session = Session(profile, store, HttpClient(trust_env=False), clock=lambda: float(now))
print(asyncio.run(session.token()), flush=True)
while session.is_renewing:
    time.sleep(0.05)
print("settled", flush=True)
sys.stdin.read()
"""


@pytest.fixture
def redis(tmp_path: Path) -> Iterator[RedisServer]:
    with running_redis(tmp_path, keeps=True) as server:
        yield server


@pytest.fixture
def home(service: Service, redis: RedisServer, tmp_path: Path) -> Iterator[Home]:
    with redis.connected() as connection:
        made = Home(service, tmp_path, records=RedisRecords(connection))
        made.sign_in(age=3590)
        yield made
        made.may_answer.set()
        assert no_refresh_is_left()


def replica(redis: RedisServer, home: Home, stack: ExitStack) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", _REPLICA, redis.url, KEY, home.service.url, str(home.now)]
    pipe = subprocess.PIPE
    process = stack.enter_context(subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True))
    stack.callback(process.kill)
    return process


def printed(process: subprocess.Popen[str]) -> str:
    assert process.stdout
    return process.stdout.readline().strip()


def settled(session: Session) -> None:
    """Wait until the session has nothing to save."""
    while session.is_renewing:
        threading.Event().wait(0.05)


async def test_many_servers_that_find_a_token_expired_renew_it_once(redis: RedisServer, home: Home) -> None:
    with ExitStack() as stack:
        sessions: list[Session] = []
        for _ in range(8):
            connection = stack.enter_context(redis.connected())
            home.records = RedisRecords(connection)
            sessions.append(home.session())
        tokens = await asyncio.gather(*(session.token() for session in sessions for _ in range(3)))
        assert set(tokens) == {"access-token-1"}
        assert (home.asked(), home.refused) == (1, [])
        home.now += 3600
        assert set(await asyncio.gather(*(session.token() for session in sessions))) == {"access-token-2"}
        assert home.asked() == 2


def test_a_server_killed_before_the_answer_ends_that_sign_in_and_no_token_is_used_twice(
    redis: RedisServer, home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    home.may_answer.clear()
    with ExitStack() as stack:
        killed = replica(redis, home, stack)
        assert home.began.wait(SECONDS)
        killed.kill()
        killed.wait(SECONDS)
        home.may_answer.set()
        redis.lose_locks()
        home.now += 60
        session = home.session()
        with pytest.raises(UnavailableError, match="has not stored the answer yet"):
            asyncio.run(session.token())
        assert home.kept()
        monkeypatch.setattr("closient_mcp.auth.session.renewal._ANSWER_PATIENCE", 0.0)
        assert asyncio.run(session.token()) is None
    assert "the connection was lost before the new token was saved" in session.renewal_failure
    assert (home.asked(), home.refused, home.kept()) == (1, [], None)


def test_the_token_is_used_until_it_expires_though_an_answer_was_lost(redis: RedisServer, home: Home) -> None:
    home.may_answer.clear()
    with ExitStack() as stack:
        killed = replica(redis, home, stack)
        assert home.began.wait(SECONDS)
        killed.kill()
        killed.wait(SECONDS)
        home.may_answer.set()
        redis.lose_locks()
        assert asyncio.run(home.session().token()) == "access-token-0"
    assert home.refused == []
    assert home.kept()


def test_a_server_stopped_past_its_lease_saves_the_answer_when_it_goes_on(
    redis: RedisServer, home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("closient_mcp.auth.session.renewal._ANSWER_PATIENCE", 0.0)
    home.may_answer.clear()
    with ExitStack() as stack:
        stopped = replica(redis, home, stack)
        assert home.began.wait(SECONDS)
        os.kill(stopped.pid, signal.SIGSTOP)
        home.may_answer.set()
        redis.lose_locks()
        home.now += 60
        other = home.session()
        assert asyncio.run(other.token()) is None
        os.kill(stopped.pid, signal.SIGCONT)
        assert printed(stopped) == "access-token-1"
        assert printed(stopped) == "settled"
        assert asyncio.run(other.token()) == "access-token-1"
    assert (home.asked(), home.refused) == (1, [])


def test_a_server_stopped_past_its_lease_does_not_undo_a_sign_out(redis: RedisServer, home: Home) -> None:
    home.may_answer.clear()
    with ExitStack() as stack:
        stopped = replica(redis, home, stack)
        assert home.began.wait(SECONDS)
        os.kill(stopped.pid, signal.SIGSTOP)
        redis.lose_locks()
        sign_out(home.session())
        home.may_answer.set()
        os.kill(stopped.pid, signal.SIGCONT)
        assert printed(stopped) == "access-token-1"  # until it looks again
        assert printed(stopped) == "settled"
    assert home.kept() is None


@pytest.mark.parametrize(
    "answer", [Reply({"error": "temporarily_unavailable"}, 503), Reply("down", 502)], ids=["503", "502"]
)
def test_a_refresh_that_was_answered_without_a_token_is_tried_again(
    redis: RedisServer, home: Home, answer: Reply
) -> None:
    rotate = home.service.routes["/token"]
    home.fail(answer)
    home.now += 60
    with pytest.raises(UnavailableError, match="is not renewing sign-ins right now"):
        asyncio.run(home.session().token())
    home.service.routes["/token"] = rotate
    assert asyncio.run(home.session().token()) == "access-token-1"
    assert home.refused == []


async def test_redis_that_is_down_when_the_answer_comes_loses_nothing(redis: RedisServer, home: Home) -> None:
    home.may_answer.clear()
    session, other = home.session(), home.session()
    call = asyncio.ensure_future(session.token())
    await until(home.began)
    redis.kill()
    home.may_answer.set()
    assert await call == "access-token-1"
    assert await session.token() == "access-token-1"
    redis.start()
    redis.lose_locks()
    home.now += 60
    await asyncio.to_thread(settled, session)
    assert await other.token() == "access-token-1"
    assert (home.asked(), home.refused) == (1, [])


async def test_while_redis_is_down_tokens_are_used_until_they_expire(redis: RedisServer, home: Home) -> None:
    session = home.session()
    assert await session.token() == "access-token-1"
    redis.kill()
    assert await session.token() == "access-token-1"
    home.now += 3590  # soon
    assert await session.token() == "access-token-1"
    home.now += 60
    with pytest.raises(UnavailableError, match="the store of the sign-ins does not answer") as caught:
        await session.token()
    assert "try again in a moment" in caught.value.next_step
    with pytest.raises(UnavailableError):
        await home.session().token()
    assert home.asked() == 1
    redis.start()
    assert await session.token() == "access-token-2"


async def test_a_refresh_token_that_is_not_replaced_is_sent_without_a_mark(redis: RedisServer, home: Home) -> None:
    home.service.routes["/token"] = Reply({"access_token": "again", "token_type": "Bearer", "expires_in": 3600})
    assert await home.session().token() == "again"
    marks: list[str] = []

    def look(got: Received) -> Reply:
        marks.append(home.store().read().refreshing)
        return Reply({"access_token": "once more", "token_type": "Bearer", "expires_in": 3600})

    home.service.routes["/token"] = look
    home.now += 3600
    assert await home.session().token() == "once more"
    assert marks == [""]


def test_a_refresh_is_marked_before_it_is_sent_and_no_more_once_it_is_answered(redis: RedisServer, home: Home) -> None:
    seen: list[Record] = []

    def look_and_rotate(got: Received) -> Reply:
        seen.append(home.store().read())
        return home.rotate(got)

    home.service.routes["/token"] = look_and_rotate
    assert asyncio.run(home.session().token()) == "access-token-1"
    assert seen[0].refreshing
    assert "refresh-token-0" not in json.dumps(seen[0].refreshing)
    assert home.store().read().refreshing == ""
