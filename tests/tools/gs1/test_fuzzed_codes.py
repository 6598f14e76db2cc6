"""Anything a person types or a scanner sends: read, or rejected with a reason; never another product."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from closient_mcp.tools.formats.text import clean
from closient_mcp.tools.gs1.code import read_code
from closient_mcp.tools.gs1.decoding import decode
from closient_mcp.tools.gs1.digital_links import build_digital_link
from closient_mcp.tools.gs1.errors import InvalidCodeError
from closient_mcp.tools.gs1.gtin import parse_gtin

WRITTEN = [
    "9506000134352",
    "09506000134352",
    "0 36000 29145 2",
    "01234565",
    "978-0-306-40615-7",
    "0-306-40615-2",
    "(01)09506000134352(10)B7(17)271231(21)S/1",
    "]C1010950600013435210B7\x1d17271231",
    "]d2010950600013435210B7\x1d21S1",
    "]E09506000134352",
    "https://id.gs1.org/01/09506000134352/10/B7/21/S1?17=271231&linkType=gs1:pip",
    "https://brand.example/x/gtin/9506000134352/lot/B%2F7?exp=271231",
    "id.gs1.org/01/09506000134352",
    "urn:epc:id:sgtin:9506000.013435.1",
    "GTIN: 9506000134352.",
]
ODD = "0123456789()[]/?%#&=:. -\x1d\x00\x1b\u202e\u00a0\uff11\u0663XxAZ\ud800|\\~^"
TEXTS = st.text(st.sampled_from(ODD), max_size=60) | st.text(max_size=60)


@st.composite
def changed(draw: st.DrawFn) -> str:
    """A code in which some characters are replaced, removed, inserted or repeated."""
    text = draw(st.sampled_from(WRITTEN))
    for _ in range(draw(st.integers(1, 4))):
        at, length = draw(st.integers(0, len(text))), draw(st.integers(0, 3))
        inserted = draw(st.sampled_from([*ODD, "%1D", "%00", "//", "/01/", text[:20]]) | st.just(""))
        text = text[:at] + inserted + text[at + length :]
    return text


def check(error: InvalidCodeError) -> None:
    assert error.code
    assert error.message
    assert clean(error.message) == error.message
    assert len(error.message) < 600
    for other in filter(None, (error.upc_e, error.other)):
        assert parse_gtin(other).gtin14 == other


@given(text=changed() | TEXTS)
def test_any_text_is_a_code_with_a_valid_gtin_or_rejected(text: str) -> None:
    try:
        code = read_code(text)
    except InvalidCodeError as error:
        check(error)
        return
    assert parse_gtin(code.gtin.gtin14) == code.gtin
    assert code.elements["01"] == code.gtin.gtin14
    assert (code.lot, code.serial) == (code.elements.get("10", ""), code.elements.get("21", ""))
    assert all(note.isprintable() for note in (*code.notes, *code.elements.values()))


@given(text=changed() | TEXTS)
def test_any_data_is_decoded_to_what_a_digital_link_repeats_or_rejected(text: str) -> None:
    try:
        decoded = decode(text)
        link = build_digital_link(decoded.elements)
    except InvalidCodeError as error:
        check(error)
        return
    assert link.isascii()
    assert link.isprintable()
    assert dict(decode(link).elements) == dict(decoded.elements)


@given(number=st.floats() | st.integers(-(10**20), 10**20) | st.booleans())
def test_any_number_is_a_code_or_rejected(number: float) -> None:
    try:
        code = read_code(number)
    except InvalidCodeError as error:
        check(error)
        return
    assert code.reason or code.gtin.gtin14 == f"{int(number):014}"
