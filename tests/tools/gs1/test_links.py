from __future__ import annotations

from typing import Any

import pytest

from closient_mcp.tools.gs1.links import link_type_name, read_linkset

from .vectors import vectors


@pytest.mark.parametrize(("written", "expected"), vectors("link_type"))
def test_a_link_type_has_one_short_name(written: str, expected: dict[str, Any]) -> None:
    assert link_type_name(written) == expected["curie"]


@pytest.mark.parametrize(("document", "expected"), vectors("linkset"))
def test_linksets_are_read_tolerantly(document: dict[str, Any], expected: dict[str, Any]) -> None:
    links = read_linkset(document)
    assert links is not None
    assert links.default == (expected.get("default_href") or "")
    assert {link.link_type for link in links.links} >= set(expected.get("types", []))
    by_language = {language: link.href for link in links.links for language in link.languages}
    assert by_language == expected.get("by_lang", by_language)
