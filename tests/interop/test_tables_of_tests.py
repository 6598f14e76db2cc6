"""Every row of the tables of tests is shown by tests that exist, or says why it cannot be shown here."""

from __future__ import annotations

import ast
import tomllib
from collections.abc import Iterator
from functools import cache
from typing import Any

import pytest

from ..fakes.paths import TESTS, VECTORS

# The faults that a sign-in must stand up to: how many rows each part of the table has.
_FAULTS = {"A": 7, "B": 8, "C": 13, "D": 22, "E": 15, "F": 9, "G": 8, "H": 9, "I": 4, "J": 5}
_STATEMENTS = 126


def rows_of(file: str) -> dict[str, dict[str, Any]]:
    return tomllib.loads((VECTORS / file).read_text("utf-8"))


@cache
def _tests_of(file: str) -> frozenset[str]:
    tree = ast.parse((TESTS.parent / file).read_text(encoding="utf-8"))
    functions = (node for node in tree.body if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))
    return frozenset(function.name for function in functions)


def _missing(rows: dict[str, dict[str, Any]]) -> Iterator[str]:
    for row, given in rows.items():
        for test in given.get("shown_by", []):
            file, _, name = test.partition("::")
            if name not in _tests_of(file):
                yield f"{row}: {test}"


def test_the_tables_have_all_their_rows() -> None:
    faults = [f"{part}{number}" for part, last in _FAULTS.items() for number in range(1, last + 1)]
    assert list(rows_of("sign_in_matrix.toml")) == faults
    assert list(rows_of("statements.toml")) == [str(number) for number in range(1, _STATEMENTS + 1)]


@pytest.mark.parametrize(("file", "subject"), [("sign_in_matrix.toml", "fault"), ("statements.toml", "states")])
def test_each_row_is_shown_by_tests_that_exist_or_says_why_not(file: str, subject: str) -> None:
    rows = rows_of(file)
    assert [row for row, given in rows.items() if not given[subject]] == []
    assert [row for row, given in rows.items() if bool(given.get("shown_by")) == bool(given.get("not_here"))] == []
    assert list(_missing(rows)) == []
