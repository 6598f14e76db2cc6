from __future__ import annotations

import json
from typing import Any

import pytest

from closient_mcp.tools.errors import InvalidArgumentsError
from closient_mcp.tools.formats.json_values import JsonObject
from closient_mcp.tools.schema.argument_errors import required_arguments, unknown_arguments
from closient_mcp.tools.schema.validation import ArgumentChecker

from ...fakes.document_tools import tools_of
from ...fakes.paths import ROOT

API = json.loads((ROOT / "tests/vectors/arguments_api.json").read_text(encoding="utf-8"))
SCHEMAS = {tool.operation_id: tool.input_schema for tool in tools_of(API)}


def refused(schema: JsonObject, arguments: JsonObject) -> InvalidArgumentsError:
    with pytest.raises(InvalidArgumentsError) as caught:
        ArgumentChecker().check("t", schema, arguments)
    return caught.value


@pytest.mark.parametrize(
    ("operation", "arguments", "faults"),
    [
        (
            "createRefund",
            {"body": {"charge": "c", "amuont": 5}},
            "there is no `body.amuont`; did you mean `body.amount`?",
        ),
        ("createRefund", {"charge": "c", "amount": 5}, "`charge` and `amount` belong inside `body`."),
        ("createLead", {"name": "Acme"}, "`name` belongs inside `body`."),
        (
            "getIssue",
            {"issue_id_or_key": "A-1"},
            "there is no `issue_id_or_key`; did you mean `issueIdOrKey`?; `issueIdOrKey` is missing.",
        ),
        ("listIssues", {"limit": 5}, "there is no `limit`; did you mean `_limit` or `maxResults`?"),
        ("listIssues", {"zzz": 5}, "there is no `zzz`."),
        (
            "createRefund",
            {"body": {"charge": None, "amount": "x", "reason": "dup"}},
            '`body.amount` must be an integer, not "x"; `body.charge` must be a string, not null; '
            '`body.reason` must be "duplicate" or "fraudulent" or "requested_by_customer", not "dup".',
        ),
        (
            "createLead",
            {"body": {"contacts": [{"name": True}, 7]}},
            "`body.name` is missing; `body.contacts[1]` must be an object, not 7.",
        ),
    ],
)
def test_all_faults_are_named_with_their_place_and_what_is_right(
    operation: str, arguments: JsonObject, faults: str
) -> None:
    assert refused(SCHEMAS[operation], arguments).message == f"The arguments of t are invalid: {faults}"


def test_what_a_tool_takes_is_said_too() -> None:
    error = refused(SCHEMAS["createRefund"], {})
    assert error.next_step == "It takes body (charge, amount, reason); required: body.charge. Nothing was sent."


@pytest.mark.parametrize(
    ("schema", "value", "fault"),
    [
        ({"type": "boolean"}, "maybe", '`x` must be true or false, not "maybe"'),
        ({"const": True}, False, "`x` must be true, not false"),
        ({"type": "integer", "minimum": 1}, 0, "`x` must be at least 1, not 0"),
        ({"type": "number", "exclusiveMaximum": 1}, 1, "`x` must be less than 1, not 1"),
        ({"type": "number", "multipleOf": 0.5}, 0.7, "`x` must be a multiple of 0.5, not 0.7"),
        ({"type": "string", "maxLength": 2}, "abc", "`x` must have at most 2 characters, not 3"),
        ({"type": "array", "minItems": 1}, [], "`x` must have at least 1 items, not 0"),
        ({"type": "array", "uniqueItems": True}, [1, 1], "`x` must not have the same item twice"),
        ({"anyOf": [{"type": "integer"}, {"type": "null"}]}, "a", '`x` must be an integer or null, not "a"'),
        (
            {"anyOf": [{"type": "string"}, {"type": "object", "required": ["id"]}]},
            {},
            "`x.id` is missing",
        ),
        (
            {"type": "string"},
            1.5,
            "`x` must be a string, not 1.5 (a number may have lost digits on its way; give it as text)",
        ),
        (
            {
                "type": "object",
                "properties": {"kind": {"enum": ["a", "b"]}},
                "anyOf": [{"properties": {"kind": {"const": "a"}}}, {"properties": {"kind": {"const": "b"}}}],
            },
            {"kind": "c"},
            '`x.kind` must be "a" or "b", not "c"',
        ),
        ({"not": {"type": "null"}}, None, '`x` breaks the rule `not`: {"type":"null"}'),
    ],
)
def test_a_fault_is_worded_as_json(schema: JsonObject, value: Any, fault: str) -> None:
    whole: JsonObject = {"type": "object", "properties": {"x": schema}}
    assert refused(whole, {"x": value}).message == f"The arguments of t are invalid: {fault}."


def test_required_arguments_name_those_of_the_body() -> None:
    assert [required_arguments(SCHEMAS[name]) for name in ("createLead", "getIssue", "listIssues")] == [
        ["body.name"],
        ["issueIdOrKey"],
        [],
    ]


def test_unknown_arguments_are_named_before_a_call() -> None:
    assert unknown_arguments(SCHEMAS["createRefund"], {"charge": "c", "body": {}, "boddy": 1}) == [
        "`charge` belongs inside `body`",
        "there is no `boddy`; did you mean `body`?",
    ]
