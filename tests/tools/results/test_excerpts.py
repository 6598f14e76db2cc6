"""What fits of a long result: every excerpt parses, says what it lacks, and leaves nothing out of reach."""

from __future__ import annotations

import csv
import io
import json
import re
from typing import Any

import jmespath
import pytest
from hypothesis import given
from hypothesis import strategies as st

from closient_mcp.tools.formats.json_values import parse_json
from closient_mcp.tools.results.excerpts import Omission, csv_excerpt, json_excerpt, text_excerpt

ROWS: list[Any] = [{"id": number, "name": f"thing {number}"} for number in range(3_000)]


def test_an_array_is_cut_between_items() -> None:
    cut = json_excerpt(ROWS, 1_000, 0)
    shown = json.loads(cut.text)
    assert shown == ROWS[: len(shown)]
    assert 900 < len(cut.text) <= 1_000
    assert cut.omissions == (Omission("", "items", 0, len(shown), 3_000),)


def test_the_longest_array_of_an_object_is_cut_and_its_other_members_stay() -> None:
    cut = json_excerpt({"total": 3_000, "data": ROWS, "next": {"cursor": "c1"}}, 1_000, 0)
    shown = json.loads(cut.text)
    assert shown == {"total": 3_000, "data": ROWS[: len(shown["data"])], "next": {"cursor": "c1"}}
    assert cut.omissions == (Omission("data", "items", 0, len(shown["data"]), 3_000),)


def test_a_long_string_is_cut_and_marked() -> None:
    cut = json_excerpt({"id": 1, "text": "ab" * 1_000}, 200, 0)
    text, shown = json.loads(cut.text)["text"], cut.omissions[0].shown
    assert text == f"{('ab' * 1_000)[:shown]}… [{2_000 - shown} more characters]"
    assert cut.omissions == (Omission("text", "characters", 0, shown, 2_000),)


@pytest.mark.parametrize("text", ["\n" * 5_000, '"\\' * 2_500, "\u0001" * 5_000, "a" * 2_500 + "\u0001" * 2_500])
def test_a_string_that_grows_when_it_is_written_is_shown_as_far_as_it_fits(text: str) -> None:
    cut = json_excerpt(text, 600, 0)
    shown = cut.omissions[0].shown
    assert json.loads(cut.text) == f"{text[:shown]}… [{5_000 - shown} more characters]"
    assert shown >= 80
    assert len(cut.text) <= 600


def test_an_object_of_very_many_members_is_cut_between_members() -> None:
    cut = json_excerpt({f"key {number}": number for number in range(10_000)}, 500, 0)
    shown = json.loads(cut.text)
    assert cut.omissions == (Omission("", "members", 0, len(shown), 10_000),)
    assert shown == {f"key {number}": number for number in range(len(shown))}


def test_an_item_that_alone_is_too_long_is_cut_inside() -> None:
    value: Any = [{"id": 1, "odd key": ["x" * 100] * 100}, {"id": 2}]
    cut = json_excerpt(value, 300, 0)
    assert json.loads(cut.text)[0]["id"] == 1
    assert [omission.path for omission in cut.omissions] == ["", '[0]."odd key"']


@pytest.mark.parametrize("number", ["1.10000000000000000001", "12345678901234567890", "7" * 400])
def test_numbers_keep_every_digit(number: str) -> None:
    value = parse_json(f'{{"n":{number},"rest":"{"x" * 900}"}}', exact=True)
    assert f'"n":{number},' in json_excerpt(value, 900, 0).text


def test_a_number_longer_than_the_room_is_marked() -> None:
    assert json.loads(json_excerpt([10**900], 200, 0).text) == ["… [a number of 901 digits]"]


_JSON: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=60) | st.floats(allow_nan=False, allow_infinity=False),
    lambda inner: st.lists(inner, max_size=9) | st.dictionaries(st.text(max_size=60), inner, max_size=9),
    max_leaves=60,
)


@given(_JSON, st.integers(60, 300), st.integers(0, 3))
def test_every_excerpt_parses_fits_and_says_where_the_rest_is(value: Any, room: int, start: int) -> None:
    cut = json_excerpt(value, room, start)
    json.loads(cut.text)
    assert len(cut.text) <= room
    for omission in cut.omissions:
        part: Any = jmespath.search(omission.path or "@", value)
        assert omission.total == (len(json.dumps(part)) if isinstance(part, int | float) else len(part))
    assert cut.omissions or json.loads(cut.text) == value


def test_two_hundred_levels_are_cut_in_a_moment() -> None:
    value: Any = "x" * 100_000
    for level in range(199):
        value = [value] if level % 2 else {"a": value, "b": level}
    cut = json_excerpt(value, 5_000, 0)
    json.loads(cut.text)
    (omission,) = cut.omissions
    assert jmespath.search(omission.path, value) == "x" * 100_000


TABLE = "id,name\r\n" + "".join(f'{number},"thing\n""{number}"""\r\n' for number in range(500))


def test_csv_is_cut_between_rows_and_keeps_its_header() -> None:
    first = csv_excerpt(TABLE, 400, 0)
    again = csv_excerpt(TABLE, 400, first.omissions[0].end)
    rows = [list(csv.reader(io.StringIO(part.text, newline=""))) for part in (first, again)]
    count = len(rows[0]) - 1
    assert rows[0][0] == rows[1][0] == ["id", "name"]
    assert rows[0][-1] == [str(count - 1), f'thing\n"{count - 1}"']
    assert rows[1][1] == [str(count), f'thing\n"{count}"']
    assert first.omissions == (Omission("", "rows", 0, count, 500),)


def test_a_long_cell_is_cut_and_its_place_is_named() -> None:
    cut = csv_excerpt("id;te xt\n1;" + "x" * 5_000 + "\n2;b\n", 400, 0)
    (_, row) = list(csv.reader(io.StringIO(cut.text), delimiter=";"))
    assert row[0] == "1"
    assert re.fullmatch(r"x+… \[cut\]", row[1])
    assert [omission.path for omission in cut.omissions] == ["", '[0]."te xt"']


def test_text_is_cut_between_lines_where_it_has_any() -> None:
    text = "".join(f"line {number}\n" for number in range(100))
    first = text_excerpt(text, 100, 0)
    assert first.text.endswith("\n")
    assert text_excerpt(text, 2_000, first.omissions[0].end).text == text[len(first.text) :]
    assert text_excerpt("x" * 300, 100, 0).text == "x" * 100
