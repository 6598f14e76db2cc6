"""Locks in Redis: they expire unless their owner, as long as it runs, renews them."""

from __future__ import annotations

import threading
import time
from contextlib import suppress
from secrets import token_hex

from .redis_connection import RedisConnection, StoreError

# A process that is stopped or cut off for longer loses its lock.
_LEASE_SECONDS = 20.0
_RENEW_SECONDS = 5.0
_RELEASE_AGAIN = 1.0

# The lock is free, or an answer to this owner was lost. The record learns of it: only its latest owner may write.
_ACQUIRE = """
local owner = redis.call('GET', KEYS[1])
if owner and owner ~= ARGV[1] then return 0 end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
if KEYS[2] then
  redis.call('HSET', KEYS[2], 'owner', ARGV[1])
  if redis.call('TTL', KEYS[2]) < 0 then redis.call('EXPIRE', KEYS[2], ARGV[3]) end
end
return 1
"""
_RENEW = "if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('PEXPIRE', KEYS[1], ARGV[2]) end return 0"
_RELEASE = "if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end return 0"


class Lease:
    """A lock that is acquired once; `owner` is random.

    With a `record`, the owner is written into that hash: a process that was stopped, and lost its lock without
    noticing, is no longer the owner there (a fencing token, which does not repeat even if Redis loses its data).
    """

    def __init__(self, connection: RedisConnection, lock: str, record: str = "", record_seconds: int = 0) -> None:
        """`record_seconds` is how long a record lasts that did not exist."""
        self._connection = connection
        self._lock = lock
        self._keys = [lock, record] if record else [lock]
        self._record_seconds = record_seconds
        self._released = threading.Event()
        self.owner = token_hex(16)

    def acquire(self) -> bool:
        """Take the lock if it is free, and renew it until it is released; return whether it is ours.

        Raises:
            StoreError: Redis failed.
        """
        milliseconds = int(_LEASE_SECONDS * 1000)
        try:
            is_ours = self._connection.script(_ACQUIRE, self._keys, self.owner, milliseconds, self._record_seconds)
        except StoreError:
            self.release()  # perhaps only the answer was lost
            raise
        if not is_ours:
            return False
        threading.Thread(target=self._renew, args=(milliseconds,), name="closient-mcp-lease", daemon=True).start()
        return True

    def release(self) -> None:
        """Give it back, or try that again as long as it has not expired."""
        self._released.set()
        try:
            self._connection.script(_RELEASE, [self._lock], self.owner)
        except StoreError:
            threading.Thread(target=self._release_later, name="closient-mcp-lease", daemon=True).start()

    def _release_later(self) -> None:
        until = time.monotonic() + _LEASE_SECONDS
        while time.monotonic() < until:
            time.sleep(_RELEASE_AGAIN)
            with suppress(StoreError):
                self._connection.script(_RELEASE, [self._lock], self.owner)
                return

    def _renew(self, milliseconds: int) -> None:
        while not self._released.wait(_RENEW_SECONDS):
            with suppress(StoreError):
                if not self._connection.script(_RENEW, [self._lock], self.owner, milliseconds):
                    return
