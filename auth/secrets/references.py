"""Secrets that settings name without holding them: each is fetched from its place at first use."""

from __future__ import annotations

import re
import subprocess
import threading
from collections.abc import Callable, Mapping, Sequence
from functools import partial

from ..errors import UserActionRequired
from ..timeouts import within
from .keyring import KeyringError, entry
from .redaction import Redaction, Secret

_COMMAND_SECONDS = 30.0
_KEYRING_SECONDS = 20.0
_LONGEST = 16_384


class SecretError(Exception):
    """A secret is not where the settings say; the text says what is wrong, `next_step` what to do."""

    def __init__(self, reason: str, next_step: str) -> None:
        super().__init__(reason)
        self.next_step = next_step


class SecretReference:
    """Where one secret is to be had; `place` says it in words, `open` fetches it once and keeps it."""

    def __init__(self, place: str, read: Callable[[], str]) -> None:
        self.place = place
        self._read = read
        self._found: Secret | None = None
        self._guard = threading.Lock()

    def open(self, redaction: Redaction) -> Secret:
        """The secret, hidden by `redaction` from then on; a command may take a while, so not on the event loop.

        Raises:
            SecretError: there is none.
        """
        with self._guard:
            if self._found is None:
                self._found = Secret(self._tidy(self._read()))
            redaction.add(self._found)
            return self._found

    def _tidy(self, text: str) -> str:
        """Without the quotes, blanks and line ends that people paste and commands print."""
        value = text.strip().strip("\ufeff").strip()
        if len(value) > 1 and value[0] == value[-1] and value[0] in "\"'":
            value = value[1:-1].strip()
        if not value:
            raise SecretError(f"{self.place} is empty", "Put the secret there and start again.")
        if re.search(r"\$\{[^}]*\}", value):
            what = f'{self.place} still holds the placeholder "${{...}}": the host did not fill it in'
            raise SecretError(what, "Put the real value there.")
        if len(value) > _LONGEST or any(not c.isprintable() for c in value):
            raise SecretError(f"{self.place} holds a line break or a character that no secret has", "Copy it anew.")
        return value

    def __repr__(self) -> str:
        return f"SecretReference({self.place!r})"


def written(text: str, place: str) -> SecretReference:
    """A secret that stands in the settings themselves."""
    return SecretReference(place, lambda: text)


def from_environment(name: str, environ: Mapping[str, str]) -> SecretReference:
    """A secret in an environment variable."""

    def read() -> str:
        value = environ.get(name)
        if value is None:
            reason = f"the environment variable {name} is not set"
            raise SecretError(
                reason, f"Set {name}, for example in the `env` block of your host's entry, and start again."
            )
        return value

    return SecretReference(f"the environment variable {name}", read)


def from_command(command: Sequence[str]) -> SecretReference:
    """A secret that a command prints, such as a password manager's."""
    place = f"what the command {command[0]!r} prints"

    def read() -> str:
        try:
            # The user's own settings name it; it is run without a shell.
            process = subprocess.Popen(  # noqa: S603
                list(command), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
            )
        except OSError as error:
            reason = f"the command {command[0]!r} cannot be run ({error.strerror})"
            raise SecretError(reason, "Write its whole path: hosts start us without your shell's PATH.") from None
        try:
            printed = within(_COMMAND_SECONDS, partial(_printed, process))
        except TimeoutError:
            process.kill()
            reason = f"the command {command[0]!r} did not end within {_COMMAND_SECONDS:.0f} seconds"
            raise SecretError(reason, "Run it in a terminal; it may be waiting for something.") from None
        if len(printed) > _LONGEST:
            raise SecretError(
                f"the command {command[0]!r} printed too much", "Have it print the secret and nothing else."
            )
        if process.returncode != 0:
            reason = f"the command {command[0]!r} failed with exit code {process.returncode}"
            raise SecretError(reason, "Run it in a terminal to see why.")
        return printed.decode(errors="replace")

    return SecretReference(place, read)


def _printed(process: subprocess.Popen[bytes]) -> bytes:
    """What a command prints, as far as a secret could reach."""
    assert process.stdout
    with process:
        printed = process.stdout.read(_LONGEST + 1)
        if len(printed) > _LONGEST:
            process.kill()
    return printed


def from_keyring(name: str) -> SecretReference:
    """A secret in the system's keyring, under the service `closient-mcp`."""

    def read() -> str:
        try:
            found = entry("closient-mcp", name, _KEYRING_SECONDS)
        except KeyringError as error:
            raise SecretError(f"{name} is to come from the keyring, and {error}", error.next_step) from None
        if found is None:
            raise SecretError(f"the keyring holds no {name}", f"Store it with `keyring set closient-mcp {name}`.")
        return found

    return SecretReference(f"{name} in the keyring", read)


def secret_missing(error: SecretError, system: str, url: str) -> UserActionRequired:
    """What to say where a secret is not to be had."""
    reason = str(error)
    message = f"{system} needs a credential, but {reason}."
    return UserActionRequired(message, error.next_step, system=system, url=url)
