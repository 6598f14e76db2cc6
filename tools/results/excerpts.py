"""The part of a long result that fits a limit: valid JSON, whole rows of CSV or text, and what it leaves out."""

from __future__ import annotations

import re
import sys
from dataclasses import dataclass
from itertools import islice

from ..formats.csv_rows import CsvRow, column_names, delimiter_of, read_rows, write_row
from ..formats.json_values import JsonObject, JsonValue, LiteralNumber, to_text

_PLAIN_NAME = re.compile(r"[A-Za-z_]\w*", re.ASCII)
# A member that gets less room than this is not worth showing: fewer members are shown instead.
_LEAST_ROOM = 120
# Characters reserved for the mark of a cut.
_LEAST_MARK = 40


@dataclass(frozen=True, slots=True)
class Omission:
    """What is left out of a part: `path` is its JMESPath expression ('' for the whole), `shown` its first units."""

    path: str
    unit: str
    start: int
    shown: int
    total: int

    @property
    def end(self) -> int:
        """The first unit that is left out."""
        return self.start + self.shown


@dataclass(frozen=True, slots=True)
class Excerpt:
    """A part of a result, and what it leaves out: of the whole first, then of the parts in it."""

    text: str
    omissions: tuple[Omission, ...] = ()


def text_excerpt(text: str, room: int, start: int) -> Excerpt:
    """At most `room` characters of a text from character `start` on, up to the end of a line if possible."""
    part = text[start : start + room]
    if start + room < len(text) and (end := part.rfind("\n")) >= room // 2:
        part = part[: end + 1]
    return _excerpt(part, Omission("", "characters", start, len(part), len(text)))


def csv_excerpt(text: str, room: int, start: int) -> Excerpt:
    """The header and as many rows from `start` on as fit; long cells of a row that alone is too long are cut."""
    header, *rows = list(read_rows(text)) or [CsvRow("", ())]
    left = room - len(header.text)
    if left < room // 2:
        return text_excerpt(text, room, start)
    shown: list[str] = []
    nested: tuple[Omission, ...] = ()
    for index, row in enumerate(rows[start:], start):
        if len(row.text) > left:
            if not shown:
                part = _cut_row(row, column_names(header.cells, len(row.cells)), left, index, delimiter_of(text))
                shown, nested = [part.text], part.omissions
            break
        shown.append(row.text)
        left -= len(row.text)
    return _excerpt("".join([header.text, *shown]), Omission("", "rows", start, len(shown), len(rows)), nested)


def _cut_row(row: CsvRow, names: list[str], room: int, index: int, delimiter: str) -> Excerpt:
    most = room // len(row.cells) // 2  # quotes inside a cell are doubled
    cells = [cell if len(cell) <= most else f"{cell[: max(0, most - _LEAST_MARK)]}… [cut]" for cell in row.cells]
    omissions = tuple(
        Omission(child_path(f"[{index}]", name), "characters", 0, max(0, most - _LEAST_MARK), len(cell))
        for name, cell in zip(names, row.cells, strict=False)
        if len(cell) > most
    )
    text = write_row(cells, delimiter)
    if len(text) > room:
        return Excerpt("", (Omission(f"[{index}]", "members", 0, 0, len(names)),))
    return Excerpt(text, omissions)


def json_excerpt(value: JsonValue, room: int, start: int) -> Excerpt:
    """At most `room` characters of JSON, from item, member or character `start` of the value on.

    Arrays end after an item, objects after a member, strings with a mark. The time depends on `room`, and for objects
    on the number of their members too.
    """
    has_parts = isinstance(value, list | dict | str)
    text = json_within(value, room) if start == 0 or not has_parts else None
    return Excerpt(text) if text is not None else _cut(value, room, "", start)


def exact_json(value: JsonValue) -> str:
    """The value as compact JSON with every digit."""
    parts: list[str] = []
    _append(value, parts, sys.maxsize)
    return "".join(parts)


def json_within(value: JsonValue, room: int) -> str | None:
    """`exact_json`, or None if that is longer than `room`."""
    parts: list[str] = []
    return "".join(parts) if _append(value, parts, room) >= 0 else None


def _append(value: JsonValue, parts: list[str], room: int) -> int:
    """Append the JSON of a value; return the room left, negative as soon as it does not fit."""
    if isinstance(value, dict):
        parts.append("{")
        room -= 2
        for number, (key, member) in enumerate(value.items()):
            if room < 0 or len(key) > room:
                return -1
            name = f"{',' if number else ''}{to_text(key)}:"
            parts.append(name)
            room = _append(member, parts, room - len(name))
        parts.append("}")
        return room
    if isinstance(value, list):
        parts.append("[")
        room -= 2
        for number, item in enumerate(value):
            if number:
                parts.append(",")
                room -= 1
            if room < 0:
                return -1
            room = _append(item, parts, room)
        parts.append("]")
        return room
    if isinstance(value, str) and len(value) > room:
        return -1
    text = value.text if isinstance(value, LiteralNumber) else to_text(value)
    parts.append(text)
    return room - len(text)


def _cut(value: JsonValue, room: int, path: str, start: int) -> Excerpt:
    if isinstance(value, list):
        return _cut_list(value, room, path, start)
    if isinstance(value, dict):
        return _cut_object(value, room, path, start)
    if isinstance(value, str):
        return _cut_string(value, room, path, start)
    digits = len(json_within(value, 5_000) or "")
    return Excerpt(to_text(f"… [a number of {digits} digits]"), (Omission(path, "characters", 0, 0, digits),))


def _cut_list(items: list[JsonValue], room: int, path: str, start: int) -> Excerpt:
    texts: list[str] = []
    nested: tuple[Omission, ...] = ()
    left = room - 2
    for index in range(start, len(items)):
        text = json_within(items[index], left)
        if text is None:
            if not texts and left >= _LEAST_MARK:  # the first alone is too long
                part = _cut(items[index], left, f"{path}[{index}]", 0)
                texts, nested = [part.text], part.omissions
            break
        texts.append(text)
        left -= len(text) + 1
    return _excerpt(f"[{','.join(texts)}]", Omission(path, "items", start, len(texts), len(items)), nested)


def _cut_object(members: JsonObject, room: int, path: str, start: int) -> Excerpt:
    shares = _shares(members, room) if start == 0 else {}
    texts: list[str] = []
    nested: list[Omission] = []
    left = room - 2
    for key, member in islice(members.items(), start, None):
        name = f"{to_text(key)}:" if len(key) < left else None
        if name is None or (left := left - len(name) - 1) < 0:
            break
        share = min(left, shares.get(key, left))
        text = json_within(member, share)
        if text is None:
            if share < _LEAST_MARK or (texts and not shares):
                break
            part = _cut(member, share, child_path(path, key), 0)
            text = part.text
            nested += part.omissions
        texts.append(name + text)
        left -= len(text)
    own = Omission(path, "members", start, len(texts), len(members))
    return _excerpt(f"{{{','.join(texts)}}}", own, tuple(nested))


def _shares(members: JsonObject, room: int) -> dict[str, int]:
    """Each member's room: short ones get what they need, the others equal parts; {} if that is too little."""
    left = room - 2
    sizes: dict[str, int] = {}
    for key, member in members.items():
        left -= len(to_text(key)) + 2 if len(key) < left else room
        if left < 0:
            return {}
        text = json_within(member, room)
        sizes[key] = room if text is None else len(text)
    shares: dict[str, int] = {}
    for number, (key, size) in enumerate(sorted(sizes.items(), key=lambda member: member[1])):
        shares[key] = min(size, left // (len(sizes) - number))
        left -= shares[key]
        if shares[key] < min(size, _LEAST_ROOM):
            return {}
    return shares


def _excerpt(text: str, own: Omission, nested: tuple[Omission, ...] = ()) -> Excerpt:
    return Excerpt(text, (own, *nested) if own.start or own.end < own.total else nested)


def _cut_string(text: str, room: int, path: str, start: int) -> Excerpt:
    rest = text[start:]
    shown = min(len(rest), room - 2)
    while True:
        mark = f"… [{len(rest) - shown} more characters]" if shown < len(rest) else ""
        written = to_text(rest[:shown] + mark)
        if len(written) <= room or not shown:
            omission = Omission(path, "characters", start, shown, len(text))
            return Excerpt(written if len(written) <= room else '""', (omission,))
        shown = min(shown - 1, shown * room // len(written))


def child_path(path: str, key: str) -> str:
    """The JMESPath expression of a member."""
    name = key if _PLAIN_NAME.fullmatch(key) else to_text(key)
    return f"{path}.{name}" if path else name
