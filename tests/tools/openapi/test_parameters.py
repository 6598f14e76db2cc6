"""Which parameters of an operation are arguments, and what their schemas say."""

from __future__ import annotations

from typing import Any

import pytest

from closient_mcp.tools.formats.json_values import JsonObject, JsonValue, as_object
from closient_mcp.tools.formats.yaml_values import parse_yaml
from closient_mcp.tools.openapi.operation import Operation, Source
from closient_mcp.tools.openapi.operations import read_operations
from closient_mcp.tools.openapi.servers import server_origins

from ...fakes.service import document, operation

URL = "https://www.example.com/openapi.json"
SOURCE = Source("acme", (), "acme", URL, "", frozenset({"https://www.example.com"}))


def read(*parameters: dict[str, Any], path: str = "/t") -> Operation:
    (found,), _ = read_operations(document({path: {"get": operation(parameters=[*parameters])}}), SOURCE)
    return found


def schema_of(parameter: dict[str, Any]) -> JsonValue:
    return as_object(read({"name": "p", "in": "query", **parameter}).input_schema["properties"])["p"]


def test_a_path_parameter_that_the_path_does_not_have_is_no_argument() -> None:
    found = read({"name": "id", "in": "path"}, {"name": "old", "in": "path", "required": True}, path="/t/{id}")
    assert [parameter.name for parameter in found.parameters] == ["id"]


@pytest.mark.parametrize(("name", "argument"), [("größe", "gr_e"), ("ids[]", "ids")])
def test_a_name_that_loses_letters_is_in_the_description(name: str, argument: str) -> None:
    schema: JsonObject = {"type": "string", "description": "Which."}
    found = read({"name": name, "in": "query", "schema": schema})
    described = "Which." if name.isascii() else f"Sent as `{name}`. Which."
    assert found.input_schema["properties"] == {argument: {**schema, "description": described}}


@pytest.mark.parametrize(
    ("parameter", "schema"),
    [
        ({"schema": {"type": "integer"}}, {"type": "integer"}),
        ({"content": {"application/json": {"schema": {"type": "boolean"}}}}, {"type": "boolean"}),
        ({"type": "integer", "minimum": 1, "style": "form", "explode": True}, {"type": "integer", "minimum": 1}),
        ({"schema": {"type": "string"}, "example": "x"}, {"type": "string", "description": "E.g. x."}),
        (
            {"schema": {"type": "string"}, "examples": {"a": {}, "b": {"value": "x"}}},
            {"type": "string", "description": "E.g. x."},
        ),
        ({"schema": {"type": "string"}, "description": "D."}, {"type": "string", "description": "D."}),
        (
            {"schema": {"type": "string"}, "description": "D.", "allowEmptyValue": True},
            {"type": "string", "description": "D. May be empty."},
        ),
    ],
)
def test_the_schema_of_an_argument_is_that_of_its_parameter(parameter: dict[str, Any], schema: Any) -> None:
    assert schema_of(parameter) == schema


@pytest.mark.parametrize("location", ["query", "header", "cookie"])
def test_only_a_query_parameter_may_be_sent_empty(location: str) -> None:
    (parameter,) = read({"name": "p", "in": location, "allowEmptyValue": True, "schema": {}}).parameters
    assert parameter.allow_empty == (location == "query")


@pytest.mark.parametrize(("required", "default"), [(True, 5), (False, None)])
def test_only_a_required_parameter_is_sent_with_its_default(required: bool, default: JsonValue) -> None:
    (parameter,) = read({"name": "p", "in": "query", "required": required, "schema": {"default": 5}}).parameters
    assert parameter.default == default


def test_numbers_of_yaml_that_stand_for_text_keep_their_digits() -> None:
    text = "{name: v, in: query, required: true, schema: {type: string, enum: [1.10, 2.0, 1e3], default: 1.10}}"
    found = read(as_object(parse_yaml(text)))
    schema = as_object(as_object(found.input_schema["properties"])["v"])
    assert schema == {"type": "string", "enum": ["1.10", "2.0", "1e3"], "description": "Default 1.10."}
    assert found.parameters[0].default == "1.10"


def test_parameters_that_would_be_named_alike_are_told_apart_by_their_own_names() -> None:
    first, second = read({"name": "a b", "in": "query"}, {"name": "a:b", "in": "query"}).parameters
    alone, other = read({"name": "a b", "in": "query"}, {"name": "a;b", "in": "query"}).parameters
    assert first.argument == alone.argument
    assert len({first.argument, second.argument, other.argument}) == 3


def test_the_origins_of_a_document_are_those_of_its_servers() -> None:
    servers: list[Any] = [
        {"url": "https://api.example.com/v1"},
        {"url": "/v2"},
        {"url": "http://["},
        {"url": "ftp://x"},
    ]
    assert server_origins({"servers": servers}, URL) == {"https://api.example.com", "https://www.example.com"}
