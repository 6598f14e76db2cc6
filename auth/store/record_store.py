"""The record of a sign-in, in a file and optionally the keyring, locked between processes."""

from __future__ import annotations

import hashlib
import json
import logging
import re
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import ValidationError

from ..errors import UnavailableError, UserActionRequired
from ..history import History
from ..profile import Storage
from ..records import FORMAT, Record
from ..secrets.redaction import Redaction, Secret
from . import private_files
from .keyring_secrets import KeyringSecrets, has_secrets
from .private_files import UnsafeFileError

if TYPE_CHECKING:
    from filelock import FileLock

logger = logging.getLogger(__name__)

# For a process that waits for a slow server, which a refresh may do for longer.
_PATIENCE = 30.0
_LARGE_RECORD = 32_768


class Store:
    """The record of one sign-in, in a file of its own under `folder`.

    If `storage` is the keyring, its secrets are there, as long as it works, and the rest is in the file. A record is
    found in either, whatever `storage` is.
    """

    def __init__(
        self,
        folder: Path,
        system: str,
        site: str,
        identity: Callable[[], str],
        redaction: Redaction,
        storage: Storage = "file",
        caller: str = "",
        caller_name: str = "",
    ) -> None:
        """`identity` identifies the sign-in (`Credentials.identity`); it is called once, at the first use.

        `caller` identifies whose it is, if callers sign in for themselves; `caller_name` is to be shown.
        """
        self._empty = Record(system=system, site=site, caller=caller, caller_name=caller_name)
        self._folder = folder
        self._identity = identity
        self._storage = storage
        self._keyring = KeyringSecrets()
        self.redaction = redaction

    @cached_property
    def _path(self) -> Path:
        system, caller = self._empty.system, self._empty.caller
        parts = (system, self._empty.site, self._identity(), *([caller] if caller else []))
        key = hashlib.sha256("\n".join(parts).encode()).hexdigest()[:16]
        return self._folder / f"{re.sub(r'[^a-z0-9-]', '_', system)}-{key}.json"

    def stamp(self) -> object:
        """A value that changes whenever any process replaces the record; None without one."""
        try:
            status = self._path.stat()
        except OSError:
            return None
        return status.st_mtime_ns, status.st_ino, status.st_size

    def read(self) -> Record:
        """The current record; an empty one if there is none.

        Raises:
            UserActionRequired: the file cannot be read safely, or was written by a newer version.
            UnavailableError: the keyring that has its secrets cannot be read.
        """
        record = self.read_file()
        if record.seal:
            record = self._keyring.unseal(record, self._path.stem)
        self._redact(record)
        return record

    def read_file(self) -> Record:
        """The record without the secrets in the keyring.

        Raises:
            UserActionRequired: as `read`.
        """
        try:
            text = private_files.read(self._path)
        except FileNotFoundError:
            return self._empty
        except UnsafeFileError as error:
            raise self._unusable(str(error), "Move it away.") from None
        except OSError as error:
            raise self._unusable(error.strerror or str(error), "Make it a file that only you can read.") from error
        try:
            record = Record.model_validate_json(text)
        except ValidationError:
            record = None
        if (record.v if record else _version(text)) > FORMAT:
            raise self._unusable("a newer version wrote it", "Update closient-mcp.")
        if record is None:
            self._set_aside()
        return record or self._empty

    def write(self, record: Record) -> Record:
        """Replace the record atomically; call it under `lock`.

        Raises:
            UnavailableError: it cannot be written.
        """
        written = record.model_copy(update={"rev": record.rev + 1})
        self._redact(written)
        if self._storage == "keyring" or self._keyring.is_unreadable(written):
            in_file = self._keyring.seal(written, self._path.stem)
        else:
            in_file = written.model_copy(update={"seal": ""})
        try:
            private_files.write(self._path, in_file.model_dump_json(indent=1))
        except OSError as error:
            raise self._not_saved(error, "until then, the sign-in lasts as long as this process") from error
        if record.seal and not in_file.seal and (self._storage == "file" or not has_secrets(written)):
            self._keyring.drop(self._path.stem)
        return written.model_copy(update={"seal": in_file.seal})

    def check_room(self, otherwise: str) -> None:
        """Check that a record can be written, before a server issues what then could not be saved.

        `otherwise` tells the user how things are if it cannot.

        Raises:
            UnavailableError: it cannot be written.
        """
        try:
            private_files.check_room(self._path, _LARGE_RECORD)
        except OSError as error:
            raise self._not_saved(error, otherwise) from error

    def _not_saved(self, error: OSError, otherwise: str) -> UnavailableError:
        return self._unavailable(
            f"The sign-in to {self._empty.site} could not be saved in {self._path}: {error.strerror}.",
            f"Free some disk space or make the folder writable; {otherwise}.",
        )

    def change(self, **changes: object) -> None:
        """Change these members of the record, under its lock.

        Raises:
            UserActionRequired, UnavailableError: as `read`, `write` and `lock` do.
        """
        with self.lock():
            self.write(self.read().model_copy(update=changes))

    def remember(self, change: Callable[[History], History], **changes: object) -> None:
        """As `change`, and replace the history by what `change` makes of it."""
        with self.lock():
            self.remember_locked(change, **changes)

    def remember_locked(self, change: Callable[[History], History], **changes: object) -> None:
        """As `remember`, under the lock that the caller holds."""
        record = self.read()
        self.write(record.model_copy(update={"history": change(record.history), **changes}))

    def replace(self, **changes: object) -> None:
        """As `change`, but all secrets are replaced: the keyring need not be read."""
        with self.lock():
            self.write(self.read_file().model_copy(update=changes))

    @contextmanager
    def lock(self) -> Generator[None]:
        """Hold the record's lock, so that no other process refreshes or writes it.

        Raises:
            UnavailableError: another process holds the lock, because the server is slow.
        """
        from filelock import Timeout

        lock = self._file_lock(".lock")
        try:
            lock.acquire(timeout=_PATIENCE, poll_interval=0.05)
        except Timeout:
            site = self._empty.site
            raise self._unavailable(
                f"Another copy of closient-mcp is renewing the sign-in to {site}.", "Try again in a few seconds."
            ) from None
        except OSError as error:
            raise self.lock_error(error) from error
        self._keyring.forget()
        try:
            yield
        finally:
            lock.release()

    def login_lock(self) -> FileLock:
        """The lock of the process that guides the user through a sign-in."""
        return self._file_lock(".login.lock")

    def lock_error(self, error: OSError) -> UserActionRequired:
        """The error to report if a lock cannot be acquired."""
        reason = f"it cannot be locked ({error.strerror or error})"
        return self._unusable(reason, "Make its folder writable for you, or set CLOSIENT_MCP_HOME.")

    def _file_lock(self, suffix: str) -> FileLock:
        from filelock import FileLock  # takes 50 ms to import

        try:
            private_files.make_folder(self._path.parent)
        except UnsafeFileError as error:
            raise self._unusable(str(error), "Make it a folder of its own.") from None
        except OSError as error:
            raise self._unusable(error.strerror or str(error), "Set CLOSIENT_MCP_HOME to a folder of yours.") from error
        # With thread_local, a release in another thread would silently do nothing.
        return FileLock(f"{self._path}{suffix}", mode=0o600, thread_local=False)

    def _set_aside(self) -> None:
        aside = self._path.with_name(f"{self._path.name}.corrupt-{time.time_ns()}")
        self._path.replace(aside)
        logger.warning("the credential file %s was damaged and is set aside as %s", self._path, aside.name)

    def _unusable(self, reason: str, next_step: str) -> UserActionRequired:
        message = f"The credential file {self._path} cannot be used: {reason}."
        return UserActionRequired(message, next_step, system=self._empty.system, url=self._empty.site)

    def _unavailable(self, message: str, next_step: str) -> UnavailableError:
        return UnavailableError(message, next_step, system=self._empty.system, url=self._empty.site)

    def _redact(self, record: Record) -> None:
        tokens, client, pending, device = record.tokens, record.client, record.pending, record.device
        clients = (client, record.spare, pending and pending.client, device and device.client)
        values = (
            *((tokens.access_token, tokens.refresh_token) if tokens else ()),
            *((pending.state, pending.verifier, pending.nonce) if pending else ()),
            *((device.device_code,) if device else ()),
            *(value for each in clients if each for value in (each.client_secret, each.registration_token)),
        )
        for value in values:
            if value:
                self.redaction.add(Secret(value))


def _version(text: str) -> int:
    """The format of a file that is otherwise unreadable."""
    try:
        return int(json.loads(text)["v"])
    except (ValueError, TypeError, KeyError, RecursionError, OverflowError):
        return 0
