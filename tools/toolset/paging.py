"""Replies of a bounded size: a long one is handed out in pages."""

from __future__ import annotations

import secrets
from collections import OrderedDict
from dataclasses import dataclass, field, replace

from ..errors import RefusedError
from ..formats.json_values import JsonObject, as_text
from ..results.result import Result
from .tool import Tool

# Hosts begin to refuse or to hide results at about this size (characters).
PAGE = 40_000
_KEPT_CHARACTERS = 32_000_000
_KEPT_RESULTS = 50


@dataclass(slots=True)
class Pages:
    """Keeps the results that were too long to return whole, the oldest leaving first."""

    _kept: OrderedDict[str, str] = field(default_factory=OrderedDict[str, str])

    def bounded(self, result: Result) -> Result:
        """The result, or its first page with word of how to read on."""
        if len(result.text) <= PAGE or result.structured is not None:
            return result
        name = secrets.token_urlsafe(6)
        self._kept[name] = result.text
        while len(self._kept) > 1 and self._too_much():
            self._kept.popitem(last=False)
        return replace(result, text=result.text[:PAGE], note=f"{_more(name, PAGE, result.text)} {result.note}")

    def tool(self) -> Tool:
        """`read_result`: the pages that follow the first."""
        schema: JsonObject = {
            "type": "object",
            "properties": {
                "result": {"type": "string", "description": "The name that the cut result gave."},
                "offset": {"type": "integer", "minimum": 0, "description": "The first character to return."},
            },
            "required": ["result", "offset"],
            "additionalProperties": False,
        }
        return Tool(
            "read_result",
            "Read on in a long result",
            "Returns the next part of a result that was too long to return whole, by the name and offset it gave.",
            schema,
            "read",
            self._read,
            open_world=False,
        )

    def _too_much(self) -> bool:
        return len(self._kept) > _KEPT_RESULTS or sum(map(len, self._kept.values())) > _KEPT_CHARACTERS

    async def _read(self, arguments: JsonObject) -> Result:
        name, offset = as_text(arguments["result"]), arguments["offset"]
        text = self._kept.get(name)
        if text is None:
            raise RefusedError(f"The result {name[:40]!r} is no longer kept.", "Make the call again.")
        start = int(offset) if isinstance(offset, int | float) else 0
        if start >= len(text):
            raise RefusedError(
                f"The result has {len(text)} characters; there is nothing at {start}.", "It is complete."
            )
        return Result(text[start : start + PAGE], note=_more(name, start + PAGE, text, start))


def _more(name: str, end: int, text: str, start: int = 0) -> str:
    shown = f"[Characters {start} to {min(end, len(text))} of {len(text)}."
    if end >= len(text):
        return f"{shown} This is the end.]"
    return f'{shown} Read on with read_result {{"result": "{name}", "offset": {end}}}.]'
