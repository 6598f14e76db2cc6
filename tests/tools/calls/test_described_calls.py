"""Small documents with unusual descriptions, and what reaches the service when their operations are called."""

from __future__ import annotations

import json
from functools import cache
from typing import Any

import pytest

from closient_mcp.tools.calls.requests import build_request
from closient_mcp.tools.errors import InvalidArgumentsError
from closient_mcp.tools.formats.json_values import parse_json, to_text
from closient_mcp.tools.http.messages import Request
from closient_mcp.tools.openapi.operation import Operation
from closient_mcp.tools.problems import Problem
from closient_mcp.tools.schema.validation import ArgumentChecker

from ...fakes.described import read_described
from ...fakes.paths import VECTORS

CALLS: list[dict[str, Any]] = json.loads((VECTORS / "openapi_calls.json").read_bytes())
URL = "https://api.example"


@cache
def read(file: str) -> tuple[list[Operation], list[Problem]]:
    return read_described((VECTORS / "openapi" / file).read_bytes(), URL)


def operation(call: dict[str, Any]) -> Operation:
    name = "s_" + "".join(f"_{c.lower()}" if c.isupper() else c for c in call["operation"])
    return next(operation for operation in read(call["file"])[0] if operation.name == name)


def send(call: dict[str, Any]) -> Request:
    found = operation(call)
    return build_request(found, ArgumentChecker().check(found.name, found.input_schema, call["arguments"]))


def named(calls: list[dict[str, Any]]) -> list[Any]:
    return [pytest.param(call, id=f"{call['file']}: {to_text(call['arguments'])[:60]}") for call in calls]


@pytest.mark.parametrize(
    "call", named([call for call in CALLS if not {"nothing_sent", "named_in_status"} & call["expect"].keys()])
)
def test_a_described_call_is_sent_as_its_document_says(call: dict[str, Any]) -> None:
    request, expected = send(call), call["expect"]
    content, headers = request.content or b"", request.headers
    if "json" in expected:
        assert parse_json(content) == expected["json"]
    if "json_one_of" in expected:
        assert parse_json(content) in expected["json_one_of"]
    if "target" in expected:
        assert request.url.removeprefix(URL) == expected["target"]
    assert expected.get("headers", {}).items() <= headers.items()
    assert all(text in content.decode("latin-1") for text in expected.get("body_has", ()))
    assert headers.get("content-type", "").startswith(expected.get("content_type", ""))
    assert headers["accept"].startswith(expected.get("accept_first", ""))
    assert all(word in to_text(operation(call).input_schema) for word in expected.get("schema_has", ()))


@pytest.mark.parametrize("call", named([call for call in CALLS if "nothing_sent" in call["expect"]]))
def test_a_call_that_its_document_forbids_is_refused_with_the_reason(call: dict[str, Any]) -> None:
    with pytest.raises(InvalidArgumentsError) as caught:
        send(call)
    assert all(word in caught.value.message for word in call["expect"].get("reply_has", ()))


@pytest.mark.parametrize("call", named([call for call in CALLS if "named_in_status" in call["expect"]]))
def test_an_operation_that_cannot_be_called_is_a_problem_with_the_reason(call: dict[str, Any]) -> None:
    operations, problems = read(call["file"])
    assert call["operation"] not in [operation.name for operation in operations]
    assert any(call["expect"]["named_in_status"] in problem.reason for problem in problems)
