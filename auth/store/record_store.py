"""The record of a sign-in: in a file, or its secrets in a keyring, and locked between processes."""

from __future__ import annotations

import hashlib
import json
import logging
import re
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path
from secrets import token_hex
from typing import TYPE_CHECKING

from pydantic import ValidationError

from ..errors import UnavailableError, UserActionRequired
from ..history import History
from ..profile import Place
from ..records import FORMAT, Record
from ..secrets.keyring import KeyringError, SignIns
from ..secrets.redaction import Redaction, Secret
from . import private_files
from .keyring_secrets import secrets_of, with_secrets, without_secrets
from .private_files import UnsafeFileError

if TYPE_CHECKING:
    from filelock import FileLock

logger = logging.getLogger(__name__)

_PATIENCE = 15.0
_LARGE_RECORD = 32_768


class Store:
    """The record of one sign-in, in a file of its own under `folder` (`credentials/` of our folder).

    Where `place` is the keyring, that holds its secrets, as long as it works; the file holds all else, its lock is
    everybody's, and a record is found whichever of the two has it.
    """

    def __init__(
        self,
        folder: Path,
        system: str,
        site: str,
        identity: Callable[[], str],
        redaction: Redaction,
        place: Place = "file",
    ) -> None:
        """`identity` says whose sign-in it is (`Credentials.identity`); it is asked at the first use, and once."""
        self._empty = Record(system=system, site=site)
        self._folder = folder
        self._identity = identity
        self._named: Path | None = None
        self._place = place
        self._keyring = SignIns()
        # A seal, and what the keyring holds under it.
        self._held: tuple[str, str] = ("", "")
        self._warned = False
        self.redaction = redaction

    @property
    def _path(self) -> Path:
        if self._named is None:
            self._named = self._name()
        return self._named

    def _name(self) -> Path:
        system = self._empty.system
        key = hashlib.sha256("\n".join((system, self._empty.site, self._identity())).encode()).hexdigest()[:16]
        return self._folder / f"{re.sub(r'[^a-z0-9-]', '_', system)}-{key}.json"

    def read(self) -> Record:
        """The record as it is now; an empty one where there is none.

        Raises:
            UserActionRequired: the file cannot be read safely, or was written by a newer version.
            UnavailableError: the keyring that has its secrets does not give them.
        """
        record = self.read_file()
        if record.seal:
            record = with_secrets(record, self._from_keyring(record))
        self._hide(record)
        return record

    def read_file(self) -> Record:
        """The record without what is in the keyring.

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
            if _version(text) > FORMAT:
                raise self._unusable("a newer version wrote it", "Update closient-mcp.") from None
            self._set_aside()
            return self._empty
        if record.v > FORMAT:
            raise self._unusable("a newer version wrote it", "Update closient-mcp.")
        return record

    def _from_keyring(self, record: Record) -> str:
        if self._held[0] != record.seal:
            try:
                found = self._keyring.get(self._path.stem)
            except KeyringError as error:
                raise UnavailableError(
                    f"The sign-in to {record.site} is kept in the keyring, and {error}.",
                    f"{error.next_step} Or run `closient-mcp logout {record.system}`, and sign in again.",
                    system=record.system,
                    url=record.site,
                ) from None
            if found is None:
                logger.warning("the keyring no longer holds the sign-in to %s", record.site)
            self._held = (record.seal, found or "")
        return self._held[1]

    def write(self, record: Record) -> Record:
        """Replace the record; nobody ever reads half of it. Call it under `lock`.

        Raises:
            UnavailableError: the disk does not take it.
        """
        written = record.model_copy(update={"rev": record.rev + 1})
        self._hide(written)
        kept = self._sealed(written)
        try:
            private_files.write(self._path, kept.model_dump_json(indent=1))
        except OSError as error:
            raise self._not_saved(error, "until then it lasts as long as this process") from error
        if record.seal and not kept.seal and (self._place == "file" or not secrets_of(written)):
            self._keyring.drop(self._path.stem)
        return written.model_copy(update={"seal": kept.seal})

    def check_room(self, otherwise: str) -> None:
        """See that the disk takes a record, before a server gives out what then could not be kept.

        `otherwise` is what to say of how things are if it does not.

        Raises:
            UnavailableError: it does not.
        """
        try:
            private_files.check_room(self._path, _LARGE_RECORD)
        except OSError as error:
            raise self._not_saved(error, otherwise) from error

    def _not_saved(self, error: OSError, meanwhile: str) -> UnavailableError:
        site = self._empty.site
        return UnavailableError(
            f"The sign-in to {site} could not be saved in {self._path}: {error.strerror}.",
            f"Make room or make the folder writable; {meanwhile}.",
            system=self._empty.system,
            url=site,
        )

    def _sealed(self, record: Record) -> Record:
        """The record as the file is to hold it, once the keyring has its secrets; all of it where that will not."""
        in_file = record.model_copy(update={"seal": ""})
        secret = secrets_of(record)
        if record.seal and not secret and self._held == (record.seal, ""):
            return without_secrets(record, record.seal)  # what could not be read is not dropped
        if self._place == "file" or not secret:
            return in_file
        if not record.seal or self._held != (record.seal, secret):
            try:
                self._keyring.put(self._path.stem, secret)
            except KeyringError as error:
                if not self._warned:
                    logger.warning("the sign-in to %s is kept in a file, because %s", record.site, error)
                self._warned = True
                return in_file
            self._held = (token_hex(8), secret)
        return without_secrets(record, self._held[0])

    def change(self, **changes: object) -> None:
        """Replace these members of the record, and leave the others as they are now.

        Raises:
            UserActionRequired, UnavailableError: as `read`, `write` and `lock` do.
        """
        with self.lock():
            self.write(self.read().model_copy(update=changes))

    def remember(self, change: Callable[[History], History], **changes: object) -> None:
        """As `change`, with what `change` makes of the history as it is now.

        Raises:
            UserActionRequired, UnavailableError: as `read`, `write` and `lock` do.
        """
        with self.lock():
            record = self.read()
            self.write(record.model_copy(update={"history": change(record.history), **changes}))

    def replace(self, **changes: object) -> None:
        """As `change`, for changes that hold every secret anew: what a keyring holds is not asked for.

        Raises:
            UserActionRequired, UnavailableError: as `write` and `lock` do.
        """
        with self.lock():
            self.write(self.read_file().model_copy(update=changes))

    @contextmanager
    def lock(self) -> Generator[None]:
        """Hold the record: nobody else refreshes or writes it meanwhile.

        Raises:
            UnavailableError: another process holds it for longer than a refresh can take.
        """
        from filelock import Timeout

        lock = self._file_lock(".lock")
        try:
            lock.acquire(timeout=_PATIENCE, poll_interval=0.05)
        except Timeout:
            raise UnavailableError(
                f"Another copy of closient-mcp is renewing the sign-in to {self._empty.site}.",
                "Try again in a few seconds.",
                system=self._empty.system,
                url=self._empty.site,
            ) from None
        except OSError as error:
            raise self.no_lock(error) from error
        self._held = ("", "")  # a process that died may have changed what the keyring holds, and not the seal
        try:
            yield
        finally:
            lock.release()

    def login_lock(self) -> FileLock:
        """The lock that the one process holds which leads a person through a sign-in."""
        return self._file_lock(".login.lock")

    def no_lock(self, error: OSError) -> UserActionRequired:
        """What to say where the file that is the lock cannot be had."""
        reason = f"it cannot be locked ({error.strerror or error})"
        return self._unusable(reason, "Make its folder one that only you can write, or set CLOSIENT_MCP_HOME.")

    def _file_lock(self, suffix: str) -> FileLock:
        from filelock import FileLock  # 50 ms that a start need not wait for

        try:
            private_files.make_folder(self._path.parent)
        except OSError as error:
            raise self._unusable(error.strerror or str(error), "Set CLOSIENT_MCP_HOME to a folder of yours.") from error
        # Without thread_local=False a release in another thread would silently do nothing.
        return FileLock(f"{self._path}{suffix}", mode=0o600, thread_local=False)

    def _set_aside(self) -> None:
        aside = self._path.with_name(f"{self._path.name}.corrupt-{time.time_ns()}")
        self._path.replace(aside)
        logger.warning("the credential file %s was damaged and is set aside as %s", self._path, aside.name)

    def _unusable(self, reason: str, next_step: str) -> UserActionRequired:
        return UserActionRequired(
            f"The credential file {self._path} cannot be used: {reason}.",
            next_step,
            system=self._empty.system,
            url=self._empty.site,
        )

    def _hide(self, record: Record) -> None:
        tokens, client, pending, device = record.tokens, record.client, record.pending, record.device
        clients = (client, record.spare, pending and pending.client, device and device.client)
        values = (
            *((tokens.access_token, tokens.refresh_token) if tokens else ()),
            *((pending.state, pending.verifier, pending.nonce) if pending else ()),
            *((device.device_code,) if device else ()),
            *(value for one in clients if one for value in (one.client_secret, one.registration_token)),
        )
        for value in values:
            if value:
                self.redaction.add(Secret(value))


def _version(text: str) -> int:
    """The format that a file says it has, whatever else is in it."""
    try:
        return int(json.loads(text)["v"])
    except (ValueError, TypeError, KeyError, RecursionError, OverflowError):
        return 0
