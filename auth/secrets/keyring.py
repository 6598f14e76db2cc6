"""The system's keyring: used with a deadline, and trusted only after it returned what was stored in it."""

from __future__ import annotations

import secrets
import threading
import time
from collections.abc import Generator
from contextlib import contextmanager, suppress

from ..background import within

# Separate from `closient-mcp`, where users store secrets for us.
_SIGN_INS = "closient-mcp sign-ins"
# A locked keyring may wait until it is unlocked, while other processes wait for our file lock.
_SECONDS = 3.0
_RETRY_AFTER = 30.0


class KeyringError(Exception):
    """The keyring cannot be used; the text says why, `next_step` what to do."""

    def __init__(self, reason: str, next_step: str) -> None:
        super().__init__(reason)
        self.next_step = next_step


def read_entry(service: str, name: str, seconds: float) -> str | None:
    """Read an entry of the keyring; return None if it does not exist.

    Raises:
        KeyringError: the keyring cannot be used, or does not answer in time.
    """
    return _call("get_password", service, name, seconds=seconds)


class SignIns:
    """Our own entries, one for each sign-in, accessed one at a time.

    After a failure, this process stores nothing more in the keyring, and does not read it for a while.
    """

    def __init__(self) -> None:
        self._failure: KeyringError | None = None
        self._failed_at = 0.0
        self._tested = False
        self._guard = threading.Lock()

    def get(self, name: str) -> str | None:
        """What `put` stored, None if there is nothing.

        Raises:
            KeyringError: the keyring cannot be used.
        """
        with self._guard:
            if self._failure is not None and time.monotonic() - self._failed_at < _RETRY_AFTER:
                raise self._failure
            with self._noting_failure():
                text = read_entry(_SIGN_INS, name, _SECONDS)
                if text is None:
                    self._test()  # some keyrings return nothing when they fail
                return text

    def put(self, name: str, text: str) -> None:
        """Replace an entry.

        Raises:
            KeyringError: it was not stored; the previous value may be lost.
        """
        with self._guard:
            if self._failure is not None:
                raise self._failure
            with self._noting_failure():
                if not self._tested:
                    self._test()
                self._replace(name, text)

    def drop(self, name: str) -> None:
        """Delete an entry, if possible."""
        with suppress(KeyringError):  # its tokens were revoked or replaced
            _call("delete_password", _SIGN_INS, name)

    def _test(self) -> None:
        """Check that the keyring returns what is stored in it."""
        name = f"trial-{secrets.token_hex(8)}"
        self._replace(name, secrets.token_hex(8))
        self.drop(name)
        self._tested = True

    @contextmanager
    def _noting_failure(self) -> Generator[None]:
        try:
            yield
        except KeyringError as error:
            self._failure, self._failed_at = error, time.monotonic()
            raise

    def _replace(self, name: str, text: str) -> None:
        _call("set_password", _SIGN_INS, name, text)
        if read_entry(_SIGN_INS, name, _SECONDS) != text:
            raise KeyringError("the keyring does not return what is stored in it", "Check its settings.")


def _call(function: str, *arguments: str, seconds: float | None = None) -> str | None:
    def work() -> str | None:
        import keyring

        result: str | None = getattr(keyring, function)(*arguments)
        return result

    seconds = _SECONDS if seconds is None else seconds
    try:
        return within(seconds, work)
    except TimeoutError:
        reason = f"the keyring did not answer within {seconds:.0f} seconds"
        raise KeyringError(reason, "Unlock it and try again.") from None
    except ImportError:
        raise KeyringError(
            "the package keyring is not installed", "Run `pip install 'closient-mcp[keyring]'`."
        ) from None
    except Exception as error:  # backends raise anything, with anything in its text
        raise KeyringError(f"the keyring cannot be used ({type(error).__name__})", "Unlock it and try again.") from None
