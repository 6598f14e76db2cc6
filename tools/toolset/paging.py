"""Returning long results in pages."""

from __future__ import annotations

import secrets
from collections import OrderedDict
from dataclasses import dataclass, field, replace

from ..errors import RefusedError
from ..formats.json_values import JsonObject, as_text
from ..results.result import Result
from .tool import Tool

# Hosts begin to reject or hide results at about this many characters.
PAGE_SIZE = 40_000
_MAX_KEPT_CHARACTERS = 32_000_000
_MAX_KEPT_RESULTS = 50


@dataclass(slots=True)
class ResultPages:
    """Keeps the most recent results that were too long to return at once."""

    _kept: OrderedDict[str, str] = field(default_factory=OrderedDict[str, str])

    def first_page(self, result: Result) -> Result:
        """Return the result, or its first page and how to get the next."""
        if len(result.text) <= PAGE_SIZE or result.structured is not None:
            return result
        name = secrets.token_urlsafe(6)
        self._kept[name] = result.text
        while len(self._kept) > 1 and self._over_limit():
            self._kept.popitem(last=False)
        return replace(
            result, text=result.text[:PAGE_SIZE], note=f"{_position(name, PAGE_SIZE, result.text)} {result.note}"
        )

    def tool(self) -> Tool:
        """Return the tool `read_result`, which returns the next pages."""
        schema: JsonObject = {
            "type": "object",
            "properties": {
                "result": {"type": "string", "description": "The name in the note of the result."},
                "offset": {"type": "integer", "minimum": 0, "description": "The first character to return."},
            },
            "required": ["result", "offset"],
            "additionalProperties": False,
        }
        return Tool(
            "read_result",
            "Read the next part of a long result",
            "The next part of a result that was too long to return at once, by the name and offset in its note.",
            schema,
            "read",
            self._read,
            open_world=False,
        )

    def _over_limit(self) -> bool:
        return len(self._kept) > _MAX_KEPT_RESULTS or sum(map(len, self._kept.values())) > _MAX_KEPT_CHARACTERS

    async def _read(self, arguments: JsonObject) -> Result:
        name, offset = as_text(arguments["result"]), arguments["offset"]
        text = self._kept.get(name)
        if text is None:
            raise RefusedError(f"The result {name[:40]!r} is no longer kept.", "Make the call again.")
        start = int(offset) if isinstance(offset, int | float) else 0
        if start >= len(text):
            raise RefusedError(
                f"The offset {start} is beyond the end: the result has {len(text)} characters.", "It is complete."
            )
        return Result(text[start : start + PAGE_SIZE], note=_position(name, start + PAGE_SIZE, text, start))


def _position(name: str, end: int, text: str, start: int = 0) -> str:
    shown = f"[Characters {start} to {min(end, len(text))} of {len(text)}."
    if end >= len(text):
        return f"{shown} This is the end.]"
    return f'{shown} Read on with read_result {{"result": "{name}", "offset": {end}}}.]'
