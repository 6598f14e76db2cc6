"""The log: on stderr or in a file, never on stdout, and never with a secret in it."""

from __future__ import annotations

import logging
import os
import sys
from functools import partial
from io import TextIOWrapper
from logging.handlers import RotatingFileHandler
from pathlib import Path

from ...auth.secrets.redaction import Redaction
from ..settings.model import SettingsError

LOG_NAME = "closient-mcp.log"
_MOST_BYTES = 1024 * 1024
_KEPT_FILES = 2
# Verbose at lower levels; httpx2 logs whole URLs at INFO, and any client can have uvicorn log warnings.
_LEVELS = {**dict.fromkeys(("httpx2", "httpcore2", "mcp", "asyncio"), logging.WARNING), "uvicorn": logging.ERROR}


class _Redacting(logging.Formatter):
    def __init__(self, redaction: Redaction) -> None:
        super().__init__("%(asctime)s %(levelname)s %(name)s: %(message)s")
        self._redaction = redaction

    def format(self, record: logging.LogRecord) -> str:
        return self._redaction.hide(super().format(record))


class _PrivateFile(RotatingFileHandler):
    """A file that only its owner can read."""

    def _open(self) -> TextIOWrapper:
        return open(
            self.baseFilename, "a", encoding="utf-8", errors="backslashreplace", opener=partial(os.open, mode=0o600)
        )

    def shouldRollover(self, record: logging.LogRecord) -> bool:  # noqa: N802 (as the base class has it)
        """Whether the file is full; the base class formats each record twice, to count its characters too."""
        return self.stream is not None and 0 < self.maxBytes <= os.fstat(self.stream.fileno()).st_size


def start_log(level: str, file: str | None, *, folder: Path | None = None) -> Redaction:
    """Send the log to `file`, or to stderr and a rotating file in `folder`; the result redacts secrets from it.

    A folder that can't be written to leaves the log on stderr.

    Raises:
        SettingsError: `file` can't be written.
    """
    handlers = [_explicit(file)] if file is not None else [logging.StreamHandler(sys.stderr), *_rotating(folder)]
    redaction = Redaction()
    for handler in handlers:
        handler.setFormatter(_Redacting(redaction))
    logging.raiseExceptions = False  # a full disk must not print what it could not log, unredacted
    root = logging.getLogger()
    root.handlers[:] = handlers
    root.setLevel(level.upper())
    if level != "debug":
        for name, lowest in _LEVELS.items():
            logging.getLogger(name).setLevel(lowest)
    return redaction


def log_name() -> str:
    """Where the log can be read: the path of a file, or `stderr`."""
    files = [handler.baseFilename for handler in logging.getLogger().handlers if isinstance(handler, _PrivateFile)]
    return next(iter(files), "stderr")


def _explicit(file: str) -> logging.Handler:
    try:
        return _PrivateFile(file)
    except OSError as error:
        raise SettingsError(f"--log-file {file}: cannot write the log there: {error.strerror}.") from error


def _rotating(folder: Path | None) -> list[logging.Handler]:
    if folder is None:
        return []
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        return [_PrivateFile(folder / LOG_NAME, maxBytes=_MOST_BYTES, backupCount=_KEPT_FILES)]
    except OSError:
        return []
