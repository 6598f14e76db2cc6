"""JSON text that is cut, hostile or both."""

from __future__ import annotations

from closient_mcp.tools.formats.json_text import closed

MANY = 300_000


def test_many_brackets_are_closed_in_linear_time() -> None:
    nested = "[" * MANY + "]" * MANY
    assert closed(f"[{nested}, 1, 2") == f"[{nested}, 1]"


def test_brackets_that_close_nothing_are_left_alone() -> None:
    assert closed("]]} [1, 2") == "]]} [1]"
