"""References to secrets: the settings say where a secret is, and it is read at first use."""

from __future__ import annotations

import subprocess
import threading
from collections.abc import Callable, Mapping, Sequence
from functools import partial

from ..background import within
from ..errors import UserActionRequired
from .keyring import KeyringError, read_entry
from .placeholders import is_placeholder
from .redaction import Redaction, Secret

_COMMAND_SECONDS = 30.0
_KEYRING_SECONDS = 20.0
_LONGEST = 16_384


class SecretError(Exception):
    """A secret is not where the settings say; the text says why, `next_step` what to do."""

    def __init__(self, reason: str, next_step: str) -> None:
        super().__init__(reason)
        self.next_step = next_step


class SecretReference:
    """Where a secret is: `location` describes it, `open` reads the secret once."""

    def __init__(self, location: str, read: Callable[[], str]) -> None:
        self.location = location
        self._read = read
        self._secret: Secret | None = None
        self._guard = threading.Lock()

    def open(self, redaction: Redaction) -> Secret:
        """The secret, which `redaction` masks from now on; may block while a command runs.

        Raises:
            SecretError: the secret cannot be read.
        """
        with self._guard:
            if self._secret is None:
                self._secret = Secret(self._clean(self._read()))
            redaction.add(self._secret)
            return self._secret

    def _clean(self, text: str) -> str:
        """The text without the quotes, spaces and line ends that people paste and commands print."""
        value = text.strip().strip("\ufeff").strip()
        if len(value) > 1 and value[0] == value[-1] and value[0] in "\"'":
            value = value[1:-1].strip()
        if not value:
            raise SecretError(f"{self.location} is empty", "Put the secret there and start again.")
        if is_placeholder(value):
            raise SecretError(f"{self.location} still contains a placeholder", "Put the real value there.")
        if len(value) > _LONGEST or any(not c.isprintable() for c in value):
            reason = f"{self.location} is too long, or contains a line break or an unprintable character"
            raise SecretError(reason, "Copy it again.")
        return value

    def __repr__(self) -> str:
        return f"SecretReference({self.location!r})"


def literal(text: str, location: str) -> SecretReference:
    """A secret in the settings themselves."""
    return SecretReference(location, lambda: text)


def from_environment(name: str, environ: Mapping[str, str]) -> SecretReference:
    """A secret in an environment variable."""

    def read() -> str:
        value = environ.get(name)
        if value is None:
            next_step = f"Set {name}, for example in the `env` block of your host's entry, and start again."
            raise SecretError(f"the environment variable {name} is not set", next_step)
        return value

    return SecretReference(f"the environment variable {name}", read)


def from_command(command: Sequence[str], environment: Mapping[str, str] | None = None) -> SecretReference:
    """A secret that a command prints, such as a password manager's; without an `environment`, it runs in ours."""
    name = f"the command {command[0]!r}"

    def read() -> str:
        try:
            # It is the user's own setting, and runs without a shell.
            process = subprocess.Popen(  # noqa: S603
                list(command),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                env=environment,
            )
        except OSError as error:
            next_step = "Use its full path: hosts start us without your shell's PATH."
            raise SecretError(f"{name} cannot be run ({error.strerror})", next_step) from None
        try:
            output = within(_COMMAND_SECONDS, partial(_output, process))
        except TimeoutError:
            process.kill()
            reason = f"{name} did not end within {_COMMAND_SECONDS:.0f} seconds"
            raise SecretError(reason, "Run it in a terminal; it may be waiting for input.") from None
        if len(output) > _LONGEST:
            raise SecretError(f"{name} printed too much", "Have it print the secret and nothing else.")
        if process.returncode != 0:
            reason = f"{name} failed with exit code {process.returncode}"
            raise SecretError(reason, "Run it in a terminal to see why.")
        return output.decode(errors="replace")

    return SecretReference(f"the output of {name}", read)


def _output(process: subprocess.Popen[bytes]) -> bytes:
    assert process.stdout
    with process:
        output = process.stdout.read(_LONGEST + 1)
        if len(output) > _LONGEST:
            process.kill()
    return output


def from_keyring(name: str) -> SecretReference:
    """A secret in the system's keyring, under the service `closient-mcp`."""

    def read() -> str:
        try:
            text = read_entry("closient-mcp", name, _KEYRING_SECONDS)
        except KeyringError as error:
            raise SecretError(f"{name} cannot be read from the keyring: {error}", error.next_step) from None
        if text is None:
            raise SecretError(f"the keyring has no {name}", f"Store it with `keyring set closient-mcp {name}`.")
        return text

    return SecretReference(f"{name} in the keyring", read)


def secret_missing(error: SecretError, system: str, url: str) -> UserActionRequired:
    """The error to report if a secret cannot be read."""
    return UserActionRequired(f"{system} needs a credential, but {error}.", error.next_step, system=system, url=url)
