"""The codes of Fluent Commerce's errors."""

from __future__ import annotations

import pytest

from closient_mcp.tools.fluent.errors import with_codes
from closient_mcp.tools.formats.graphql import GraphqlError, GraphqlResponse


@pytest.mark.parametrize(
    ("message", "code", "read"),
    [
        ("m", "C0011E", "C0011E"),
        ("C0120E: not found", "", "C0120E"),
        ("x [S0002E] y", "OTHER", "S0002E"),
        ("m", "OTHER", "OTHER"),
        ("XC0011E5", "", ""),
    ],
)
def test_a_code_is_read_from_the_extensions_or_else_from_the_message(message: str, code: str, read: str) -> None:
    answer = with_codes(GraphqlResponse({}, (GraphqlError(message, code),)))
    assert [(error.message, error.code) for error in answer.errors] == [(message, read)]
