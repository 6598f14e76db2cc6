"""The files that hold what a person first saw of each system; unlike the cache, they cannot be made anew."""

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
from .changes import Baseline, Seen

logger = logging.getLogger(__name__)

FORMAT = 1
_MOST_BYTES = 128 * 1024 * 1024


class SeenFile:
    """What was first seen of one system at one site, in a file of its own under `folder`."""

    def __init__(self, folder: Path, system: str, site: str) -> None:
        key = hashlib.sha256(f"{system}\n{site}".encode(errors="replace")).hexdigest()[:16]
        self._path = folder / f"{re.sub(r'[^a-z0-9-]', '_', system)}-{key}.json"
        self._complained = False

    def read(self) -> Baseline | None:
        """The baseline; nothing where there is none yet, or none that can be read."""
        try:
            return self._read()
        except FileNotFoundError:
            return None
        except (OSError, InvalidJsonError) as error:
            logger.warning(
                "what was first seen, %s, cannot be read (%s); tools count as seen from now on", self._path, error
            )
            with suppress(OSError):  # it cannot be made anew, so it is not written over
                self._path.replace(self._path.with_name(f"{self._path.name}.unread-{time.time_ns()}"))
            return None

    def _read(self) -> Baseline:
        if self._path.stat().st_size > _MOST_BYTES:
            raise InvalidJsonError("it is too large")
        told = as_object(parse_json(self._path.read_bytes()))
        if told.get("v") != FORMAT:
            raise InvalidJsonError("it has another format")
        tools = {name: _seen(as_object(tool)) for name, tool in as_object(told.get("tools")).items()}
        marks = frozenset(as_text(mark) for mark in as_list(told.get("told")))
        return Baseline(tools, told.get("complete") is True, marks, as_text(told.get("program")))

    def write(self, baseline: Baseline) -> None:
        """Replace the baseline; a disk that does not take it is logged once."""
        told: JsonObject = {
            "v": FORMAT,
            "program": baseline.program,
            "complete": baseline.complete,
            "told": [*sorted(baseline.told)],
            "tools": {name: asdict(seen) for name, seen in baseline.tools.items()},
        }
        try:
            replace_file(self._path, to_text(told).encode(errors="replace"))
        except OSError as error:
            if not self._complained:
                self._complained = True
                reason = error.strerror or str(error)
                logger.warning("what tools look like cannot be noted in %s: %s", self._path, reason)


def _seen(told: JsonObject) -> Seen:
    texts = {name: as_text(told.get(name)) for name in ("api", "title", "description", "tier", "url")}
    return Seen(**texts, schema=as_object(told.get("schema")), added=told.get("added") is True)
