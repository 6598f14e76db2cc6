from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from closient_mcp.tools.errors import InvalidArgumentsError, RefusedError
from closient_mcp.tools.formats.json_values import JsonObject
from closient_mcp.tools.results.result import Result
from closient_mcp.tools.schema.validation import ArgumentChecker
from closient_mcp.tools.tiers.tier import TIERS, Tier
from closient_mcp.tools.toolset.finders import Finders
from closient_mcp.tools.toolset.overview import overview
from closient_mcp.tools.toolset.tool import Tool

from ...fakes.document_tools import tools_of
from ...fakes.paths import ROOT

API = json.loads((ROOT / "tests/vectors/arguments_api.json").read_text(encoding="utf-8"))


def make(name: str, api: str = "things", tier: Tier = "read", title: str = "") -> Tool:
    async def call(arguments: JsonObject) -> Result:
        return Result(json.dumps({"called": name, "with": arguments}))

    schema: JsonObject = {"type": "object", "properties": {"id": {"type": "string"}}, "required": ["id"]}
    return Tool(name, title or name, name, schema, tier, call, system="closient", api=api)


@pytest.fixture
def finders() -> Finders:
    operations = [
        make("products_get_trade_item", "products", title="Get a trade item"),
        make("products_list_recalls", "products", title="List recalls of a product"),
        make("brands_create_brand", "brands", "create", "Create a brand"),
        make("products_unclaim_product", "products", "destructive", "Unclaim a product"),
    ]
    by_name = {tool.name: tool for tool in operations}
    return Finders(lambda: by_name, ArgumentChecker(), list[str])


async def test_a_search_reports_what_could_not_be_loaded() -> None:
    absent = Finders(dict[str, Tool], ArgumentChecker(), lambda: ["closient: no api-catalog"])
    assert (await use(absent, "find_operations", query="x"))["missing"] == ["closient: no api-catalog"]
    with pytest.raises(InvalidArgumentsError) as caught:
        await use(absent, "read_operation", name="x")
    assert "Some operations could not be loaded: closient: no api-catalog." in caught.value.next_step


async def use(finders: Finders, called: str, **arguments: Any) -> Any:
    (tool,) = (tool for tool in finders.tools(TIERS) if tool.name == called)
    return json.loads((await tool.call(ArgumentChecker().check(called, tool.input_schema, arguments))).text)


async def test_operations_are_found_by_plain_words(finders: Finders) -> None:
    found = await use(finders, "find_operations", query="which recalls are there for my product")
    assert found["operations"][0]["name"] == "products_list_recalls"
    assert (found["found"], found["of"]) == (1, 4)


async def test_a_search_can_be_narrowed_and_limited(finders: Finders) -> None:
    found = await use(finders, "find_operations", query="product brand", tier="create", api="brands", limit=1)
    assert [operation["name"] for operation in found["operations"]] == ["brands_create_brand"]


async def test_an_operation_is_described_with_its_arguments_and_call_tool(finders: Finders) -> None:
    described = await use(finders, "describe_operation", name="brands_create_brand")
    assert described["call_with"] == "create_operation"
    assert described["arguments"]["required"] == ["id"]
    assert described["example"] == {"name": "brands_create_brand", "arguments": {"id": "id"}}


async def test_an_operation_is_called_with_the_call_tool_of_its_tier(finders: Finders) -> None:
    called = await use(finders, "read_operation", name="products_list_recalls", arguments={"id": "7"})
    assert called == {"called": "products_list_recalls", "with": {"id": "7"}}


async def test_a_permission_to_read_never_covers_what_destroys(finders: Finders) -> None:
    with pytest.raises(RefusedError) as caught:
        await use(finders, "read_operation", name="products_unclaim_product", arguments={"id": "7"})
    assert caught.value.next_step == "Call it with destructive_operation."


async def test_the_arguments_of_a_found_operation_are_checked_too(finders: Finders) -> None:
    with pytest.raises(InvalidArgumentsError, match="`id` is missing"):
        await use(finders, "read_operation", name="products_list_recalls")


async def test_an_unknown_operation_is_reported_with_similar_names(finders: Finders) -> None:
    with pytest.raises(InvalidArgumentsError) as caught:
        await use(finders, "describe_operation", name="products_list_recal")
    assert "products_list_recalls" in caught.value.message


def test_read_only_offers_no_call_tool_that_writes(finders: Finders) -> None:
    offered = [tool.name for tool in finders.tools(("read",))]
    assert offered == ["find_operations", "describe_operation", "read_operation"]


@pytest.fixture
def issues() -> Finders:
    by_name = {tool.name: tool for tool in tools_of(API)}
    return Finders(lambda: by_name, ArgumentChecker(), list[str])


async def test_a_hit_says_what_a_call_needs(issues: Finders) -> None:
    found = await use(issues, "find_operations", query="create a refund", limit=1)
    assert found["operations"] == [
        {
            "name": "a_create_refund",
            "does": "Create a refund",
            "request": "POST /refunds",
            "tier": "create",
            "needs": ["body.charge"],
        }
    ]


@pytest.mark.parametrize(
    "name", ["createRefund", "POST /refunds", "post /refunds/", "a_create_refund", "create_refund", "`createRefund`"]
)
async def test_an_operation_is_described_by_any_of_its_names(issues: Finders, name: str) -> None:
    assert (await use(issues, "describe_operation", name=name))["name"] == "a_create_refund"


async def test_a_path_of_several_operations_is_not_guessed(issues: Finders) -> None:
    with pytest.raises(InvalidArgumentsError, match=r"Several operations .* a_delete_issue, a_get_issue"):
        await use(issues, "describe_operation", name="/issues/{issueIdOrKey}")


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("GET /issues/7", "a_get_issue"),
        ("get issues/7/", "a_get_issue"),
        ("https://api.example/rest/v2/issues/7?fields=a", "a_get_issue or a_delete_issue"),
        ("PATCH /refunds", "a_create_refund"),
    ],
)
async def test_a_request_with_values_is_an_error_with_the_operation_meant(
    issues: Finders, name: str, meant: str
) -> None:
    with pytest.raises(InvalidArgumentsError) as caught:
        await use(issues, "describe_operation", name=name)
    assert caught.value.message == f"There is no operation {name!r}; did you mean {meant}?"
    found = await use(issues, "find_operations", query=name)
    assert found["operations"][0]["name"] in meant


@pytest.mark.parametrize("system", ["A", "a", " a "])
async def test_filters_are_read_without_regard_to_case(issues: Finders, system: str) -> None:
    found = await use(issues, "find_operations", query="issue", system=system)
    assert found["operations"]


@pytest.mark.parametrize(
    ("filters", "message", "next_step"),
    [
        ({"system": "jira"}, "There is no system 'jira'.", "Known: a."),
        (
            {"tag": "isues"},
            "There is no tag 'isues'; did you mean issues?",
            "Known: issues, leads, refunds.",
        ),
    ],
)
async def test_an_unknown_filter_is_an_error_with_those_there_are(
    issues: Finders, filters: dict[str, str], message: str, next_step: str
) -> None:
    with pytest.raises(InvalidArgumentsError) as caught:
        await use(issues, "find_operations", query="issue", **filters)
    assert (caught.value.message, caught.value.next_step) == (message, next_step)


async def test_without_a_query_there_is_an_overview(issues: Finders) -> None:
    shown = await use(issues, "find_operations", limit=2)
    assert shown == {
        "systems": [
            {
                "system": "a",
                "apis": [
                    {
                        "api": "a",
                        "operations": 5,
                        "groups": [
                            {"tag": "issues", "operations": 3, "example": "a_get_issue"},
                            {"tag": "leads", "operations": 1, "example": "a_create_lead"},
                            {"tag": "refunds", "operations": 1, "example": "a_create_refund"},
                        ],
                    }
                ],
            }
        ],
        "operations": 5,
    }
    of_tag = await use(issues, "find_operations", tag="Issues")
    assert [line["name"] for line in of_tag["operations"]] == ["a_delete_issue", "a_get_issue", "a_list_issues"]


async def test_a_query_that_nothing_answers_says_so_and_shows_what_there_is(issues: Finders) -> None:
    found = await use(issues, "find_operations", query="book a flight to Berlin")
    assert found["operations"] == []
    assert found["hint"].startswith("No good match.")
    assert found["overview"]["systems"][0]["system"] == "a"


def test_an_overview_of_many_groups_shows_the_largest_that_fit() -> None:
    tools = [
        replace(make(f"s_a_get_{group}_{n}"), system="s", api="a", path=f"/v1/group{group}/{n}", method="GET")
        for group in range(500)
        for n in range(2 if group else 9)
    ]
    shown: Any = overview(tools)
    assert len(json.dumps(shown)) <= 11_000
    (api,) = shown["systems"][0]["apis"]
    assert api["operations"] == 1_007
    assert api["groups"][0] == {"tag": "group0", "operations": 9, "example": "s_a_get_0_0"}
    assert len(api["groups"]) + api["more_groups"] == 500
