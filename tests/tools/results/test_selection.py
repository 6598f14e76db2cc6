"""Selecting by JMESPath: what fits the value is returned, and no expression takes long or builds much."""

from __future__ import annotations

from typing import Any

import pytest
from jmespath.exceptions import JMESPathError

from closient_mcp.tools.errors import InvalidArgumentsError
from closient_mcp.tools.formats.json_values import JsonValue, parse_json
from closient_mcp.tools.results.evaluation import evaluate
from closient_mcp.tools.results.selection import select

_ITEMS: JsonValue = [{"id": number, "price": number / 7, "tags": ["a", "b"]} for number in range(1_000)]
_DOUBLED = "|".join(["[@,@]"] * 60)
_COPIES = ",".join(["@"] * 450)


@pytest.mark.parametrize(
    ("expression", "selected"),
    [
        ("length([*].{number: id, cost: price})", 1_000),
        ("[?id > `997` && tags == ['a', 'b']].id", [998, 999]),
        ("sort_by(@, &price)[-1].id", 999),
        ("length([].tags[])", 2_000),
        ("join('-', [:3].to_string(id))", "0-1-2"),
    ],
)
def test_an_expression_over_a_thousand_items_is_evaluated(expression: str, selected: Any) -> None:
    assert evaluate(_ITEMS, expression, 20_000) == selected


@pytest.mark.parametrize(
    ("value", "expression"),
    [
        (1, f"{_DOUBLED}|to_string(@)"),
        (1, f"[{_DOUBLED},{_DOUBLED}]|[0]==[1]"),
        (1, f"[{_DOUBLED}]|contains(@,@)"),
        ([1], "|".join(["[@,@][]"] * 80)),
        ([0] * 1_000, f"[{_COPIES}][]"),
        ("x" * 10_000, f"join('',[{_COPIES}])"),
        (["x"] * 1_000, f"join('{'-' * 3_000}', @)"),
        (10**4_000, f"[{_COPIES}]|[{','.join(['@'] * 20)}]|to_string(@)"),
        ([[[0] * 100] * 60] * 10, "map(&map(&map(&[@,@],@),@),@)"),
    ],
    ids=[
        "text",
        "equality",
        "contains",
        "doubled lists",
        "flattened copies",
        "joined",
        "separators",
        "digits",
        "nested maps",
    ],
)
def test_an_expression_that_multiplies_the_value_is_refused(value: JsonValue, expression: str) -> None:
    with pytest.raises(JMESPathError, match=r"it takes too long: select fewer items before it, such as data\[:1000\]"):
        evaluate(value, expression, 100_000)


@pytest.mark.parametrize(
    ("value", "expression", "reason"),
    [
        ([{"price": 3}], "[?price > '2']", "it compares text with a number"),
        ("abc", "contains(@, `1`)", "contains() got a value that it cannot take"),
        ("inf", "to_number(@)", "a number is too large, or not a number"),
        ([10**400, 1], "avg(@)", "avg() got a value that it cannot take"),
        ([1], "[::0]", "the step of a slice is 0"),
        ([1], f"{'[' * 480}@{']' * 480}", "it is nested too deeply"),
        (1, f"{_DOUBLED}|sum(@)", "In function sum(), invalid type for value: …"),
        ([1], "max(@, @)", "Expected 1 argument for function max()"),
    ],
)
def test_an_expression_that_does_not_fit_the_value_is_an_error(value: JsonValue, expression: str, reason: str) -> None:
    with pytest.raises(InvalidArgumentsError, match="cannot be used") as refused:
        select(value, expression)
    assert reason in refused.value.message


def test_functions_of_numbers_take_numbers_with_more_digits_than_floats() -> None:
    places = parse_json('[{"lat": 52.520006599999998}, {"lat": 48.137154000000003}]', exact=True)
    assert select(places, "max([*].lat)") == 52.520006599999998
    assert select(places, "sort_by(@, &lat)[0].lat") == 48.137154000000003
