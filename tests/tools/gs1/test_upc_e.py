from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from closient_mcp.tools.gs1.check_digits import check_digit
from closient_mcp.tools.gs1.upc_e import expand, suppress

from .vectors import vectors


@pytest.mark.parametrize(("written", "expected"), vectors("upc_e"))
def test_a_upc_e_expands_to_its_upc_a(written: str, expected: dict[str, Any]) -> None:
    assert expand(written) == expected.get("upc_a")


@pytest.mark.parametrize(("upc_a", "expected"), vectors("upc_a_to_e"))
def test_a_upc_a_with_enough_zeros_has_a_upc_e(upc_a: str, expected: dict[str, Any]) -> None:
    assert suppress(upc_a) == expected.get("upc_e")


@given(st.from_regex(r"[01][0-9]{6}", fullmatch=True))
def test_a_upc_e_survives_expansion_and_suppression(written: str) -> None:
    upc_a = expand(written)
    assert upc_a is not None
    assert int(upc_a[-1]) == check_digit(upc_a[:-1])
    # Several UPC-E may expand to one UPC-A; the standard's first condition decides, and it's stable.
    short = suppress(upc_a)
    assert short is not None
    assert expand(short) == upc_a


@pytest.mark.parametrize("text", ["", "12345", "123456789", "21234565", "0123456x", "０１２３４５６"])
def test_other_text_is_no_upc_e(text: str) -> None:
    assert expand(text) is None
