"""The record of a sign-in: read, changed under a lock that all processes share, and its secrets hidden in output."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from functools import cached_property

from ..history import History
from ..records import Record
from ..secrets.redaction import Redaction, Secret
from .backend import LoginLock, RecordKey, Records, StoredRecord


class Store:
    """The record of one sign-in, among the others in `records`.

    Everything but `stamp` raises UserActionRequired if the record cannot be used before the user acts, and
    UnavailableError if it cannot be read, written or locked now.
    """

    def __init__(
        self,
        records: Records,
        system: str,
        site: str,
        identity: Callable[[], str],
        redaction: Redaction,
        caller: str = "",
        caller_name: str = "",
    ) -> None:
        """`identity` identifies the client (`Credentials.identity`); it is called once, at the first use.

        `caller` identifies whose sign-in it is, '' for the user of this machine; `caller_name` is to be shown.
        """
        self._empty = Record(system=system, site=site, caller=caller, caller_name=caller_name)
        self._records = records
        self._identity = identity
        self.redaction = redaction
        self._secrets: list[Secret] = []

    @cached_property
    def _stored(self) -> StoredRecord:
        empty = self._empty
        return self._records.open(RecordKey(empty.system, empty.site, self._identity(), empty.caller))

    @property
    def is_remote(self) -> bool:
        """Whether `stamp` waits for the network, and processes on other machines share the record."""
        return self._stored.is_remote

    def stamp(self) -> object:
        """A value that changes whenever any process replaces the record; None without one."""
        return self._stored.stamp()

    def read(self) -> Record:
        """The current record; an empty one if there is none."""
        return self._read(with_keyring=True)

    def read_file(self) -> Record:
        """The record without the secrets in the keyring."""
        return self._read(with_keyring=False)

    def _read(self, *, with_keyring: bool) -> Record:
        record = self._stored.read(with_keyring=with_keyring) or self._empty
        self._redact(record)
        return record

    def write(self, record: Record) -> Record:
        """Replace the record atomically; call it under `lock`."""
        written = record.model_copy(update={"rev": record.rev + 1})
        self._redact(written)
        return self._stored.write(written)

    def check_room(self, otherwise: str) -> None:
        """Check that a record can be written, before a server issues what then could not be saved.

        `otherwise` tells the user how things are if it cannot.
        """
        self._stored.check_room(otherwise)

    def change(self, **changes: object) -> None:
        """Change these members of the record, under its lock."""
        with self.lock():
            self.write(self.read().model_copy(update=changes))

    def change_history(self, change: Callable[[History], History], **changes: object) -> None:
        """As `change`, and replace the history by what `change` makes of it."""
        with self.lock():
            self.change_history_locked(change, **changes)

    def change_history_locked(self, change: Callable[[History], History], **changes: object) -> None:
        """As `change_history`, under the lock that the caller holds."""
        record = self.read()
        self.write(record.model_copy(update={"history": change(record.history), **changes}))

    def replace(self, **changes: object) -> None:
        """As `change`, but all secrets are replaced: the keyring need not be read."""
        with self.lock():
            self.write(self.read_file().model_copy(update=changes))

    def lock(self) -> AbstractContextManager[None]:
        """Hold the record's lock, so that no other process refreshes or writes it."""
        return self._stored.lock()

    def login_lock(self) -> LoginLock:
        """The lock of the process that guides the user through a sign-in."""
        return self._stored.login_lock()

    def _redact(self, record: Record) -> None:
        tokens, client, pending, device = record.tokens, record.client, record.pending, record.device
        clients = (client, record.spare, pending and pending.client, device and device.client)
        values = (
            *((tokens.access_token, tokens.refresh_token) if tokens else ()),
            *((pending.state, pending.verifier, pending.nonce) if pending else ()),
            *((device.device_code,) if device else ()),
            *(value for each in clients if each for value in (each.client_secret, each.registration_token)),
        )
        # Held, because what nobody holds is forgotten after a hundred others.
        self._secrets = [Secret(value) for value in values if value]
        for secret in self._secrets:
            self.redaction.add(secret)
