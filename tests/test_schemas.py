from __future__ import annotations

from typing import Any

import pytest
from jsonschema import Draft202012Validator

from closient_mcp.tools.json_values import JsonObject, JsonValue, as_object
from closient_mcp.tools.schemas import BadReference, SchemaReader

from .service import fits


def convert(schema: JsonValue, **components: JsonValue) -> JsonObject:
    needs: set[str] = set()
    reader = SchemaReader({"components": {"schemas": components}})
    converted = reader.read(schema, needs)
    definitions = reader.definitions(needs)
    return {**converted, "$defs": definitions} if definitions else converted


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


@pytest.mark.parametrize(
    "reference", ["#/components/schemas/None", "other.yaml#/A", "http://example.com/a", "#anchor", ""]
)
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


WRONG_KEYWORDS: list[JsonObject] = [
    {"minLength": "5"},
    {"maxLength": -1},
    {"minimum": "0"},
    {"multipleOf": 0},
    {"uniqueItems": "yes"},
    {"pattern": 5},
    {"required": [{}, [], 1]},
    {"required": "name"},
    {"enum": "a"},
    {"enum": []},
    {"properties": []},
    {"items": True},
    {"anyOf": [True, False]},
    {"type": {}},
    {"type": ["strange"]},
    {"nullable": "yes"},
    {"exclusiveMinimum": "1"},
    {"description": ["x"]},
    {"additionalProperties": []},
]


@pytest.mark.parametrize("wrong", WRONG_KEYWORDS)
@pytest.mark.parametrize("kind", ["string", "object", "array"])
def test_a_keyword_that_is_not_what_it_must_be_is_left_out(kind: str, wrong: JsonObject) -> None:
    assert fits(convert({"type": kind, **wrong}), {"string": "x", "object": {}, "array": []}[kind])  # type: ignore[arg-type]


def test_rule_2_values_of_a_schema_reach_the_model_without_hidden_characters() -> None:
    converted = convert({"type": "string", "enum": ["a\u202e"], "default": "b\x1b[0m", "const": "c\u200b"})
    assert not set("\u202e\x1b\u200b") & set(str(converted))


def test_two_references_that_end_in_one_word_have_definitions_of_their_own() -> None:
    schemas: dict[str, Any] = {
        "components": {
            "schemas": {"X": {"type": "object", "properties": {"x": ref("X")}}},
            "responses": {"X": {"type": "object", "properties": {"y": {"$ref": "#/components/responses/X"}}}},
        }
    }
    needs: set[str] = set()
    reader = SchemaReader(schemas)
    both: JsonObject = {"type": "object", "properties": {"a": ref("X"), "b": {"$ref": "#/components/responses/X"}}}
    converted: JsonObject = {**reader.read(both, needs)}
    converted["$defs"] = reader.definitions(needs)
    assert len(as_object(converted["$defs"])) == 2
    assert fits(converted, {"a": {"x": {}}, "b": {"y": {}}}) and not fits(converted, {"b": {"y": 1}})


@pytest.mark.parametrize("levels", [30, 1000, 5000])
def test_very_deep_schemas_are_cut_and_not_crashed_on(levels: int) -> None:
    deep: JsonObject = {"type": "string"}
    for _ in range(levels):
        deep = {"type": ["array", "null"], "items": deep}
    assert str(convert(deep)).count("anyOf") <= 25


def test_a_long_chain_of_references_is_cut_and_not_crashed_on() -> None:
    chain: dict[str, Any] = {f"C{i}": {"type": "array", "items": ref(f"C{i + 1}")} for i in range(3000)}
    assert fits(convert(ref("C0"), **chain, C3000={"type": "string"}), [])


def test_one_of_becomes_any_of_because_branches_may_have_lost_what_kept_them_apart() -> None:
    converted = convert({"oneOf": [{"type": "object", "not": {}}, {"type": "object"}]})
    assert fits(converted, {}) and "oneOf" not in converted


def test_a_percent_encoded_reference_is_followed() -> None:
    reader = SchemaReader({"paths": {"/a/{id}": {"x": {"type": "integer"}}}})
    assert reader.read({"$ref": "#/paths/~1a~1%7Bid%7D/x"}, set()) == {"type": "integer"}


def test_a_schema_of_thousands_of_parts_is_cut() -> None:
    wide: JsonObject = {"type": "object", "properties": {f"p{i}": {"type": "string"} for i in range(9000)}}
    assert 1000 < len(as_object(convert(wide)["properties"])) < 3000


def test_a_small_component_stands_in_place_and_a_large_one_under_defs() -> None:
    small: JsonObject = {"type": "object", "properties": {"a": {"type": "string"}}}
    large: JsonObject = {"type": "object", "properties": {f"p{i}": {"type": "string"} for i in range(100)}}
    assert convert(ref("S"), S=small) == small
    assert convert(ref("L"), L=large) == {"$ref": "#/$defs/L", "$defs": {"L": large}}
