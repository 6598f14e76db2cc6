"""CSV (RFC 4180) in the variants that services send: other delimiters, line breaks in quotes, any line ending."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import zip_longest

from .json_values import JsonObject

_DELIMITERS = ",;\t|"


@dataclass(frozen=True, slots=True)
class CsvRow:
    """A row: its text as it was sent, with blank lines before it and its line ending, and its cells."""

    text: str
    cells: tuple[str, ...]


def delimiter_of(text: str) -> str:
    """The delimiter that the first line has most of."""
    return max(_DELIMITERS, key=text.partition("\n")[0].count)


def read_rows(text: str) -> Iterator[CsvRow]:
    """Yield the rows, the header first. After an unbalanced quote, the rest is one row."""
    csv.field_size_limit(max(csv.field_size_limit(), len(text)))
    lines = io.StringIO(text, newline="").readlines()
    reader = csv.reader(lines, delimiter=delimiter_of(text))
    at = 0
    for cells in reader:
        if cells:
            yield CsvRow("".join(lines[at : reader.line_num]), tuple(cells))
            at = reader.line_num


def write_row(cells: Sequence[str], delimiter: str) -> str:
    """A row as text."""
    text = io.StringIO()
    csv.writer(text, delimiter=delimiter, lineterminator="\n").writerow(cells)
    return text.getvalue()


def column_names(header: Sequence[str], count: int) -> list[str]:
    """A name for each of `count` columns; `column_3` for the third if it has none of its own."""
    own = [name if header.index(name) == at else "" for at, name in enumerate(header)]
    return [name or f"column_{number}" for number, (name, _) in enumerate(zip_longest(own, range(count)), 1)]


def as_objects(rows: Iterator[CsvRow]) -> list[JsonObject]:
    """An object of strings, by the names of the columns, for each row after the header."""
    header = next(rows, CsvRow("", ())).cells
    return [dict(zip(column_names(header, len(row.cells)), row.cells, strict=False)) for row in rows]
