"""Long results in Redis: found by every server, encrypted for their caller, and bounded in number and size."""

from __future__ import annotations

import time
import zlib
from collections.abc import Callable
from hashlib import sha256
from typing import TypeVar

import anyio.to_thread

from ...auth.secrets.sealing import UnsealError
from ...auth.store.redis_connection import PREFIX, RedisConnection, StoreError
from ...tools.toolset.result_store import KEPT_SECONDS, Entry, KeptResult, ResultStoreError, excess, new_name

T = TypeVar("T")

_INDEX, _RESULT = f"{PREFIX}results", f"{PREFIX}result:"
_MOST, _MOST_BYTES = 500, 256 * 1024 * 1024
_LONGEST_NAME = 40

# ARGV: the end of the hour, now, the entry, the value, the hour in milliseconds, and the entries to drop, whose values
# are the further keys.
_KEEP = """
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', ARGV[2])
for i = 3, #KEYS do redis.call('DEL', KEYS[i]) end
for i = 6, #ARGV do redis.call('ZREM', KEYS[1], ARGV[i]) end
redis.call('SET', KEYS[2], ARGV[4], 'PX', ARGV[5])
redis.call('ZADD', KEYS[1], ARGV[1], ARGV[3])
redis.call('PEXPIRE', KEYS[1], ARGV[5])
"""


class RedisResultStore:
    """Keeps results in Redis: at most 500 of 256 MiB in all.

    They are listed in a sorted set by the end of their hour, as `OWNER:SIZE:NAME`, with the owner as a digest.
    """

    def __init__(self, connection: RedisConnection) -> None:
        self._connection = connection

    async def keep(self, owner: str, result: KeptResult) -> str:
        """Keep a result; if that is too much, drop others.

        Raises:
            ResultStoreError: Redis failed.
        """
        return await _in_thread(lambda: self._keep(owner, result))

    async def find(self, owner: str, name: str) -> KeptResult | None:
        """The result with this name, None if it is no longer kept or belongs to another caller.

        Raises:
            ResultStoreError: Redis failed.
        """
        return await _in_thread(lambda: self._find(owner, name))

    def _keep(self, owner: str, result: KeptResult) -> str:
        now, name = time.time(), new_name()
        content = zlib.compress((b"c" if result.csv else b"t") + result.content, 1)
        value = self._connection.sealer.seal(_purpose(owner, name), content)
        new = Entry(name, _digest(owner), len(value))
        listed: list[bytes] = self._connection.command("ZRANGEBYSCORE", _INDEX, f"{now:.6f}", "+inf")
        entries = {entry.name: entry for entry in map(_read, listed)}
        dropped = excess(list(entries.values()), new, _MOST, _MOST_BYTES)
        self._connection.script(
            _KEEP,
            [_INDEX, f"{_RESULT}{name}", *(f"{_RESULT}{old}" for old in dropped)],
            f"{now + KEPT_SECONDS:.6f}",
            f"{now:.6f}",
            _written(new),
            value,
            int(KEPT_SECONDS * 1000),
            *(_written(entries[old]) for old in dropped),
        )
        return name

    def _find(self, owner: str, name: str) -> KeptResult | None:
        value: bytes | None = self._connection.command("GET", f"{_RESULT}{name[:_LONGEST_NAME]}")
        if value is None:
            return None
        try:
            content = zlib.decompress(self._connection.sealer.unseal(_purpose(owner, name), value.decode()))
        except UnsealError:
            return None
        return KeptResult(content[1:], csv=content[:1] == b"c")


async def _in_thread(work: Callable[[], T]) -> T:
    try:
        return await anyio.to_thread.run_sync(work)
    except StoreError as error:
        raise ResultStoreError(f"the store does not answer: {error}") from None


def _purpose(owner: str, name: str) -> str:
    """What a value is encrypted for: no other caller can read it."""
    return f"result {name} of {owner}"


def _digest(owner: str) -> str:
    return sha256(owner.encode()).hexdigest()[:16]


def _written(entry: Entry) -> str:
    return f"{entry.owner}:{entry.size}:{entry.name}"


def _read(listed: bytes) -> Entry:
    owner, size, name = listed.decode().split(":", 2)
    return Entry(name, owner, int(size))
