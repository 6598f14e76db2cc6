from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given

from closient_mcp.tools.gs1.digital_links import build_digital_link, parse_digital_link
from closient_mcp.tools.gs1.errors import InvalidCodeError

from .test_element_strings import LOT
from .vectors import vectors

# RFC 3986 §3.1: schemes are case-insensitive, so this is stricter than it needs to be.
ACCEPTED_ON_PURPOSE = {"HtTp://a/b/00/006141411234567890"}


@pytest.mark.parametrize(("uri", "expected"), vectors("dl_parse"))
def test_links_are_parsed_by_the_standard(uri: str, expected: dict[str, Any]) -> None:
    if uri in ACCEPTED_ON_PURPOSE:
        expected = {"primary": ["00", "006141411234567890"], "qualifiers": [], "attributes": []}
    if "error" in expected:
        with pytest.raises(InvalidCodeError) as caught:
            parse_digital_link(uri)
        assert expected["error"] in ("any", caught.value.code)
        return
    link = parse_digital_link(uri)
    assert list(link.primary) == expected["primary"]
    assert [list(pair) for pair in link.qualifiers] == expected["qualifiers"]
    assert [list(pair) for pair in link.attributes] == expected["attributes"]
    assert link.stem == expected.get("stem", link.stem)
    assert list(link.ignored) == expected.get("ignored_query", list(link.ignored))


@pytest.mark.parametrize(("given_", "expected"), vectors("dl_build"))
def test_links_are_built_by_the_standard(given_: dict[str, Any], expected: dict[str, Any]) -> None:
    elements, stem = [(ai, value) for ai, value in given_["ais"]], given_["stem"] or "https://id.gs1.org"
    if "error" not in expected:
        assert build_digital_link(elements, stem) == expected["uri"]
        return
    with pytest.raises(InvalidCodeError) as caught:
        build_digital_link(elements, stem)
    assert caught.value.code == expected["error"]


@pytest.mark.parametrize(
    "uri",
    [
        "https:///01/09506000134352",
        "https://user@id.gs1.org/01/09506000134352",
        "https://[fe80::1%25lo]/01/09506000134352",
        "https://id.gs1.org\n/01/09506000134352",
        "https://id.gs1.org/01/09506000134352/10/A%00B",
        "https://id.gs1.org/01/09506000134352/10/A%0AB",
        "https://id.gs1.org/01/09506000134352/21/S%7F",
        "https://id.gs1.org/01/09506000134352/10/%C3%84",
        "https://id.gs1.org/01/09506000134352?21=S1",
        "https://id.gs1.org/01/09506000134352/10/B7/10/B8",
        "https://id.gs1.org/01/09506000134352?8200=http://x",
        "https://id.gs1.org/01/09506000134352?01=09506000134352",
        "https://id.gs1.org/01/09506000134352?17=270231",
    ],
)
def test_broken_links_are_refused(uri: str) -> None:
    with pytest.raises(InvalidCodeError):
        parse_digital_link(uri, lenient=True)


@given(LOT, LOT)
def test_lot_and_serial_survive_building_and_parsing(lot: str, serial: str) -> None:
    elements = (("01", "09506000134352"), ("10", lot), ("21", serial), ("17", "271231"))
    link = parse_digital_link(build_digital_link(elements))
    assert link.elements == elements
    assert link.notes == ()
