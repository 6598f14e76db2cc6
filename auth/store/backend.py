"""Where records are stored: the protocol that files and Redis implement."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

from pydantic import ValidationError

from ..errors import UnavailableError, UserActionRequired
from ..records import FORMAT, Record


@dataclass(frozen=True)
class RecordKey:
    """Which record: one for each system, site, client and caller.

    `identity` is that of the client (`Credentials.identity`), `caller` is '' for the user of this machine.
    """

    system: str
    site: str
    identity: str
    caller: str = ""

    @cached_property
    def name(self) -> str:
        """The name of the record; it shows the system, and nothing about the user or the caller."""
        parts = (self.system, self.site, self.identity)
        # Callers are named by others, who must not find two names with the same digest.
        key = _digest(*parts, self.caller)[:40] if self.caller else _digest(*parts)[:16]
        return f"{re.sub(r'[^a-z0-9-]', '_', self.system)}-{key}"

    def unavailable(self, message: str, next_step: str) -> UnavailableError:
        """An error that may pass."""
        return UnavailableError(message, next_step, system=self.system, url=self.site)

    def unusable(self, message: str, next_step: str) -> UserActionRequired:
        """An error that stays until the user acts."""
        return UserActionRequired(message, next_step, system=self.system, url=self.site)


class LoginLock(Protocol):
    """The lock of the process that guides the user through a sign-in."""

    def acquire(self) -> bool:
        """Take the lock if it is free; return whether it is ours now.

        Raises:
            UserActionRequired, UnavailableError: it cannot be taken.
        """
        ...

    def release(self) -> None:
        """Give it back."""
        ...


class StoredRecord(Protocol):
    """One record; if it `is_remote`, each method waits for the network, and processes elsewhere share it.

    All methods but `stamp` raise UserActionRequired if the user must act, and UnavailableError if trying again may
    help.
    """

    is_remote: bool

    def stamp(self) -> object:
        """A value that changes whenever any process replaces the record; None without one."""
        ...

    def read(self, *, with_keyring: bool) -> Record | None:
        """The record, without what a keyring has of it unless `with_keyring`; None without one."""
        ...

    def write(self, record: Record) -> Record:
        """Replace the record by its next revision, `record`; under `lock`. Return it as it can be read again."""
        ...

    def check_room(self, otherwise: str) -> None:
        """Check that a record can be written; `otherwise` tells the user how things are if it cannot."""
        ...

    def lock(self) -> AbstractContextManager[None]:
        """The lock under which the record is written, and its tokens are renewed."""
        ...

    def login_lock(self) -> LoginLock:
        """The lock of the process that guides the user through a sign-in."""
        ...


class Records(Protocol):
    """All records of one place."""

    def open(self, key: RecordKey) -> StoredRecord:
        """The record with this key; nothing is read yet."""
        ...

    def all(self) -> Iterator[Record]:
        """The records that can be read, without what a keyring has of them."""
        ...


class NewerFormatError(Exception):
    """A newer version wrote the record."""


def read_record(text: str) -> Record | None:
    """The record that a text contains, None if it is damaged.

    Raises:
        NewerFormatError: a newer version wrote it.
    """
    try:
        record = Record.model_validate_json(text)
    except ValidationError:
        record = None
    if (record.v if record else _version(text)) > FORMAT:
        raise NewerFormatError("a newer version wrote it")
    return record


def _digest(*parts: str) -> str:
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def _version(text: str) -> int:
    """The format of a record that is otherwise unreadable."""
    try:
        return int(json.loads(text)["v"])
    except (ValueError, TypeError, KeyError, RecursionError, OverflowError):
        return 0
