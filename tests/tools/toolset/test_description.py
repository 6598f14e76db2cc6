from __future__ import annotations

import re
from typing import Any

import pytest

from closient_mcp.tools.errors import InvalidArgumentsError
from closient_mcp.tools.formats.json_values import JsonObject, to_text
from closient_mcp.tools.schema.validation import ArgumentChecker
from closient_mcp.tools.toolset.description import MAX_CHARACTERS, describe
from closient_mcp.tools.toolset.tool import Tool

from ...fakes.document_tools import tools_of
from ...fakes.service import document, operation

ADDRESS: JsonObject = {
    "type": "object",
    "required": ["city"],
    "properties": {"city": {"type": "string", "minLength": 2}, "since": {"type": "string", "format": "date"}},
}


def tool_with(body: JsonObject, **members: Any) -> Tool:
    content = {"required": True, "content": {"application/json": {"schema": body}}}
    (tool,) = tools_of(document({"/x": {"post": operation(operationId="createX", requestBody=content, **members)}}))
    return tool


def test_rule_2_a_path_is_shown_without_hidden_characters() -> None:
    hidden = "\x1b[2J\u009b31m\u202e\u200b\u2028\ufeff\U000e0041"
    (tool,) = tools_of(document({f"/x{hidden}/y": {"get": operation(operationId="getX")}}))
    assert describe(tool, "read_operation")["request"] == "GET /x[2J31m/y"


def large(depth: int = 5) -> JsonObject:
    """A schema of some hundred thousand characters."""
    if depth == 0:
        return {"type": "string", "description": "What it is for." * 4}
    return {"type": "object", "properties": {f"p{depth}{i}": large(depth - 1) for i in range(6)}}


def test_a_description_has_an_example_call_the_answer_and_the_errors() -> None:
    lines: JsonObject = {"type": "array", "minItems": 1, "items": {"anyOf": [ADDRESS, {"type": "null"}]}}
    responses = {
        "201": {
            "description": "ok",
            "content": {
                "application/json": {
                    "schema": {
                        "type": "object",
                        "properties": {
                            "id": {"type": "integer"},
                            "state": {"enum": ["open", "paid"]},
                            "lines": {"type": "array", "items": ADDRESS},
                        },
                    }
                }
            },
        },
        "404": {"description": "No such <b>order</b>"},
    }
    tool = tool_with(
        {"type": "object", "required": ["lines", "kind"], "properties": {"lines": lines, "kind": {"enum": ["a", "b"]}}},
        responses=responses,
    )
    shown = describe(tool, "create_operation")
    assert shown["example"] == {"name": "a_create_x", "arguments": {"body": {"lines": [{"city": "city"}], "kind": "a"}}}
    assert shown["answer"] == {
        "id": "integer",
        "state": '"open" | "paid"',
        "lines": [{"city": "string", "since": "string (date)"}],
    }
    assert shown["errors"] == {"404": "No such order"}
    assert shown["arguments"] == tool.input_schema
    example: Any = shown["example"]
    ArgumentChecker().check(tool.name, tool.input_schema, example["arguments"])


def test_a_large_schema_is_cut_where_the_rest_can_be_asked_for() -> None:
    tool = tool_with(large())
    assert len(to_text(tool.input_schema)) > 10 * MAX_CHARACTERS
    shown: Any = describe(tool, "create_operation")
    assert len(to_text(shown)) <= MAX_CHARACTERS
    paths = re.findall(r'"see":"([^"]+)"', to_text(shown))
    assert paths[0].startswith("body.p50")
    part: Any = describe(tool, "create_operation", paths[0])
    assert len(to_text(part)) <= MAX_CHARACTERS
    assert part["path"] == paths[0]
    assert describe(tool, "create_operation", "body.p50.p40.p30.p20.p10")["schema"] == large(0)


@pytest.mark.parametrize("path", ["body.tree.children.name", "body.tree.children[].children.name", "body.tree.|1.name"])
def test_a_path_leads_through_arrays_choices_and_cycles(path: str) -> None:
    node: JsonObject = {
        "anyOf": [
            {
                "type": "object",
                "properties": {
                    "name": {"type": "string", "maxLength": 7},
                    "children": {"type": "array", "items": {"$ref": "#/components/schemas/Node"}},
                },
            },
            {"type": "null"},
        ]
    }
    tree = {"/x": {"post": operation(operationId="createX", requestBody={"content": {"application/json": {"schema": {
        "type": "object", "properties": {"tree": {"$ref": "#/components/schemas/Node"}}}}}})}}  # fmt: skip
    (tool,) = tools_of(document(tree, components={"schemas": {"Node": node}}))
    schema: Any = describe(tool, "create_operation", path)["schema"]
    assert (schema["type"], schema["maxLength"]) == ("string", 7)


def test_an_unknown_part_is_an_error_with_those_there_are() -> None:
    with pytest.raises(InvalidArgumentsError) as caught:
        describe(tool_with(ADDRESS), "create_operation", "body.citty")
    assert caught.value.message == "`body` of a_create_x has no part `citty`; did you mean city?"
    assert caught.value.next_step == "Its parts are city, since."
