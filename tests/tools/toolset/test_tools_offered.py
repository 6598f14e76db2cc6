"""Finding, listing, checking and paging of tools."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from closient_mcp.tools.errors import InvalidArgumentsError
from closient_mcp.tools.formats.json_values import JsonObject, as_object
from closient_mcp.tools.results.result import Result
from closient_mcp.tools.schema.validation import ArgumentChecker
from closient_mcp.tools.tiers.tier import Tier
from closient_mcp.tools.toolset.exposure import AvailableTools, Exposure, listed_tools, resolve_auto
from closient_mcp.tools.toolset.tool import Tool


def make(name: str, api: str = "things", tier: Tier = "read", title: str = "", size: int = 0) -> Tool:
    async def call(arguments: JsonObject) -> Result:
        return Result(json.dumps({"called": name, "with": arguments}))

    schema: JsonObject = {"type": "object", "properties": {"id": {"type": "string"}}, "required": ["id"]}
    return Tool(name, title or name, "x" * size or name, schema, tier, call, system="closient", api=api)


def offer(*operations: Tool) -> AvailableTools:
    return AvailableTools([make("core")], [make("find_operations")], {tool.name: tool for tool in operations})


def names(mode: str, offered: AvailableTools, *apis: str, complete: bool = True) -> list[str]:
    return [tool.name for tool in listed_tools(resolve_auto(Exposure(mode, apis), offered, complete=complete), offered)]


FEW = offer(make("things_b"), make("things_a"), make("others_a", "others"))
MANY = offer(*(make(f"things_{i:02}") for i in range(45)), make("others_a", "others"))


def test_few_operations_are_all_listed_in_order_and_need_no_finders() -> None:
    assert names("auto", FEW) == ["core", "others_a", "things_a", "things_b"]


def test_finders_replace_many_operations_except_pinned_apis_that_fit() -> None:
    assert names("auto", MANY, "things", "others") == ["core", "find_operations", "others_a"]


def test_large_definitions_count_as_many_operations_do() -> None:
    large = offer(*(make(f"things_{i}", size=8000) for i in range(5)))
    assert names("auto", large) == ["core", "find_operations"]


def test_while_documents_are_missing_the_finders_are_listed() -> None:
    assert "find_operations" in names("auto", FEW, "others", complete=False)


def test_loaded_systems_are_listed_after_the_pins_while_one_is_missing() -> None:
    settled = resolve_auto(Exposure("auto", ("others",)), FEW, complete=False, loaded=("closient",))
    found = [tool.name for tool in listed_tools(settled, FEW)]
    assert found == ["core", "find_operations", "others_a", "things_a", "things_b"]
    many = resolve_auto(Exposure("auto", ("others",)), MANY, complete=False, loaded=("closient",))
    assert [tool.name for tool in listed_tools(many, MANY)] == ["core", "find_operations", "others_a"]


def test_a_choice_once_made_holds_when_more_documents_arrive() -> None:
    settled = resolve_auto(Exposure("auto"), FEW, complete=True)
    assert resolve_auto(settled, MANY, complete=True) == settled


def test_the_list_that_is_asked_for_is_the_list_that_is_given() -> None:
    assert names("core", FEW) == ["core", "find_operations"]
    assert len(names("all", MANY)) == 47
    assert names("apis", FEW, "things") == ["core", "find_operations", "things_a", "things_b"]


def test_objects_given_as_text_are_parsed() -> None:
    schema: JsonObject = {"type": "object", "properties": {"body": {"type": "object"}, "note": {"type": "string"}}}
    checked = ArgumentChecker().check("t", schema, {"body": '{"a": 1}', "note": '{"a": 1}'})
    assert checked == {"body": {"a": 1}, "note": '{"a": 1}'}


def test_each_wrong_argument_is_named_with_what_belongs_there() -> None:
    schema: JsonObject = {
        "type": "object",
        "properties": {"n": {"type": "integer"}},
        "required": ["n"],
        "additionalProperties": False,
    }
    with pytest.raises(InvalidArgumentsError) as caught:
        ArgumentChecker().check("t", schema, {"n": "five", "m": 1})
    assert '`n` must be an integer, not "five"' in caught.value.message
    assert "there is no `m`" in caught.value.message
    assert caught.value.next_step == "It takes n; required: n. Nothing was sent."


@pytest.mark.parametrize("pattern", [r"^(a+)+$", r"^\p{L}+$", "(", r"(?<name>x)"])
def test_patterns_of_a_document_are_the_services_to_judge(pattern: str) -> None:
    schema: JsonObject = {"type": "object", "properties": {"q": {"type": "string", "pattern": pattern}}}
    assert ArgumentChecker().check("t", schema, {"q": "a" * 40 + "!"})


def test_null_for_something_optional_is_taken_as_left_out() -> None:
    schema: JsonObject = {
        "type": "object",
        "properties": {"n": {"type": "integer"}, "free": {}, "needed": {"type": "string"}},
        "required": ["needed"],
    }
    assert ArgumentChecker().check("t", schema, {"n": None, "free": None, "needed": "x"}) == {
        "free": None,
        "needed": "x",
    }
    with pytest.raises(InvalidArgumentsError, match=r"`needed` must be .* not null"):
        ArgumentChecker().check("t", schema, {"needed": None})


@pytest.mark.parametrize("value", [float("inf"), float("nan"), "\ud800", {"a": ["\udfff"]}])
def test_what_no_request_can_carry_is_refused(value: Any) -> None:
    with pytest.raises(InvalidArgumentsError, match="cannot be sent"):
        ArgumentChecker().check("t", {"type": "object"}, {"v": value})


def test_a_reference_to_elsewhere_is_never_fetched_to_check_arguments() -> None:
    schema: JsonObject = {"type": "object", "properties": {"q": {"$ref": "http://127.0.0.1:9/schema.json"}}}
    with pytest.raises(Exception, match="Unresolvable"):
        ArgumentChecker().check("t", schema, {"q": 1})


def test_a_changed_schema_of_a_tool_is_the_one_that_is_checked() -> None:
    checker = ArgumentChecker()
    checker.check("t", {"type": "object", "properties": {"a": {"type": "integer"}}}, {"a": 1})
    with pytest.raises(InvalidArgumentsError):
        checker.check("t", {"type": "object", "properties": {"a": {"type": "boolean"}}}, {"a": 1})


@pytest.mark.parametrize(
    ("tier", "idempotent", "hint"),
    [("read", False, True), ("create", False, False), ("update", True, True), ("destructive", True, True)],
)
def test_reads_may_be_retried_and_writes_only_if_idempotent(tier: Tier, idempotent: bool, hint: bool) -> None:
    tool = replace(make("t", tier=tier), idempotent=idempotent)
    assert as_object(tool.definition()["annotations"])["idempotentHint"] is hint
