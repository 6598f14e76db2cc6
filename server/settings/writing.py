"""Adds a system to the settings file, without changing the rest of it."""

from __future__ import annotations

import codecs
import json
from collections.abc import Mapping
from pathlib import Path
from typing import cast

from ...tools.http.atomic_files import replace_file
from .model import SettingsError

_NEW = b"# Settings of closient-mcp; `closient-mcp config show` shows the settings in force.\n"


def system_table(name: str, values: Mapping[str, object]) -> str:
    """A system's table as TOML; a mapping in it becomes a table of its own, such as `[systems.acme.credential]`."""
    own, nested = [f"[systems.{name}]"], list[str]()
    for key, value in values.items():
        if isinstance(value, Mapping):
            members = cast("Mapping[str, object]", value)
            nested += ["", f"[systems.{name}.{key}]", *(f"{inner} = {_value(item)}" for inner, item in members.items())]
        else:
            own.append(f"{key} = {_value(value)}")
    return "\n".join([*own, *nested, ""])


def _value(value: object) -> str:
    if isinstance(value, Mapping):
        table = cast("Mapping[str, object]", value)
        return "{ " + ", ".join(f"{key} = {_value(member)}" for key, member in table.items()) + " }"
    # JSON text, numbers, booleans and lists are also TOML, once DEL is escaped.
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")


def read_bytes(path: Path) -> bytes:
    """The content of the settings file, or the first line of a new one.

    Raises:
        SettingsError: it cannot be read.
    """
    try:
        return path.read_bytes() if path.exists() else _NEW
    except OSError as error:
        raise SettingsError(f"{path} cannot be read: {error.strerror or error}.") from None


def with_tables(before: bytes, *tables: str) -> bytes:
    """The file with tables appended: its bytes are kept, its line ends are used."""
    end = "\r\n" if b"\r\n" in before else "\n"
    kept = before.removeprefix(codecs.BOM_UTF8)
    # Separate them by a blank line; end the last line if it has no end.
    between = "" if not kept.strip() or kept.endswith((b"\n\n", b"\n\r\n")) else "\n"
    between = between if not kept or kept.endswith(b"\n") else "\n\n"
    return before + (between + "\n".join(tables)).replace("\n", end).encode()


def write_bytes(path: Path, content: bytes) -> None:
    """Replace the file atomically, following symbolic links and keeping its permissions.

    Raises:
        SettingsError: it cannot be written.
    """
    try:
        replace_file(path.resolve(), content, sync=True)
    except OSError as error:
        raise SettingsError(f"{path} cannot be written: {error.strerror or error}.") from None
