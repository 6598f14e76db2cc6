"""Records in a real Redis: their locks, their revisions, their encryption, and what is done while it is away."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from closient_mcp.auth.errors import UnavailableError, UserActionRequired
from closient_mcp.auth.records import Client, Pending, Record, Server, Tokens
from closient_mcp.auth.secrets.redaction import Redaction
from closient_mcp.auth.store.record_store import Store
from closient_mcp.auth.store.redis_connection import RedisConnection, StoreError
from closient_mcp.auth.store.redis_records import RedisRecords

from ..fakes.limits import SECONDS
from ..fakes.redis_server import KEY, RedisServer, running_redis

pytestmark = pytest.mark.all

SITE = "https://www.example.com"
TOKENS = Tokens(access_token="access-token-one", refresh_token="refresh-token-one", obtained_at=1.0)
DAYS = 86_400


@pytest.fixture(scope="module")
def _redis(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RedisServer]:
    with running_redis(tmp_path_factory.mktemp("redis")) as server:
        yield server


@pytest.fixture
def redis(_redis: RedisServer) -> RedisServer:
    _redis.ask("FLUSHALL")
    return _redis


@pytest.fixture
def connection(redis: RedisServer) -> Iterator[RedisConnection]:
    with redis.connected() as made:
        yield made


def store_over(connection: RedisConnection, caller: str = "ann") -> Store:
    return Store(RedisRecords(connection), "acme", SITE, lambda: "registered", Redaction(), caller)


@pytest.fixture
def store(connection: RedisConnection) -> Store:
    return store_over(connection)


def test_what_one_server_writes_another_reads_and_each_write_is_counted(redis: RedisServer, store: Store) -> None:
    store.change(tokens=TOKENS, user="ann")
    store.change(user="Ann")
    with redis.connected() as elsewhere:
        read = store_over(elsewhere).read()
        assert (read.tokens, read.user, read.rev, read.caller) == (TOKENS, "Ann", 2, "ann")
        assert store_over(elsewhere, "bob").read().tokens is None


def test_a_stamp_changes_with_each_write_anywhere(redis: RedisServer, store: Store) -> None:
    with redis.connected() as elsewhere:
        assert store_over(elsewhere).stamp() is None
        store.change(user="ann")
        first = store_over(elsewhere).stamp()
        store.change(user="Ann")
        assert store_over(elsewhere).stamp() not in (first, None)


def test_one_server_at_a_time_holds_the_lock(redis: RedisServer, store: Store) -> None:
    entered, order = threading.Event(), list[str]()
    with redis.connected() as elsewhere:
        other = store_over(elsewhere)

        def enter() -> None:
            entered.set()
            with other.lock():
                order.append("second")

        with store.lock():
            thread = threading.Thread(target=enter)
            thread.start()
            assert entered.wait(SECONDS)
            store.write(store.read())
            order.append("first")
        thread.join(SECONDS)
    assert order == ["first", "second"]
    assert redis.keys("closient-mcp:lock:*") == []


def test_a_lock_that_is_held_is_renewed(redis: RedisServer, store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("closient_mcp.auth.store.leases._RENEW_SECONDS", 0.01)
    with store.lock():
        (lock,) = redis.keys("closient-mcp:lock:*")
        redis.ask("PEXPIRE", lock, 10_000)
        while redis.ask("PTTL", lock) <= 10_000:
            threading.Event().wait(0.01)


def test_who_lost_the_lock_can_no_longer_write(redis: RedisServer, store: Store) -> None:
    with redis.connected() as elsewhere:
        other = store_over(elsewhere)
        with store.lock():
            before = store.read()
            redis.lose_locks()  # as if this server had been stopped for long
            other.change(user="other")
            with pytest.raises(UnavailableError, match="another server has changed the sign-in"):
                store.write(before.model_copy(update={"user": "late"}))
            # Even if nothing was changed.
            with other.lock(), pytest.raises(UnavailableError):
                store.write(store.read())
        assert store.read().user == "other"


def test_who_lost_the_lock_does_not_release_that_of_another(redis: RedisServer, store: Store) -> None:
    with redis.connected() as elsewhere, ExitStack() as locked:
        with store.lock():
            redis.lose_locks()
            locked.enter_context(store_over(elsewhere).lock())
        assert len(redis.keys("closient-mcp:lock:*")) == 1


def test_a_write_is_repeated_if_only_its_answer_was_lost(redis: RedisServer, store: Store) -> None:
    with store.lock():
        written = store.write(store.read().model_copy(update={"user": "ann"}))
        (name,) = redis.keys("closient-mcp:record:*")
        assert redis.ask("HGET", name, "rev") == b"1"
        with pytest.raises(UnavailableError):  # another value for the same revision
            store.write(written.model_copy(update={"rev": 0, "user": "bob"}))


def test_nothing_is_written_without_the_lock(store: Store) -> None:
    with pytest.raises(UnavailableError):
        store.write(store.read())


def test_the_login_lock_is_for_one_server_at_a_time(redis: RedisServer, store: Store) -> None:
    with redis.connected() as elsewhere:
        first, second = store.login_lock(), store_over(elsewhere).login_lock()
        assert (first.acquire(), second.acquire()) == (True, False)
        first.release()
        assert second.acquire()
        second.release()


def test_rule_1_no_token_and_no_caller_is_readable_in_redis(redis: RedisServer, store: Store) -> None:
    client = Client(client_id="client-id-one", client_secret="client-secret-one")
    store.change(tokens=TOKENS, client=client, user="user-one", account="account-one")
    dump = redis.dump()
    assert b"closient-mcp:record:acme-" in dump
    for text in ("access-token-one", "refresh-token-one", "client-secret-one", "user-one", "account-one", KEY, "ann"):
        assert text.encode() not in dump


def test_rule_1_records_that_were_swapped_are_not_used(redis: RedisServer, connection: RedisConnection) -> None:
    store_over(connection, "ann").change(tokens=TOKENS)
    (of_ann,) = redis.keys("closient-mcp:record:*")
    store_over(connection, "bob").change(user="bob")
    (of_bob,) = set(redis.keys("closient-mcp:record:*")) - {of_ann}
    redis.ask("HSET", of_bob, "value", redis.ask("HGET", of_ann, "value"))
    with pytest.raises(UserActionRequired, match="was damaged") as caught:
        store_over(connection, "bob").read()
    assert f"redis-cli DEL {of_bob}" in caught.value.next_step
    assert [record.caller for record in RedisRecords(connection).all()] == ["ann"]


def test_a_damaged_record_is_named_and_left_as_it_is(
    redis: RedisServer, connection: RedisConnection, caplog: pytest.LogCaptureFixture
) -> None:
    store_over(connection).change(tokens=TOKENS)
    (name,) = redis.keys("closient-mcp:record:*")
    value = bytearray(redis.ask("HGET", name, "value"))
    value[40] ^= 1
    redis.ask("HSET", name, "value", bytes(value))
    with pytest.raises(UserActionRequired, match="was damaged"):
        store_over(connection).read()
    assert RedisRecords(connection).count() == (0, 1)
    assert name in caplog.text
    assert redis.ask("HGET", name, "value") == bytes(value)
    redis.ask("DEL", name)
    store_over(connection).change(user="again")
    assert RedisRecords(connection).count() == (1, 0)


def test_keys_are_replaced_without_a_sign_in(redis: RedisServer) -> None:
    old, new = "old" * 12, "new" * 12
    with redis.connected(old) as connection:
        store_over(connection).change(tokens=TOKENS)
    with redis.connected(new, old) as connection:
        assert store_over(connection).read().tokens == TOKENS
        store_over(connection).change(user="ann")
    with redis.connected(new) as connection:
        assert store_over(connection).read().tokens == TOKENS
    with redis.connected(old) as connection, pytest.raises(UserActionRequired, match=r"not under http\.store\.keys"):
        store_over(connection).read()


def test_records_expire_without_use_and_unfinished_sign_ins_sooner(redis: RedisServer, store: Store) -> None:
    server, client = Server(issuer=SITE, token_endpoint=f"{SITE}/token"), Client(client_id="i")
    pending = Pending(
        scopes=(), expires_at=2.0, server=server, client=client, state="s", verifier="v", nonce="n", redirect_uri="",
        url="",
    )  # fmt: skip
    lifetimes: list[int] = []
    with store.lock():
        (name,) = redis.keys("closient-mcp:record:*")
        lifetimes.append(redis.ask("TTL", name))
    for changes in ({"pending": pending, "client": client}, {"tokens": TOKENS, "pending": None}):
        store.change(**changes)
        lifetimes.append(redis.ask("TTL", name))
    assert [round(lifetime / DAYS) for lifetime in lifetimes] == [1, 1, 90]
    redis.ask("EXPIRE", name, DAYS // 2)
    store_of_another_process = store
    store_of_another_process.stamp()
    assert round(redis.ask("TTL", name) / DAYS) == 90


def test_while_redis_is_away_each_method_says_so_and_stamps_stay(tmp_path: Path) -> None:
    with running_redis(tmp_path, keeps=True) as redis, redis.connected() as connection:
        store = store_over(connection)
        store.change(tokens=TOKENS)
        stamp = store.stamp()
        redis.kill()
        for use in (
            store.read,
            lambda: store.change(user="ann"),
            lambda: store.check_room(""),
            store.login_lock().acquire,
        ):
            with pytest.raises(UnavailableError, match=f"redis://127.0.0.1:{redis.port}/0") as caught:
                use()
            assert "Check that Redis runs" in caught.value.next_step.replace("check", "Check")
        with pytest.raises(StoreError):
            RedisRecords(connection).count()
        assert store.stamp() == stamp
        redis.start()
        store.change(user="ann")
        assert (store.read().tokens, store.read().user) == (TOKENS, "ann")


def test_a_lock_that_could_not_be_released_is_released_as_soon_as_redis_is_back(tmp_path: Path) -> None:
    with running_redis(tmp_path, keeps=True) as redis, redis.connected() as connection:
        store = store_over(connection)
        with store.lock():
            redis.kill()
        redis.start()
        (lock,) = redis.keys("closient-mcp:lock:*")
        owner = redis.ask("GET", lock)
        with store.lock():
            assert redis.ask("GET", lock) != owner
            assert redis.ask("PTTL", lock) > 0


def test_a_redis_that_answers_nothing_is_not_waited_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("closient_mcp.auth.store.redis_connection._ANSWER_SECONDS", 0.05)
    monkeypatch.setattr("closient_mcp.auth.store.redis_connection._PAUSE", 0.0)
    with running_redis(tmp_path) as redis, redis.connected() as connection:
        store = store_over(connection)
        store.change(tokens=TOKENS)
        redis.hang()
        with pytest.raises(UnavailableError, match="does not answer"):
            store.read()
        redis.go_on()
        assert store.read().tokens == TOKENS


def test_a_full_redis_is_noticed_before_a_token_is_requested(
    redis: RedisServer, store: Store, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    redis.ask("CONFIG", "SET", "maxmemory", 1)
    try:
        with pytest.raises(UnavailableError, match="could not be saved") as caught:
            store.check_room("nothing was lost")
    finally:
        redis.ask("CONFIG", "SET", "maxmemory", 0)
    assert "nothing was lost" in caught.value.next_step


def test_a_record_of_a_newer_version_is_left_as_it_is(redis: RedisServer, store: Store) -> None:
    store.change(v=2)
    with pytest.raises(UserActionRequired, match="a newer version wrote it"):
        store.read()


def test_records_of_all_callers_are_listed(connection: RedisConnection) -> None:
    for caller in ("ann", "bob", ""):
        store_over(connection, caller).change(user=f"user {caller}")
    with store_over(connection, "carol").lock():
        found: list[Record] = list(RedisRecords(connection).all())
    assert sorted(record.user for record in found) == ["user ", "user ann", "user bob"]
