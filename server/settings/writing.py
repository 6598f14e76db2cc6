"""Reads and replaces the settings file as text, byte order mark and line ends included."""

from __future__ import annotations

from pathlib import Path

from ...tools.http.atomic_files import replace_file
from .model import SettingsError

_NEW = "# Settings of closient-mcp; `closient-mcp config show` shows the settings in force.\n"


def read_text(path: Path) -> str:
    """The content of the settings file, or the first line of a new one.

    Raises:
        SettingsError: it cannot be read.
    """
    try:
        return path.read_bytes().decode() if path.exists() else _NEW
    except OSError as error:
        raise SettingsError(f"{path} cannot be read: {error.strerror or error}.") from None
    except UnicodeDecodeError:
        raise SettingsError(f"{path} is not UTF-8. Save it as UTF-8.") from None


def write_text(path: Path, text: str) -> None:
    """Replace the file atomically, following symbolic links and keeping its permissions.

    Raises:
        SettingsError: it cannot be written.
    """
    try:
        replace_file(path.resolve(), text.encode(), sync=True)
    except OSError as error:
        raise SettingsError(f"{path} cannot be written: {error.strerror or error}.") from None
