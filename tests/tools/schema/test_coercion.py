"""Arguments as models write them, and as they were meant."""

from __future__ import annotations

import pytest

from closient_mcp.tools.calls.styles import ascii_json, exact_json, scalar
from closient_mcp.tools.errors import InvalidArgumentsError
from closient_mcp.tools.formats.json_values import JsonObject, JsonValue, LiteralNumber, as_object, to_text
from closient_mcp.tools.schema.coercion import coerce
from closient_mcp.tools.schema.validation import ArgumentChecker


def check(schema: JsonObject, value: JsonValue, name: str = "v", definitions: JsonObject | None = None) -> JsonValue:
    whole: JsonObject = {"type": "object", "properties": {name: schema}, "$defs": definitions or {}}
    return ArgumentChecker().check("t", whole, {name: value})[name]


@pytest.mark.parametrize(
    ("schema", "given", "meant"),
    [
        ({"type": "object"}, '{"a": 1}', {"a": 1}),
        ({"type": "array"}, " [1, 2] ", [1, 2]),
        ({"type": "integer"}, "5", 5),
        ({"type": "integer"}, "9007199254740993", 9007199254740993),
        ({"type": "number"}, "-1.5", -1.5),
        ({"type": "boolean"}, "True", True),
        ({"type": ["integer", "null"]}, "5", 5),
        ({"anyOf": [{"type": "object"}, {"type": "null"}]}, "{}", {}),
        ({"$ref": "#/$defs/O"}, '{"n": "7"}', {"n": 7}),
        ({"type": "array", "items": {"type": "integer"}}, ["1", 2], [1, 2]),
        ({"type": "object", "properties": {"a": {"type": "array"}}}, {"a": "[1]"}, {"a": [1]}),
        ({"type": "array", "items": {"type": "object", "properties": {"n": {"type": "number"}}}}, '[{"n": "1"}]',
         [{"n": 1}]),
    ],
)  # fmt: skip
def test_strings_are_coerced_to_the_schemas_types(schema: JsonObject, given: JsonValue, meant: JsonValue) -> None:
    definitions: JsonObject = {"O": {"type": "object", "properties": {"n": {"type": "integer"}}}}
    assert check(schema, given, definitions=definitions) == meant


@pytest.mark.parametrize(
    ("schema", "given"),
    [
        ({"type": "string"}, '{"a": 1}'),
        ({"type": "string"}, "5"),
        ({"type": ["string", "integer"]}, "5"),
        ({"anyOf": [{"type": "string"}, {"type": "object"}]}, "{}"),
        ({"anyOf": [{"type": "integer"}, {"enum": ["5"]}]}, "5"),
        ({"enum": ["1", "2"]}, "1"),
        ({"anyOf": [{"type": "integer"}, {"minLength": 1}]}, "5"),
        ({}, '{"a": 1}'),
        ({"type": "object", "additionalProperties": True}, {"a": "5"}),
        ({}, None),
    ],
)
def test_valid_arguments_are_unchanged(schema: JsonObject, given: JsonValue) -> None:
    assert check(schema, given) == given


@pytest.mark.parametrize(
    ("schema", "given"),
    [
        ({"type": "integer"}, "5 apples"),
        ({"type": "integer"}, "1.5"),
        ({"type": "integer"}, "0x10"),
        ({"type": "number"}, "1e999"),
        ({"type": "number"}, "NaN"),
        ({"type": "object"}, "[1]"),
        ({"type": "object"}, "{broken"),
        ({"type": "boolean"}, "yes"),
        ({"type": "integer"}, "1e3"),
        ({"type": "integer"}, "5.00"),
        ({"type": "integer"}, True),
        ({"type": "string"}, 1.10),
        ({"type": "string"}, 2**53),
        ({"type": "string"}, 1e30),
        ({"type": "string"}, ["5"]),
        ({"type": "string", "maxLength": 1}, 55),
        ({"type": "array", "items": {"type": "string"}}, "a,b"),
        ({"type": "array", "items": {"type": "string"}}, ""),
        ({"type": "array", "items": {"type": "string"}, "minItems": 2}, "a"),
        ({"type": "object"}, "[" * 5000),
    ],
)
def test_what_is_nothing_of_the_kind_is_refused(schema: JsonObject, given: JsonValue) -> None:
    with pytest.raises(InvalidArgumentsError):
        check(schema, given)


@pytest.mark.parametrize(
    ("schema", "given", "meant"),
    [
        ({"type": "string"}, 9506000134352, "9506000134352"),
        ({"type": "string"}, 9506000134352.0, "9506000134352"),
        ({"type": "string"}, -5, "-5"),
        ({"type": "string"}, True, "true"),
        ({"type": ["string", "null"]}, 5, "5"),
        ({"type": "string", "enum": ["1", "2"]}, 2, "2"),
        ({"anyOf": [{"type": "string"}, {"type": "object"}]}, 5, "5"),
        ({"type": "array", "items": {"type": "string"}}, "product", ["product"]),
        ({"type": "array", "items": {"type": "string"}}, 5, ["5"]),
        ({"type": "array", "items": {"type": "integer"}}, "5", [5]),
        ({"type": "array", "items": {"type": "object"}}, {"a": 1}, [{"a": 1}]),
        ({"type": "array", "items": {"type": "object"}}, '{"a": 1}', [{"a": 1}]),
        ({"anyOf": [{"type": "array"}, {"type": "null"}]}, 5, [5]),
    ],
)
def test_numbers_for_text_and_single_items_are_coerced(schema: JsonObject, given: JsonValue, meant: JsonValue) -> None:
    assert check(schema, given) == meant


def test_a_number_that_may_have_lost_digits_is_refused_with_the_reason() -> None:
    with pytest.raises(InvalidArgumentsError, match="may have lost digits on its way; give it as text"):
        check({"type": "string"}, 12345678901234567890)
    with pytest.raises(InvalidArgumentsError, match="may have lost digits on its way; give it as text"):
        check({"type": "integer"}, 12345678901234567890.0)


@pytest.mark.parametrize(
    ("step", "value"),
    [(0.01, 19.99), (0.01, 4.35), (0.01, 1.11), (0.01, 4.02), (0.1, 0.3), (0.5, 2), (3, 9.0), (1e-8, 1e300),
     (0.01, 12345678901.23), (2, 2**70), (0.01, -0.07)],
)  # fmt: skip
def test_decimals_are_multiples_as_decimals(step: float, value: float) -> None:
    assert check({"type": "number", "multipleOf": step}, value) == value


@pytest.mark.parametrize(("step", "value"), [(0.01, 1.005), (0.1, 0.35), (3, 10), (2, 2**70 + 1), (0.01, 1e-9)])
def test_other_numbers_are_no_multiples(step: float, value: float) -> None:
    with pytest.raises(InvalidArgumentsError, match="must be a multiple of"):
        check({"type": "number", "multipleOf": step}, value)


@pytest.mark.parametrize(
    ("schema", "given", "sent"),
    [
        ({"type": "integer"}, 5.0, "5"),
        ({"type": ["integer", "string"]}, 1e15, "1000000000000000"),
        ({"type": "object", "additionalProperties": {"type": "integer"}}, {"a": 5.0, "b": "6"}, '{"a":5,"b":6}'),
        ({"type": "number"}, 5.0, "5.0"),
    ],
)
def test_a_whole_number_is_sent_without_a_fraction_where_an_integer_is_expected(
    schema: JsonObject, given: JsonValue, sent: str
) -> None:
    assert to_text(check(schema, given)) == sent


def test_a_quoted_number_is_sent_with_every_digit() -> None:
    price = check({"type": "number"}, "1.10")
    assert isinstance(price, LiteralNumber)
    assert price == 1.1
    assert scalar(price) == "1.10"
    assert to_text(price) == "1.1"
    assert exact_json({"ü": [price, None, True, "é", {}]}) == '{"ü":[1.10,null,true,"é",{}]}'
    assert ascii_json([price, "é"]) == '[1.10,"\\u00e9"]'
    assert [scalar(one) for one in (5.0, 1e3, 0.1, 2**70, 1e300)] == ["5", "1000", "0.1", str(2**70), "1e+300"]


@pytest.mark.parametrize(
    ("schema", "given", "meant"),
    [
        ({}, '{"a": "5"}', {"a": "5"}),
        ({"description": "Anything."}, "[1]", [1]),
        ({}, "text", "text"),
        ({}, "5", "5"),
        ({}, "{broken", "{broken"),
        ({}, None, None),
        ({"type": "string"}, "[1]", "[1]"),
        ({"anyOf": [{"type": "string"}, {"type": "object"}]}, "{}", "{}"),
    ],
)
def test_json_text_is_parsed_in_a_body_that_accepts_anything(
    schema: JsonObject, given: JsonValue, meant: JsonValue
) -> None:
    assert check(schema, given, name="body") == meant


def test_null_inside_a_body_is_kept() -> None:
    body: JsonObject = {
        "type": "object",
        "properties": {"n": {"type": "integer"}, "note": {"anyOf": [{"type": "string"}, {"type": "null"}]}},
    }
    assert check(body, '{"n": "5", "note": null}', name="body") == {"n": 5, "note": None}
    with pytest.raises(InvalidArgumentsError):
        check(body, {"n": None}, name="body")


def test_a_schema_that_contains_itself_many_times_is_read_quickly() -> None:
    everything: JsonValue = [{"$ref": f"#/$defs/{name}"} for name in "ABCDEFGH"]
    definitions: JsonObject = {name: {"anyOf": everything} for name in "ABCDEFG"}
    definitions["H"] = {"type": "object", "properties": {"n": {"$ref": "#/$defs/A"}, "i": {"type": "integer"}}}
    deep: JsonValue = "x"
    for _ in range(60):
        deep = {"n": deep, "i": "1"}
    schema: JsonObject = {"type": "object", "properties": {"i": {"type": "integer"}, "n": {"$ref": "#/$defs/A"}}}
    coerced = coerce({**schema, "$defs": definitions}, {"n": deep, "i": "1"})
    assert coerced["i"] == 1
    assert as_object(coerced["n"])["i"] == 1
