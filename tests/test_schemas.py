from __future__ import annotations

from typing import Any

import pytest
from jsonschema import Draft202012Validator

from closient_mcp.tools.json_values import JsonObject, JsonValue
from closient_mcp.tools.schemas import BadReference, SchemaReader

from .service import fits


def convert(schema: JsonValue, **components: JsonValue) -> JsonObject:
    reader = SchemaReader({"components": {"schemas": components}})
    converted = reader.read(schema)
    defs = reader.finish()
    return {**converted, "$defs": defs} if defs else converted


def ref(name: str) -> JsonObject:
    return {"$ref": f"#/components/schemas/{name}"}


@pytest.mark.parametrize(
    ("schema", "expected"),
    [
        ({"type": "string", "nullable": True}, {"anyOf": [{"type": "string"}, {"type": "null"}]}),
        ({"type": ["string", "null"]}, {"anyOf": [{"type": "string"}, {"type": "null"}]}),
        ({"type": ["string", "integer"]}, {"anyOf": [{"type": "string"}, {"type": "integer"}]}),
        ({"type": "integer", "minimum": 0, "exclusiveMinimum": True}, {"type": "integer", "exclusiveMinimum": 0}),
        ({"type": "integer", "exclusiveMinimum": 3}, {"type": "integer", "exclusiveMinimum": 3}),
        ({"type": "string", "example": "x", "xml": {}, "x-internal": 1}, {"type": "string"}),
        ({"type": "array"}, {"type": "array", "items": {}}),
        ({"type": "object"}, {"type": "object", "additionalProperties": True}),
        (True, {}),
        ({"allOf": [{"type": "string"}], "description": "d"}, {"type": "string", "description": "d"}),
    ],
)
def test_openapi_words_become_what_they_mean_in_json_schema(schema: JsonValue, expected: JsonObject) -> None:
    assert convert(schema) == expected


def test_what_only_the_server_sets_is_not_asked_for() -> None:
    schema: JsonObject = {
        "type": "object",
        "properties": {"id": {"type": "integer", "readOnly": True}, "name": {"type": "string"}},
        "required": ["id", "name"],
    }
    assert convert(schema) == {"type": "object", "properties": {"name": {"type": "string"}}, "required": ["name"]}


def test_a_reference_is_replaced_by_what_it_names() -> None:
    assert convert(ref("Pet"), Pet={"type": "string"}) == {"type": "string"}


def test_a_schema_that_contains_itself_is_kept_under_defs() -> None:
    tree: JsonObject = {"type": "object", "properties": {"child": ref("Tree")}}
    converted = convert(ref("Tree"), Tree=tree)
    assert fits(converted, {"child": {"child": {}}})
    assert not fits(converted, {"child": {"child": 1}})


def test_schemas_that_contain_each_other_are_kept_under_defs() -> None:
    converted = convert(
        ref("A"),
        A={"type": "object", "properties": {"b": ref("B")}},
        B={"type": "object", "properties": {"a": ref("A")}},
    )
    assert not fits(converted, {"b": {"a": {"b": 1}}})


@pytest.mark.parametrize("reference", ["#/components/schemas/None", "other.yaml#/A", "http://example.com/a"])
def test_a_reference_that_leads_nowhere_is_an_error(reference: str) -> None:
    with pytest.raises(BadReference):
        convert({"$ref": reference})


def test_a_bomb_of_references_stays_small() -> None:
    bomb: dict[str, Any] = {
        f"L{i}": {"type": "object", "properties": {f"p{j}": ref(f"L{i + 1}") for j in range(10)}} for i in range(12)
    }
    converted = convert(ref("L0"), **bomb, L12={"type": "string"})
    Draft202012Validator.check_schema(converted)
    assert len(str(converted)) < 200_000


def test_a_long_enumeration_is_cut_to_a_description_of_it() -> None:
    converted = convert({"type": "string", "enum": [f"value{i}" for i in range(500)]})
    assert "enum" not in converted and "500 values" in str(converted["description"])
