"""The part that fits of a long result; the result is kept, and `read_result` returns its other parts."""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import anyio
import anyio.to_thread

from ..caller import caller
from ..errors import InvalidArgumentsError, RefusedError, UnreachableError
from ..formats.json_values import InvalidJsonError, JsonObject, JsonValue, as_text
from ..results.result import Result
from ..results.selection import SELECT, select
from .result_store import KeptResult, MemoryResultStore, ResultStore, ResultStoreError
from .tool import Tool

if TYPE_CHECKING:
    from ..results.excerpts import Excerpt, Omission

_MAX_OMISSIONS = 5
_NOTHING_SELECTED = "[`select` found nothing, or null: check its names.]"


@dataclass(frozen=True, slots=True)
class KeptResults:
    """Shortens results of more than `max_characters`, and keeps them on a store."""

    max_characters: int
    store: ResultStore = field(default_factory=MemoryResultStore)

    async def shorten(self, result: Result) -> Result:
        """The result, what its `select` selects, or the beginning of that and how to get the rest.

        A `select` that does not fit is ignored, and the note says so: the call has been made and must not be repeated.
        """
        if not result.select and (result.structured is not None or len(result.text) <= self.max_characters):
            return result
        try:
            excerpt = await self._excerpt(result)
        except InvalidArgumentsError as error:
            ignored = f"[`select` was ignored. {error.message}] {result.note}"
            return await self.shorten(replace(result, select="", note=ignored, partial=True))
        shown = replace(result.with_text(excerpt.text), csv=False, select="", structured=None)
        if not excerpt.omissions:
            return replace(shown, note=f"{_NOTHING_SELECTED} {result.note}") if excerpt.text == "null" else shown
        try:
            name = await self.store.keep(caller.get().id, KeptResult(result.text.encode(), result.csv))
        except ResultStoreError as error:
            rest = f"{_shown_part(excerpt.omissions)} The rest cannot be read, because {error}.".strip()
        else:
            rest = f"{_omissions_note(excerpt.omissions, name, result.select)} It is kept for an hour at most."
        return replace(shown, note=f"[{rest}] {result.note}", partial=True)

    def tool(self) -> Tool:
        """The tool `read_result`, which returns other parts."""
        schema: JsonObject = {
            "type": "object",
            "properties": {
                "result": {"type": "string", "description": "The name in the note of the result."},
                "select": {**SELECT, "description": "What to return, in JMESPath, such as data[5].text."},
                "offset": {
                    "type": "integer",
                    "minimum": 0,
                    "description": "The first item, row, member or character to return of it.",
                },
            },
            "required": ["result"],
            "additionalProperties": False,
        }
        return Tool(
            "read_result",
            "Read more of a long result",
            "Other parts of a result that was too long to return at once, by the name in its note.",
            schema,
            "read",
            self._read,
            open_world=False,
        )

    async def _excerpt(self, result: Result, start: int = 0) -> Excerpt:
        """In a thread: an expression may take seconds, during which other calls go on."""
        return await anyio.to_thread.run_sync(_excerpt, result, start, self.max_characters)

    async def _read(self, arguments: JsonObject) -> Result:
        name, selected = as_text(arguments["result"]), as_text(arguments.get("select"))
        offset = arguments.get("offset", 0)
        start = int(offset) if isinstance(offset, int | float) else 0
        try:
            kept = await self.store.find(caller.get().id, name)
        except ResultStoreError as error:
            raise UnreachableError(
                f"The result cannot be read now, because {error}.", "Try again in a moment."
            ) from None
        if kept is None:
            raise RefusedError(
                f"There is no result named {name[:40]!r}: results are kept for an hour at most.",
                "Check the name in the note. If the call only read, make it again; if it changed something, do not "
                "repeat it.",
            )
        excerpt = await self._excerpt(Result(kept.content.decode(), csv=kept.csv, select=selected), start)
        if not excerpt.omissions:
            return Result(excerpt.text, note=_NOTHING_SELECTED if excerpt.text == "null" else "")
        own = excerpt.omissions[0]
        if not own.path and start and start >= own.total:
            raise RefusedError(
                f"The offset {start} is beyond the end: the result has {own.total} {own.unit}.",
                "Use a smaller `offset`; you already have the end.",
            )
        return Result(excerpt.text, note=f"[{_omissions_note(excerpt.omissions, name, selected)}]", partial=True)


def _excerpt(result: Result, start: int, room: int) -> Excerpt:
    from ..formats.csv_rows import as_objects, read_rows
    from ..results.excerpts import csv_excerpt, json_excerpt, text_excerpt

    text, selected = result.text, result.select
    if result.csv and not selected:
        return csv_excerpt(text, room, start)
    try:
        value: JsonValue = list[JsonValue](as_objects(read_rows(text))) if result.csv else result.parsed()
    except InvalidJsonError:
        if selected:
            raise InvalidArgumentsError(
                "`select` needs a result that is JSON or CSV, and this one is not.", "Call it without `select`."
            ) from None
        return text_excerpt(text, room, start)
    return json_excerpt(select(value, selected) if selected else value, room, start)


def _shown_part(omissions: tuple[Omission, ...]) -> str:
    """Say which part is shown, if that is a part of the whole and not of its members only."""
    own = omissions[0]
    return f"{own.unit.capitalize()} {own.start} to {own.end} of {own.total}." if not own.path else ""


def _omissions_note(omissions: tuple[Omission, ...], name: str, selected: str) -> str:
    """Say what was left out, and how to read the first of it."""
    rest = [omission for omission in omissions if omission.end < omission.total]
    shown = _shown_part(omissions)
    if not rest:
        return f"{shown} This is the end."
    parts = [f"{o.unit} {o.end} to {o.total} of {o.path}" for o in rest if o.path]
    others = f" and {len(parts) - _MAX_OMISSIONS} more parts" if len(parts) > _MAX_OMISSIONS else ""
    nested = f"Left out: {', '.join(parts[:_MAX_OMISSIONS])}{others}." if parts else ""
    following: JsonObject = {"result": name}
    if expression := " | ".join(filter(None, (selected, rest[0].path))):
        following["select"] = expression
    following["offset"] = rest[0].end
    reading = f"Read on with read_result {json.dumps(following, ensure_ascii=False)}"
    return " ".join(filter(None, (shown, nested, f"{reading}; `select` returns only the parts that you name.")))
