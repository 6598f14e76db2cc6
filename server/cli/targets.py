"""Parses what the user types for a URL: a URL, one without its scheme, or a file."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TypeAlias

from ...tools.formats.urls import is_file, is_loopback_url, path_of
from ..settings.model import SettingsError
from ..settings.origins import safe_origin

Location: TypeAlias = str | Path

_HOST = re.compile(r"(localhost|\[[0-9a-f:.]+\]|[a-z0-9_-]+(\.[a-z0-9_-]+)+)(:\d+)?([/?].*)?", re.IGNORECASE)
# A name such as openapi.json looks like a host, but none of these is a top-level domain.
_DOCUMENT = re.compile(r"[^/:?]+\.(json|yaml|yml)", re.IGNORECASE)


def location_of(text: str) -> Location:
    """The URL or file; text without a scheme that is not a file is taken for a host.

    Raises:
        SettingsError: neither.
    """
    text = text.strip()
    if is_file(text):
        return _file(path_of(text))
    if "://" not in text:
        if _exists(Path(text)) or not _HOST.fullmatch(text) or _DOCUMENT.fullmatch(text):
            return _file(Path(text))
        text = f"http://{text}" if is_loopback_url(f"http://{text}") else f"https://{text}"
    safe_origin("the URL", text)
    return text.partition("#")[0]


def _exists(path: Path) -> bool:
    try:
        return path.expanduser().exists()
    except (OSError, ValueError, RuntimeError):
        return False


def _file(path: Path) -> Path:
    if not _exists(path):
        raise SettingsError(f"{str(path)[:200]!r} is neither a URL (https://...) nor an existing file")
    if not path.expanduser().is_file():
        raise SettingsError(f"{path} is not a file")
    return path.expanduser().resolve()
