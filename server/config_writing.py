"""Adding a system to the settings file; all that stands in it already stays as it is."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import cast

from .settings import SettingsError

_NEW = "# Settings of closient-mcp; `closient-mcp config show` tells what is in force.\n"
_CLOSIENT = "[systems.closient]\n"


def system_table(name: str, values: Mapping[str, object]) -> str:
    """A system's table as TOML."""
    lines = [f"{key} = {_value(value)}" for key, value in values.items()]
    return "\n".join([f"[systems.{name}]", *lines, ""])


def _value(value: object) -> str:
    if isinstance(value, Mapping):
        table = cast("Mapping[str, object]", value)
        return "{ " + ", ".join(f"{key} = {_value(one)}" for key, one in table.items()) + " }"
    # What JSON writes for text, numbers, booleans and lists is TOML too, once DEL is escaped.
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")


def add_table(path: Path, table: str, *, first: bool) -> None:
    """Add a table at the end of the settings file, which is made where there is none.

    `first` says that the file lists no system yet: then Closient, which is there by itself until then, goes before.

    Raises:
        SettingsError: it cannot be written.
    """
    try:
        before = path.read_text(encoding="utf-8-sig") if path.exists() else _NEW
        parts = [before.rstrip("\n"), *([_CLOSIENT.rstrip("\n")] if first else []), table]
        _replace(path, "\n\n".join(part for part in parts if part))
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"{path} cannot be written: {error}.") from None


def _replace(path: Path, text: str) -> None:
    """Whole or not at all, and through a link to where the file really is."""
    target = path.resolve()
    target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    handle, temporary = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}-")
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        if target.exists():
            Path(temporary).chmod(target.stat().st_mode & 0o777)
        Path(temporary).replace(target)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
