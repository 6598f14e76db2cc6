from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from closient_mcp.tools.formats.json_values import InvalidJsonError, parse_json
from closient_mcp.tools.formats.text import clean, clean_value, one_line, paragraph, without_markup


@pytest.mark.parametrize("hidden", ["\u202e", "\u200b", "\u2066", "\ufeff", "\x1b", "\x00", "\U000e0041", "\u3164"])
def test_rule_2_hidden_characters_never_reach_the_model(hidden: str) -> None:
    assert clean(f"a{hidden}b") == "ab"
    assert clean_value({f"k{hidden}": [f"v{hidden}"]}) == {"k": ["v"]}


@given(st.characters())
def test_rule_2_control_and_format_characters_are_removed(character: str) -> None:
    assert unicodedata.category(character) not in ("Cc", "Cf", "Cs") or clean(character) in ("", "\t", "\n", "\r")


@pytest.mark.parametrize("text", ["naïve café", "日本語", "emoji 🍎️", "line\nbreak\ttab", "ß ≠ §"])
def test_visible_text_is_unchanged(text: str) -> None:
    assert clean(text) == text


@given(st.text(), st.integers(min_value=10, max_value=50))
def test_text_is_truncated_to_the_limit(text: str, limit: int) -> None:
    line = one_line(text, limit)
    assert len(line) <= limit
    assert "\n" not in line
    assert len(paragraph(text, limit)) <= limit


@pytest.mark.parametrize("surrogate", ["\ud800"])
def test_lone_surrogates_are_removed(surrogate: str) -> None:
    assert clean(f"a{surrogate}b").encode() == b"ab"


def test_json_nested_too_deeply_is_rejected() -> None:
    assert parse_json("[" * 150 + "]" * 150)
    with pytest.raises(InvalidJsonError, match="200 levels"):
        parse_json("[" * 250 + "]" * 250)


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("<p>One<br/>two</p> <B class='x'>three</B>", " One two  three"),
        ("See [the guide](https://x.example/a?b=c) and ![a picture](x.png).", "See the guide and a picture."),
        ("**Required.** 2 ** 3 __main__ a < b > c <id> [x] (y)", "Required. 2 ** 3 __main__ a < b > c <id> [x] (y)"),
        ("&lt;id&gt; &amp; more", "<id> & more"),
    ],
)
def test_markup_is_removed(text: str, plain: str) -> None:
    assert without_markup(text) == plain


def test_unclosed_markup_is_processed_quickly() -> None:
    for piece in ("[", "[a](", "<p ", "**a ", "<a <"):
        assert len(without_markup(piece * 20_000)) > 1000
