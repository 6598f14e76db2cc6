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


def test_rule_2_millions_of_hidden_characters_are_removed_in_one_pass() -> None:
    assert clean("\x00\u202e" * 2**23 + "\u00e9") == "é"


def test_rule_2_hidden_characters_that_python_takes_for_printable_are_removed_too() -> None:
    blanks = "\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0"
    assert blanks.isprintable()
    assert [clean(f"ä{blank}b") for blank in blanks] == ["äb"] * len(blanks)


@given(st.characters())
def test_rule_2_control_and_format_characters_are_removed(character: str) -> None:
    assert unicodedata.category(character) not in ("Cc", "Cf", "Cs") or clean(character) in ("", "\t", "\n", "\r")


@pytest.mark.parametrize("text", ["naïve café", "日本語", "emoji 🍎️", "line\nbreak\ttab", "ß ≠ §"])
def test_visible_text_is_unchanged(text: str) -> None:
    assert clean(text) == text


@pytest.mark.parametrize(
    "text",
    [
        "می\u200cخواهم",
        "ه\u200d.ش",
        "क्\u200dष क्\u200cष ന\u0d4d\u200d",
        "\U0001f469\u200d\U0001f469\u200d\U0001f467",
        "\U0001f469\U0001f3fd\u200d\U0001f680",
        "\U0001f3f3\ufe0f\u200d\U0001f308",
        "❤\ufe0f",
        "1\ufe0f\u20e3",
        "©\ufe0f",
        "\U0001f3f4\U000e0067\U000e0062\U000e0073\U000e0063\U000e0074\U000e007f",
        "神\ufe00",
        "ᠰᠠᠷ\u180eᠠ",
    ],
    ids=[
        "persian",
        "heh",
        "indic",
        "family",
        "astronaut",
        "rainbow",
        "heart",
        "keycap",
        "sign",
        "flag",
        "han",
        "mongol",
    ],
)
def test_joiners_and_selectors_stay_where_scripts_and_emoji_need_them(text: str) -> None:
    assert clean(text) == text


@pytest.mark.parametrize(
    ("text", "visible"),
    [
        ("super\u200bcali", "supercali"),
        ("ig\u200cno\u200dre", "ignore"),
        ("می\u200c", "می"),
        ("\u200cمی", "می"),
        ("a\u200d\U0001f469\u200d b", "a\U0001f469 b"),
        ("a\ufe0f\u200d❤", "a❤"),
        ("a\ufe0fb\ufe01", "ab"),
        ("❤\ufe0f\ufe00\ufe01", "❤\ufe0f"),
        ("hi\U000e0041\U000e0042", "hi"),
        ("\U0001f3f4\U000e0069\U000e0067\U000e006e\U000e007f", "\U0001f3f4"),
        ("x\u180eᠠ", "xᠠ"),
        ("─\u200d─", "──"),
    ],
)
def test_rule_2_joiners_and_selectors_go_where_nothing_needs_them(text: str, visible: str) -> None:
    assert clean(text) == visible


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
