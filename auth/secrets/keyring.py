"""The system's keyring: asked with a deadline, and never trusted before it has given back what it was given."""

from __future__ import annotations

import secrets
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import TypeVar

from ..timeouts import within

T = TypeVar("T")

# Apart from the secrets that a person puts there for us, under `closient-mcp`.
_SIGN_INS = "closient-mcp sign-ins"
# A keyring that is locked may wait for somebody to unlock it, and others wait for our lock meanwhile.
_SECONDS = 3.0
_LEFT_ALONE = 30.0


class KeyringError(Exception):
    """The keyring does not do what it is asked; the text says why, `next_step` what to do."""

    def __init__(self, reason: str, next_step: str) -> None:
        super().__init__(reason)
        self.next_step = next_step


def entry(service: str, name: str, seconds: float) -> str | None:
    """What the keyring holds under these names, or nothing.

    Raises:
        KeyringError: it cannot be asked, or does not response in time.
    """

    def ask() -> str | None:
        import keyring

        return keyring.get_password(service, name)

    return _asked(ask, seconds)


class SignIns:
    """The entries of our own, one for each sign-in; one question at a time.

    A keyring that failed is given nothing more by this process, and is asked for nothing for a while.
    """

    def __init__(self) -> None:
        self._failure: KeyringError | None = None
        self._failed_at = 0.0
        self._tried = False
        self._guard = threading.Lock()

    def get(self, name: str) -> str | None:
        """What `put` put there, or nothing.

        Raises:
            KeyringError: it does not response, or it is not the keyring that it was.
        """
        with self._guard:
            if self._failure is not None and time.monotonic() - self._failed_at < _LEFT_ALONE:
                raise self._failure
            try:
                found = entry(_SIGN_INS, name, _SECONDS)
                if found is None:
                    self._try()  # some say that there is nothing where they mean that they cannot tell
            except KeyringError as error:
                self._fail(error)
                raise
            return found

    def put(self, name: str, text: str) -> None:
        """Replace an entry.

        Raises:
            KeyringError: it is not there afterwards; what it was before may be gone.
        """
        with self._guard:
            if self._failure is not None:
                raise self._failure
            try:
                if not self._tried:
                    self._try()
                self._replace(name, text)
            except KeyringError as error:
                self._fail(error)
                raise

    def drop(self, name: str) -> None:
        """Delete an entry, if it can be."""
        with suppress(KeyringError):  # it is worth nothing: its tokens were revoked, or others took their place
            _asked(partial(_delete, name), _SECONDS)

    def _try(self) -> None:
        """See whether the keyring gives back what it is given, with a value that is no secret."""
        name = f"trial-{secrets.token_hex(8)}"
        self._replace(name, secrets.token_hex(8))
        self.drop(name)
        self._tried = True

    def _fail(self, error: KeyringError) -> None:
        self._failure, self._failed_at = error, time.monotonic()

    def _replace(self, name: str, text: str) -> None:
        _asked(partial(_set, name, text), _SECONDS)
        if entry(_SIGN_INS, name, _SECONDS) != text:
            raise KeyringError("the keyring does not give back what it is given", "Look at its settings.")


def _set(name: str, text: str) -> None:
    import keyring

    keyring.set_password(_SIGN_INS, name, text)


def _delete(name: str) -> None:
    import keyring

    keyring.delete_password(_SIGN_INS, name)


def _asked(work: Callable[[], T], seconds: float) -> T:
    try:
        return within(seconds, work)
    except TimeoutError:
        reason = f"the keyring did not answer within {seconds:.0f} seconds"
        raise KeyringError(reason, "Unlock it and try again.") from None
    except ImportError:
        raise KeyringError(
            "the package keyring is not installed", "Run `pip install 'closient-mcp[keyring]'`."
        ) from None
    except Exception as error:  # backends raise what they like, and may put into it what they like
        raise KeyringError(f"the keyring cannot be used ({type(error).__name__})", "Unlock it and try again.") from None
