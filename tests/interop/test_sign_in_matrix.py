"""Every fault that a sign-in must stand up to is shown by tests that exist, or says why it cannot be shown here."""

from __future__ import annotations

import ast
import tomllib
from functools import cache
from typing import Any

import pytest

from ..fakes.paths import TESTS, VECTORS

_ROWS: dict[str, dict[str, Any]] = tomllib.loads((VECTORS / "sign_in_matrix.toml").read_text("utf-8"))

# How many rows each part of the matrix has.
_PARTS = {"A": 7, "B": 8, "C": 13, "D": 22, "E": 15, "F": 9, "G": 8, "H": 9, "I": 4, "J": 5}


@cache
def _tests_of(file: str) -> frozenset[str]:
    folder, _, name = file.rpartition("/")
    tree = ast.parse((TESTS / folder / f"test_{name}.py").read_text(encoding="utf-8"))
    functions = (node for node in tree.body if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))
    return frozenset(function.name for function in functions)


def test_the_matrix_has_all_its_rows() -> None:
    assert list(_ROWS) == [f"{part}{number}" for part, last in _PARTS.items() for number in range(1, last + 1)]


@pytest.mark.parametrize("row", _ROWS)
def test_a_row_of_the_matrix_is_shown_by_tests_that_exist_or_says_why_not(row: str) -> None:
    given = _ROWS[row]
    assert given["fault"]
    assert bool(given.get("shown_by")) != bool(given.get("not_here"))
    for name in given.get("shown_by", []):
        file, _, test = name.partition(".")
        assert f"test_{test}" in _tests_of(file), name
