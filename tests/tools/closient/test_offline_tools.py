"""The tools that need no network; a request would fail here."""

from __future__ import annotations

import struct
from collections.abc import AsyncIterator
from typing import Any

import httpx2
import pytest

from closient_mcp.tools.errors import InvalidArgumentsError
from closient_mcp.tools.results.result import ImageBlock

from .calling import Tools

SITE = "https://www.example.com"
LINK = "https://id.gs1.org/01/09506000134352/10/B7?17=271231"


@pytest.fixture
async def tools() -> AsyncIterator[Tools]:
    async with httpx2.AsyncClient(trust_env=False, verify=False) as client:
        yield Tools(SITE, client)


@pytest.mark.parametrize(
    ("data", "form", "link"),
    [
        ("(01)09506000134352(10)B7(17)271231", "GS1 element string", LINK),
        ("]C1010950600013435210B7\x1d17271231", "GS1 element string", LINK),
        ("]d1010950600013435210B7\x1d17271231", "GS1 element string", LINK),
        ("]Q0(01)09506000134352(10)B7(17)271231", "GS1 element string", LINK),
        ("https://brand.example/x/01/09506000134352/10/B7?17=271231", "GS1 Digital Link", LINK),
        ("9506000134352", "GTIN-13", "https://id.gs1.org/01/09506000134352"),
        ("(00)106141412345678908", "GS1 element string", "https://id.gs1.org/00/106141412345678908"),
    ],
)
async def test_data_is_decoded_however_it_is_written(tools: Tools, data: str, form: str, link: str) -> None:
    decoded = await tools.call("decode_gs1", data=data)
    assert (decoded["form"], decoded["digital_link"], decoded["notes"]) == (form, link, [])


async def test_each_element_is_named_and_explained(tools: Tools) -> None:
    decoded: Any = await tools.call("decode_gs1", data="(01)09506000134352(17)270100(3103)001250(10)B7")
    assert decoded["identifies"] == "a GTIN (01), which identifies a trade item"
    assert [{name: value for name, value in element.items() if name != "description"}
            for element in decoded["elements"]] == [
        {"ai": "01", "title": "GTIN", "value": "09506000134352"},
        {"ai": "17", "title": "USE BY or EXPIRY", "value": "270100", "date": "2027-01-31"},
        {"ai": "3103", "title": "NET WEIGHT (kg)", "value": "001250", "number": "1.250", "unit": "kg"},
        {"ai": "10", "title": "BATCH/LOT", "value": "B7"},
    ]  # fmt: skip


async def test_data_without_a_key_is_decoded_with_a_note(tools: Tools) -> None:
    decoded: Any = await tools.call("decode_gs1", data="(10)B7(17)271231")
    assert "digital_link" not in decoded
    assert "may be in another barcode" in decoded["notes"][0]


@pytest.mark.parametrize(
    ("data", "reason"),
    [("hello", "non_digit"), ("(01)09506000134353", "bad_check_digit"),
     ("(01)00000000000000", "all_zero"), ("(17)271301(10)B", "bad_date"),
     ("(10)A(B)C", "malformed"), ("https://example.com/about", "no_primary_key")],
)  # fmt: skip
async def test_data_that_is_invalid_is_an_error_with_its_reason(tools: Tools, data: str, reason: str) -> None:
    with pytest.raises(InvalidArgumentsError) as caught:
        await tools.call("decode_gs1", data=data)
    assert caught.value.details["reason"] == reason


@pytest.mark.parametrize(
    ("arguments", "link"),
    [
        ({"ais": {"17": "271231", "10": "B7", "01": 9506000134352}}, LINK),
        (
            {"ais": {"01": "09506000134352", "21": "A/B"}, "domain": "brand.example/x/", "link_type": "gs1:pip"},
            "https://brand.example/x/01/09506000134352/21/A%2FB?linkType=gs1:pip",
        ),
        (
            {"ais": {"414": "9521321000018", "254": "X1"}, "domain": "http://127.0.0.1:8000"},
            "http://127.0.0.1:8000/414/9521321000018/254/X1",
        ),
        (
            {"ais": {"01": "09506000134352", "17": "271231"}, "link_type": "gs1:recallStatus"},
            "https://id.gs1.org/01/09506000134352?17=271231&linkType=gs1:recallStatus",
        ),
        (
            {"ais": {"01": "09506000134352"}, "domain": "HTTPS://x-1.example:65535/.a/b..", "link_type": "linkset"},
            "HTTPS://x-1.example:65535/.a/b../01/09506000134352?linkType=linkset",
        ),
    ],
)
async def test_a_link_is_built_and_decoded_back(tools: Tools, arguments: dict[str, Any], link: str) -> None:
    assert (await tools.call("build_digital_link", **arguments))["digital_link"] == link
    decoded: Any = await tools.call("decode_gs1", data=link)
    values = {element["ai"]: element["value"] for element in decoded["elements"]}
    assert values == {ai: str(value).zfill(14) if ai == "01" else value for ai, value in arguments["ais"].items()}


@pytest.mark.parametrize(
    "arguments",
    [
        {"ais": {"10": "B7"}},
        {"ais": {"01": "09506000134353"}},
        {"ais": {"01": "00000000000000"}},
        {"ais": {"01": "04963406"}},
        {"ais": {"01": "09506000134352", "21": "a b"}},
        {"ais": {"01": "09506000134352"}, "domain": "a b"},
        {"ais": {"01": "09506000134352"}, "domain": "..."},
        {"ais": {"01": "09506000134352"}, "domain": "x.-example"},
        {"ais": {"01": "09506000134352"}, "domain": "x.example:0"},
        {"ais": {"01": "09506000134352"}, "domain": "x.example:65536"},
        {"ais": {"01": "09506000134352"}, "domain": "x.example/a/../b"},
        {"ais": {"01": "09506000134352"}, "domain": "x.example/a/."},
        {"ais": {"01": "09506000134352"}, "link_type": "all"},
        {"ais": {"01": "09506000134352"}, "domain": "ftp://x.example"},
        {"ais": {"01": "09506000134352"}, "domain": "x.example?y=1"},
        {"ais": {"01": "09506000134352"}, "link_type": "gs1:pip&x=1"},
        {"ais": {}},
    ],
)
async def test_a_link_that_would_be_invalid_is_not_built(tools: Tools, arguments: dict[str, Any]) -> None:
    with pytest.raises(InvalidArgumentsError):
        await tools.call("build_digital_link", **arguments)


@pytest.mark.parametrize(
    ("gtin", "rest"),
    [
        (
            "(01)09506000134352(3103)001250(15)280229",
            "NET WEIGHT (kg) (3103) 1.250 kg; BEST BEFORE or BEST BY (15) 2028-02-29",
        ),
        ("(01)09506000134352(3932)978599", "PRICE (3932) 5.99 of the currency 978 (ISO 4217)"),
        ("(01)09506000134352(3922)599", "PRICE (3922) 5.99 of an unnamed currency"),
        ("(01)09506000134352(22)2A", "CPV (22) 2A"),
    ],
)
async def test_weight_price_and_dates_in_a_code_are_named(tools: Tools, gtin: str, rest: str) -> None:
    assert (await tools.call("validate_gtin", gtin=gtin))["notes"] == [f"Also in the code: {rest}."]


async def test_a_qr_code_comes_as_link_svg_and_png(tools: Tools) -> None:
    result = await tools.result("generate_qr_url", gtin="(01)09506000134352(10)B7", expiry="2027-12-31")
    assert result.structured is not None
    assert result.structured["digital_link"] == f"{SITE}/01/09506000134352/10/B7?17=271231"
    (block,) = result.blocks
    assert isinstance(block, ImageBlock)
    assert block.data.startswith(b"\x89PNG\r\n\x1a\n")
    # Version 4 has 33 modules a side, and 4 on each side as the quiet zone.
    assert struct.unpack(">II", block.data[16:24]) == ((33 + 8) * 8, (33 + 8) * 8)
    assert str(result.structured["svg"]).startswith("<svg")
    assert "svg" not in result.text


@pytest.mark.parametrize(
    ("expiry", "value"),
    [("2076-12-31", "761231"), ("1999-12-31", "991231"), ("2027-02-00", "270200"), ("271200", "271200")],
)
async def test_an_expiry_date_is_written_as_a_code_has_it(tools: Tools, expiry: str, value: str) -> None:
    answer = await tools.call("generate_qr_url", gtin="09506000134352", expiry=expiry)
    assert answer["digital_link"] == f"{SITE}/01/09506000134352?17={value}"


@pytest.mark.parametrize(
    ("expiry", "reason"),
    [
        ("2099-12-31", "the year 99 is 1999"),
        ("1976-12-31", "the year 76 is 2076"),
        ("2127-12-31", "the year 27 is 2027"),
        ("2027-02-30", "no valid day"),
        ("2027-13-01", "no valid month"),
    ],
)
async def test_an_expiry_date_that_no_code_can_have_is_refused(tools: Tools, expiry: str, reason: str) -> None:
    with pytest.raises(InvalidArgumentsError, match=reason):
        await tools.call("generate_qr_url", gtin="09506000134352", expiry=expiry)
