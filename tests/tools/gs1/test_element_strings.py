from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from closient_mcp.tools.gs1.associations import missing_associations
from closient_mcp.tools.gs1.element_strings import parse_bracketed, parse_raw, swallowed_tail
from closient_mcp.tools.gs1.elements import Elements, describe_identifier
from closient_mcp.tools.gs1.errors import InvalidCodeError

from .vectors import vectors

LOT = st.text(
    "!\"%&'()*+,-./0123456789:;<=>?ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz", min_size=1, max_size=20
)


def expect(parsed: Elements, expected: dict[str, Any]) -> None:
    assert [list(element) for element in parsed] == expected["ais"]
    assert bool(missing_associations([ai for ai, _ in parsed])) == ("warnings" in expected)


@pytest.mark.parametrize(("text", "expected"), vectors("ai_bracketed"))
def test_bracketed_element_strings(text: str, expected: dict[str, Any]) -> None:
    if "error" not in expected:
        return expect(parse_bracketed(text), expected)
    with pytest.raises(InvalidCodeError) as caught:
        parse_bracketed(text)
    assert expected["error"] in ("any", caught.value.code)
    return None


@pytest.mark.parametrize(("data", "expected"), vectors("ai_raw"))
def test_raw_element_strings(data: str, expected: dict[str, Any]) -> None:
    if "error" not in expected:
        return expect(parse_raw(data), expected)
    with pytest.raises(InvalidCodeError) as caught:
        parse_raw(data)
    assert expected["error"] in ("any", caught.value.code)
    return None


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("(01)09506000134352(10)B7(10)B8", "duplicate_ai"),
        ("(01)09506000134352(3103)000195(3102)001950", "exclusive_ais"),
        ("(01)09506000134352(17)270229", "bad_date"),
        ("(01)09506000134352(11)261301", "bad_date"),
        ("(01)09506000134352(10)ÄB", "bad_charset"),
        ("(01)０9506000134352", "bad_charset"),
        ("(01)09506000134352(10)" + "A" * 21, "value_too_long"),
        ("(414)9521321000019", "bad_check_digit"),
        ("(8003)04007537168422100034022", "bad_check_digit"),
        ("(8017)123456789012345676", "bad_check_digit"),
        ("(253)9521321000019ABC", "bad_check_digit"),
        ("(8013)1987654Ad4X4bL5ttr2310c2J", "bad_check_pair"),
        ("(8006)095060001343520302", "bad_content"),
        ("(7003)2612312460", "bad_date"),
        ("(4330)123456+", "bad_content"),
        ("(01)09506000134352(422)987", "bad_content"),
        ("(01)09506000134352(7030)987ABC", "bad_content"),
        ("(00)106141412345678908(4307)AA", "bad_content"),
        ("(8020)A(415)9521321000018(3910)0011", "bad_content"),
        ("(253)9521321000018(8030)ABC", "bad_content"),
    ],
)
def test_a_value_that_its_identifier_forbids_is_refused(text: str, code: str) -> None:
    with pytest.raises(InvalidCodeError) as caught:
        parse_bracketed(text)
    assert caught.value.code == code


@pytest.mark.parametrize(
    "text",
    [
        "(01)09506000134352(3922)1299(3103)000195",
        "(01)09506000134352(22)2A(10)B7(21)S1",
        "(8013)1987654Ad4X4bL5ttr2310c2K",
        "(01)09506000134352(7007)251201260131",
        "(4330)123456-",
        "(4330)000000",
        "(8043)123456789012345678",
        "(253)9521321000018",
        "(01)09506000134352(423)276",
        "(01)09506000134352(423)276250",
        "(01)09506000134352(10)B7(10)B7",
        "(415)9521321000018(8020)X",
    ],
)
def test_valid_values_are_accepted(text: str) -> None:
    assert "".join(f"({ai}){value}" for ai, value in parse_bracketed(text)) == text


@pytest.mark.parametrize(
    ("data", "tail"),
    [
        ("010950600013435210B717271231", "17271231"),
        ("010950600013435210B7\x1d17271231", ""),
        ("010950600013435210B7", ""),
        ("010950600013435217271231", ""),
    ],
)
def test_a_lot_that_may_have_swallowed_a_date_is_noticed(data: str, tail: str) -> None:
    assert swallowed_tail(parse_raw(data)) == tail


def test_elements_have_the_titles_of_the_standard() -> None:
    assert [describe_identifier(ai)[0] for ai in ("01", "10", "3103")] == ["GTIN", "BATCH/LOT", "NET WEIGHT (kg)"]
    assert describe_identifier("10")[1] == "Batch or lot number"


@given(LOT)
def test_a_lot_comes_out_unchanged(lot: str) -> None:
    expected = (("01", "09506000134352"), ("10", lot), ("17", "271231"))
    assert parse_raw(f"010950600013435210{lot}\x1d17271231") == expected
    escaped = lot.replace("(", "\\(")
    assert parse_bracketed(f"(01)09506000134352(10){escaped}(17)271231") == expected
