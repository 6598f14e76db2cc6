from __future__ import annotations

import re
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from closient_mcp.tools.formats.json_values import JsonObject
from closient_mcp.tools.openapi.parameters import Key, argument_names, parameter_schema
from closient_mcp.tools.schema.reader import SchemaReader


@pytest.mark.parametrize(
    ("keys", "names"),
    [
        ([("query", "limit")], ["limit"]),
        ([("query", "id"), ("path", "id")], ["id_query", "id_path"]),
        ([("query", "filter[name]")], ["filter_name"]),
        ([("query", "body")], ["body_query"]),
        ([("query", "filter[name]"), ("query", "filter_name")], [r"filter_name_[0-9a-f]{6}", "filter_name"]),
        ([("query", "名前")], [r"query_[0-9a-f]{6}"]),
        ([("query", "x" * 70)], ["x" * 64]),
        ([("query", "id"), ("path", "id"), ("header", "id_path")], ["id_query", r"id_path_[0-9a-f]{6}", "id_path"]),
    ],
)
def test_a_valid_and_unique_parameter_name_is_kept(keys: list[Key], names: list[str]) -> None:
    shown = argument_names(keys)
    assert all(re.fullmatch(name, shown[key]) for key, name in zip(keys, names, strict=True))


PLACES = st.sampled_from(["path", "query", "header", "cookie"])
SPELLINGS = st.sampled_from(["id", "id_path", "id[path]", "id path", "", "$", "body", "x" * 70, "x" * 71]) | st.text()


@given(st.lists(st.tuples(PLACES, SPELLINGS), unique=True))
def test_argument_names_are_valid_distinct_and_independent_of_order(keys: list[Key]) -> None:
    shown = argument_names(keys)
    assert all(re.fullmatch(r"[A-Za-z0-9_.-]{1,64}", name) and name != "body" for name in shown.values())
    assert len(set(shown.values())) == len(keys)
    assert argument_names(reversed(keys)) == shown


@pytest.mark.parametrize(
    ("node", "expected"),
    [
        ({"schema": {"type": "integer", "default": 10}, "description": "How many."},
         {"type": "integer", "description": "How many. Default 10."}),
        ({"schema": {"type": "string"}, "deprecated": True}, {"type": "string", "description": "Deprecated."}),
        ({"schema": {"type": "string"}, "example": "x1"}, {"type": "string", "description": "E.g. x1."}),
        ({"schema": {"type": "string"}, "examples": {"a": {"value": "x2"}}},
         {"type": "string", "description": "E.g. x2."}),
        ({"content": {"application/json": {"schema": {"type": "array", "items": {"type": "string"}}}}},
         {"type": "array", "items": {"type": "string"}}),
        ({"schema": {"type": "boolean"}, "allowEmptyValue": True}, {"type": "boolean", "description": "May be empty."}),
        ({"type": "integer", "maximum": 5, "in": "query", "required": True}, {"type": "integer", "maximum": 5}),
        ({"schema": {"$ref": "#/components/schemas/Size"}, "description": "Which."},
         {"type": "string", "enum": ["S", "L"], "description": "Which."}),
        ({}, {}),
    ],
)  # fmt: skip
def test_parameter_schemas_include_annotations(node: Any, expected: JsonObject) -> None:
    sizes = {"type": "string", "enum": ["S", "L"], "description": "A size."}
    reader = SchemaReader(cast(JsonObject, {"components": {"schemas": {"Size": sizes}}}))
    assert parameter_schema(reader, node) == expected
