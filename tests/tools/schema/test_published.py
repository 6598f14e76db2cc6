from __future__ import annotations

import pytest

from closient_mcp.tools.formats.json_values import JsonObject
from closient_mcp.tools.schema.published import published
from closient_mcp.tools.schema.validation import ArgumentChecker

from ...fakes.document_tools import tools_of
from ...fakes.service import document, operation

TEXT: JsonObject = {"type": "string"}
EMPTY: JsonObject = {"type": "string", "enum": [""]}


@pytest.mark.parametrize(
    ("schema", "shown"),
    [
        (
            {"type": "string", "enum": ["", "a"], "description": "How"},
            {"type": "string", "enum": ["a"], "description": 'How. It may be empty ("").'},
        ),
        (EMPTY, {"type": "string", "description": 'It may be empty ("").'}),
        (
            {"anyOf": [{"type": "object"}, EMPTY]},
            {"type": "object", "description": 'It may be empty ("").'},
        ),
        (
            {"anyOf": [{"type": "object"}, {"type": "integer"}, EMPTY]},
            {"anyOf": [{"type": "object"}, {"type": "integer"}], "description": 'It may be empty ("").'},
        ),
        ({"type": "string", "enum": ["a"]}, {"type": "string", "enum": ["a"]}),
    ],
)
def test_an_empty_text_among_choices_is_described_instead(schema: JsonObject, shown: JsonObject) -> None:
    whole: JsonObject = {"type": "object", "properties": {"x": {"type": "array", "items": schema}}}
    assert published(whole) == {
        "type": "object",
        "properties": {"x": {"type": "array", "items": shown}},
    }


def test_an_empty_text_is_accepted_though_it_is_not_listed() -> None:
    parameter = {"name": "kind", "in": "query", "schema": {"type": "string", "enum": ["", "a"]}}
    (tool,) = tools_of(document({"/x": {"get": operation(operationId="getX", parameters=[parameter])}}))
    assert '""]' not in str(tool.definition()["inputSchema"])
    assert ArgumentChecker().check(tool.name, tool.input_schema, {"kind": ""}) == {"kind": ""}


@pytest.mark.parametrize(
    ("schema", "shown"),
    [
        ({}, {"additionalProperties": True}),
        ({"description": "Any"}, {"description": "Any", "additionalProperties": True}),
        ({"type": "array", "items": {}}, {"type": "array", "items": {"additionalProperties": True}}),
        ({"type": "array", "items": TEXT, "uniqueItems": True}, {"type": "array", "items": TEXT}),
        ({"properties": {"uniqueItems": TEXT}}, {"properties": {"uniqueItems": TEXT}}),
    ],
)
def test_what_strict_mode_rejects_is_published_in_a_form_that_accepts_the_same(
    schema: JsonObject, shown: JsonObject
) -> None:
    whole: JsonObject = {"type": "object", "properties": {"x": schema}, "$defs": {"A": schema}}
    assert published(whole) == {"type": "object", "properties": {"x": shown}, "$defs": {"A": shown}}
