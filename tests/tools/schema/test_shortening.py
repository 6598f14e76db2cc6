from __future__ import annotations

from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from closient_mcp.tools.formats.json_values import JsonObject, as_list, as_object, to_text
from closient_mcp.tools.results.result import Result
from closient_mcp.tools.schema.reader import SchemaReader
from closient_mcp.tools.schema.shortening import is_truncated, shorten, shorten_text
from closient_mcp.tools.schema.validation import ArgumentChecker
from closient_mcp.tools.tiers.tier import TIERS
from closient_mcp.tools.toolset.exposure import AvailableTools, Exposure, listed_tools
from closient_mcp.tools.toolset.finders import Finders
from closient_mcp.tools.toolset.tool import Tool

from ...fakes.service import fits
from ...fakes.strict_hosts import schema_faults

LONG = "It says what it is for. " * 20


def whole(body: Any, **components: Any) -> JsonObject:
    reader = SchemaReader(cast(JsonObject, {"components": {"schemas": components}}))
    schema: JsonObject = {"type": "object", "properties": {"body": reader.read(body)}, "required": ["body"]}
    definitions = reader.definitions(schema)
    return {**schema, "$defs": definitions} if definitions else schema


def body_of(schema: JsonObject) -> JsonObject:
    return as_object(as_object(schema["properties"])["body"])


def test_a_small_schema_stays_as_it_is() -> None:
    small = whole({"type": "object", "properties": {"a": {"type": "string", "enum": ["x", "y"]}}, "required": ["a"]})
    assert shorten(small) == small
    assert not is_truncated(small)


@pytest.mark.parametrize("count", [5, 400])
def test_a_long_enum_is_summarized(count: int) -> None:
    schema = whole({"type": "string", "enum": [f"v{i}" for i in range(count)]})
    shown = shorten(schema)
    assert ("enum" in body_of(shown)) is (count == 5)
    assert is_truncated(shown) is (count == 400)
    assert len(as_list(body_of(schema)["enum"])) == count
    assert count == 5 or body_of(shown)["description"] == (
        "One of 400 values, such as v0, v1, v2, v3, v4, v5, v6, v7. describe_operation shows all."
    )


def nested(levels: int) -> JsonObject:
    schema: JsonObject = {"type": "string"}
    for _ in range(levels):
        schema = {"type": "object", "description": LONG, "properties": {"a": schema, "b": {"type": "string"}}}
    return schema


def test_deeply_nested_schemas_are_truncated_with_a_note() -> None:
    shown = shorten(whole(nested(15)))
    assert is_truncated(shown)
    assert len(to_text(shown)) < 2_500


def test_a_large_body_keeps_every_property_and_what_it_requires() -> None:
    names = [f"property_{i}" for i in range(300)]
    schema = whole({"type": "object", "properties": {name: nested(4) for name in names}, "required": names[:200]})
    shown = body_of(shorten(schema))
    assert list(as_object(shown["properties"])) == names
    assert shown["required"] == names[:200]
    assert len(to_text(shown)) < len(to_text(schema)) / 5


def test_definitions_used_once_are_inlined() -> None:
    large = {"type": "object", "properties": {f"property_{i}": {"type": "string"} for i in range(30)}}
    reference = {"$ref": "#/components/schemas/Large"}
    assert "$defs" not in shorten(whole({"type": "object", "properties": {"a": reference}}, Large=large))
    both = shorten(whole({"type": "object", "properties": {"a": reference, "b": reference}}, Large=large))
    assert to_text(both).count("property_7") == 1


def test_recursive_schemas_are_shortened_without_dangling_references() -> None:
    tree = {"type": "object", "properties": {"child": {"$ref": "#/components/schemas/Tree"}, "n": {"type": "string"}}}
    shown = shorten(whole({"$ref": "#/components/schemas/Tree"}, Tree=tree))
    assert schema_faults(shown) == []
    assert "$defs" in shown


def an_object(properties: dict[str, Any], required: list[str]) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "required": required}


def a_list(items: Any) -> dict[str, Any]:
    return {"type": "array", "items": items}


def a_map(values: Any) -> dict[str, Any]:
    return {"type": "object", "additionalProperties": values, "description": LONG}


def a_choice(branches: list[Any]) -> dict[str, Any]:
    return {"anyOf": branches}


def a_whole(parts: list[Any]) -> dict[str, Any]:
    return {"allOf": parts}


def an_enumeration(count: int) -> dict[str, Any]:
    return {"type": "string", "enum": [f"e{i}" for i in range(count)]}


def nesting(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.one_of(
        st.builds(an_object, st.dictionaries(NAMES, inner), st.lists(NAMES)),
        st.builds(a_list, inner),
        st.builds(a_map, inner),
        st.builds(a_choice, st.lists(inner, min_size=1, max_size=25)),
        st.builds(a_whole, st.lists(inner, min_size=1, max_size=3)),
    )


KINDS: st.SearchStrategy[Any] = st.sampled_from([{"type": "string"}, {"type": "integer"}, {"type": "boolean"}])
NAMES = st.sampled_from(["a", "b", "c"])
SCHEMAS: st.SearchStrategy[Any] = st.recursive(
    KINDS | st.builds(an_enumeration, st.integers(1, 150)), nesting, max_leaves=25
)
VALUES: st.SearchStrategy[Any] = st.recursive(
    st.sampled_from(["a", "e1", "e120", 1, True, None]),
    lambda inner: st.dictionaries(NAMES, inner, max_size=3) | st.lists(inner, max_size=2),
    max_leaves=6,
)


@given(SCHEMAS, VALUES)
def test_a_shortened_schema_accepts_what_the_full_one_accepts(schema: Any, value: Any) -> None:
    full = whole({"type": "object", "properties": {"a": schema, "b": nested(9)}})
    shown = shorten(full)
    assert schema_faults(full) == []
    assert schema_faults(shown) == []
    bodies: list[JsonObject] = [{"body": {"a": value}}, {"body": value}]
    for given_ in bodies:
        assert not fits(full, given_) or fits(shown, given_)


def test_a_long_description_keeps_its_beginning_and_its_url() -> None:
    short = shorten_text(f"{LONG}\nGET /things/{{id}}")
    assert len(short) <= 400
    assert short.startswith("It says")
    assert short.endswith("for.\nGET /things/{id}")
    assert shorten_text("One.\nGET /x") == "One.\nGET /x"


async def nothing(_: JsonObject) -> Result:
    return Result("")


def a_tool(values: int) -> Tool:
    schema = whole({"type": "string", "enum": [f"v{i}" for i in range(values)]})
    return Tool("acme_choose", "Choose", "Choose one.", schema, "read", nothing, abridged=True)


@pytest.mark.parametrize(("values", "names"), [(5, []), (400, ["describe_operation"])])
async def test_describe_operation_is_listed_if_a_schema_is_truncated(values: int, names: list[str]) -> None:
    tool = a_tool(values)
    finders = Finders(lambda: {tool.name: tool}, ArgumentChecker(), list)
    shown = listed_tools(Exposure("all"), AvailableTools([], finders.tools(TIERS), {tool.name: tool}))
    assert [one.name for one in shown] == [*names, "acme_choose"]
    describe = finders.tools(TIERS)[1]
    assert f'"v{values - 1}"' in (await describe.call({"name": "acme_choose"})).text
