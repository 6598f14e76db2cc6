"""The URL and the keys of the store; what it does is tested with a real server (`make test-all`)."""

from __future__ import annotations

import socket
import sys

import pytest

from closient_mcp.auth.store.redis_connection import RedisConnection, StoreError, StoreSettingsError

KEY = "k" * 32


@pytest.mark.parametrize(
    ("url", "location"),
    [
        ("redis://127.0.0.1:6379/0", "redis://127.0.0.1:6379/0"),
        ("redis://user:a-password@redis.internal:6380/2?socket_timeout=5", "redis://redis.internal:6380/2"),
        ("rediss://:a-password@redis.internal", "rediss://redis.internal"),
        ("unix://user:a-password@/run/redis.sock", "unix:///run/redis.sock"),
    ],
)
def test_rule_1_messages_name_the_store_without_its_password(url: str, location: str) -> None:
    assert RedisConnection(url, [KEY]).location == location


@pytest.mark.parametrize(
    ("url", "keys", "says"),
    [
        ("http://127.0.0.1:6379", [KEY], "expected a URL such as redis://"),
        ("127.0.0.1:6379", [KEY], "expected a URL such as redis://"),
        ("redis://:a-pass/word@127.0.0.1:6379", [KEY], "as %2F"),
        ("redis://127.0.0.1:port", [KEY], "cannot be parsed"),
        ("redis://127.0.0.1:6379/0?socket_timeout=soon", [KEY], "number of the database and its options"),
        ("redis://127.0.0.1:6379/0", [KEY, "k" * 31], "at least 32 characters"),
    ],
)
def test_a_url_or_key_that_cannot_be_used_is_explained_without_it(url: str, keys: list[str], says: str) -> None:
    with pytest.raises(StoreSettingsError) as caught:
        RedisConnection(url, keys)
    assert says in str(caught.value)
    assert "a-pass" not in str(caught.value)
    assert "k" * 31 not in str(caught.value)


def test_the_package_is_named_if_it_is_not_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "redis", None)
    with pytest.raises(StoreSettingsError, match=r"closient-mcp\[redis\]"):
        RedisConnection("redis://127.0.0.1:6379", [KEY])


def test_a_server_that_is_not_there_is_named_without_the_password() -> None:
    connection = RedisConnection("redis://:a-password@127.0.0.1:9/0", [KEY])
    for use in (connection.check_writes, lambda: connection.script("return 1", []), lambda: list(connection.keys(""))):
        with pytest.raises(StoreError, match=r"redis://127\.0\.0\.1:9/0") as caught:
            use()
        assert "a-password" not in str(caught.value)
    connection.close()


@pytest.mark.parametrize(("pause", "reason"), [(60.0, "did not answer a moment ago"), (0.0, "Timeout")])
def test_a_server_that_does_not_answer_is_asked_again_after_a_pause(
    monkeypatch: pytest.MonkeyPatch, pause: float, reason: str
) -> None:
    monkeypatch.setattr("closient_mcp.auth.store.redis_connection._ANSWER_SECONDS", 0.01)
    monkeypatch.setattr("closient_mcp.auth.store.redis_connection._PAUSE", pause)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        connection = RedisConnection(f"redis://127.0.0.1:{silent.getsockname()[1]}", [KEY])
        with pytest.raises(StoreError, match="Timeout"):
            connection.check_writes()
        with pytest.raises(StoreError, match=reason):
            connection.script("return 1", [])
        connection.close()
