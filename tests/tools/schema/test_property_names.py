from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from closient_mcp.tools.formats.json_values import JsonObject
from closient_mcp.tools.schema.property_names import renames_in, restore_names, shown_names

TEXT: JsonObject = {"type": "string"}


def an_object(*names: str) -> JsonObject:
    return {"type": "object", "properties": {name: dict(TEXT) for name in names}}


@pytest.mark.parametrize(
    ("name", "shown"),
    [("@type", "_type"), ("filter[name]", "filter_name"), ("a b", "a_b"), ("$", "property_"), ("größe", "gr_e")],
)
def test_an_invalid_name_is_shown_under_a_valid_one(name: str, shown: str) -> None:
    assert shown_names([name, "type"])[name].startswith(shown)


@given(st.lists(st.text(max_size=80)))
def test_shown_names_are_valid_and_distinct(names: list[str]) -> None:
    shown = shown_names(names)
    assert all(re.fullmatch(r"[A-Za-z0-9_.-]{1,64}", name) for name in shown.values())
    assert len({*shown.values(), *set(names) - set(shown)}) == len(set(names))
    assert shown_names(reversed(names)) == shown


def restore(value: JsonObject, schema: JsonObject) -> JsonObject:
    renames = {"_type": "@type", "a_b": "a b"}
    restored = restore_names({"body": value}, {"properties": {"body": schema}, "$defs": {"Tree": TREE}}, renames)
    assert isinstance(restored["body"], dict)
    return restored["body"]


TREE: JsonObject = {"properties": {"_type": TEXT, "next": {"$ref": "#/$defs/Tree"}}}
NESTED: dict[str, tuple[JsonObject, JsonObject, JsonObject]] = {
    "in a property": ({"properties": {"x": an_object("a_b")}}, {"x": {"a_b": "1"}}, {"x": {"a b": "1"}}),
    "in a list": (
        {"properties": {"x": {"type": "array", "items": an_object("a_b")}}},
        {"x": [{"a_b": "1"}]},
        {"x": [{"a b": "1"}]},
    ),
    "in a map": ({"additionalProperties": an_object("a_b")}, {"a_b": {"a_b": "1"}}, {"a_b": {"a b": "1"}}),
    "in a branch": ({"anyOf": [TEXT, {"allOf": [an_object("a_b")]}]}, {"a_b": "1"}, {"a b": "1"}),
    "in what contains itself": (
        {"$ref": "#/$defs/Tree"},
        {"_type": "1", "next": {"_type": "2", "next": {"_type": "3"}}},
        {"@type": "1", "next": {"@type": "2", "next": {"@type": "3"}}},
    ),
    "but not in a free map": ({"type": "object"}, {"a_b": {"_type": "1"}}, {"a_b": {"_type": "1"}}),
}


@pytest.mark.parametrize("case", NESTED)
def test_names_are_restored_wherever_the_schema_has_them(case: str) -> None:
    schema, given_, sent = NESTED[case]
    assert restore(given_, schema) == sent


def test_the_names_of_arguments_are_kept() -> None:
    schema: JsonObject = {"properties": {"a_b": TEXT, "body": an_object("a_b")}}
    assert restore_names({"a_b": "1", "body": {"a_b": "2"}}, schema, {"a_b": "a b"}) == {
        "a_b": "1",
        "body": {"a b": "2"},
    }


def test_a_schema_that_only_refers_to_itself_terminates() -> None:
    schema: JsonObject = {"properties": {"body": {"$ref": "#/$defs/A"}}, "$defs": {"A": {"$ref": "#/$defs/A"}}}
    assert restore_names({"body": {"x": 1}}, schema, {"x": "$x"}) == {"body": {"x": 1}}


def test_renames_are_limited_to_the_names_in_a_schema() -> None:
    shown = shown_names(["a b", "c d"])
    assert renames_in(an_object("a_b"), shown) == {"a_b": "a b"}
