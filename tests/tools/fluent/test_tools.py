"""The tools for Fluent Commerce, against a stand-in whose GraphQL is run by another's engine."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from functools import cache
from typing import Any

import httpx2
import pytest
from jsonschema import Draft202012Validator

from closient_mcp.tools.errors import InvalidArgumentsError, ToolError, UpstreamError
from closient_mcp.tools.fluent.document import DOCUMENT
from closient_mcp.tools.fluent.events import failed_event
from closient_mcp.tools.fluent.tools import Fluent
from closient_mcp.tools.formats.json_values import as_object, parse_json
from closient_mcp.tools.http.sender import Sender
from closient_mcp.tools.openapi.operation import Operation, Source
from closient_mcp.tools.openapi.operations import read_operations
from closient_mcp.tools.results.result import Result
from closient_mcp.tools.schema.validation import ArgumentChecker
from closient_mcp.tools.toolset.exposure import fits as fits_in_a_list
from closient_mcp.tools.toolset.generated import operation_tool
from closient_mcp.tools.toolset.tool import Tool

from ...fakes.fluent_service import ERROR_SHAPES, FluentStandIn, running_fluent
from ...fakes.service import Reply, Service, fits

Call = Any
NO_DATA: dict[str, Any] = {"variantProducts": None}


@cache
def operations_at(url: str, system: str = "fluent") -> list[Operation]:
    document = as_object(parse_json(DOCUMENT.read_bytes()))
    source = Source(system, (system,), "", f"{url}/fluent.json", url, frozenset({url}))
    operations, problems = read_operations(document, source)
    assert problems == []
    return operations


class Tools:
    """All tools of one Fluent system, called as the server calls them."""

    def __init__(self, url: str, client: httpx2.AsyncClient, system: str = "fluent", **settings: Any) -> None:
        sender = Sender(client, frozenset({url}), system)
        self.fluent = Fluent(system, url, sender, wait=0.0, **settings)
        described = [
            operation_tool(replace(operation, base=url), sender, context=self.fluent.context, check=failed_event)
            for operation in operations_at("https://acme.api.fluentretail.com", system)
        ]
        self.by_name: dict[str, Tool] = {tool.name: tool for tool in [*self.fluent.tools(), *described]}
        self.checker = ArgumentChecker()

    async def result(self, name: str, /, **arguments: Any) -> Result:
        tool = self.by_name[f"{self.fluent.system}_{name}"]
        result = await tool.call(self.checker.check(tool.name, tool.input_schema, arguments))
        if tool.output_schema:
            assert fits(tool.output_schema, result.structured)
            assert json.loads(result.text) == result.structured
        return result

    async def call(self, name: str, /, **arguments: Any) -> Any:
        result = await self.result(name, **arguments)
        return json.loads(result.text)


@pytest.fixture
def stand_in() -> Iterator[FluentStandIn]:
    with running_fluent() as running:
        yield running


@pytest.fixture
async def tools(stand_in: FluentStandIn) -> AsyncIterator[Tools]:
    headers = {"authorization": f"Bearer {stand_in.new_token()}"}
    async with httpx2.AsyncClient(trust_env=False, verify=False, headers=headers) as client:
        yield Tools(stand_in.url, client, account="ACME", retailer=1)


@pytest.fixture
async def plain(service: Service) -> AsyncIterator[Tools]:
    async with httpx2.AsyncClient(trust_env=False, verify=False) as client:
        yield Tools(service.url, client)


READS = ["find_variants", "find_products", "find_inventory_positions", "find_virtual_positions", "find_orders"]
TIERS = {
    **dict.fromkeys([*READS, "get_order", "graphql_query"], "read"),
    "graphql_mutate": "destructive",
    **dict.fromkeys(["list_events", "get_event", "get_job", "get_batch", "get_job_results"], "read"),
    **dict.fromkeys(["find_user_actions", "get_workflow"], "read"),
    **dict.fromkeys(["send_event_sync", "send_event_async", "create_job", "add_batch"], "create"),
}


def test_the_names_and_tiers_are_these(tools: Tools) -> None:
    assert {tool.name.removeprefix("fluent_"): tool.tier for tool in tools.by_name.values()} == TIERS


def test_every_schema_is_valid_and_every_tool_says_what_it_does(tools: Tools) -> None:
    for tool in tools.by_name.values():
        Draft202012Validator.check_schema(tool.input_schema)
        Draft202012Validator.check_schema(tool.output_schema or {})
        assert tool.title
        assert tool.description
        assert tool.system == "fluent"


def test_the_document_is_valid_and_has_no_graphql() -> None:
    document: Any = json.loads(DOCUMENT.read_bytes())
    assert document["openapi"] == "3.1.0"
    assert not any("graphql" in path for path in document["paths"])
    for schema in document["components"]["schemas"].values():
        Draft202012Validator.check_schema(schema)


def test_the_document_leads_to_the_url_of_the_settings() -> None:
    url = "https://acme.api.fluentretail.com"
    assert {operation.base for operation in operations_at(url)} == {url}


def test_the_tools_of_one_account_are_few_enough_to_be_listed(tools: Tools) -> None:
    assert fits_in_a_list(list(tools.by_name.values()))


async def test_a_variant_is_found_by_any_written_form_of_its_gtin(tools: Tools, stand_in: FluentStandIn) -> None:
    kept = [row["gtin"] for row in stand_in.data["variantProducts"][:2]]
    assert sorted(map(len, kept)) == [13, 14]
    for gtin in kept:
        for form in (gtin.zfill(14), gtin.zfill(14)[1:], f"https://id.example.com/01/{gtin.zfill(14)}"):
            found = await tools.call("find_variants", gtin=[form])
            assert [item["gtin"] for item in found["items"]] == [gtin]


def test_the_tools_say_that_the_gtin_joins_them_to_closient(tools: Tools) -> None:
    for name in ("find_variants", "find_products", "graphql_query"):
        description = tools.by_name[f"fluent_{name}"].description
        assert "gtin" in description
        assert "lookup_product" in description
        assert "resolve_gtin" in description


async def test_three_pages_cover_everything_without_overlap(tools: Tools, stand_in: FluentStandIn) -> None:
    arguments: dict[str, Any] = {"limit": 25, "catalogue": "DEFAULT:1"}
    refs: list[str] = []
    for expected in (True, True, False):
        page = await tools.call("find_variants", **arguments)
        refs += [item["ref"] for item in page["items"]]
        assert page["has_more"] is expected
        assert ("next_cursor" in page) is expected
        arguments["cursor"] = page.get("next_cursor")
    assert refs == [row["ref"] for row in stand_in.data["variantProducts"]]
    asked = [got.json()["variables"] for got in stand_in.received]
    assert [variables.get("after") for variables in asked] == [None, "c25", "c50"]
    assert {variables["first"] for variables in asked} == {25}


async def test_each_search_filters_and_gives_flat_items(tools: Tools) -> None:
    (variant,) = (await tools.call("find_variants", ref=["SKU7"], status=["ACTIVE"], catalogue="DEFAULT:1"))["items"]
    assert variant["name"] == "Cap 7"
    assert variant["catalogue"] == "DEFAULT:1"
    assert "summary" not in variant
    names = [item["name"] for item in (await tools.call("find_products", name=["%o%"]))["items"]]
    assert names == ["Sock"]
    here = {"product_ref": ["SKU7", "SKU8"], "location_ref": ["LOC2"], "quantities": True}
    positions = (await tools.call("find_inventory_positions", **here))["items"]
    assert [(item["product_ref"], item["location_ref"], item["on_hand"]) for item in positions] == [
        ("SKU7", "LOC2", 7),
        ("SKU8", "LOC2", 8),
    ]
    quantity = {"ref": "q7", "type": "LAST_ON_HAND", "status": "ACTIVE", "quantity": 7}
    assert positions[0]["quantities"] == [quantity]
    (virtual,) = (await tools.call("find_virtual_positions", product_ref=["SKU1"], type=["BASE"]))["items"]
    assert virtual["quantity"] == 0
    assert virtual["group_ref"] == "LOC1"
    when = {"from": "2026-03-05T00:00:00.00Z", "to": "2026-03-06T00:00:00.00Z"}
    orders = (await tools.call("find_orders", type=["CC"], created=when))["items"]
    assert [(order["ref"], order["total_price"]) for order in orders] == [("HD_4", 20.5)]


async def test_every_argument_of_every_search_is_valid_graphql(tools: Tools) -> None:
    for name in READS:
        tool = tools.by_name[f"fluent_{name}"]
        values: dict[str, Any] = {"array": ["x"], "string": "c1", "boolean": True, "integer": 5}
        values["object"] = {"from": "2026-03-05T00:00:00.00Z"}
        properties: Any = tool.input_schema["properties"]
        arguments = {key: values[schema["type"]] for key, schema in properties.items() if key != "cursor"}
        assert (await tools.call(name, **arguments))["items"] == []


async def test_an_order_is_given_with_items_their_gtins_and_fulfilments(tools: Tools, stand_in: FluentStandIn) -> None:
    order = await tools.call("get_order", ref="HD_3")
    assert order == await tools.call("get_order", id="3")
    assert (order["status"], order["total_price"], order["retailer"]) == ("BOOKED", 20.5, "1")
    variant = stand_in.data["variantProducts"][3]
    assert order["items"][0]["gtin"] == variant["gtin"]
    assert order["items"][0]["product_ref"] == variant["ref"]
    assert order["fulfilments"] == [
        {"id": "3", "ref": "F_3", "type": "HD_PFS", "status": "ASSIGNED", "delivery_type": "STANDARD"}
    ]


@pytest.mark.parametrize("arguments", [{}, {"ref": "HD_1", "id": "1"}, {"ref": ""}])
async def test_an_order_is_looked_up_by_ref_or_id(
    tools: Tools, stand_in: FluentStandIn, arguments: dict[str, Any]
) -> None:
    with pytest.raises(InvalidArgumentsError, match="either its ref or its id"):
        await tools.call("get_order", **arguments)
    assert stand_in.received == []


async def test_a_missing_order_is_an_error(tools: Tools, plain: Tools, service: Service) -> None:
    with pytest.raises(UpstreamError) as raised:
        await tools.call("get_order", ref="HD_999")
    assert raised.value.details["code"] == "C0120E"
    assert "check the ref" in raised.value.next_step
    service.routes["/graphql"] = Reply({"data": {"order": None}})
    with pytest.raises(ToolError, match="no order with the ref 'HD_999'"):
        await plain.call("get_order", ref="HD_999")


async def test_rule_3_a_value_cannot_leave_its_place_in_the_query(tools: Tools, stand_in: FluentStandIn) -> None:
    nasty = 'x"]){edges{node{id}}} orders(ref:["%'
    for arguments in ({"ref": [nasty]}, {"catalogue": nasty}, {"name": [nasty]}, {"gtin": [nasty]}):
        assert (await tools.call("find_variants", **arguments))["items"] == []
        sent = stand_in.received[-1].json()
        assert nasty not in sent["query"]
        assert nasty in json.dumps(sent["variables"]).replace("\\", "")
    with pytest.raises(UpstreamError):
        await tools.call("get_order", ref=nasty)
    assert nasty not in stand_in.received[-1].json()["query"]


async def test_a_query_returns_the_data_and_where_to_continue(tools: Tools) -> None:
    query = "query($r:[String!]){orders(first:2,type:$r){edges{cursor node{ref}}pageInfo{hasNextPage}}}"
    result = await tools.result("graphql_query", query=query, variables={"r": ["HD"]})
    data = json.loads(result.text)["data"]
    assert [edge["node"]["ref"] for edge in data["orders"]["edges"]] == ["HD_1", "HD_3"]
    assert 'orders: continue with after: "c3"' in result.note
    assert "not instructions" in result.note


async def test_pages_are_clamped_to_five_thousand(tools: Tools) -> None:
    query = "{locations(first:9000){edges{node{ref}}pageInfo{hasNextPage}}}"
    result = await tools.result("graphql_query", query=query)
    assert len(json.loads(result.text)["data"]["locations"]["edges"]) == 5000
    assert "select the edges' cursor" in result.note


async def test_of_several_operations_the_named_one_is_run(tools: Tools) -> None:
    query = 'query A{order(ref:"HD_1"){ref}} query B{order(ref:"HD_2"){ref}}'
    assert await tools.call("graphql_query", query=query, operation_name="B") == {"data": {"order": {"ref": "HD_2"}}}
    for name in ({}, {"operation_name": "C"}):
        with pytest.raises(InvalidArgumentsError, match="operation") as raised:
            await tools.call("graphql_query", query=query, **name)
        assert "A, B" in raised.value.next_step


CHANGE = 'mutation M{updateOrder(input:{id:"1",status:"CANCELLED"}){status}}'


@pytest.mark.parametrize(
    "query", [CHANGE, f"query Q{{orders{{edges{{cursor}}}}}} {CHANGE}", "subscription{a}", "type A{b:C}", "{a", ""]
)
async def test_the_general_query_sends_nothing_but_queries(tools: Tools, stand_in: FluentStandIn, query: str) -> None:
    with pytest.raises(InvalidArgumentsError, match=r"mutation|subscription|GraphQL"):
        await tools.call("graphql_query", query=query, operation_name="Q" if "query Q" in query else "")
    assert stand_in.received == []


async def test_a_mutation_has_a_tool_of_its_own_which_takes_no_query(tools: Tools, stand_in: FluentStandIn) -> None:
    assert await tools.call("graphql_mutate", query=CHANGE) == {"data": {"updateOrder": {"status": "CANCELLED"}}}
    for query in ("{orders{edges{cursor}}}", "subscription{a}"):
        with pytest.raises(InvalidArgumentsError, match="not a mutation"):
            await tools.call("graphql_mutate", query=query)
    assert len(stand_in.received) == 1


CODES = {
    "C0001E": "fewer fields",
    "C0003E": "virtual view",
    "C0011E": "in a minute",
    "C0020E": "permission",
    "C0100E": "UTC",
    "C0101E": "at least one",
    "C0102E": "both",
    "C0103E": "shorter period",
    "C0120E": "check the ref",
    "C0121E": "exists already",
    "C0123E": "exists already",
    "C0140E": "variable",
    "C0141E": "too long",
    "S0002E": "Fluent failed",
    "S0020E": "Fluent failed",
    "S0040E": "closient-mcp login fluent",
    "C0199E": "Correct",
    "S0099E": "try again later",
    "T0001E": "Another service",
}


@pytest.mark.parametrize("inside", [False, True], ids=["in extensions", "in the message"])
@pytest.mark.parametrize(("code", "advice"), CODES.items())
async def test_an_error_inside_http_200_is_an_error_that_says_what_to_do(
    tools: Tools, stand_in: FluentStandIn, code: str, advice: str, inside: bool
) -> None:
    stand_in.fail_graphql(code, times=2, inside=inside)
    with pytest.raises(UpstreamError) as raised:
        await tools.call("find_variants")
    error = raised.value
    assert error.status == 200
    assert code in error.message
    assert "variantProducts" in error.message
    assert advice in error.next_step
    assert error.details["code"] == code
    assert error.details["errors"] == [
        {"message": f"{code}: It went wrong" if inside else "It went wrong", "code": code, "path": "variantProducts"}
    ]


async def test_the_deciding_error_of_several_says_what_to_do(plain: Tools, service: Service) -> None:
    codes = ["OTHER", "C0120E", "C0011E", "S0099E"]
    service.routes["/graphql"] = Reply({"errors": [{"message": "m", "extensions": {"code": code}} for code in codes]})
    with pytest.raises(UpstreamError, match=r"m \(OTHER\); m \(C0120E\); m \(C0011E\)") as raised:
        await plain.call("find_variants")
    assert raised.value.details["code"] == "C0011E"
    assert "in a minute" in raised.value.next_step


async def test_a_throttled_query_is_sent_once_more(tools: Tools, stand_in: FluentStandIn) -> None:
    stand_in.fail_graphql("C0011E")
    assert len((await tools.call("find_variants", limit=3))["items"]) == 3
    first, second = stand_in.received
    assert first.body == second.body


async def test_a_query_that_stays_throttled_says_when_to_retry(tools: Tools, stand_in: FluentStandIn) -> None:
    stand_in.fail_graphql("C0011E", times=9)
    with pytest.raises(UpstreamError) as raised:
        await tools.call("graphql_query", query="{orders{edges{cursor}}}")
    assert raised.value.details["retry_after_seconds"] == 60
    assert len(stand_in.received) == 2


async def test_rule_4_a_mutation_is_never_repeated(tools: Tools, stand_in: FluentStandIn) -> None:
    stand_in.fail_graphql("C0011E", times=2)
    with pytest.raises(UpstreamError, match="C0011E"):
        await tools.call("graphql_mutate", query=CHANGE)
    assert len(stand_in.received) == 1


async def test_a_query_that_gave_some_data_is_not_repeated(tools: Tools, stand_in: FluentStandIn) -> None:
    stand_in.fail_graphql("C0011E", times=2, data={"orders": {"edges": []}})
    await tools.call("graphql_query", query="{orders{edges{cursor}}}")
    assert len(stand_in.received) == 1


async def test_only_throttling_is_tried_again(tools: Tools, stand_in: FluentStandIn) -> None:
    stand_in.fail_graphql("S0002E")
    with pytest.raises(UpstreamError):
        await tools.call("find_variants")
    assert len(stand_in.received) == 1


async def test_data_beside_errors_is_given_with_the_errors_first(tools: Tools, stand_in: FluentStandIn) -> None:
    edges = [{"cursor": "c1", "node": {"ref": "SKU1"}}, {"cursor": "c2", "node": None}]
    data = {"variantProducts": {"edges": edges, "pageInfo": {"hasNextPage": True}}}
    stand_in.fail_graphql("C0020E", data=data, times=2)
    result = await tools.result("find_variants")
    assert result.structured == {
        "errors": ["variantProducts: It went wrong (C0020E)"],
        "items": [{"ref": "SKU1"}],
        "has_more": True,
        "next_cursor": "c2",
    }
    assert result.note.startswith("[PARTIAL: variantProducts: It went wrong (C0020E). This user lacks")
    general = await tools.result("graphql_query", query="{orders{edges{cursor}}}")
    assert general.text.startswith('{"errors":[{"message":"It went wrong"')
    assert general.note.startswith("[PARTIAL")


async def test_a_page_without_a_cursor_to_continue_from_is_noted(plain: Tools, service: Service) -> None:
    page = {"edges": [{"node": {"ref": "SKU1"}}], "pageInfo": {"hasNextPage": True}}
    service.routes["/graphql"] = Reply({"data": {"variantProducts": page}})
    result = await plain.result("find_variants")
    assert result.structured == {"items": [{"ref": "SKU1"}], "has_more": True}
    assert "no cursor" in result.note


async def test_a_missing_variable_is_named(tools: Tools) -> None:
    with pytest.raises(UpstreamError, match=r"\$r") as raised:
        await tools.call("graphql_query", query="query($r:String!){order(ref:$r){id}}")
    assert "all that the query declares" in raised.value.next_step


async def test_a_request_that_is_too_large_says_by_how_much(tools: Tools) -> None:
    query = "query($r:String!){order(ref:$r){id}}"
    with pytest.raises(UpstreamError, match="up to 2 MB") as raised:
        await tools.call("graphql_query", query=query, variables={"r": "x" * 2_000_001})
    assert raised.value.status == 413
    assert "several calls" in raised.value.next_step


@pytest.mark.parametrize("body", ["<html>", "", "[]", '{"data":null}', "5", '{"message":"x"}'])
async def test_an_answer_that_is_no_graphql_is_an_error(plain: Tools, service: Service, body: str) -> None:
    service.routes["/graphql"] = Reply(body)
    with pytest.raises(ToolError, match="fluent answered with"):
        await plain.call("find_orders")


async def test_text_from_the_service_is_stripped_of_what_cannot_be_seen(plain: Tools, service: Service) -> None:
    node = {"ref": "A\u202eB", "name": "n" * 5000}
    service.routes["/graphql"] = Reply({"data": {"variantProducts": {"edges": [{"node": node}]}}})
    (item,) = (await plain.call("find_variants"))["items"]
    assert item["ref"] == "AB"
    assert len(item["name"]) <= 300


NASTY: list[Any] = [None, 5, "x", True, [], {}, [5], {"edges": 5}, {"edges": [5, {"node": 5}, {"node": {"ref": []}}]}]


@pytest.mark.parametrize("value", NASTY, ids=str)
async def test_whatever_the_service_sends_the_result_fits_its_schema(
    plain: Tools, service: Service, value: Any
) -> None:
    names = ("ref", "gtin", "onHand", "quantity", "totalPrice", "quantities", "catalogue", "items", "fulfilments")
    node = dict.fromkeys(names, value) | {"product": value, "items": {"edges": [{"node": {"product": value}}]}}
    page = {"edges": [{"node": node, "cursor": value}, value], "pageInfo": {"hasNextPage": value}}
    fields = ("variantProducts", "standardProducts", "inventoryPositions", "virtualPositions", "orders")
    service.routes["/graphql"] = Reply({"data": {**dict.fromkeys(fields, page), "order": node}})
    for name in READS:
        assert len((await plain.call(name))["items"]) == 1
    assert (await plain.call("get_order", ref="x"))["items"] == [{}]
    service.routes["/graphql"] = Reply({"data": {**dict.fromkeys(fields, value), "order": {"items": value}}})
    for name in READS:
        await plain.call(name)


async def test_without_a_good_token_graphql_and_rest_are_refused(tools: Tools, stand_in: FluentStandIn) -> None:
    stand_in.expire_tokens()
    for name in ("find_orders", "list_events"):
        with pytest.raises(UpstreamError, match="Invalid user") as raised:
            await tools.call(name)
        assert raised.value.status == 401


async def test_an_event_is_sent_and_found_again(tools: Tools, stand_in: FluentStandIn) -> None:
    event = {"name": "Check", "accountId": "ACME", "retailerId": 1, "entityType": "ORDER", "entityRef": "HD_1"}
    event |= {"rootEntityType": "ORDER", "rootEntityRef": "HD_1"}
    sent = await tools.call("send_event_sync", body=event)
    assert sent["eventStatus"] == "COMPLETE"
    assert (await tools.call("send_event_async", body=event))["eventStatus"] == "PENDING"
    root = {"context.rootEntityType": "ORDER", "context.rootEntityRef": "HD_1"}
    page = await tools.call("list_events", **root, count=1, retailerId=1)
    assert page["hasMore"] is True
    assert page["results"][0]["id"] == sent["eventId"]
    assert stand_in.received[-1].query == "context.rootEntityType=ORDER&context.rootEntityRef=HD_1&retailerId=1&count=1"
    assert (await tools.call("get_event", eventId=sent["eventId"]))["name"] == "Check"


@pytest.mark.parametrize("name", ["send_event_sync", "send_event_async"])
@pytest.mark.parametrize(("status", "advice"), [("FAILED", "list_events"), ("NO_MATCH", "find_user_actions")])
async def test_a_failed_event_is_an_error_despite_http_200(
    tools: Tools, stand_in: FluentStandIn, name: str, status: str, advice: str
) -> None:
    stand_in.fail_rest((200, ERROR_SHAPES[6][1] | {"eventStatus": status}))
    event = {"name": "Check", "accountId": "ACME", "retailerId": "1", "entityType": "ORDER"}
    with pytest.raises(UpstreamError, match=f"{status}: Event has Failed") as raised:
        await tools.call(name, body=event)
    assert advice in raised.value.next_step
    assert raised.value.details["event_id"] == "e-1"


async def test_a_failed_event_in_the_log_is_not_a_failed_call(tools: Tools, stand_in: FluentStandIn) -> None:
    event = {"name": "Check", "accountId": "ACME", "retailerId": "1", "entityType": "ORDER"}
    sent = await tools.call("send_event_async", body=event)
    stand_in.fail_rest(ERROR_SHAPES[6])
    assert (await tools.call("get_event", eventId=sent["eventId"]))["eventStatus"] == "FAILED"


@pytest.mark.parametrize("shape", ERROR_SHAPES[:6], ids=lambda shape: json.dumps(shape[1])[:40])
async def test_every_error_shape_of_rest_is_an_error(tools: Tools, stand_in: FluentStandIn, shape: Any) -> None:
    stand_in.fail_rest(shape)
    with pytest.raises(UpstreamError) as raised:
        await tools.call("list_events")
    assert raised.value.status == shape[0]
    assert raised.value.message.startswith("fluent answered HTTP")


async def test_a_batch_goes_from_its_job_to_its_results(tools: Tools) -> None:
    job = (await tools.call("create_job", body={"name": "stock", "retailerId": "1"}))["id"]
    entity = {"locationRef": "LOC1", "skuRef": "SKU1", "qty": 5, "type": "LAST_ON_HAND", "status": "ACTIVE"}
    body = {"action": "UPSERT", "entityType": "INVENTORY", "entities": [entity]}
    batch = (await tools.call("add_batch", jobId=job, body=body))["id"]
    assert (await tools.call("get_batch", jobId=job, batchId=batch))["processedEntities"] == 1
    assert (await tools.call("get_job", jobId=job))["id"] == job
    assert (await tools.call("get_job_results", jobId=job))["totalBatches"] == 1
    with pytest.raises(InvalidArgumentsError, match="entities"):
        await tools.call("add_batch", jobId=job, body={**body, "entities": [entity] * 5001})


async def test_user_actions_and_workflows_are_read(tools: Tools, stand_in: FluentStandIn) -> None:
    trigger = {"type": "ORDER", "subtype": "HD", "status": "BOOKED", "retailerId": "1", "module": "servicepoint"}
    found = await tools.call("find_user_actions", body={"triggers": [trigger]})
    assert found["response"][0]["userActions"][0]["eventName"] == "UPDATE"
    assert (await tools.call("get_workflow", retailerId="1", type="ORDER", subtype="HD"))["name"] == "ORDER::HD"
    assert stand_in.received[-1].path == "/api/v4.1/workflow/1/ORDER::HD/"


async def test_two_accounts_differ_by_name_and_description() -> None:
    with running_fluent() as one, running_fluent() as other:
        other.data["orders"][0]["ref"] = "ELSEWHERE"
        async with httpx2.AsyncClient(trust_env=False, verify=False) as client:
            systems = [
                Tools(one.url, client, "fluent-sandbox", account="ACME", retailer=1),
                Tools(other.url, client, "fluent-live", account="ACMEPROD"),
            ]
            names = [set(tools.by_name) for tools in systems]
            assert not names[0] & names[1]
            assert len(names[0]) == len(TIERS)
            for tools, here in zip(
                systems, ("accountId is ACME and retailerId is 1.", "accountId is ACMEPROD."), strict=True
            ):
                assert all(f"Here {here}" in tool.description for tool in tools.by_name.values())
            client.headers["authorization"] = f"Bearer {other.new_token()}"
            assert (await systems[1].call("find_orders", limit=1))["items"][0]["ref"] == "ELSEWHERE"
            with pytest.raises(UpstreamError, match="fluent-sandbox answered HTTP 401"):
                await systems[0].call("find_orders")
        assert [len(each.received) for each in (one, other)] == [1, 1]


def test_without_settings_no_account_is_named(plain: Tools) -> None:
    assert plain.fluent.context == ""
    assert not any("Here " in tool.description for tool in plain.by_name.values())
    assert replace(plain.fluent, retailer=5).context == "Here retailerId is 5."


def sign_in(stand_in: FluentStandIn, **form: str) -> httpx2.Response:
    return httpx2.post(f"{stand_in.url}/oauth/token", data=form, trust_env=False, verify=False)


ANA = {"grant_type": "password", "username": "ana", "password": "fluent-staging"}
OWN = {"client_id": "acme-client", "client_secret": "acme-secret", "scope": "api"}
INTEGRATION = {"client_id": "FLUENT_INTEGRATION", "client_secret": "int-secret", "scope": "retailer"}


def test_the_stand_in_signs_in_as_documented(stand_in: FluentStandIn) -> None:
    own, integration = (sign_in(stand_in, **ANA, **client).json() for client in (OWN, INTEGRATION))
    assert (own["expires_in"], "refresh_token" in own, own["Roles"]) == (86386, False, [])
    assert (integration["expires_in"], integration["scope"]) == (1799, "retailer")
    again = {"grant_type": "refresh_token", "refresh_token": integration["refresh_token"]} | INTEGRATION
    assert sign_in(stand_in, **again).status_code == 200
    reused = sign_in(stand_in, **again)
    assert (reused.status_code, reused.json()["error_description"]) == (400, "Invalid refresh token")
    nested = sign_in(stand_in, **OWN, **{**ANA, "password": "wrong"}).json()
    assert nested["errors"][0]["message"]["error"] == "invalid_grant"
    flat = sign_in(stand_in, **ANA, **{**INTEGRATION, "client_secret": "wrong"})
    assert (flat.status_code, flat.json()["error"]) == (401, "invalid_client")
    counts = (stand_in.logins, stand_in.refreshes, stand_in.failed_logins, stand_in.query_logins)
    assert counts == (2, 1, 3, 0)
    assert stand_in.secrets_in_urls == 0
    assert "staging" not in str(stand_in.received)


def test_the_stand_in_counts_secrets_in_urls_and_publishes_nothing(stand_in: FluentStandIn) -> None:
    url = f"{stand_in.url}/oauth/token"
    assert httpx2.post(url, params=ANA | OWN, trust_env=False, verify=False).status_code == 200
    assert (stand_in.query_logins, stand_in.secrets_in_urls) == (1, 1)
    assert "staging" not in str(stand_in.received)
    for name in ("api-catalog", "openid-configuration", "oauth-authorization-server"):
        assert httpx2.get(f"{stand_in.url}/.well-known/{name}", trust_env=False, verify=False).status_code == 404
