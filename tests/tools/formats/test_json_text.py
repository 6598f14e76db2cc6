"""Long JSON is read in another way than short JSON, with the same outcome."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from closient_mcp.tools.formats.json_text import compact, read_json
from closient_mcp.tools.formats.json_values import InvalidJsonError, parse_json

PADDING = " " * 100_000

NUMBERS = st.from_regex(r"-?(0|[1-9][0-9]{0,20})([.][0-9]{1,20})?([eE][+-]?[0-9]{1,3})?", fullmatch=True)
STRINGS = st.text(max_size=6).map(json.dumps) | st.text(max_size=6).map(
    lambda text: json.dumps(text, ensure_ascii=False)
)
ODD = st.sampled_from(
    [
        *("1.10", "1e5", "1E+5", "-0", "1e400", "NaN", "01", "1" * 5000, "[]", "{}", "", '"', "[1,]", "null", "true"),
        *(r'"\/"', r'"\u0041"', r'"\ud800"', r'"\u0001"', r'"\b"', r'"\\u0041"', r'"\""'),
        *('"\x7f"', '"a  b"', '"\x01"', '"\u202e"'),
    ]
)
SPACES = st.sampled_from(["", " ", "\n  ", "\t", "\r\n", "\u00a0"])


def nested(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    """Arrays and objects of JSON texts, with repeated names and any space."""
    members = st.tuples(st.sampled_from(['"a"', '"b"', '"a b"', r'"\u0061"']), SPACES, inner).map(
        lambda member: f"{member[0]}{member[1]}:{member[1]}{member[2]}"
    )
    joined = st.tuples(SPACES, st.lists(inner, max_size=4)).map(lambda parts: f"[{(parts[0] + ',').join(parts[1])}]")
    return joined | st.tuples(SPACES, st.lists(members, max_size=4)).map(
        lambda parts: f"{{{(',' + parts[0]).join(parts[1])}}}"
    )


TEXTS = st.recursive(NUMBERS | STRINGS | ODD, nested, max_leaves=12)


def outcome(text: str, *, long: bool) -> str:
    """What reading a text gives, in a form that tells 1 from 1.0 and 0.0 from -0.0."""
    try:
        value, listed, _ = read_json(text + PADDING) if long else (parse_json(text), compact(text), False)
    except InvalidJsonError:
        return "not JSON"
    return f"{value!r} {listed}"


@given(TEXTS)
def test_long_json_is_read_as_short_json_is(text: str) -> None:
    assert outcome(text, long=True) == outcome(text, long=False)


@given(TEXTS)
def test_a_value_that_is_called_exact_has_every_digit_of_the_text(text: str) -> None:
    try:
        value, listed, exact = read_json(text + PADDING)
    except InvalidJsonError:
        return
    if exact:
        assert repr(value) == repr(parse_json(listed, exact=True))
        assert json.dumps(value).count(":") == listed.count(":")


@pytest.mark.parametrize("depth", [200, 201, 202])
@pytest.mark.parametrize(("start", "middle", "end"), [("[", "", "]"), ("[", "1", "]"), ('{"a":', "{}", "}")])
def test_the_limit_of_depth_is_the_same_for_long_json(depth: int, start: str, middle: str, end: str) -> None:
    text = start * depth + middle + end * depth
    assert outcome(text, long=True) == outcome(text, long=False)


@pytest.mark.parametrize("options", [{}, {"ensure_ascii": False, "indent": 1}])
def test_the_value_of_common_long_json_is_exact(options: dict[str, Any]) -> None:
    items: list[Any] = [None, True, {}, [], -1e-3, "  "]
    value = {"größe": 'a "b"\\ c\n', "price": 12.5, "big": 2**70, "list": items}
    written = json.dumps(value, **options)
    assert read_json(written + PADDING) == (value, compact(written), True)
