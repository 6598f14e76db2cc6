from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from closient_mcp.tools.gs1.check_digits import check_digit
from closient_mcp.tools.gs1.code import Code, read_code
from closient_mcp.tools.gs1.digital_links import build_digital_link
from closient_mcp.tools.gs1.errors import InvalidCodeError

from ...fakes.paths import VECTORS
from .test_element_strings import LOT
from .vectors import vectors

CASES = json.loads((VECTORS / "codes.json").read_text(encoding="utf-8"))["cases"]
ONE = "09506000134352"


def result(written: str | float) -> dict[str, Any]:
    """What validate_gtin would answer."""
    try:
        code = read_code(written)
    except InvalidCodeError as error:
        other = {"upc_e_normalized": error.upc_e} if error.upc_e else {}
        return {"valid": False, "reason": error.code, "text": f"{error.message} {error.key}", **other}
    text = " ".join(code.notes)
    if code.reason:
        return {"valid": False, "reason": code.reason, "text": text, "upc_e_normalized": code.gtin.gtin14}
    answer = {"valid": True, "normalized": code.gtin.gtin14, "text": text, "restricted": code.gtin.restricted}
    answer |= {"lot": code.lot, "serial": code.serial, "expiry": code.expiry}
    return answer | ({"upc_e_normalized": code.other.gtin14} if code.other else {})


@pytest.mark.parametrize("case", CASES, ids=lambda case: str(case["input"]))
def test_codes_as_people_and_scanners_write_them(case: dict[str, Any]) -> None:
    answer = result(case["input"])
    accepted = case["right"].get("either", [case["right"]])
    exact = ("valid", "normalized", "reason", "lot", "serial", "expiry", "restricted", "upc_e_normalized")
    assert any(all(answer.get(key) == right[key] for key in exact if key in right) for right in accepted), answer


@pytest.mark.parametrize(
    ("written", "words"),
    [
        ("04963406", ["UPC-E", "049000006346"]),
        ("12345678905", ["leading zero", "012345678905"]),
        ("520963539", ["0520963539", "ISBN-10", "9780520963535"]),
        ("0-471-11709-9", ["ISBN-10", "9780471117094"]),
        ("0-8044-2957-X", ["ISBN-10", "9780804429573"]),
        ("080442957x", ["ISBN-10", "9780804429573"]),
        ("ISBN-10: 0-8044-2957-X", ["9780804429573"]),
        ("https://id.gs1.org/8003/04007537168421100034022", ["GRAI (8003)", "asset"]),
        ("https://id.gs1.org/00/106141412345678908", ["SSCC (00)", "logistic unit"]),
        ("00106141412345678908", ["SSCC (00)"]),
        ("106141412345678908", ["SSCC (00)"]),
        ("https://id.gs1.org/414/9521321000018", ["GLN (414)", "location"]),
        ("https://id.gs1.org/417/9521321000018", ["GLN (417)", "party"]),
        ("https://id.gs1.org/8004/95213210001", ["GIAI (8004)"]),
        ("https://id.gs1.org/253/9521321000018ABC", ["GDTI (253)"]),
        ("https://id.gs1.org/255/95211099900125678", ["GCN (255)", "coupon"]),
        ("(255)95211099900125678", ["GCN (255)", "coupon"]),
        ("(8110)106141416543213150110120", ["coupon", "8110"]),
        ("8110106141416543213150110120", ["coupon", "8110"]),
        ("]C10259506000134352", []),
        ("(02)09506000134352(37)12", ["02", "contained", "37"]),
        ("]C102095060001343523712", ["contained"]),
        ("(8018)123456789012345675", ["GSRN (8018)"]),
        ("(00)106141412345678909", ["SSCC", "misread"]),
        ("https://id.gs1.org/414/9521321000019", ["GLN", "misread"]),
        ("(10)B7(17)271231", ["no (01)"]),
        ("2434-561X", ["ISSN"]),
        ("0317-8471", ["ISSN"]),
        ("ISSN 0317-8471", ["ISSN"]),
        ("ISSN0317-8471", ["ISSN"]),
        ("urn:issn:0317-8471", ["ISSN"]),
        ("20493630", ["misread", "ISSN"]),
        ("https://id.gs1.org/ARHkZdKhTJQ", ["compressed"]),
        ("https://id.gs1.org/02/09506000134352", ["02", "contained"]),
        ("https://id.gs1.org/8110/106141416543213150110120", ["coupon"]),
        ("https://id.gs1.org/01/09506000134352/lot/B7", ["/10/"]),
        ("5.90123E+12", ["spreadsheet", "text"]),
        ("9506000134352, 4006381333931", ["one at a time"]),
        ("9506000134352 4006381333931", ["one at a time"]),
        ("9506000134352\n4006381333931", ["one at a time"]),
        ("95060O0134352", ["'O'"]),
        ("97522980X", ["097522980X", "9780975229804"]),
        ("9506000134352-", ["sign"]),
        ("urn:epc:id:sgtin:0614141.112345.400", ["EPC"]),
        ("]E153", ["add-on"]),
        ("https://id.gs1.org/01/09506000134352?10=B7", ["/10/B7"]),
        ("https://id.gs1.org/gtin/09506000134352", ["/01/"]),
        ("1234565", ["01234565", "012345000065"]),
        ("0614193", ["061400000199"]),
        ("614193", ["061400000199"]),
        ("978047111709453295", ["9780471117094", "add-on"]),
    ],
)
def test_an_answer_names_what_the_input_is(written: str, words: list[str]) -> None:
    answer = result(written)
    assert not answer["valid"]
    assert [word for word in words if word not in answer["text"]] == [], answer["text"]


@pytest.mark.parametrize(
    ("written", "code"),
    [
        ("", "empty"), (" \u00a0\u200b\n", "empty"), ("\x1d", "empty"), ("]Q1", "empty"), ("]C1", "empty"),
        ("0" * 13, "all_zero"), ("00000000", "all_zero"), ("0" * 20, "all_zero"),
        ("000-000-000-000", "all_zero"), (0, "all_zero"), ("(01)00000000000000", "all_zero"),
        ("https://id.gs1.org/01/00000000000000", "all_zero"),
        ("-9506000134352", "non_digit"), ("\u22129506000134352", "non_digit"), ("9506000134352-", "non_digit"),
        ("+9506000134352", "non_digit"), (-9506000134352, "non_digit"), (9506000134352.5, "non_digit"),
        (float("nan"), "non_digit"), (float("inf"), "non_digit"), (True, "non_digit"),
        ("９５０６０００１３４３５２", "non_digit"), ("٩٥٠٦٠٠٠١٣٤٣٥٢", "non_digit"), ("950600013435²", "non_digit"),
        ("5.90123E+12", "non_digit"), ("9506000134352,9506000134352", "non_digit"),
        ("9506000134352\n9506000134352", "non_digit"), ("9506000134352 9506000134352", "bad_length"),
        ("rice", "non_digit"), ("1021072911172405310100693570007182", "bad_length"), ("9" * 3000, "too_long"),
        (12345, "bad_length"), (10 ** 20, "bad_length"), (1e300, "bad_length"), (520963539, "bad_length"),
        ("9506000134353", "bad_check_digit"), ("010950600013435310B7", "bad_check_digit"),
        ("]E09506000134353", "bad_check_digit"), ("]E0950600013435", "bad_length"), ("]E012345678901234", "bad_length"),
        ("]E01234ABC890123", "non_digit"), ("]E41234567", "bad_length"), ("]E412ABC678", "non_digit"),
        ("]C101123123123133^10ABC", "bad_charset"),
        ("urn:epc:id:sgtin:0614141.112345.400", "non_digit"), ("ftp://id.gs1.org/01/09506000134352", "bad_scheme"),
    ],
)  # fmt: skip
def test_what_is_no_product_code_is_refused(written: str | float, code: str) -> None:
    with pytest.raises(InvalidCodeError) as caught:
        read_code(written)
    assert caught.value.code == code


@pytest.mark.parametrize(
    "written",
    [
        9506000134352, 9506000134352.0, "9506000134352", " 9506000134352\r\n", "09506000134352", "950-6000-134352",
        "9 506000 134352", "9\u00a0506000\u202f134352", "9506\u200b000\u2060134352", "\ufeff9506000134352\u200e",
        "950\u2011600\u2013013435\u20142", "950.6000.134352", "9506000134352.0", "(01)9506000134352",
        "9,506,000,134,352", "'9506000134352", '"9506000134352"', '="9506000134352"', "GTIN: 9506000134352",
        "EAN-13 9506000134352", "(01)09506000134352",
        "(01) 09506000134352 ",
        "0109506000134352", "]C10109506000134352", "]e00109506000134352", "]d20109506000134352",
        "]Q30109506000134352", "]J10109506000134352", "]E09506000134352", "]I109506000134352",
        "\x1d0109506000134352", "]C1\x1d0109506000134352\x1d", "{GS}0109506000134352", "^]0109506000134352",
        "https://id.gs1.org/01/09506000134352", "HTTPS://ID.GS1.ORG/01/09506000134352", "]Q1https://x.com/01/09506000134352",
        "http://example.com/a/b/01/09506000134352?linkType=gs1:pip#top", "https://id.gs1.org/01/9506000134352/",
        "id.gs1.org/01/09506000134352", "www.closient.com/01/09506000134352", "localhost:8000/01/09506000134352",
        "/01/09506000134352", "//id.gs1.org/01/09506000134352", "9506000134352\x1d",
        "<https://id.gs1.org/01/09506000134352>", "https://x.com/8004/95213210001?01=09506000134352",
    ],
)  # fmt: skip
def test_every_form_of_a_gtin_is_read(written: str | float) -> None:
    code = read_code(written)
    assert (code.gtin.gtin14, code.reason, code.elements["01"]) == (ONE, None, ONE)


@pytest.mark.parametrize(
    "written",
    [
        "(01)09506000134352(10)B7(21)S1(17)271200",
        "(01) 09506000134352 (10) B7 (21) S1 (17) 271200",
        "(01)09506000134352\n(17)271200\n(10)B7\n(21)S1",
        "01095060001343521727120010B7\x1d21S1",
        "01095060001343521727120010B7{GS}21S1",
        "01095060001343521727120010B7<GS>21S1",
        "]C101095060001343521727120010B7^]21S1",
        "]d2010950600013435210B7\x1d21S1\x1d17271200",
        "]E09506000134352|]e01727120010B7\x1d21S1",
        "]C1(01)09506000134352(17)271200(10)B7(21)S1",
        "\x1d10B7\x1d21S1\x1d172712000109506000134352",
        "https://id.gs1.org/01/09506000134352/10/B7/21/S1?17=271200",
        "https://id.gs1.org/01/09506000134352/21/S1/10/B7?17=271200",
        "id.gs1.org/01/9506000134352/10/B7/21/S1?17=271200&linkType=gs1:pip",
        "01/09506000134352/10/B7/21/S1?17=271200",
        "https://id.gs1.org/01/09506000134352/10/B7/17/271200/21/S1",
        "^010950600013435210B7^21S1^17271200",
        "010950600013435210B7^21S1^17271200",
        "010950600013435210B7<0x1D>21S1<0x1D>17271200",
        "010950600013435210B7(GS)21S1(FNC1)17271200",
        "010950600013435210B7%1D21S1%1d17271200",
        "010950600013435210B7&#29;21S1&#x1D;17271200",
    ],
)
def test_lot_serial_and_expiry_are_handed_on(written: str) -> None:
    code = read_code(written)
    assert (code.gtin.gtin14, code.lot, code.serial, code.expiry) == (ONE, "B7", "S1", "2027-12-31")
    assert dict(code.elements) == {"01": ONE, "10": "B7", "21": "S1", "17": "271200"}


def test_measures_prices_and_variants_are_kept() -> None:
    code = read_code("(01)09506000134352(22)2A(3103)000195(3922)1299(15)280229")
    assert dict(code.elements) == {"01": ONE, "22": "2A", "3103": "000195", "3922": "1299", "15": "280229"}
    assert code.expiry == ""


@pytest.mark.parametrize(
    ("written", "word"),
    [
        ("978-0-471-11709-4", "Hyphens"), ("978-0-471-11709-4", "ISBN"), ("9506\u200b000134352", "Invisible"),
        ("2001111111119", "restricted"), ("977 2434 56100 6", "ISSN"), ("9790345246804", "ISBN"),
        ("9790260000438", "ISMN"), ("id.gs1.org/01/09506000134352", "scheme"), ("(01)9506000134352", "padded"),
        ("98765432109213", "variable"), ("https://a/01/9506000134352", "padded"),
        ("https://a/01/09506000134352/21/S/10/B", "order"), ("https://a/01/09506000134352/", "slash"),
        ("01234565", "012345000065"), (12345678905, "leading zeros"), ("9818000000000", "coupon"),
        ("https://a/01/09506000134352?lot=B7", "no application identifiers with a value: lot"),
        ("https://a/01/09506000134352?17&exp=271231", "17, exp"),
        ("https://a/01/04006381333931/01/09506000134352", "before the key in the link's path: /01/04006381333931"),
        ("https://a/10/B7/01/09506000134352", "before the key in the link's path: /10/B7"),
        ("https://a/00/106141412345678908/01/09506000134352", "/00/106141412345678908"),
        ("https://a/01/09506000134352/17/271231", "(17) belongs in the query"),
        ("https://a/01/01234565", "00012345000065"), ("(01)01234565", "00012345000065"),
        ("ISMN 979-0-2600-0043-8", "ISMN"),
        ("010950600013435210B717271231", "separator"), ("https://a/01/09506000134352/10/A%zz", "percent"),
    ],
)  # fmt: skip
def test_a_note_says_what_a_reader_should_know(written: str | float, word: str) -> None:
    if isinstance(written, str) and written == "9818000000000":
        written = f"981800000000{check_digit('981800000000')}"
    if written == "9790345246804":
        written = f"979034524680{check_digit('979034524680')}".replace("9790", "9791")
        written = f"{written[:12]}{check_digit(written[:12])}"
    if written == "977 2434 56100 6":
        written = f"977 2434 56100 {check_digit('977243456100')}"
    assert word in " ".join(read_code(written).notes)


@pytest.mark.parametrize(
    ("written", "form", "gtin", "other"),
    [
        ("UPC-E 01234565", "UPC-E", "00012345000065", None),
        ("UPC: 01234565", "UPC-E", "00012345000065", None),
        ("upce:04963406", "UPC-E", "00049000006346", None),
        ("]E001234565", "UPC-E", "00012345000065", None),
        ("EAN-8 01234565", "GTIN-8", "00000001234565", None),
        ("]E401234565", "GTIN-8", "00000001234565", None),
        ("JAN 01234565", "GTIN-8", "00000001234565", "00012345000065"),
    ],
)
def test_a_label_decides_how_eight_digits_are_read(written: str, form: str, gtin: str, other: str | None) -> None:
    code = read_code(written)
    assert (code.form, code.gtin.gtin14) == (form, gtin)
    assert (code.other.gtin14 if code.other else None) == other


@pytest.mark.parametrize(
    ("written", "code", "upc_e"),
    [
        ("EAN-8: 04963406", "bad_check_digit", "00049000006346"),
        ("(01)04963406", "bad_check_digit", "00049000006346"),
        ("https://a/01/04963406", "bad_check_digit", "00049000006346"),
        ("UPC-E 96385074", "bad_check_digit", ""),
        ("ISBN 9506000134352", "bad_content", ""),
        ("ISBN 01234565", "bad_content", ""),
    ],
)
def test_digits_that_are_not_what_their_label_says_are_refused(written: str, code: str, upc_e: str) -> None:
    with pytest.raises(InvalidCodeError) as caught:
        read_code(written)
    assert (caught.value.code, caught.value.upc_e) == (code, upc_e)


def test_eight_digits_that_are_both_gtin_8_and_upc_e_have_two_readings() -> None:
    code = read_code("01234565")
    assert (code.form, code.gtin.gtin14) == ("GTIN-8", "00000001234565")
    assert code.other is not None
    assert code.other.gtin14 == "00012345000065"


@pytest.mark.parametrize(("written", "expected"), vectors("gtin"))
def test_a_valid_gtin_reads_as_gs1_has_it(written: str, expected: dict[str, Any]) -> None:
    if expected["valid"]:
        code = read_code(written)
        assert (code.gtin.gtin14, code.gtin.format) == (expected["gtin14"], expected["format"])


@pytest.mark.parametrize(("written", "expected"), vectors("scan"))
def test_scan_data_with_a_symbology_identifier(written: str, expected: dict[str, Any]) -> None:
    if "error" in expected:
        with pytest.raises(InvalidCodeError):
            read_code(written)
        return
    code = read_code(written)
    assert code.gtin.gtin14 == expected.get("gtin14", code.gtin.gtin14)
    assert list(code.elements.items()) == [tuple(pair) for pair in expected.get("ais", code.elements.items())]


def gtins(length: int) -> st.SearchStrategy[str]:
    body = st.text("0123456789", min_size=length - 1, max_size=length - 1).filter(
        lambda digits: bool(digits.strip("0"))
    )
    return body.map(lambda digits: f"{digits}{check_digit(digits)}")


@given(st.sampled_from([12, 13, 14]).flatmap(gtins), st.data())
def test_a_misread_digit_is_never_accepted(gtin: str, data: st.DataObject) -> None:
    place = data.draw(st.integers(0, len(gtin) - 1))
    digit = data.draw(st.sampled_from([d for d in "0123456789" if d != gtin[place]]))
    wrong = gtin[:place] + digit + gtin[place + 1 :]
    padded = wrong.zfill(14)
    for written in (wrong, f"(01){padded}", f"01{padded}", f"]C101{padded}", f"https://a.example/01/{padded}"):
        with pytest.raises(InvalidCodeError) as caught:
            read_code(written)
        assert caught.value.code in ("bad_check_digit", "all_zero")
        assert "should" not in caught.value.message


@given(gtins(8), st.data())
def test_a_misread_gtin_8_is_at_most_a_upc_e_that_says_so(gtin: str, data: st.DataObject) -> None:
    place = data.draw(st.integers(0, 7))
    digit = data.draw(st.sampled_from([d for d in "0123456789" if d != gtin[place]]))
    try:
        code = read_code(gtin[:place] + digit + gtin[place + 1 :])
    except InvalidCodeError:
        return
    assert code.form == "UPC-E"
    assert code.reason == "bad_check_digit"
    assert "misread" in " ".join(code.notes)


@given(st.sampled_from([12, 13, 14]).flatmap(gtins), LOT)
def test_all_forms_of_a_gtin_read_the_same_and_keep_the_lot(gtin: str, lot: str) -> None:
    full = gtin.zfill(14)
    escaped = lot.replace("(", "\\(")
    link = build_digital_link((("01", full), ("10", lot)))
    with_lot = [link, link.removeprefix("https://"), f"]C101{full}10{lot}", f"(01){full}(10){escaped}"]
    codes = [read_code(written) for written in with_lot]
    assert {(code.gtin.gtin14, code.lot) for code in codes} == {(full, lot)}
    bare = [gtin, full, f" {gtin} ", f"{gtin[:3]}-{gtin[3:]}", f"01{full}", f"(01){full}"]
    assert {read_code(written).gtin.gtin14 for written in bare} == {full}


@given(st.text(max_size=60) | st.integers() | st.floats())
def test_any_input_gives_a_code_or_a_reason(written: str | float) -> None:
    try:
        code = read_code(written)
    except InvalidCodeError as error:
        assert error.message  # noqa: PT017 (either outcome is right)
    else:
        assert isinstance(code, Code)
        assert len(code.gtin.gtin14) == 14
