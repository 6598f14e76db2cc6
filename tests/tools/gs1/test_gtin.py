from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from closient_mcp.tools.gs1.check_digits import check_digit
from closient_mcp.tools.gs1.gtin import Gtin, InvalidGtinError, parse_gtin

from .vectors import vectors


@pytest.mark.parametrize(("written", "expected"), vectors("gtin"))
def test_a_gtin_is_judged_as_gs1_does(written: str, expected: dict[str, Any]) -> None:
    try:
        gtin = parse_gtin(written)
    except InvalidGtinError as error:
        assert expected == {"valid": False, "error": error.error}  # noqa: PT017 (either outcome may be right)
    else:
        assert (gtin.gtin14, gtin.format) == (expected["gtin14"], expected["format"])


@pytest.mark.parametrize(("digits", "expected"), vectors("check_digit"))
def test_check_digits_are_those_of_gs1(digits: str, expected: dict[str, Any]) -> None:
    assert check_digit(digits) == expected["check_digit"]


@pytest.mark.parametrize(("written", "expected"), vectors("rcn"))
def test_restricted_circulation_numbers_are_recognized(written: str, expected: dict[str, Any]) -> None:
    assert parse_gtin(written).restricted == expected["usage"]


def test_an_error_never_names_the_digit_that_would_fit() -> None:
    with pytest.raises(InvalidGtinError, match=r"^its check digit is wrong$"):
        parse_gtin("5901234123458")


@given(st.text(max_size=40))
def test_no_text_gives_anything_but_a_gtin_or_a_reason(written: str) -> None:
    try:
        gtin = parse_gtin(written)
    except InvalidGtinError as error:
        assert str(error)  # noqa: PT017 (either outcome is right)
    else:
        assert isinstance(gtin, Gtin)
        assert gtin.gtin14.isascii()
        assert len(gtin.gtin14) == 14


@given(st.text(alphabet="0123456789", min_size=7, max_size=13).filter(lambda t: len(t) in (7, 11, 12, 13)))
def test_digits_are_a_gtin_only_with_their_check_digit(body: str) -> None:
    right = check_digit(body)
    if body.strip("0"):
        assert parse_gtin(f"{body}{right}").gtin14 == f"{body}{right}".zfill(14)
    with pytest.raises(InvalidGtinError):
        parse_gtin(f"{body}{(right + 1) % 10}" if body.strip("0") else f"{body}0")
