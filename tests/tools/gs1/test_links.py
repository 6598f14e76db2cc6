from __future__ import annotations

from typing import Any

import pytest

from closient_mcp.tools.gs1.links import link_type_name

from .vectors import vectors


@pytest.mark.parametrize(("written", "expected"), vectors("link_type"))
def test_a_link_type_has_one_short_name(written: str, expected: dict[str, Any]) -> None:
    assert link_type_name(written) == expected["curie"]
