"""Adding a system to the settings file; all that stands in it already stays as it is."""

from __future__ import annotations

import codecs
import json
import os
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import cast

from .model import SettingsError

_NEW = b"# Settings of closient-mcp; `closient-mcp config show` tells what is in force.\n"
_WIDTH = 80


def system_table(name: str, values: Mapping[str, object]) -> str:
    """A system's table as TOML."""
    return "\n".join([f"[systems.{name}]", *(_line(key, value) for key, value in values.items()), ""])


def _line(key: str, value: object) -> str:
    whole = f"{key} = {_value(value)}"
    if len(whole) <= _WIDTH or not isinstance(value, Mapping) or not value:
        return whole
    members = cast("Mapping[str, object]", value)
    begin = f"{key} = {{ "
    texts = [f"{name} = {_value(one)}" for name, one in members.items()]
    lines = texts[:1]
    for text in texts[1:]:
        if len(f"{begin}{lines[-1]}, {text} }}") <= _WIDTH:
            lines[-1] += f", {text}"
        else:
            lines.append(text)
    # A table in braces may go over several lines since TOML 1.1, which is what the file is read as.
    return begin + f",\n{' ' * len(begin)}".join(lines) + " }"


def _value(value: object) -> str:
    if isinstance(value, Mapping):
        table = cast("Mapping[str, object]", value)
        return "{ " + ", ".join(f"{key} = {_value(one)}" for key, one in table.items()) + " }"
    # What JSON writes for text, numbers, booleans and lists is TOML too, once DEL is escaped.
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")


def read_bytes(path: Path) -> bytes:
    """What is in the settings file, or how a new one begins.

    Raises:
        SettingsError: it cannot be read.
    """
    try:
        return path.read_bytes() if path.exists() else _NEW
    except OSError as error:
        raise SettingsError(f"{path} cannot be read: {error.strerror or error}.") from None


def with_tables(before: bytes, *tables: str) -> bytes:
    """A settings file with tables at its end: every byte of it is kept, its line ends are gone by."""
    end = "\r\n" if b"\r\n" in before else "\n"
    kept = before.removeprefix(codecs.BOM_UTF8)
    # A blank line between, and a line end where the last line had none.
    between = "" if not kept.strip() or kept.endswith((b"\n\n", b"\n\r\n")) else "\n"
    between = between if not kept or kept.endswith(b"\n") else "\n\n"
    return before + (between + "\n".join(tables)).replace("\n", end).encode()


def write_bytes(path: Path, content: bytes) -> None:
    """Replace the file whole or not at all, through a link to where it really is, with the permissions it had.

    Raises:
        SettingsError: it cannot be written.
    """
    try:
        _replace(path.resolve(), content)
    except OSError as error:
        raise SettingsError(f"{path} cannot be written: {error.strerror or error}.") from None


def _replace(target: Path, content: bytes) -> None:
    target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    handle, temporary = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}-")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        if target.exists():
            Path(temporary).chmod(target.stat().st_mode & 0o777)
        Path(temporary).replace(target)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
