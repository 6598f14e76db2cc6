"""The result of a call, laid out for people."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby

from rich.cells import cell_len
from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Column, Table
from rich.text import Text

from ...tools.formats.json_values import (
    InvalidJsonError,
    JsonObject,
    JsonValue,
    as_list,
    as_object,
    as_text,
    parse_json,
    to_text,
)
from ...tools.formats.text import clean
from .terminal import BOLD, GAP, RED, Terminal, table

# Columns of a table are cut to so many characters where the table would not fit otherwise.
_CUT = 24
# What is nested deeper is shown as JSON.
_LEVELS = 10


def print_result(result: JsonObject, output: Terminal, errors: Terminal) -> None:
    """Print the result of `tools/call`; an error goes to `errors`."""
    blocks = [as_object(block) for block in as_list(result.get("content"))]
    if result.get("isError"):
        for block in blocks:
            _print_error(as_text(block.get("text")), errors)
        return
    for number, block in enumerate(blocks):
        if block.get("type") != "text":
            output.say(f"{_kind(block)}; --json shows it")
        elif number:  # notes of ours
            output.say(as_text(block.get("text")))
        else:
            _print_text(as_text(block.get("text")), output)


def _kind(block: JsonObject) -> str:
    kind = as_text(block.get("type")).replace("_", " ")
    about = as_text(block.get("mimeType")) or as_text(block.get("uri"))
    return f"{kind} {about}".rstrip()


def _print_text(text: str, output: Terminal) -> None:
    value = _structured(text)
    if value is None:
        output.say(text)
    else:
        output.show(laid_out(value, output.width))


def _print_error(text: str, errors: Terminal) -> None:
    # The details are the last line.
    message, _, details = text.rpartition("\n")
    value = _structured(details)
    if value is None:
        errors.say((text, RED))
    else:
        errors.say((message, RED))
        errors.show(Padding(laid_out(value, errors.width - len(GAP)), (0, 0, 0, len(GAP))))


def _structured(text: str) -> JsonValue:
    """The object or list that a text is in JSON; None if it is not."""
    try:
        value = parse_json(text, exact=True)
    except InvalidJsonError:
        return None
    return value if isinstance(value, (dict, list)) else None


def laid_out(value: JsonValue, width: int, level: int = 0) -> RenderableType:
    """A JSON value as aligned lines, and as tables where it lists flat objects and `width` columns are enough."""
    if _is_flat(value):
        return _scalar(value)
    if level == _LEVELS:
        return Text(clean(to_text(value)))
    return _items(value, width, level) if isinstance(value, list) else Group(*_members(as_object(value), width, level))


def _members(value: JsonObject, width: int, level: int) -> Iterator[RenderableType]:
    keys = max((cell_len(clean(key)) for key, member in value.items() if _is_flat(member)), default=0)
    for flat, members in groupby(value.items(), key=lambda member: _is_flat(member[1])):
        if flat:
            lines = Table.grid(Column(style=BOLD, min_width=min(keys, _CUT), overflow="fold"),
                               Column(overflow="fold"), padding=(0, len(GAP), 0, 0))  # fmt: skip
            for key, member in members:
                lines.add_row(Text(clean(key)), _scalar(member))
            yield lines
        else:
            for key, member in members:
                yield Text(clean(key), style=BOLD)
                yield Padding(laid_out(member, width - len(GAP), level + 1), (0, 0, 0, len(GAP)))


def _items(items: list[JsonValue], width: int, level: int) -> RenderableType:
    rows = [item for item in items if isinstance(item, dict) and all(map(_is_flat, item.values()))]
    columns = list(dict.fromkeys(key for row in rows for key in row))
    if len(rows) == len(items) and columns:
        cells = [[_scalar(row[column]).plain if column in row else "" for column in columns] for row in rows]
        widths = (min(max(map(cell_len, column)), _CUT) for column in zip(columns, *cells, strict=True))
        if sum(widths) + len(GAP) * (len(columns) - 1) <= width:
            return table(columns, cells, width)
    listed = Table.grid(Column(), Column(overflow="fold"), padding=(0, 1, 0, 0))
    for item in items:
        listed.add_row("-", laid_out(item, width - 2, level + 1))
    return listed


def _is_flat(value: JsonValue) -> bool:
    """Whether a value fits into one cell: a scalar, or scalars that commas can separate."""
    if isinstance(value, list):
        return all(not isinstance(item, (dict, list)) and not ("," in str(item) or "\n" in str(item)) for item in value)
    return not isinstance(value, dict) or not value


def _scalar(value: JsonValue) -> Text:
    if isinstance(value, str):
        return Text(clean(value))
    if isinstance(value, list) and value:
        return Text(", ".join(_scalar(item).plain for item in value))
    return Text(to_text(value))
