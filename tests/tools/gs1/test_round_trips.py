"""Properties of reading and building: nothing is lost, in no form, and nothing wrong gets through."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from closient_mcp.tools.gs1.check_digits import check_digit
from closient_mcp.tools.gs1.decoding import decode
from closient_mcp.tools.gs1.digital_links import build_digital_link
from closient_mcp.tools.gs1.elements import Elements
from closient_mcp.tools.gs1.errors import InvalidCodeError

from .test_element_strings import LOT

_FEW = settings(max_examples=50)
_DATE = st.dates().map(lambda date: f"{date:%y%m}{min(date.day, 28):02}")
_MEASURE = st.from_regex(r"[0-9]{6}", fullmatch=True)
_GTIN = (
    st.from_regex(r"[0-9]{13}", fullmatch=True)
    .filter(lambda body: body.strip("0"))
    .map(lambda body: f"{body}{check_digit(body)}")
)
_ATTRIBUTES = st.fixed_dictionaries(
    {},
    optional={
        "11": _DATE,
        "17": st.one_of(_DATE, st.just("270200")),
        "3103": _MEASURE,
        "3205": _MEASURE,
        "3922": st.from_regex(r"[0-9]{1,15}", fullmatch=True),
        "423": st.sampled_from(["276", "276250", "276250840"]),
        "240": LOT,
        "7003": _DATE.map(lambda date: f"{date}2359"),
        "7230": LOT.map(lambda text: f"EM{text}"),
        "99": LOT,
    },
)
_QUALIFIERS = st.one_of(
    st.fixed_dictionaries({}, optional={"22": LOT, "10": LOT, "21": LOT}),
    st.fixed_dictionaries({"235": LOT}),
)
_ELEMENTS: st.SearchStrategy[Elements] = st.tuples(_GTIN, _QUALIFIERS, _ATTRIBUTES).map(
    lambda parts: (("01", parts[0]), *parts[1].items(), *parts[2].items())
)
# Full-width, Arabic-Indic, Devanagari, superscript, circled and mathematical digits.
_OTHER_DIGITS = "\uff11\u0663\u096b\u00b2\u2462\U0001d7d7"
# What stands before the digits that end in the check digit, how many they are, and what follows them.
_CHECKED = {
    "00": ("", 18, ""),
    "01": ("", 14, ""),
    "02": ("", 14, "(37)12"),
    "402": ("", 17, ""),
    "414": ("", 13, ""),
    "417": ("", 13, ""),
    "253": ("", 13, "A1"),
    "255": ("", 13, "0042"),
    "8003": ("0", 13, "A1"),
    "8006": ("", 14, "0102"),
    "8017": ("", 18, ""),
    "8018": ("", 18, ""),
}


def forms(elements: Elements) -> tuple[str, str, str]:
    """The same elements in brackets, as scanned, and as a link."""
    bracketed = "".join(f"({ai})" + value.replace("(", "\\(") for ai, value in elements)
    return bracketed, "]C1" + "\x1d".join(ai + value for ai, value in elements), build_digital_link(elements)


@_FEW
@given(_ELEMENTS)
def test_bracketed_raw_and_link_decode_to_the_same(elements: Elements) -> None:
    assert [sorted(decode(form).elements) for form in forms(elements)] == [sorted(elements)] * 3


@_FEW
@given(_ELEMENTS.flatmap(st.permutations))
def test_a_link_is_the_same_in_whatever_order_it_is_built(elements: list[tuple[str, str]]) -> None:
    decoded = decode(build_digital_link(elements))
    assert (sorted(decoded.elements), decoded.notes) == (sorted(elements), ())
    path = [ai for ai, _ in decoded.elements if ai in ("01", "22", "10", "21", "235")]
    assert path == [ai for ai in ("01", "22", "10", "21", "235") if ai in path]


@_FEW
@given(_ELEMENTS, st.integers(0, 2), st.data())
def test_a_digit_of_another_script_is_refused_anywhere(elements: Elements, form: int, data: st.DataObject) -> None:
    text = forms(elements)[form]
    place = data.draw(st.sampled_from([place for place, char in enumerate(text) if char in "0123456789"]))
    other = data.draw(st.sampled_from(_OTHER_DIGITS))
    with pytest.raises(InvalidCodeError):
        decode(text[:place] + other + text[place + 1 :])


@_FEW
@given(st.sampled_from(sorted(_CHECKED)), st.data())
def test_a_misread_digit_of_any_key_is_refused(ai: str, data: st.DataObject) -> None:
    before, length, after = _CHECKED[ai]
    body = data.draw(st.text("123456789", min_size=length - 1, max_size=length - 1))
    digits = f"{body}{check_digit(body)}"
    assert decode(f"({ai}){before}{digits}{after}").elements[0] == (ai, f"{before}{digits}{after.partition('(')[0]}")
    place = data.draw(st.integers(0, length - 1))
    wrong = str((int(digits[place]) + data.draw(st.integers(1, 9))) % 10)
    with pytest.raises(InvalidCodeError) as caught:
        decode(f"({ai}){before}{digits[:place]}{wrong}{digits[place + 1 :]}{after}")
    assert caught.value.code == "bad_check_digit"


@pytest.mark.parametrize("spelled", ["<GS>", "(FNC1)", "%1D"])
def test_a_separator_spelled_out_next_to_a_real_separator_is_part_of_the_lot(spelled: str) -> None:
    decoded = decode(f"]C1010950600013435210A{spelled}17271231\x1d21S1")
    assert dict(decoded.elements) == {"01": "09506000134352", "10": f"A{spelled}17271231", "21": "S1"}
