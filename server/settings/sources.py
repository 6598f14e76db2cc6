"""The sources of settings, and a record of what was read from each."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from ...auth.secrets.placeholders import is_placeholder
from ...auth.secrets.references import SecretReference, from_command, from_environment, from_keyring, literal
from ...tools.http.local_files import LocalFiles
from .model import Setting, SettingsError
from .secret_schema import FromCommand, FromEnvironment, FromKeyring, SecretValue

if TYPE_CHECKING:
    from .reading import ConfigText

_MASK = "(hidden)"


@dataclass(frozen=True, slots=True)
class Sources:
    """The environment and the settings file; collects the lines of `config show` and the warnings.

    `child_environment` is what other programs are given of the environment: not the variables of our secrets.
    """

    environ: Mapping[str, str]
    file: ConfigText | None
    shown: list[Setting] = field(default_factory=list[Setting])
    warnings: list[str] = field(default_factory=list[str])
    child_environment: dict[str, str] = field(default_factory=dict[str, str])
    local_files: LocalFiles = field(default_factory=LocalFiles)

    def note(self, name: str, value: object, source: str) -> None:
        """Record a setting for `config show`; it must not contain a secret."""
        self.shown.append(Setting(name, str(value), source))

    def in_file(self, *keys: str) -> str:
        """The file and line of a key."""
        return self.file.position(*keys) if self.file else ""

    def error(self, what: str, *keys: str) -> SettingsError:
        """An error about a key of the file."""
        return self.file.error(what, *keys) if self.file else SettingsError(f"{'.'.join(keys)}: {what}")

    def origin(self, url: str, *keys: str) -> str:
        """The origin of a URL in the file.

        Raises:
            SettingsError: invalid URL, or one that no credential may be sent to.
        """
        from .origins import safe_origin

        if re.search(r"[\s\x00-\x1f\x7f]", url):
            raise self.error("a URL cannot contain a blank or a line break", *keys)
        if "*" in url.partition("://")[2].partition("/")[0]:
            raise self.error("a host cannot contain *: name each host", *keys)
        try:
            return safe_origin("", url)
        except SettingsError as error:
            raise self.error(str(error).rstrip("."), *keys) from None

    def variable(self, name: str) -> str | None:
        """A credential in the environment, without pasted quotes; None if it is not set."""
        value = self.environ.get(name, "").strip().strip("\ufeff").strip("\"'").strip()
        if not value:
            return None
        if is_placeholder(value):
            raise SettingsError(f"{name} still contains a placeholder, which the host did not replace."
                                " Put the real value there, or leave the variable out.")  # fmt: skip
        if not re.fullmatch(r"[!-~]+", value):
            raise SettingsError(
                f"{name} contains a blank, a line break or a character that is not allowed in a key. Copy it again."
            )
        return value

    def _warn_if_readable(self) -> None:
        path = self.file.path if self.file else None
        if path and _others_can_read(path):
            warning = f"{path} contains a secret and other users of this machine can read it. Run `chmod 600 {path}`."
            if warning not in self.warnings:
                self.warnings.append(warning)

    def secret(self, value: SecretValue, *keys: str, plain: bool = False) -> SecretReference:
        """A reference to a secret in the file; with `plain`, a literal value gives no warning."""
        position = self.in_file(*keys)
        match value:
            case FromEnvironment(env=name):
                shown, reference = f"environment variable {name}", from_environment(name, self.environ)
            case FromKeyring(keyring=name):
                shown, reference = f"keyring entry {name}", from_keyring(name)
            case FromCommand(command=command):
                shown, reference = f"command {command[0]}", from_command(command, self.child_environment)
            case str(text):
                shown, reference = (text if plain else _MASK), literal(text, f"{'.'.join(keys)} in {position}")
                if not plain:
                    self._warn_if_readable()
                    self.warnings.append(
                        f"{position}: {'.'.join(keys)} is written in the file itself, in plain text. Better: "
                        f'{keys[-1]} = {{ env = "..." }}, {{ keyring = "..." }} or {{ command = ["..."] }}.'
                    )
        self.note(".".join(keys), shown, position)
        return reference


def _others_can_read(path: Path) -> bool:
    try:
        modes = path.parent.stat().st_mode & 0o011, path.stat().st_mode & 0o044
        return os.name == "posix" and all(modes)
    except OSError:
        return False
