"""Close in both forms of its description, called through the real layers against a stand-in."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import AsyncGenerator, AsyncIterator, Iterator
from contextlib import asynccontextmanager
from typing import Any

import httpx2
import pytest

from closient_mcp.tools.calls.requests import build_request
from closient_mcp.tools.errors import UpstreamError
from closient_mcp.tools.formats.json_values import JsonObject, JsonValue, as_object, parse_json
from closient_mcp.tools.http.sender import Sender
from closient_mcp.tools.openapi.operation import Operation, Source
from closient_mcp.tools.openapi.operations import read_operations
from closient_mcp.tools.results.result import Result
from closient_mcp.tools.schema.validation import ArgumentChecker
from closient_mcp.tools.toolset.generated import operation_tool
from closient_mcp.tools.toolset.tool import Tool

from ...fakes.close_documents import clean_document, fern_document
from ...fakes.close_service import CloseStandIn, Form, running_close
from ...fakes.service import document, fits, operation
from ...fakes.specs import SPECS

FORMS: tuple[Form, ...] = ("clean", "fern")
_NAMES = {
    "clean": {"list": "list_leads", "create": "create_leads", "update": "update_leads", "delete": "delete_leads"},
    "fern": {"list": "list_lead", "create": "create_lead", "update": "update_lead", "delete": "delete_lead"},
}


def source(url: str) -> Source:
    return Source("close", ("close",), "", f"{url}/api/openapi.json", url, frozenset({url}))


def read(document: dict[str, Any], url: str = "https://api.close.example") -> dict[str, Operation]:
    operations, problems = read_operations(document, source(url))
    assert problems == []
    return {operation.name: operation for operation in operations}


@pytest.fixture(params=FORMS)
def close(request: pytest.FixtureRequest) -> Iterator[CloseStandIn]:
    with running_close(form=request.param) as running:
        yield running


class Caller:
    """Calls Close's operations as an agent would, by names without their beginning, arguments checked."""

    def __init__(self, tools: dict[str, Tool]) -> None:
        self.tools = tools

    async def __call__(self, name: str, **arguments: JsonValue) -> Result:
        tool = self.tools[f"close_{name}"]
        return await tool.call(ArgumentChecker().check(tool.name, tool.input_schema, arguments))


@asynccontextmanager
async def calling(close: CloseStandIn, authorization: str = "") -> AsyncGenerator[Caller]:
    basic = f"Basic {b64encode(f'{close.key}:'.encode()).decode()}"
    async with httpx2.AsyncClient(
        headers={"authorization": authorization or basic}, trust_env=False, verify=False
    ) as client:
        sender = Sender(client, frozenset({close.url}), "close")
        document = (await client.get(close.description)).json()
        operations = read(document, close.url).values()
        yield Caller({operation.name: operation_tool(operation, sender) for operation in operations})


@pytest.fixture
async def call(close: CloseStandIn) -> AsyncIterator[Caller]:
    async with calling(close) as caller:
        yield caller


def test_the_names_of_the_clean_form_are_its_own() -> None:
    assert list(read(clean_document("https://api.close.example"))) == [
        "close_users_get_me",
        "close_list_leads",
        "close_create_leads",
        "close_merge_leads",
        "close_get_leads",
        "close_update_leads",
        "close_delete_leads",
        "close_list_opportunities",
        "close_list_tasks",
        "close_bulk_update_tasks",
        "close_list_events",
        "close_search_data",
        "close_reports_get_activity",
        "close_list_bulk_deletes",
        "close_create_bulk_deletes",
    ]


def test_the_names_of_the_fern_form_come_from_its_paths() -> None:
    assert list(read(fern_document("https://api.close.example"))) == [
        "close_get_me",
        "close_list_lead",
        "close_create_lead",
        "close_merge_lead",
        "close_get_lead",
        "close_update_lead",
        "close_delete_lead",
        "close_list_opportunity",
        "close_get_opportunity",
        "close_update_opportunity",
        "close_list_task",
        "close_bulk_update_task",
        "close_list_event",
        "close_search_data",
        "close_get_report_activity",
        "close_list_bulk_action_delete",
        "close_create_bulk_action_delete",
        "close_get_bulk_action_delete",
    ]


@pytest.mark.parametrize("make", [clean_document, fern_document])
def test_reads_by_post_are_reads_and_merges_are_destructive(make: Any) -> None:
    tiers = {(o.method, o.path): o.tier for o in read(make("https://api.close.example")).values()}
    assert tiers["POST", "/data/search/"] == tiers["POST", "/report/activity/"] == "read"
    assert tiers["GET", "/bulk_action/delete/"] == "read"
    assert tiers["POST", "/lead/"] == "create"
    assert tiers["PUT", "/task/"] == "update"
    for path in ("/lead/merge/", "/bulk_action/delete/"):
        assert tiers["POST", path] == "destructive"


def test_rule_3_a_credential_parameter_is_not_an_argument() -> None:
    for one in read(fern_document("https://api.close.example")).values():
        assert "Authorization" not in as_object(one.input_schema["properties"])
        assert "Authorization" not in str(one.input_schema.get("required"))


@pytest.mark.parametrize("body", [{"name": "x"}, [1], "text", None])
def test_a_body_of_any_type_takes_anything(body: JsonValue) -> None:
    assert fits(read(fern_document("https://h.example"))["close_create_lead"].input_schema, {"body": body})


def test_a_body_with_only_an_example_accepts_anything_and_shows_it() -> None:
    schema = read(clean_document("https://h.example"))["close_create_leads"].input_schema
    assert fits(schema, {"body": {"anything": 1}})
    described = as_object(as_object(schema["properties"])["body"])["description"]
    assert described == 'Example: {"name":"Bluth Company","contacts":[{"name":"Gob"}]}'


@pytest.mark.parametrize(
    ("schema", "media", "description"),
    [
        ({}, {"examples": {"one": {"value": [1]}, "two": {"value": 2}}}, "Example: [1]"),
        ({"description": "Any type", "example": {"a": 1}}, {}, 'Any type. Example: {"a":1}'),
        ({"type": "object", "examples": [{"a": 1}]}, {}, 'Example: {"a":1}'),
        ({"type": "object", "properties": {"a": {}}}, {"example": {"a": 1}}, None),
        ({"type": "array", "items": {"type": "string"}}, {"example": ["x"]}, None),
        ({}, {"example": None}, None),
    ],
)
def test_an_example_stands_in_for_what_a_schema_does_not_say(schema: Any, media: Any, description: str | None) -> None:
    body = {"content": {"application/json": {"schema": schema, **media}}}
    (found,) = read(document({"/t": {"post": operation(requestBody=body)}})).values()
    assert as_object(as_object(found.input_schema["properties"])["body"]).get("description") == description


def test_rule_2_an_example_without_end_is_shown_in_part() -> None:
    body = {"content": {"application/json": {"example": ["x"] * 10_000}}}
    (found,) = read(document({"/t": {"post": operation(requestBody=body)}})).values()
    assert len(str(found.input_schema)) < 800


def test_arguments_do_not_change_the_rate_limit_group() -> None:
    operations = read(fern_document("https://h.example"))
    get, update = operations["close_get_lead"], operations["close_update_lead"]
    groups = [build_request(get, {"id": lead}).group for lead in ("lead_1", "lead_2")]
    assert groups[0] == groups[1] != build_request(update, {"id": "lead_1"}).group


def test_null_is_taken_where_either_way_of_writing_it_allows_it() -> None:
    schema = read(clean_document("https://h.example"))["close_update_leads"].input_schema
    assert fits(schema, {"id": "lead_1", "body": {"description": None, "url": None, "status_id": "stat_1"}})
    assert not fits(schema, {"id": "lead_1", "body": {"name": None}})


def test_a_reference_keeps_the_words_beside_it() -> None:
    schema = read(clean_document("https://h.example"))["close_update_leads"].input_schema
    body = as_object(as_object(schema["properties"])["body"])
    assert as_object(body["properties"])["status_id"] == {"type": "string", "description": "Instead of `status`."}


async def test_a_query_parameter_and_a_body_property_of_one_name_differ(call: Caller, close: CloseStandIn) -> None:
    name = "bulk_update_tasks" if close.form == "clean" else "bulk_update_task"
    await call(name, is_complete=False, body={"is_complete": True})
    assert (close.calls[-1].query, close.calls[-1].json()) == ("is_complete=false", {"is_complete": True})


async def test_a_lead_is_made_read_changed_and_deleted(call: Caller, close: CloseStandIn) -> None:
    names = _NAMES[close.form]
    made = parse_json((await call(names["create"], body={"name": "Wayne"})).text)
    lead = as_object(made)["id"]
    assert '"name":"Wayne"' in (await call(names["update"].replace("update", "get"), id=lead)).text
    assert '"name":"Kent"' in (await call(names["update"], id=lead, body={"name": "Kent"})).text
    assert (await call(names["delete"], id=lead)).text == "Done: HTTP 204, no content."
    again = as_object(parse_json((await call(names["create"], body={"name": "Wayne"})).text))["id"]
    assert (await call(names["delete"], id=again)).text == "Done: HTTP 200, empty response."
    assert all(got.path.endswith("/") for got in close.calls)


async def test_the_pages_of_a_list_lead_to_its_end(call: Caller, close: CloseStandIn) -> None:
    close.add_leads(5)
    list_leads = _NAMES[close.form]["list"]
    first = await call(list_leads, _limit=2)
    assert first.note.startswith("There is more: call again with _skip=2. [HTTP 200")
    assert "_skip=4." in (await call(list_leads, _limit=2, _skip=2)).note
    assert "There is more" not in (await call(list_leads, _limit=2, _skip=4)).note


async def test_a_search_goes_on_by_the_cursor_in_its_body(call: Caller, close: CloseStandIn) -> None:
    close.add_leads(3)
    search: JsonObject = {"query": {"type": "and", "queries": []}, "_limit": 2}
    note = (await call("search_data", body=search)).note
    assert note.startswith('There is more: call again with the same `body` and "cursor": "c_2" in it.')
    assert "There is more" not in (await call("search_data", body={**search, "cursor": "c_2"})).note


async def test_events_go_on_by_the_cursor_in_the_query(call: Caller, close: CloseStandIn) -> None:
    name = "list_events" if close.form == "clean" else "list_event"
    assert '_cursor="c_next".' in (await call(name)).note


async def test_rule_4_a_429_is_waited_for_and_the_call_repeated(call: Caller, close: CloseStandIn) -> None:
    close.throttle()
    await call(_NAMES[close.form]["create"], body={"name": "Wayne"})
    assert len(close.calls) == 2
    assert len(close.leads) == 1


async def failure(call: Caller, name: str, **arguments: JsonValue) -> UpstreamError:
    with pytest.raises(UpstreamError) as caught:
        await call(name, **arguments)
    return caught.value


async def test_the_invalid_field_is_reported(call: Caller, close: CloseStandIn) -> None:
    error = await failure(call, _NAMES[close.form]["create"], body={"nmae": "Wayne"})
    assert error.message == "close answered HTTP 400: the input is not valid (nmae: Unknown field.)."
    error = await failure(call, _NAMES[close.form]["list"], _limit=201)
    assert error.details["fields"] == ["_limit: The maximum is 200."]


async def test_a_plan_that_has_ended_is_a_matter_of_the_account(call: Caller, close: CloseStandIn) -> None:
    close.plan_ended = True
    error = await failure(call, _NAMES[close.form]["list"])
    assert "plan" in error.message
    assert "ask the account's owner" in error.next_step


async def test_a_key_without_its_colon_is_refused() -> None:
    with running_close() as close:
        async with calling(close, f"Basic {b64encode(close.key.encode()).decode()}") as call:
            error = await failure(call, "users_get_me")
    assert error.status == 401


@pytest.mark.parametrize("semicolons", [False, True])
async def test_both_ways_of_writing_the_limit_let_calls_go_on(semicolons: bool) -> None:
    with running_close(semicolons=semicolons) as close:
        async with calling(close) as call:
            assert (await call("users_get_me")).note
            assert (await call("users_get_me")).note
        assert len(close.calls) == 2


@pytest.fixture(scope="module")
def export() -> dict[str, Operation]:
    if SPECS is None or not (SPECS / "close-crm.yml").is_file():
        pytest.skip("OPENAPI_DOCUMENTS is not set to a folder with close-crm.yml")
    documents = pytest.importorskip("yaml")
    return read(documents.safe_load((SPECS / "close-crm.yml").read_text()))


def test_the_real_export_gives_all_its_operations_names_of_their_own(export: dict[str, Operation]) -> None:
    assert len(export) == 286
    assert sum(len(name) > 45 for name in export) == 5
    assert not any(word.isdecimal() for name in export for word in name.split("_"))
    assert {"close_merge_lead", "close_render_email_template", "close_get_report_activity"} <= export.keys()


def test_the_tiers_of_the_real_export_are_what_its_operations_do(export: dict[str, Operation]) -> None:
    gets = [o.tier for o in export.values() if o.method == "GET"]
    assert set(gets) == {"read"}
    assert len(gets) == 126
    by_post = {name.removeprefix("close_"): o.tier for name, o in export.items() if o.method == "POST"}
    assert {name for name, tier in by_post.items() if tier == "read"} == {
        "get_report_activity",
        "get_report_funnel_opportunity_stages",
        "get_report_funnel_opportunity_totals",
    }
    assert {name for name, tier in by_post.items() if tier == "destructive"} == {
        "merge_lead",
        "create_bulk_action_delete",
        "create_unsubscribe_email",
        "delete_shared_scheduling_link_association",
    }
