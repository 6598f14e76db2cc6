"""The log: to stderr or a file, never to stdout, and never with a secret in it."""

from __future__ import annotations

import logging
import os
import sys

from ..auth.secrets.redaction import Redaction
from .settings.model import SettingsError

# Verbose at lower levels; httpx2 logs whole URLs at INFO.
_VERBOSE_LIBRARIES = ("httpx2", "httpcore2", "mcp", "asyncio", "uvicorn")


class _Redacting(logging.Formatter):
    def __init__(self, redaction: Redaction) -> None:
        super().__init__("%(asctime)s %(levelname)s %(name)s: %(message)s")
        self._redaction = redaction

    def format(self, record: logging.LogRecord) -> str:
        return self._redaction.hide(super().format(record))


def start_log(level: str, file: str | None, redaction: Redaction) -> None:
    """Send the log to `file`, readable by its owner alone, or to stderr.

    Raises:
        SettingsError: the file cannot be written.
    """
    handler: logging.Handler
    if file is None:
        handler = logging.StreamHandler(sys.stderr)
    else:
        handler = logging.StreamHandler(os.fdopen(_open_private(file), "a", encoding="utf-8"))
    handler.setFormatter(_Redacting(redaction))
    logging.raiseExceptions = False  # a full disk must not print what it could not log, unredacted
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
    if level != "debug":
        for name in _VERBOSE_LIBRARIES:
            logging.getLogger(name).setLevel(logging.WARNING)


def _open_private(file: str) -> int:
    try:
        return os.open(file, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    except OSError as error:
        raise SettingsError(f"--log-file {file}: cannot write the log there: {error.strerror}.") from error
