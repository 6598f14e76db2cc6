"""The configuration file of a host: our entry in it is read, added, changed and removed."""

from __future__ import annotations

from collections.abc import Sequence
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from ...tools.http.atomic_files import replace_file
from ..settings import toml_text
from ..settings.toml_text import InvalidTomlError
from . import jsonc
from .errors import HostError
from .launch import Launch
from .table import ENTRY, Host

_BOM = "\ufeff"


@dataclass(frozen=True, slots=True)
class Configuration:
    """The text of a host's configuration file, without a byte order mark; empty if there is no file."""

    host: Host
    path: Path
    text: str

    def launch(self) -> Launch | None:
        """What our entry starts; None if there is no entry.

        Raises:
            HostError: the file is not in the host's format, or the entry starts no program.
        """
        entry = self._entry()
        if entry is None:
            return None
        words = [*_items(entry.get("command")), *_items(entry.get("args", []))]
        texts = [word for word in words if isinstance(word, str)]
        if not texts or texts != words:
            raise HostError(
                f"{self.path}: its entry {ENTRY} starts no program. Remove or rename that entry, then try again."
            )
        variables = entry.get(self.host.environment)
        members = cast("dict[str, object]", variables) if isinstance(variables, dict) else {}
        return Launch(texts[0], tuple(texts[1:]), {name: str(value) for name, value in members.items()})

    def with_launch(self, launch: Launch) -> str:
        """The text with our entry; other members of an existing entry stay.

        Raises:
            HostError: the file cannot be changed, or its entry is for something else.
        """
        values = self._parsed()
        keys = (self.host.servers, ENTRY)
        if self.launch() is None:
            return self._changed(values, [(keys, {**self.host.members, **entry_of(self.host, launch)})])
        entry = entry_of(self.host, launch)
        variables = cast("dict[str, object]", entry.pop(self.host.environment, {}))
        changes: list[tuple[tuple[str, ...], object]] = [((*keys, name), value) for name, value in entry.items()]
        changes += [((*keys, self.host.environment, name), value) for name, value in variables.items()]
        return self._changed(values, changes)

    def without_entry(self) -> str:
        """The text without our entry.

        Raises:
            HostError: the file cannot be changed, or the entry is for something else.
        """
        if self.launch() is None:
            return self.text
        keys = (self.host.servers, ENTRY)
        values = self._parsed()
        text = toml_text.without_value(self.text, keys) if self._is_toml else jsonc.without_value(self.text, keys)
        del values[self.host.servers][ENTRY]
        # An empty table of TOML leaves no trace.
        if self._is_toml and not values[self.host.servers] and self.host.servers not in self._parsed(text):
            del values[self.host.servers]
        return self._checked(text, values)

    def original(self) -> str | None:
        """The text before our entry was added, if its backup shows that nothing else has changed since.

        Raises:
            HostError: the file or its backup cannot be read.
        """
        launch, path = self.launch(), _backup_of(self.path.resolve())
        if launch is None or not path.exists():
            return None
        backup = read_configuration(self.host, path)
        try:
            unchanged = backup.launch() is None and backup.with_launch(launch) == self.text
        except HostError:
            return None
        return backup.text if unchanged else None

    @property
    def _is_toml(self) -> bool:
        return self.host.syntax == "toml"

    def _changed(self, values: dict[str, Any], changes: Sequence[tuple[tuple[str, ...], object]]) -> str:
        text = self.text
        for path, value in changes:
            if _value_at(values, path) == value:
                continue
            try:
                text = toml_text.with_value(text, path, value) if self._is_toml else jsonc.with_value(text, path, value)
            except (InvalidTomlError, HostError) as error:
                raise HostError(f"{self.path}: {error}. Nothing was written.") from None
            _set(values, path, value)
        return self._checked(text, values)

    def _entry(self) -> dict[str, Any] | None:
        servers = self._parsed().get(self.host.servers, {})
        if not isinstance(servers, dict):
            raise HostError(
                f"{self.path}: its {self.host.servers} is not a table of servers. Correct it, then try again."
            )
        entry = cast("dict[str, Any]", servers).get(ENTRY)
        if entry is not None and not isinstance(entry, dict):
            raise HostError(f"{self.path}: its entry {ENTRY} is not a table. Remove it, then try again.")
        return cast("dict[str, Any] | None", entry)

    def _parsed(self, text: str | None = None) -> dict[str, Any]:
        text = self.text if text is None else text
        if not text.strip():
            return {}
        try:
            values = toml_text.parse_toml(text) if self._is_toml else jsonc.parse(text).value
        except (InvalidTomlError, HostError) as error:
            raise HostError(f"{self.path}: {error}. Correct it, then try again.") from None
        if not isinstance(values, dict):
            raise HostError(f"{self.path}: expected an object. Correct it, then try again.")
        return cast("dict[str, Any]", deepcopy(values))

    def _checked(self, text: str, expected: dict[str, Any]) -> str:
        """The text, if its values are those expected: no other entry may change."""
        if self._parsed(text) != expected:
            raise HostError(f"{self.path}: it is written in a way that cannot be changed safely. Change it yourself:"
                            " `--print` shows the entry. Nothing was written.")  # fmt: skip
        return text


def entry_of(host: Host, launch: Launch) -> dict[str, object]:
    """A launch in the form of the host."""
    words = [launch.command, *launch.arguments]
    entry: dict[str, object] = {"command": words} if host.command_is_list else {"command": words[0], "args": words[1:]}
    return {**entry, host.environment: dict(launch.environment)} if launch.environment else entry


def read_configuration(host: Host, path: Path) -> Configuration:
    """Read a host's configuration file; it need not be there.

    Raises:
        HostError: it cannot be read, or is not UTF-8.
    """
    try:
        text = path.read_bytes().decode("utf-8")
    except FileNotFoundError:
        text = ""
    except OSError as error:
        raise HostError(f"{path} cannot be read: {error.strerror or error}.") from None
    except UnicodeDecodeError:
        raise HostError(f"{path} is not UTF-8. Save it as UTF-8, then try again; nothing was written.") from None
    return Configuration(host, path, text.removeprefix(_BOM))


def write_configuration(before: Configuration, text: str) -> Path | None:
    """Replace the file atomically, following links and keeping its permissions; gives the backup of the old one.

    Raises:
        HostError: it cannot be written, or was changed since it was read.
    """
    path = before.path.resolve()
    try:
        old = path.read_bytes() if path.exists() else b""
        if old.decode("utf-8", "replace").removeprefix(_BOM) != before.text:
            raise HostError(f"{path} was changed by another program just now. Try again; nothing was written.")
        backup = _backup_of(path) if old else None
        if backup:
            replace_file(backup, old)
        mark = _BOM.encode() if old.startswith(_BOM.encode()) else b""
        replace_file(path, mark + text.encode(), sync=True)
    except OSError as error:
        raise HostError(f"{path} cannot be written: {error.strerror or error}.") from None
    return backup


def _backup_of(path: Path) -> Path:
    return path.with_name(f"{path.name}.before-closient-mcp")


def _items(value: object) -> list[object]:
    return cast("list[object]", value) if isinstance(value, list) else [value]


def _value_at(values: object, path: Sequence[str]) -> object:
    for name in path:
        values = cast("dict[str, object]", values).get(name) if isinstance(values, dict) else None
    return values


def _set(values: dict[str, Any], path: Sequence[str], value: object) -> None:
    for name in path[:-1]:
        values = values.setdefault(name, {})
    values[path[-1]] = value
