"""Long results in a real Redis: for their caller on every server, encrypted, and bounded."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from closient_mcp.server.bridge.results_in_redis import RedisResultStore
from closient_mcp.tools.toolset.result_store import KeptResult, ResultStoreError

from ..fakes.redis_server import RedisServer, running_redis

pytestmark = pytest.mark.all

TEXT = KeptResult(b"a-text-of-a-result", csv=False)
TABLE = KeptResult(b"id,name\n1,a-name-in-a-table\n", csv=True)


@pytest.fixture
def redis(tmp_path: Path) -> Iterator[RedisServer]:
    with running_redis(tmp_path) as server:
        yield server


async def test_a_result_is_found_from_every_server_by_its_caller_alone(redis: RedisServer) -> None:
    with redis.connected() as here, redis.connected() as there:
        names = [await RedisResultStore(here).keep("ann", kept) for kept in (TEXT, TABLE)]
        assert [await RedisResultStore(there).find("ann", name) for name in names] == [TEXT, TABLE]
        for owner, name in (("bob", names[0]), ("", names[0]), ("ann", "unknown"), ("ann", names[0] + "x" * 50)):
            assert await RedisResultStore(there).find(owner, name) is None


async def test_rule_1_neither_results_nor_callers_are_readable(redis: RedisServer) -> None:
    with redis.connected() as connection:
        await RedisResultStore(connection).keep("ann-at-example", TEXT)
        (name,) = redis.keys("closient-mcp:result:*")
        seen = redis.ask("GET", name) + b"".join(redis.ask("ZRANGE", "closient-mcp:results", 0, -1))
        assert b"ann-at-example" not in seen
        assert b"a-text-of-a-result" not in seen
        assert 3_500_000 < redis.ask("PTTL", name) <= 3_600_000


async def test_the_oldest_results_of_whoever_keeps_most_make_room(
    redis: RedisServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("closient_mcp.server.bridge.results_in_redis._MOST", 3)
    with redis.connected() as connection:
        store = RedisResultStore(connection)
        of_bob = await store.keep("bob", TEXT)
        of_ann = [await store.keep("ann", TEXT) for _ in range(4)]
        assert await store.find("bob", of_bob) == TEXT
        assert [await store.find("ann", name) is not None for name in of_ann].count(True) == 2
        assert len(redis.keys("closient-mcp:result:*")) == 3
        assert redis.ask("ZCARD", "closient-mcp:results") == 3


async def test_a_redis_that_is_down_is_reported(redis: RedisServer) -> None:
    with redis.connected() as connection:
        store = RedisResultStore(connection)
        name = await store.keep("ann", TEXT)
        redis.kill()
        with pytest.raises(ResultStoreError, match="does not answer"):
            await store.keep("ann", TEXT)
        with pytest.raises(ResultStoreError, match="does not answer"):
            await store.find("ann", name)
