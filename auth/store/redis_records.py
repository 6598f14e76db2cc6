"""Records in Redis or Valkey: the same for all servers, encrypted, and forgotten when they are no longer used."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Generator, Iterator
from contextlib import contextmanager

from ..errors import UnavailableError, UserActionRequired
from ..records import Record
from ..secrets.sealing import UnsealError
from .backend import NewerFormatError, RecordKey, read_record
from .leases import Lease
from .redis_connection import PREFIX, RedisConnection, StoreError

logger = logging.getLogger(__name__)

_RECORD, _LOCK, _LOGIN = f"{PREFIX}record:", f"{PREFIX}lock:", f"{PREFIX}login:"
_DAY = 86_400
# After the last use of a sign-in or registration, and after the last change of anything else.
_KEPT_SECONDS, _UNFINISHED_SECONDS = 90 * _DAY, _DAY
# For a server whose refresh takes long.
_PATIENCE = 30.0
_POLL_SECONDS = 0.1
# Changes of other servers are noticed after this long.
_LOOK_SECONDS = 1.0

# Each use prolongs a record that is kept for long, at most once in a month.
_LOOK = """
local is_kept = redis.call('HGET', KEYS[1], 'seconds') == ARGV[1]
if is_kept and redis.call('TTL', KEYS[1]) < tonumber(ARGV[1]) * 2 / 3 then redis.call('EXPIRE', KEYS[1], ARGV[1]) end
return redis.call('HMGET', KEYS[1], 'rev', 'owner')
"""
# Only the latest owner of the lock writes, and only over the revision that it has read. The same value again: the
# answer to the first write was lost.
_WRITE = """
local now = redis.call('HMGET', KEYS[1], 'owner', 'rev', 'value')
if now[1] ~= ARGV[1] then return 0 end
if now[3] == ARGV[4] then return 1 end
if (now[2] or '0') ~= ARGV[2] then return 0 end
redis.call('HSET', KEYS[1], 'rev', ARGV[3], 'value', ARGV[4], 'seconds', ARGV[5])
redis.call('EXPIRE', KEYS[1], ARGV[5])
return 1
"""


class RedisRecords:
    """The records in Redis."""

    def __init__(self, connection: RedisConnection) -> None:
        self._connection = connection

    def open(self, key: RecordKey) -> RedisRecord:
        """The record with this key; nothing is read yet."""
        return RedisRecord(self._connection, key)

    def all(self) -> Iterator[Record]:
        """The records that can be read.

        Raises:
            UnavailableError: Redis failed.
        """
        try:
            yield from filter(None, self._all())
        except StoreError as error:
            message, next_step = f"The sign-ins in {error} cannot be listed.", "Check that Redis runs, and try again."
            raise UnavailableError(message, next_step, system="", url=self._connection.location) from None

    def count(self) -> tuple[int, int]:
        """How many records can be read, and how many cannot.

        Raises:
            StoreError: Redis failed.
        """
        readable = [record is not None for record in self._all()]
        return readable.count(True), readable.count(False)

    def _all(self) -> Iterator[Record | None]:
        """The records, None for each that cannot be read."""
        for key in self._connection.keys(_RECORD):
            value: bytes | None = self._connection.command("HGET", key, "value")
            if value is None:  # only its lock was taken
                continue
            try:
                yield _unsealed(self._connection, key.removeprefix(_RECORD), value)
            except (UnsealError, NewerFormatError) as error:
                logger.warning("the record %s cannot be used: %s", key, error)
                yield None


class RedisRecord:
    """One record in Redis."""

    is_remote = True

    def __init__(self, connection: RedisConnection, key: RecordKey) -> None:
        self._connection = connection
        self._key = key
        self._name = f"{_RECORD}{key.name}"
        self._turn = threading.Lock()
        self._owner = ""
        self._stamp: object = None
        self._look_at = 0.0

    def stamp(self) -> object:
        """The revision and the last owner of the lock, at most a second old; the last known ones if Redis fails."""
        now = time.monotonic()
        if now >= self._look_at and not self._connection.has_just_failed:
            try:
                found: list[object] = self._connection.script(_LOOK, [self._name], _KEPT_SECONDS)
            except StoreError as error:
                logger.warning("the store of the sign-ins cannot be reached: %s", error)
            else:
                self._stamp = tuple(found) if any(found) else None
                self._look_at = now + _LOOK_SECONDS
        return self._stamp

    def read(self, *, with_keyring: bool) -> Record | None:
        """The record, None without one; a keyring has nothing of it.

        Raises:
            UserActionRequired: none of the keys fits, or a newer version wrote it.
            UnavailableError: Redis failed.
        """
        try:
            value: bytes | None = self._connection.command("HGET", self._name, "value")
        except StoreError as error:
            raise self._failed(f"The sign-in to {self._key.site} cannot be read", error) from None
        try:
            return None if value is None else _unsealed(self._connection, self._key.name, value)
        except NewerFormatError as error:
            raise self._unusable(str(error), "Update closient-mcp.") from None
        except UnsealError:
            raise self._unusable(
                "it was encrypted with a key that is not under http.store.keys, or was damaged",
                f"Add the key there. If there is none, delete the record with `redis-cli DEL {self._name}`, and sign "
                "in again.",
            ) from None

    def write(self, record: Record) -> Record:
        """Replace the record, encrypted with the newest key.

        Raises:
            UnavailableError: Redis failed, or the lock was lost and another server has had it since.
        """
        value = self._connection.sealer.seal(_purpose(self._key.name), record.model_dump_json().encode())
        arguments = (self._owner, record.rev - 1, record.rev, value, _lifetime(record))
        try:
            written = self._connection.script(_WRITE, [self._name], *arguments)
        except StoreError as error:
            raise self._not_saved(error, "until then, the sign-in lasts as long as this process") from None
        if not written:
            raise self._key.unavailable(
                f"This server was stopped or cut off for a while, and another server has changed the sign-in to "
                f"{self._key.site} meanwhile: it was not saved here.",
                "Repeat the request.",
            )
        return record

    def check_room(self, otherwise: str) -> None:
        """Check that Redis accepts writes.

        Raises:
            UnavailableError: it does not.
        """
        try:
            self._connection.check_writes()
        except StoreError as error:
            raise self._not_saved(error, otherwise) from None

    @contextmanager
    def lock(self) -> Generator[None]:
        """Hold the lock; while it is held, only this server can write.

        Raises:
            UnavailableError: Redis failed, or another server holds the lock, because its refresh takes long.
        """
        until = time.monotonic() + _PATIENCE
        if not self._turn.acquire(timeout=_PATIENCE):
            raise self._busy()
        try:
            lease = self._lease(until)
            self._owner = lease.owner
            try:
                yield
            finally:
                self._owner = ""
                lease.release()
        finally:
            self._turn.release()

    def _lease(self, until: float) -> Lease:
        lease = Lease(self._connection, f"{_LOCK}{self._key.name}", self._name, _UNFINISHED_SECONDS)
        try:
            while not lease.acquire():
                if time.monotonic() > until:
                    raise self._busy()
                time.sleep(_POLL_SECONDS)
        except StoreError as error:
            raise self._failed(f"The sign-in to {self._key.site} cannot be renewed or changed", error) from None
        return lease

    def login_lock(self) -> LoginLease:
        """The lock of the process that guides the user through a sign-in."""
        return LoginLease(self._connection, self._key)

    def _busy(self) -> UnavailableError:
        return self._key.unavailable(
            f"Another server is renewing the sign-in to {self._key.site}.", "Try again in a few seconds."
        )

    def _failed(self, what: str, error: StoreError) -> UnavailableError:
        return failed(self._key, what, error)

    def _not_saved(self, error: StoreError, otherwise: str) -> UnavailableError:
        return self._key.unavailable(
            f"The sign-in to {self._key.site} could not be saved in {error}.",
            f"Check that Redis runs and accepts writes; {otherwise}.",
        )

    def _unusable(self, reason: str, next_step: str) -> UserActionRequired:
        return self._key.unusable(
            f"The sign-in to {self._key.site} in {self._connection.location} cannot be used: {reason}.", next_step
        )


class LoginLease:
    """The lock of the process that guides the user through a sign-in."""

    def __init__(self, connection: RedisConnection, key: RecordKey) -> None:
        self._key = key
        self._lease = Lease(connection, f"{_LOGIN}{key.name}")

    def acquire(self) -> bool:
        """Take the lock if it is free; return whether it is ours now.

        Raises:
            UnavailableError: Redis failed.
        """
        try:
            return self._lease.acquire()
        except StoreError as error:
            raise failed(self._key, f"You cannot sign in to {self._key.site} now", error) from None

    def release(self) -> None:
        """Give it back."""
        self._lease.release()


def failed(key: RecordKey, what: str, error: StoreError) -> UnavailableError:
    """The error to report if Redis failed."""
    return key.unavailable(
        f"{what}, because the store of the sign-ins does not answer: {error}.",
        "Nothing was lost; try again in a moment. If the error persists, check that Redis runs, and `closient-mcp "
        "doctor`.",
    )


def _purpose(name: str) -> str:
    """What a value is encrypted for: that of one record cannot be read as another's."""
    return f"record {name}"


def _unsealed(connection: RedisConnection, name: str, value: bytes) -> Record:
    """The record in a value.

    Raises:
        UnsealError: it was not encrypted for this record, or with none of the keys, or was changed.
        NewerFormatError: a newer version wrote it.
    """
    text = connection.sealer.unseal(_purpose(name), value.decode(errors="replace")).decode()
    record = read_record(text)
    if record is None:
        raise UnsealError("it is not a record")
    return record


def _lifetime(record: Record) -> int:
    """For how many seconds a record is kept after its last use."""
    is_under_way = record.tokens is None and (record.pending or record.device)
    return _KEPT_SECONDS if (record.tokens or record.client) and not is_under_way else _UNFINISHED_SECONDS
