"""Records in files, their secrets optionally in the keyring, locked between the processes of one machine."""

from __future__ import annotations

import logging
import time
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import UnavailableError, UserActionRequired
from ..profile import Storage
from ..records import Record
from . import private_files
from .backend import NewerFormatError, RecordKey, read_record
from .keyring_secrets import KeyringSecrets, has_secrets
from .private_files import UnsafeFileError

if TYPE_CHECKING:
    from filelock import FileLock

logger = logging.getLogger(__name__)

# For a process that waits for a slow server, which a refresh may do for longer.
_PATIENCE = 30.0
_POLL = 0.05
_LARGE_RECORD = 32_768


class Files:
    """The records under a folder, each in a file of its own.

    If `storage` is the keyring, their secrets are there, as long as it works, and the rest is in the file. A record is
    found in either, whatever `storage` is.
    """

    def __init__(self, folder: Path, storage: Storage = "file") -> None:
        self._folder = folder
        self._storage: Storage = storage

    def open(self, key: RecordKey) -> RecordFile:
        """The record with this key; nothing is read yet."""
        return RecordFile(self._folder / f"{key.name}.json", key, self._storage)

    def all(self) -> Iterator[Record]:
        """The records that can be read, without what the keyring has of them."""
        for path in sorted(self._folder.glob("*.json")):
            try:
                record = read_record(private_files.read(path))
            except (OSError, UnsafeFileError, NewerFormatError) as error:
                logger.warning("the credential file %s cannot be used: %s", path, error)
                continue
            if record:
                yield record


class RecordFile:
    """One record in a file."""

    is_remote = False

    def __init__(self, path: Path, key: RecordKey, storage: Storage) -> None:
        self._path = path
        self._key = key
        self._storage = storage
        self._keyring = KeyringSecrets()

    def stamp(self) -> object:
        """When the file was written, and which one it is; None without one."""
        try:
            status = self._path.stat()
        except OSError:
            return None
        return status.st_mtime_ns, status.st_ino, status.st_size

    def read(self, *, with_keyring: bool) -> Record | None:
        """The record, None if there is no file.

        Raises:
            UserActionRequired: the file cannot be read safely, or was written by a newer version.
            UnavailableError: the keyring that has its secrets cannot be read.
        """
        try:
            text = private_files.read(self._path)
        except FileNotFoundError:
            return None
        except UnsafeFileError as error:
            raise self._unusable(str(error), "Move it away.") from None
        except OSError as error:
            raise self._unusable(error.strerror or str(error), "Make it a file that only you can read.") from error
        try:
            record = read_record(text)
        except NewerFormatError as error:
            raise self._unusable(str(error), "Update closient-mcp.") from None
        if record is None:
            self._set_aside()
        elif record.keyring_id and with_keyring:
            return self._keyring.load(record, self._path.stem)
        return record

    def write(self, record: Record) -> Record:
        """Replace the file.

        Raises:
            UnavailableError: it cannot be written.
        """
        if self._storage == "keyring" or self._keyring.is_unreadable(record):
            in_file = self._keyring.store(record, self._path.stem)
        else:
            in_file = record.model_copy(update={"keyring_id": ""})
        try:
            private_files.write(self._path, in_file.model_dump_json(indent=1))
        except OSError as error:
            raise self._not_saved(error, "until then, the sign-in lasts as long as this process") from error
        if record.keyring_id and not in_file.keyring_id and (self._storage == "file" or not has_secrets(record)):
            self._keyring.drop(self._path.stem)
        return record.model_copy(update={"keyring_id": in_file.keyring_id})

    def check_room(self, otherwise: str) -> None:
        """Check that a record can be written.

        Raises:
            UnavailableError: it cannot.
        """
        try:
            private_files.check_room(self._path, _LARGE_RECORD)
        except OSError as error:
            raise self._not_saved(error, otherwise) from error

    def _not_saved(self, error: OSError, otherwise: str) -> UnavailableError:
        return self._key.unavailable(
            f"The sign-in to {self._key.site} could not be saved in {self._path}: {error.strerror}.",
            f"Free some disk space or make the folder writable; {otherwise}.",
        )

    @contextmanager
    def lock(self) -> Generator[None]:
        """Hold the lock beside the file.

        Raises:
            UserActionRequired: it cannot be acquired.
            UnavailableError: another process holds it, because the server is slow.
        """
        from filelock import Timeout

        lock = self._file_lock(".lock")
        try:
            lock.acquire(timeout=_PATIENCE, poll_interval=_POLL)
        except Timeout:
            raise self._key.unavailable(
                f"Another copy of closient-mcp is renewing the sign-in to {self._key.site}.",
                "Try again in a few seconds.",
            ) from None
        except OSError as error:
            raise self.lock_error(error) from error
        self._keyring.forget()
        try:
            yield
        finally:
            lock.release()

    def login_lock(self) -> LoginFileLock:
        """The lock of the process that guides the user through a sign-in."""
        return LoginFileLock(self._file_lock(".login.lock"), self)

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
        return self._key.unusable(f"The credential file {self._path} cannot be used: {reason}.", next_step)


class LoginFileLock:
    """A lock file that one process holds while it guides the user."""

    def __init__(self, lock: FileLock, record: RecordFile) -> None:
        self._lock = lock
        self._record = record

    def acquire(self) -> bool:
        """Take the lock if it is free; return whether it is ours now.

        Raises:
            UserActionRequired: it cannot be taken.
        """
        from filelock import Timeout

        try:
            self._lock.acquire(timeout=0)
        except Timeout:
            return False
        except OSError as error:
            raise self._record.lock_error(error) from error
        return True

    def release(self) -> None:
        """Give it back."""
        self._lock.release()
