"""What the strictest hosts accept (Anthropic, Gemini, OpenAI in strict mode) and the MCP Inspector's `--strict`."""

from __future__ import annotations

import random
from typing import Any, cast

import pytest

from closient_mcp.tools.formats.json_values import JsonObject, as_list, as_object
from closient_mcp.tools.http.sender import Sender
from closient_mcp.tools.openapi.document import read_document
from closient_mcp.tools.openapi.operation import Operation, Source
from closient_mcp.tools.openapi.operations import read_operations
from closient_mcp.tools.openapi.swagger import is_swagger, to_openapi
from closient_mcp.tools.toolset.generated import operation_tool

from ...fakes.close_documents import clean_document, fern_document
from ...fakes.specs import SPECS, spec_parameters
from ...fakes.strict_hosts import faults_of, is_valid, schema_faults

BASE = "https://api.acme.example"
SOURCE = Source("acme", ("acme",), "", f"{BASE}/openapi.json", BASE, frozenset({BASE}), base=BASE)


def reference(name: str) -> JsonObject:
    return {"$ref": f"#/components/schemas/{name}"}


ODD_SCHEMAS: dict[str, Any] = {
    "Tree": {"type": "object", "properties": {"@id": {"type": "string"}, "next": reference("Tree")}},
    "Animal": {
        "type": "object",
        "properties": {"kind": {"type": "string"}},
        "required": ["kind"],
        "discriminator": {"propertyName": "kind", "mapping": {"cat": "#/components/schemas/Cat"}},
        "oneOf": [reference("Cat"), reference("Dog")],
    },
    "Cat": {"allOf": [reference("Animal"), {"type": "object", "properties": {"lives": {"type": "integer"}}}]},
    "Dog": {"allOf": [reference("Animal"), {"properties": {"id": {"readOnly": True}}, "required": ["id", "kind"]}]},
    "Itself": reference("Itself"),
    "Choice": {"anyOf": [reference("Choice"), {"type": "string"}]},
    "Large": {"type": "object", "properties": {f"p{i}": {"type": "string", "example": i} for i in range(40)}},
    "Words": {"type": "string", "enum": [f"word{i}" for i in range(400)]},
}
ODD_BODIES: dict[str, Any] = {
    "tree": reference("Tree"),
    "animal": reference("Animal"),
    "cat": reference("Cat"),
    "itself": reference("Itself"),
    "choice": reference("Choice"),
    "words": {"type": "object", "properties": {"word": reference("Words")}},
    "large": {"type": "object", "properties": {"a": reference("Large"), "b": reference("Large")}},
    "union": {"oneOf": [{"type": "string"}, {"type": "object", "properties": {"$a": True, "b": False}}]},
    "tuple": {"type": "array", "prefixItems": [{"type": "string"}, {"type": "integer"}], "items": False},
    "nothing": {"type": "array", "items": []},
    "values": {"type": "integer", "enum": ["1", 1, 2.0, None, "x"], "format": "int64", "maximum": 1, "minimum": 2},
    "old": {"type": "object", "properties": {"a": {"type": "file", "required": True}}, "required": ["gone"]},
    "foreign": {
        "$id": "https://x", "$anchor": "x", "$comment": "c", "$schema": "s", "x-mcp-header": "h", "xml": {},
        "externalDocs": {}, "example": {}, "default": {}, "discriminator": {}, "nullable": True, "type": "object",
        "patternProperties": {"^x": {"type": "string"}}, "propertyNames": {"pattern": "x"}, "if": {}, "then": False,
        "unevaluatedProperties": False, "dependentRequired": {"a": ["b"]}, "not": {"required": ["x"]},
    },
    "pattern": {"type": "string", "pattern": "(?i)^\\p{L}+$", "format": "iban"},
    "deep": {"type": "object", "properties": {"a": {"properties": {"b": {"items": {"properties": {"c": {}}}}}}}},
}  # fmt: skip


def odd_document() -> JsonObject:
    """A document with every odd form of schema, an operation for each."""
    parameters = [
        {"name": "filter[name]", "in": "query", "schema": {"type": "string"}},
        {"name": "filter_name", "in": "query", "schema": {"type": "string"}},
        {"name": "id", "in": "query", "schema": {"type": "integer", "default": 3}},
        {"name": "at", "in": "query", "content": {"application/json": {"schema": reference("Tree")}}},
    ]
    paths: dict[str, Any] = {
        f"/{name}/{{id}}": {
            "post": {
                "operationId": name,
                "parameters": parameters,
                "requestBody": {"required": True, "content": {"application/json": {"schema": schema}}},
            }
        }
        for name, schema in ODD_BODIES.items()
    }
    return cast(JsonObject, {"openapi": "3.0.3", "paths": paths, "components": {"schemas": ODD_SCHEMAS}})


OWN: dict[str, JsonObject] = {
    "odd": odd_document(),
    "close": cast(JsonObject, clean_document(BASE)),
    "close of fern": cast(JsonObject, fern_document(BASE)),
}


def check(operations: list[Operation]) -> None:
    """Each tool by the hosts' rules; what several of them share by the meta-schema once."""
    checked: set[int] = set()
    for operation in operations:
        tool = operation_tool(operation, cast(Sender, None))
        assert faults_of(tool.definition()) == [], operation.name
        assert schema_faults(operation.input_schema) == [], operation.name
        root = {key: value for key, value in operation.input_schema.items() if key != "$defs"}
        parts = [root, *as_object(operation.input_schema.get("$defs")).values()]
        assert all(is_valid(as_object(part)) for part in parts if id(part) not in checked)
        checked |= {id(part) for part in parts[1:]}
        shown = as_object(tool.definition()["inputSchema"])
        assert shown.get("required") == operation.input_schema.get("required"), operation.name
        assert list(as_object(shown["properties"])) == list(as_object(operation.input_schema["properties"]))
        needed = {parameter.argument for parameter in operation.parameters
                      if parameter.required and parameter.default is None}  # fmt: skip
        assert needed <= {str(name) for name in as_list(shown.get("required"))}, operation.name
    names = [operation.name for operation in operations]
    assert len(set(names)) == len(names)


@pytest.mark.parametrize("name", OWN)
def test_tools_of_our_own_documents_satisfy_the_strictest_hosts(name: str) -> None:
    operations, problems = read_operations(OWN[name], SOURCE)
    assert problems == []
    check(operations)


@pytest.mark.parametrize("name", spec_parameters())
def test_tools_of_real_documents_satisfy_the_strictest_hosts(name: str) -> None:
    assert SPECS
    document = read_document((SPECS / name).read_bytes())
    if is_swagger(document):
        document = to_openapi(document, SOURCE.url)
    operations, _ = read_operations(document, SOURCE)
    check(operations)
    paths = list(as_object(document.get("paths")).items())
    random.Random(5).shuffle(paths)
    again, _ = read_operations({**document, "paths": dict(paths)}, SOURCE)
    assert {one.name: (one.method, one.path) for one in again} == {
        one.name: (one.method, one.path) for one in operations
    }
