from __future__ import annotations

from typing import Any

import pytest
from jsonschema import Draft202012Validator

from closient_mcp.tools.formats.json_values import JsonObject, JsonValue, as_list, as_object
from closient_mcp.tools.schema.reader import SchemaReader

from ...fakes.service import fits


def convert(schema: JsonValue, **components: JsonValue) -> JsonObject:
    reader = SchemaReader({"components": {"schemas": components}})
    converted = reader.read(schema)
    definitions = reader.definitions(converted)
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
        ({"type": "string", "example": "x", "xml": {}, "x-a": 1}, {"type": "string", "description": "E.g. x."}),
        ({"type": "array"}, {"type": "array", "items": {}}),
        ({"type": "object"}, {"type": "object", "additionalProperties": True}),
        (True, {}),
        ({"allOf": [{"type": "string"}], "description": "d"}, {"type": "string", "description": "d"}),
    ],
)
def test_openapi_keywords_are_converted_to_json_schema(schema: JsonValue, expected: JsonObject) -> None:
    assert convert(schema) == expected


def test_read_only_properties_are_omitted() -> None:
    schema: JsonObject = {
        "type": "object",
        "properties": {"id": {"type": "integer", "readOnly": True}, "name": {"type": "string"}},
        "required": ["id", "name"],
    }
    assert convert(schema) == {"type": "object", "properties": {"name": {"type": "string"}}, "required": ["name"]}


def test_a_reference_is_replaced_by_its_target() -> None:
    assert convert(ref("Pet"), Pet={"type": "string"}) == {"type": "string"}


def test_a_recursive_schema_is_a_definition() -> None:
    tree: JsonObject = {"type": "object", "properties": {"child": ref("Tree")}}
    converted = convert(ref("Tree"), Tree=tree)
    assert fits(converted, {"child": {"child": {}}})
    assert not fits(converted, {"child": {"child": 1}})


def test_mutually_recursive_schemas_are_definitions() -> None:
    converted = convert(
        ref("A"),
        A={"type": "object", "properties": {"b": ref("B")}},
        B={"type": "object", "properties": {"a": ref("A")}},
    )
    assert not fits(converted, {"b": {"a": {"b": 1}}})


@pytest.mark.parametrize(
    "reference", ["#/components/schemas/None", "other.yaml#/A", "http://example.com/a", "#anchor", ""]
)
def test_a_schema_whose_reference_leads_nowhere_is_any_value(reference: str) -> None:
    converted = convert({"type": "object", "properties": {"a": {"$ref": reference}, "b": {"type": "integer"}}})
    assert as_object(converted["properties"])["a"] == {"description": "Any value: its schema could not be read."}
    assert fits(converted, {"a": [1, {}], "b": 1})
    assert not fits(converted, {"a": 1, "b": "x"})


def test_a_reference_that_leads_nowhere_is_reported_once() -> None:
    reader = SchemaReader({}, {"x.json": "it does not exist"})
    for reference in ("x.json", "#/y", "x.json"):
        reader.read({"items": {"$ref": reference}})
    assert reader.unread() == [
        ("it refers to x.json: it does not exist", "any value is accepted there"),
        ("`$ref` leads nowhere: #/y", "any value is accepted there"),
    ]


def test_exponential_references_stay_small() -> None:
    bomb: dict[str, Any] = {
        f"L{i}": {"type": "object", "properties": {f"p{j}": ref(f"L{i + 1}") for j in range(10)}} for i in range(12)
    }
    converted = convert(ref("L0"), **bomb, L12={"type": "string"})
    Draft202012Validator.check_schema(converted)
    assert len(str(converted)) < 200_000


def test_a_very_long_enum_becomes_a_description() -> None:
    converted = convert({"type": "string", "enum": [f"value{i}" for i in range(5000)]})
    assert "enum" not in converted
    assert "5000 values" in str(converted["description"])


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
def test_invalid_keywords_are_omitted(kind: str, wrong: JsonObject) -> None:
    assert fits(convert({"type": kind, **wrong}), {"string": "x", "object": {}, "array": []}[kind])  # type: ignore[arg-type]


def test_rule_2_schema_values_are_cleaned() -> None:
    converted = convert({"type": "string", "enum": ["a\u202e"], "default": "b\x1b[0m", "const": "c\u200b"})
    assert not set("\u202e\x1b\u200b") & set(str(converted))


def test_references_with_the_same_last_word_have_distinct_definitions() -> None:
    schemas: dict[str, Any] = {
        "components": {
            "schemas": {"X": {"type": "object", "properties": {"x": ref("X")}}},
            "responses": {"X": {"type": "object", "properties": {"y": {"$ref": "#/components/responses/X"}}}},
        }
    }
    reader = SchemaReader(schemas)
    both: JsonObject = {"type": "object", "properties": {"a": ref("X"), "b": {"$ref": "#/components/responses/X"}}}
    converted: JsonObject = {**reader.read(both)}
    converted["$defs"] = reader.definitions(converted)
    assert len(as_object(converted["$defs"])) == 2
    assert fits(converted, {"a": {"x": {}}, "b": {"y": {}}})
    assert not fits(converted, {"b": {"y": 1}})


@pytest.mark.parametrize("levels", [30, 1000, 5000])
def test_very_deep_schemas_are_truncated(levels: int) -> None:
    deep: JsonObject = {"type": "string"}
    for _ in range(levels):
        deep = {"type": ["array", "null"], "items": deep}
    assert str(convert(deep)).count("anyOf") <= 25


def test_a_long_chain_of_references_is_truncated() -> None:
    chain: dict[str, Any] = {f"C{i}": {"type": "array", "items": ref(f"C{i + 1}")} for i in range(3000)}
    assert fits(convert(ref("C0"), **chain, C3000={"type": "string"}), [])


def test_one_of_is_converted_to_any_of() -> None:
    converted = convert({"oneOf": [{"type": "object", "not": {}}, {"type": "object"}]})
    assert fits(converted, {})
    assert "oneOf" not in converted


def test_a_percent_encoded_reference_is_followed() -> None:
    reader = SchemaReader({"paths": {"/a/{id}": {"x": {"type": "integer"}}}})
    assert reader.read({"$ref": "#/paths/~1a~1%7Bid%7D/x"}) == {"type": "integer"}


def test_a_schema_with_thousands_of_properties_is_truncated() -> None:
    wide: JsonObject = {"type": "object", "properties": {f"p{i}": {"type": "string"} for i in range(9000)}}
    assert 1000 < len(as_object(convert(wide)["properties"])) < 5000


def test_small_components_are_inlined_and_large_ones_are_definitions() -> None:
    small: JsonObject = {"type": "object", "properties": {"a": {"type": "string"}}}
    large: JsonObject = {"type": "object", "properties": {f"p{i}": {"type": "string"} for i in range(100)}}
    assert convert(ref("S"), S=small) == small
    assert convert(ref("L"), L=large) == {"$ref": "#/$defs/L", "$defs": {"L": large}}


PET: JsonObject = {
    "type": "object",
    "properties": {"id": {"type": "integer", "readOnly": True}, "name": {"type": "string"}},
    "required": ["id", "name"],
}


def test_objects_in_all_of_are_merged() -> None:
    cat: JsonObject = {
        "allOf": [
            ref("Pet"),
            {"type": "object", "properties": {"lives": {"type": "integer"}}, "required": ["id", "lives"]},
        ],
        "description": "A cat.",
        "additionalProperties": False,
    }
    assert convert(cat, Pet={**PET, "description": "A pet."}) == {
        "type": "object",
        "description": "A cat.",
        "properties": {"name": {"type": "string"}, "lives": {"type": "integer"}},
        "required": ["name", "lives"],
    }


def test_constraints_on_a_property_in_several_parts_are_merged() -> None:
    parts: JsonValue = [
        {"type": "object", "properties": {"n": {"type": "number", "minimum": 1}, "x": {"type": "string"}}},
        {"properties": {"n": {"type": "integer", "minimum": 3, "maximum": 9}, "x": {"type": "boolean"}}},
    ]
    converted = as_object(convert({"allOf": parts})["properties"])
    assert converted["n"] == {"type": "integer", "minimum": 3, "maximum": 9}
    assert converted["x"] == {"allOf": [{"type": "string"}, {"type": "boolean"}]}


def test_read_only_is_found_through_references_and_all_of() -> None:
    stamp: JsonObject = {"type": "string", "readOnly": True}
    schema: JsonObject = {
        "type": "object",
        "properties": {
            "a": ref("Stamp"),
            "b": {"allOf": [ref("Stamp")]},
            "c": {"$ref": "#/components/schemas/Name", "readOnly": True},
            "d": {"type": "string", "writeOnly": True},
        },
        "required": ["a", "b", "c", "d"],
    }
    converted = convert(schema, Stamp=stamp, Name={"type": "string"})
    assert converted == {"type": "object", "properties": {"d": {"type": "string"}}, "required": ["d"]}


def test_read_only_in_one_part_applies_to_all() -> None:
    parts: JsonValue = [{"properties": {"id": {"type": "integer"}}}, {"properties": {"id": {"readOnly": True}}}]
    assert convert({"allOf": parts, "required": ["id"]}) == {"type": "object", "additionalProperties": True}


ANIMALS: dict[str, JsonValue] = {
    "Animal": {
        "type": "object",
        "properties": {"kind": {"type": "string"}},
        "required": ["kind"],
        "oneOf": [ref("Cat"), ref("Dog")],
        "discriminator": {"propertyName": "kind", "mapping": {"cat": "#/components/schemas/Cat"}},
    },
    "Cat": {"allOf": [ref("Animal"), {"properties": {"lives": {"type": "integer"}}, "required": ["lives"]}]},
    "Dog": {"allOf": [ref("Animal"), {"properties": {"barks": {"type": "boolean"}}}]},
}


def test_a_discriminator_distinguishes_the_branches() -> None:
    converted = convert(ref("Animal"), **ANIMALS)
    assert fits(converted, {"kind": "cat", "lives": 9})
    assert fits(converted, {"kind": "Dog", "barks": True})
    assert not fits(converted, {"kind": "cat"})
    assert not fits(converted, {"kind": "cow", "lives": 9})


def test_extending_a_discriminated_schema_omits_its_union() -> None:
    assert convert(ref("Cat"), **ANIMALS) == {
        "type": "object",
        "properties": {"kind": {"type": "string"}, "lives": {"type": "integer"}},
        "required": ["kind", "lives"],
    }


def test_a_large_branch_describes_its_discriminator_value() -> None:
    large: JsonObject = {"type": "object", "properties": {f"p{i}": {"type": "string"} for i in range(30)}}
    choice: JsonObject = {"oneOf": [ref("A"), ref("B")], "discriminator": {"propertyName": "kind"}}
    converted = convert(choice, A=large, B=large)
    assert [as_object(one)["description"] for one in as_list(converted["anyOf"])] == ['`kind`: "A".', '`kind`: "B".']


@pytest.mark.parametrize("schema", [ref("A"), {"anyOf": [ref("A"), {"type": "string"}]}])
def test_a_schema_that_is_a_branch_of_itself_accepts_anything(schema: JsonObject) -> None:
    loop: dict[str, JsonValue] = {"A": {"anyOf": [ref("B"), {"type": "integer"}]}, "B": {"allOf": [ref("A")]}}
    assert fits(convert(schema, **loop), {"x": 1})


REQUIRED: list[tuple[JsonObject, JsonValue]] = [
    ({"properties": {"a": {"type": "string", "required": True}}}, ["a"]),
    ({"properties": {"a": {}}, "required": ["a", "gone"]}, ["a"]),
    ({"properties": {"a": False, "b": True}, "required": ["a", "b"]}, ["b"]),
    ({"properties": {"a": {}}, "required": ["a", "a"]}, ["a"]),
    ({"properties": {"a": {}}, "required": True}, None),
]


@pytest.mark.parametrize(("schema", "expected"), REQUIRED)
def test_only_existing_properties_are_required(schema: JsonObject, expected: JsonValue) -> None:
    assert convert({"type": "object", **schema}).get("required") == expected


def test_alternatives_of_required_properties_are_described() -> None:
    schema: JsonObject = {
        "type": "object",
        "description": "A filter",
        "properties": {"a": {"type": "string"}, "b": {"type": "string"}, "c": {"type": "string"}},
        "anyOf": [{"required": ["a"]}, {"required": ["b", "c"]}],
    }
    converted = convert(schema)
    assert "anyOf" not in converted
    assert converted["description"] == "A filter. Needs a, or b with c."


def test_labelled_values_become_an_enum_with_a_description() -> None:
    branches: JsonValue = [{"title": "TEXT", "const": 0}, {"enum": [2], "description": "Voice"}]
    assert convert({"type": "integer", "oneOf": branches, "format": "int32"}) == {
        "type": "integer",
        "enum": [0, 2],
        "description": "0: TEXT; 2: Voice",
    }


WAYS: list[tuple[JsonObject, JsonValue, JsonValue]] = [
    ({"type": "array", "prefixItems": [{"type": "string"}, {"type": "integer"}], "items": False}, ["a", 1], [{}]),
    ({"type": "array", "items": [{"type": "string"}]}, ["a"], [1]),
    ({"type": "array", "prefixItems": [{"type": "string"}]}, ["a", 1], {}),
    ({"type": "array", "items": False}, [1], 1),
    ({"type": "object", "patternProperties": {"^x": {"type": "string"}}}, {"xa": "b"}, {"xa": 1}),
    ({"type": "object", "additionalProperties": {"type": "integer"}}, {"a": 1}, {"a": "b"}),
    ({"$ref": "#/components/schemas/Name", "nullable": True}, None, 1),
    ({"$ref": "#/components/schemas/Name", "maxLength": 2}, "ab", "abc"),
    ({"allOf": [ref("Name")], "nullable": True}, None, 1),
    ({"type": "string", "enum": ["a"], "nullable": True}, None, "b"),
    ({"enum": ["a", None]}, None, "b"),
    ({"type": ["string", "integer"], "enum": ["a", 1]}, 1, 2),
    ({"oneOf": [{"type": "string"}, {"type": "null"}], "nullable": True}, None, 1),
    ({"type": "string", "anyOf": [{"format": "date"}, {"maxLength": 3}]}, "abc", 1),
]


@pytest.mark.parametrize(("schema", "good", "bad"), WAYS)
def test_every_way_to_write_it_is_understood(schema: JsonObject, good: JsonValue, bad: JsonValue) -> None:
    converted = convert(schema, Name={"type": "string"})
    assert fits(converted, good)
    assert not fits(converted, bad)


def test_required_lists_the_shown_names() -> None:
    converted = convert({"type": "object", "properties": {"@id": {"type": "string"}}, "required": ["@id"]})
    assert converted == {
        "type": "object",
        "properties": {"_id": {"type": "string", "description": "Sent as `@id`."}},
        "required": ["_id"],
    }


def test_the_default_of_a_reference_is_added_to_its_description() -> None:
    size: JsonObject = {"type": "integer", "default": 20, "description": "A size."}
    assert convert({"$ref": "#/components/schemas/Size", "description": "How many."}, Size=size) == {
        "type": "integer",
        "description": "How many. Default 20.",
    }
    assert convert(ref("Size"), Size=size)["description"] == "A size. Default 20."


def test_values_that_cannot_be_shown_are_accepted() -> None:
    for hidden in ("a\u202e", "x" * 500):
        assert fits(convert({"type": "string", "enum": ["b", hidden]}), hidden)
