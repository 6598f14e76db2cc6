"""Where settings come from: the file, the environment, the command line; and what was read from each."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from ...auth.secrets.references import SecretReference, from_command, from_environment, from_keyring, written
from .model import Setting, SettingsError
from .reading import ConfigText
from .schema import FromCommand, FromEnvironment, FromKeyring, SecretValue

_MASK = "(hidden)"


@dataclass(frozen=True, slots=True)
class Sources:
    """The environment and the file, if there is one; `shown` and `warnings` gather what is to be told of them."""

    environ: Mapping[str, str]
    text: ConfigText | None
    shown: list[Setting] = field(default_factory=list[Setting])
    warnings: list[str] = field(default_factory=list[str])

    def note(self, name: str, value: object, source: str) -> None:
        """Remember a setting for `config show`; no secret may be in it."""
        self.shown.append(Setting(name, str(value), source))

    def in_file(self, *keys: str) -> str:
        """Where in the file a key stands."""
        return self.text.place(*keys) if self.text else ""

    def error(self, what: str, *keys: str) -> SettingsError:
        """An error about a key of the file."""
        return self.text.error(what, *keys) if self.text else SettingsError(f"{'.'.join(keys)}: {what}")

    def origin(self, url: str, *keys: str) -> str:
        """The origin of a URL in the file.

        Raises:
            SettingsError: no credential may go there.
        """
        from .origins import safe_origin

        if re.search(r"[\s\x00-\x1f\x7f]", url):
            raise self.error("it holds a blank or a line break, which no URL has", *keys)
        try:
            return safe_origin("it is", url)
        except SettingsError as error:
            raise self.error(str(error).removeprefix("it is: ").rstrip("."), *keys) from None

    def text_of(self, name: str) -> str | None:
        """A credential in the environment, where hosts leave placeholders unfilled and people paste quotes."""
        value = self.environ.get(name, "").strip().strip("\ufeff").strip("\"'").strip()
        if not value:
            return None
        if "${" in value:
            raise SettingsError(
                f'{name} still holds the placeholder "${{...}}": the host did not fill it in. Put the real value there.'
            )
        if not re.fullmatch(r"[!-~]+", value):
            raise SettingsError(f"{name} holds a blank, a line break or a character that no key has. Copy it anew.")
        return value

    def secret(self, value: SecretValue, *keys: str, plain: bool = False) -> SecretReference:
        """A reference to a secret that the file names; `plain` says that it may stand there without a warning."""
        place = self.in_file(*keys)
        match value:
            case FromEnvironment(env=name):
                shown, reference = f"environment variable {name}", from_environment(name, self.environ)
            case FromKeyring(keyring=name):
                shown, reference = f"keyring entry {name}", from_keyring(name)
            case FromCommand(command=command):
                shown, reference = f"command {command[0]}", from_command(command)
            case str(text):
                shown, reference = (text if plain else _MASK), written(text, f"{'.'.join(keys)} in {place}")
                if not plain:
                    self.warnings.append(
                        f"{place}: {'.'.join(keys)} is written in the file itself, for whoever reads it. Better: "
                        f'{keys[-1]} = {{ env = "..." }}, {{ keyring = "..." }} or {{ command = ["..."] }}.'
                    )
        self.note(".".join(keys), shown, place)
        return reference


def path_in(folder: Path, text: str) -> Path:
    """A path of the settings file: relative to the folder where that file is."""
    return (folder / Path(text).expanduser()).resolve()
