"""The files that hold the first snapshot of each system's tools; unlike the cache, they cannot be made again."""

from __future__ import annotations

import hashlib
import logging
import re
import time
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path

from ..formats.json_values import InvalidJsonError, JsonObject, as_list, as_object, as_text, parse_json, to_text
from ..http.atomic_files import replace_file
from .changes import Baseline, ToolSnapshot

logger = logging.getLogger(__name__)

FORMAT = 1
_MAX_BYTES = 128 * 1024 * 1024


class _NewerFormatError(Exception):
    """A newer version wrote the file."""


class SnapshotFile:
    """The baseline of one system at one site, in its own file in `folder`."""

    def __init__(self, folder: Path, system: str, site: str) -> None:
        key = hashlib.sha256(f"{system}\n{site}".encode(errors="replace")).hexdigest()[:16]
        self._path = folder / f"{re.sub(r'[^a-z0-9-]', '_', system)}-{key}.json"
        self._warned = False
        self._is_newer = False

    def read(self) -> Baseline | None:
        """The baseline, or None if the file is missing, unreadable or of a newer version, which keeps it."""
        try:
            return self._read()
        except FileNotFoundError:
            return None
        except _NewerFormatError:
            self._is_newer = True
            logger.warning("a newer version wrote the tool baseline %s; changes are not looked for", self._path)
            return None
        except (OSError, InvalidJsonError) as error:
            logger.warning("cannot read the tool baseline %s (%s); starting a new one", self._path, error)
            with suppress(OSError):  # not overwritten, because it cannot be made again
                self._path.replace(self._path.with_name(f"{self._path.name}.unreadable-{time.time_ns()}"))
            return None

    def _read(self) -> Baseline:
        if self._path.stat().st_size > _MAX_BYTES:
            raise InvalidJsonError("it is too large")
        content = as_object(parse_json(self._path.read_bytes()))
        version = content.get("v")
        if version != FORMAT:
            is_newer = isinstance(version, int) and version > FORMAT
            raise _NewerFormatError if is_newer else InvalidJsonError("it has another format")
        tools = {name: _snapshot(as_object(tool)) for name, tool in as_object(content.get("tools")).items()}
        reported = frozenset(map(as_text, as_list(content.get("reported"))))
        return Baseline(tools, content.get("complete") is True, reported, as_text(content.get("program")))

    def write(self, baseline: Baseline) -> None:
        """Replace the baseline, unless it is of a newer version; a failure to write is logged once."""
        if self._is_newer:
            return
        content: JsonObject = {
            "v": FORMAT,
            "program": baseline.program,
            "complete": baseline.complete,
            "reported": [*sorted(baseline.reported)],
            "tools": {name: asdict(snapshot) for name, snapshot in baseline.tools.items()},
        }
        try:
            replace_file(self._path, to_text(content).encode(errors="replace"))
        except OSError as error:
            if not self._warned:
                self._warned = True
                logger.warning("cannot write the tool baseline %s: %s", self._path, error.strerror or error)


def _snapshot(content: JsonObject) -> ToolSnapshot:
    texts = {name: as_text(content.get(name)) for name in ("api", "title", "description", "tier", "url")}
    return ToolSnapshot(**texts, schema=as_object(content.get("schema")), added=content.get("added") is True)
