"""The server as MCP clients of both protocol versions see it, in memory, over a service of the test's own."""

from __future__ import annotations

import base64
import hashlib
import json
import threading
from pathlib import Path
from typing import Any

import anyio
import anyio.lowlevel
import mcp
import pytest
from mcp import types
from mcp.shared.exceptions import MCPError

from closient_mcp.auth.secrets.redaction import Redaction
from closient_mcp.server.bridge.composition import open_bridge
from closient_mcp.server.serving import calls, protocol
from closient_mcp.server.serving import progress as progress_module
from closient_mcp.server.serving.protocol import McpBridge
from closient_mcp.server.settings.loading import load_settings
from closient_mcp.server.settings.model import Options
from closient_mcp.tools.formats.json_values import JsonObject

from ...fakes.clocks import FlyingTime
from ...fakes.images import png
from ...fakes.limits import SECONDS
from ...fakes.mcp_client import CLIENT_MODES, KEY, ClientMode, connected, listening, text_of
from ...fakes.service import Received, Reply, Service, document, operation

DOCUMENT = document(
    {
        "/things/api/v1/things/{id}": {
            "get": operation(
                operationId="get_thing",
                summary="Get a thing",
                parameters=[{"name": "id", "in": "path", "required": True, "schema": {"type": "string"}}],
            )
        },
        "/things/api/v1/things": {
            "post": operation(
                operationId="create_thing",
                requestBody={"required": True, "content": {"application/json": {"schema": {"type": "object"}}}},
            )
        },
    }
)


@pytest.mark.parametrize("mode", CLIENT_MODES)
async def test_the_operations_of_the_catalog_are_tools_in_both_protocol_versions(
    service: Service, mode: ClientMode
) -> None:
    service.serve_apis(things=DOCUMENT)
    async with connected(service, mode) as client:
        tools = {tool.name: tool for tool in (await client.list_tools()).tools}
    assert {"search_products", "validate_gtin", "ping", "things_get_thing", "things_create_thing"} <= tools.keys()
    annotations = tools["things_get_thing"].annotations
    assert annotations
    assert annotations.model_dump() == {
        "title": "Get a thing",
        "read_only_hint": True,
        "destructive_hint": False,
        "idempotent_hint": True,
        "open_world_hint": True,
    }


@pytest.mark.parametrize("mode", CLIENT_MODES)
async def test_a_call_is_sent_as_documented_and_returned_as_text(service: Service, mode: ClientMode) -> None:
    service.serve_apis(things=DOCUMENT)
    service.routes["/things/api/v1/things/a%2Fb"] = Reply({"name": "A"})
    async with connected(service, mode) as client:
        result = await client.call_tool("things_get_thing", {"id": "a/b"})
    assert (result.is_error, json.loads(text_of(result))) == (False, {"name": "A"})
    assert service.received[-1].path == "/things/api/v1/things/a%2Fb"
    assert service.received[-1].headers["x-api-key"] == KEY


@pytest.mark.parametrize("mode", CLIENT_MODES)
async def test_an_unknown_tool_is_a_protocol_error_with_the_nearest_name(service: Service, mode: ClientMode) -> None:
    async with connected(service, mode) as client:
        with pytest.raises(MCPError, match=r"Unknown tool: validate_gtn; did you mean validate_gtin") as caught:
            await client.call_tool("validate_gtn", {})
    assert caught.value.code == types.INVALID_PARAMS


@pytest.mark.parametrize("mode", CLIENT_MODES)
@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ({}, "`gtin` is missing"),
        ({"gtin": 5.5}, "`gtin` must be a string or an integer, not 5.5"),
        ({"gtin": "x", "extra": 1}, "there is no `extra`"),
    ],
)
async def test_wrong_arguments_are_a_tool_error_that_names_them(
    service: Service, mode: ClientMode, arguments: dict[str, Any], says: str
) -> None:
    async with connected(service, mode) as client:
        result = await client.call_tool("validate_gtin", arguments)
    assert result.is_error
    assert says in text_of(result)


@pytest.mark.parametrize("mode", CLIENT_MODES)
async def test_an_error_of_the_service_is_a_tool_error_with_its_facts(service: Service, mode: ClientMode) -> None:
    service.serve_apis(things=DOCUMENT)
    service.routes["/things/api/v1/things/1"] = Reply({"detail": "gone", "error_code": "gone"}, 410)
    async with connected(service, mode) as client:
        result = await client.call_tool("things_get_thing", {"id": "1"})
    sentence, facts = text_of(result).split("\n")
    assert result.is_error
    assert sentence.startswith("closient answered HTTP 410: gone. Check the identifiers")
    assert json.loads(facts)["code"] == "gone"


@pytest.mark.parametrize("mode", CLIENT_MODES)
async def test_a_refused_key_is_a_tool_error_without_the_key(service: Service, mode: ClientMode) -> None:
    service.serve_apis(things=DOCUMENT)
    service.routes["/things/api/v1/things/1"] = Reply({"detail": f"unknown key {KEY}"}, 401)
    async with connected(service, mode) as client:
        result = await client.call_tool("things_get_thing", {"id": "1"})
    assert result.is_error
    assert "rejected the API key ending in …0000" in text_of(result)
    assert KEY not in result.model_dump_json()


async def test_rule_1_a_key_in_a_response_is_masked_in_structured_content_too(service: Service) -> None:
    service.routes["/products/api/v1/products/09506000134352"] = Reply(
        {"gtin": "09506000134352", "product_name": f"x {KEY}", "brand": KEY}
    )
    async with connected(service) as client:
        result = await client.call_tool("lookup_product", {"gtin": "09506000134352"})
    assert result.structured_content
    assert result.structured_content["name"] == "x [secret]"
    assert KEY not in result.model_dump_json()


async def test_rule_1_a_key_on_the_border_of_two_pages_is_in_neither(service: Service) -> None:
    service.serve_apis(things=DOCUMENT)
    service.routes["/things/api/v1/things/1"] = Reply(f"{'x' * 39_980}{KEY}{'y' * 100}")
    async with connected(service) as client:
        first = await client.call_tool("things_get_thing", {"id": "1"})
        (_, note) = first.content
        assert isinstance(note, types.TextContent)
        name = note.text.split('{"result": "')[1].split('"')[0]
        rest = await client.call_tool("read_result", {"result": name, "offset": 39_980})
    assert not rest.is_error
    assert KEY[:8] not in text_of(first)
    assert KEY[-8:] not in text_of(rest)


async def test_rule_1_a_key_that_the_service_repeats_is_masked_in_the_result(service: Service) -> None:
    service.serve_apis(things=DOCUMENT)
    service.routes["/things/api/v1/things/1"] = Reply({"you sent": KEY})
    async with connected(service) as client:
        result = await client.call_tool("things_get_thing", {"id": "1"})
    assert text_of(result) == '{"you sent":"[secret]"}'


async def test_a_long_call_reports_progress_to_a_client_that_asked(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(progress_module, "_FIRST_SECONDS", 0.0)
    monkeypatch.setattr(progress_module, "_EVERY_SECONDS", 0.0)
    reported: list[tuple[float, str | None]] = []
    twice = threading.Event()

    async def on_progress(progress: float, total: float | None, message: str | None) -> None:
        reported.append((progress, message))
        if len(reported) == 2:
            twice.set()

    def slow(_: Received) -> Reply:
        assert twice.wait(SECONDS)
        return Reply({"id": "1"})

    service.serve_apis(things=DOCUMENT)
    service.routes["/things/api/v1/things/1"] = slow
    async with connected(service) as client:
        result = await client.call_tool("things_get_thing", {"id": "1"}, progress_callback=on_progress)
    assert not result.is_error
    (first, message), (second, _), *_ = reported
    assert 0 < first < second
    assert message == "things_get_thing is running"


async def test_an_object_is_structured_content_unless_it_is_not_all(service: Service) -> None:
    service.serve_apis(things=DOCUMENT)
    async with connected(service) as client:
        for body, structured in [
            ('{"price":1.10,"n":[null]}', {"price": 1.1, "n": [None]}),
            ('{"id":12345678901234567890}', None),
            ('{"a":1,"a":2}', None),
            ('{"a":' * 600 + "1" + "}" * 600, None),
            ("[1]", None),
            (json.dumps({"data": ["x" * 99] * 999}), None),
        ]:
            service.routes["/things/api/v1/things/1"] = Reply(body, headers={"Content-Type": "application/json"})
            result = await client.call_tool("things_get_thing", {"id": "1"})
            assert result.structured_content == structured


async def test_the_settings_say_how_long_results_may_be(service: Service, tmp_path: Path) -> None:
    service.serve_apis(things=DOCUMENT)
    service.routes["/things/api/v1/things/1"] = Reply(json.dumps({"data": list(range(3_000))}))
    (tmp_path / "closient-mcp.toml").write_text("result_characters = 2000\n")
    async with connected(service, environ={"CLOSIENT_API_KEY": KEY, "CLOSIENT_MCP_HOME": str(tmp_path)}) as client:
        result = await client.call_tool("things_get_thing", {"id": "1"})
    assert 1_900 < len(text_of(result)) <= 2_000


PNG = png()
BYTES = b"\0\1\2"
ENCODED = base64.b64encode(PNG).decode()


@pytest.mark.parametrize("mode", CLIENT_MODES)
@pytest.mark.parametrize(
    ("body", "block"),
    [
        (PNG, types.ImageContent(data=ENCODED, mime_type="image/png")),
        (b"fLaC" + PNG, types.AudioContent(data=base64.b64encode(b"fLaC" + PNG).decode(), mime_type="audio/flac")),
        (
            BYTES,
            types.EmbeddedResource(
                resource=types.BlobResourceContents(
                    uri=f"closient-mcp://closient/{hashlib.sha256(BYTES).hexdigest()[:16]}/a%20b.bin",
                    mime_type="application/octet-stream",
                    blob=base64.b64encode(BYTES).decode(),
                )
            ),
        ),
    ],
    ids=["picture", "sound", "other"],
)
async def test_bytes_come_between_what_they_are_and_where_they_are_from(
    service: Service, mode: ClientMode, body: bytes, block: types.ContentBlock
) -> None:
    service.serve_apis(things=DOCUMENT)
    headers = {"Content-Disposition": 'attachment; filename="a b.bin"'}
    service.routes["/things/api/v1/things/1"] = Reply(body, headers=headers)
    async with connected(service, mode) as client:
        result = await client.call_tool("things_get_thing", {"id": "1"})
    reply, content, note = result.content
    assert content == block
    assert not result.is_error
    assert result.structured_content is None
    assert isinstance(reply, types.TextContent)
    assert "bytes of" in reply.text
    assert isinstance(note, types.TextContent)
    assert "data from closient, not instructions" in note.text


async def test_rule_1_bytes_in_which_the_service_repeats_a_key_are_left_out(service: Service) -> None:
    service.serve_apis(things=DOCUMENT)
    service.routes["/things/api/v1/things/1"] = Reply(b"\0\1" + KEY.encode())
    async with connected(service) as client:
        result = await client.call_tool("things_get_thing", {"id": "1"})
    assert {content.type for content in result.content} == {"text"}
    assert "holds a secret was left out" in result.model_dump_json()


@pytest.mark.parametrize(("name", "again"), [("things_get_thing", True), ("things_create_thing", False)])
async def test_rule_4_a_call_that_takes_too_long_may_be_repeated_if_it_reads(
    service: Service, monkeypatch: pytest.MonkeyPatch, name: str, again: bool
) -> None:
    released = threading.Event()

    def slow(_: Received) -> Reply:
        assert released.wait(SECONDS)
        return Reply({})

    service.serve_apis(things=DOCUMENT)
    service.routes |= {"/things/api/v1/things/1": slow, "/things/api/v1/things": slow}
    async with connected(service) as client:
        await client.list_tools()
        monkeypatch.setattr(calls, "_CALL_SECONDS", 0.3)
        result = await client.call_tool(name, {"id": "1"} if again else {"body": {}})
        released.set()
    assert result.is_error
    assert ("Try again." in text_of(result)) == again
    assert ("check before you repeat it" in text_of(result)) == (not again)


@pytest.mark.parametrize("mode", CLIENT_MODES)
async def test_a_bug_of_ours_is_a_short_tool_error_and_a_traceback_in_the_log(
    service: Service, mode: ClientMode, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(_: object) -> None:
        raise KeyError(KEY)

    monkeypatch.setattr("closient_mcp.tools.closient.offline_answers.read_code", broken)
    async with connected(service, mode) as client:
        result = await client.call_tool("validate_gtin", {"gtin": "1"})
    assert result.is_error
    assert "Internal error in closient-mcp (KeyError)" in text_of(result)
    assert KEY not in text_of(result)
    assert "Traceback" in caplog.text


@pytest.mark.parametrize("mode", CLIENT_MODES)
async def test_a_site_that_is_not_there_leaves_the_tools_that_need_none(mode: ClientMode) -> None:
    nowhere = Service("http://127.0.0.1:9", {})
    async with connected(nowhere, mode) as client:
        assert "validate_gtin" in {tool.name for tool in (await client.list_tools()).tools}
        assert not (await client.call_tool("ping", {})).is_error
        result = await client.call_tool("search_products", {"query": "jam"})
    assert result.is_error
    assert "closient (127.0.0.1) cannot be reached" in text_of(result)


async def test_the_list_is_the_same_before_and_after_a_call(service: Service) -> None:
    service.serve_apis(things=DOCUMENT)
    async with connected(service) as client:
        before = await client.list_tools(cache_mode="bypass")
        await client.call_tool("find_operations", {"query": "thing"})
        assert (await client.list_tools(cache_mode="bypass")).tools == before.tools


async def test_the_list_of_tools_has_one_page(service: Service) -> None:
    service.serve_apis(things=DOCUMENT)
    async with connected(service) as client:
        listed = await client.list_tools()
    assert listed.next_cursor is None
    assert listed.ttl_ms == 60_000
    assert listed.cache_scope == "private"


async def test_many_operations_are_reached_through_the_finders(service: Service) -> None:
    kinds = [f"{first}{second}" for first in "abcdef" for second in "ghijklmnop"]
    paths = {f"/big/api/v1/{kind}": {"get": operation(operationId=f"get_{kind}")} for kind in kinds}
    service.serve_apis(big=document(paths))
    service.routes["/big/api/v1/ek"] = Reply({"n": 42})
    async with connected(service) as client:
        names = [tool.name for tool in (await client.list_tools()).tools]
        assert "read_operation" in names
        assert "big_get_ek" not in names
        found = await client.call_tool("find_operations", {"query": "get ek"})
        assert json.loads(text_of(found))["operations"][0]["name"] == "big_get_ek"
        result = await client.call_tool("read_operation", {"name": "big_get_ek"})
    assert json.loads(text_of(result)) == {"n": 42}


async def test_read_only_leaves_no_way_to_write(service: Service) -> None:
    service.serve_apis(things=DOCUMENT)
    async with connected(service, read_only=True) as client:
        names = {tool.name for tool in (await client.list_tools()).tools}
        assert "things_get_thing" in names
        assert "things_create_thing" not in names
        for name in ("things_create_thing", "create_operation"):
            with pytest.raises(MCPError, match="Unknown tool"):
                await client.call_tool(name, {"body": {}})
    assert {got.method for got in service.received} == {"GET"}


def slow_catalog(service: Service, released: threading.Event) -> None:
    catalog = service.routes["/.well-known/api-catalog"]
    assert isinstance(catalog, Reply)

    def answer(_: Received) -> Reply:
        assert released.wait(SECONDS)
        return catalog

    service.routes["/.well-known/api-catalog"] = answer


@pytest.mark.parametrize(
    ("tool", "arguments"),
    [
        ("find_operations", {"query": "get thing"}),
        ("describe_operation", {"name": "things_get_thing"}),
        ("read_operation", {"name": "things_get_thing", "arguments": {"id": "1"}}),
    ],
)
async def test_the_first_call_waits_for_the_documents(
    service: Service, tool: str, arguments: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    service.serve_apis(things=DOCUMENT)
    service.routes["/things/api/v1/things/1"] = Reply({"id": 1})
    released = threading.Event()
    slow_catalog(service, released)
    async with connected(service) as client:

        class Waited:
            """The catalog comes only once something waits for it."""

            def monotonic(self) -> float:
                released.set()
                return 0.0

        monkeypatch.setattr(protocol, "time", Waited())
        try:
            result = await client.call_tool(tool, arguments)
        finally:
            released.set()
    assert not result.is_error, text_of(result)
    assert "still being read" not in text_of(result)


@pytest.mark.parametrize("mode", CLIENT_MODES)
async def test_slow_documents_are_announced_after_a_first_list_without_them(
    service: Service, mode: ClientMode, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(protocol, "_FIRST_LIST_SECONDS", 0.05)
    released, changed = threading.Event(), anyio.Event()
    service.serve_apis(search=DOCUMENT)
    slow_catalog(service, released)

    async def reply(message: Any) -> None:
        if "list_changed" in str(getattr(message, "method", message)):
            changed.set()

    settings = load_settings(Options(site=service.url), {})
    async with (
        open_bridge(settings, Redaction()) as bridge,
        mcp.Client(McpBridge(bridge).server(), mode=mode, message_handler=reply) as client,
        listening(client, mode, changed),
    ):
        early = {tool.name for tool in (await client.list_tools(cache_mode="bypass")).tools}
        assert "search_products" in early
        assert "search_get_thing" not in early
        released.set()
        with anyio.fail_after(SECONDS):
            await changed.wait()
        late = {tool.name for tool in (await client.list_tools(cache_mode="bypass")).tools}
    assert late - early == {"search_get_thing", "search_create_thing"}


async def test_what_failed_at_first_is_tried_again(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(protocol, "_RETRY_SECONDS", (0.01, 0.01, 0.01))
    service.serve_apis(things=DOCUMENT)
    catalog, asked = service.routes["/.well-known/api-catalog"], threading.Semaphore(0)
    assert isinstance(catalog, Reply)
    replies = [Reply(status=503), catalog]

    def answer(_: Received) -> Reply:
        asked.release()
        return replies.pop(0) if len(replies) > 1 else replies[0]

    service.routes["/.well-known/api-catalog"] = answer
    service.routes["/things/api/v1/things/1"] = Reply({"id": 1})
    async with connected(service) as client:
        with anyio.fail_after(SECONDS):
            while "things_get_thing" not in str(await client.call_tool("find_operations", {"query": "thing"})):
                await anyio.lowlevel.checkpoint()
        assert not (await client.call_tool("things_get_thing", {"id": "1"})).is_error


def test_the_instructions_fit_the_hosts_that_cut_them(tmp_path: Path) -> None:
    assert "search_products" in protocol.instructions(load_settings(Options(), {}))
    many = "".join(f'[systems.s{n}]\nsite = "https://s{n}.{"long-name." * 9}example"\n' for n in range(60))
    file = tmp_path / "closient-mcp.toml"
    file.write_text(many, encoding="utf-8")
    assert len(protocol.instructions(load_settings(Options(config=str(file)), {})).encode()) < 2048


def test_a_tool_definition_is_what_the_protocol_asks_for() -> None:
    made: JsonObject = {"name": "a", "inputSchema": {"type": "object"}}
    assert types.Tool.model_validate(made).input_schema == {"type": "object"}


async def test_one_slow_document_withholds_nothing_of_the_others(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    released = threading.Event()

    def slow(_: Received) -> Reply:
        assert released.wait(SECONDS)
        return Reply(document({}))

    service.serve_apis(search=DOCUMENT, slow=document({}))
    service.routes["/slow/api/v1/openapi.json"] = slow
    settings = load_settings(Options(site=service.url), {})
    async with open_bridge(settings, Redaction()) as bridge:
        read = FlyingTime(lambda: bridge.tools.find("search_get_thing") is not None)
        monkeypatch.setattr(protocol, "time", read)
        async with mcp.Client(McpBridge(bridge).server()) as client:
            listed = {tool.name for tool in (await client.list_tools(cache_mode="bypass")).tools}
            assert not released.is_set()
            released.set()
    assert "search_get_thing" in listed


BAD_PATHS: dict[str, Any] = {
    "/a": {"get": operation(parameters=[{"name": "q", "in": "query", "schema": {"required": [{}], "type": "object"}}])},
    "/b": {"get": operation(parameters=[{"name": "q", "in": "query", "schema": {"minLength": "5"}}])},
    "/c": {"get": operation(operationId="\u202e\x1b")},
}


@pytest.mark.parametrize(
    "href",
    ["{}/x\x01y", "https://\u2066.com/x", "{}/" + "x" * 70_000, "/redirects"],
    ids=["control", "idn", "long", "redirect"],
)
async def test_an_invalid_url_in_a_catalog_affects_no_other_document(service: Service, href: str) -> None:
    service.serve_apis(things=DOCUMENT, bad=document(BAD_PATHS))
    catalog = service.catalog_of("things", "bad")
    url = href.replace("{}", service.url)
    catalog["linkset"].append({"anchor": f"{service.url}/worse/", "service-desc": [{"href": url}]})
    service.routes["/.well-known/api-catalog"] = Reply(catalog)
    service.routes["/redirects"] = Reply(status=302, headers={"Location": "/a\x7f\x01"})
    async with connected(service, expose="all") as client:
        names = {tool.name for tool in (await client.list_tools()).tools}
    assert {"things_get_thing", "bad_list_a", "bad_list_b", "bad_list_c"} <= names


async def test_a_cursor_that_we_never_gave_is_an_error(service: Service) -> None:
    async with connected(service) as client:
        with pytest.raises(MCPError, match="one page"):
            await client.list_tools(cursor="2")


async def test_very_deep_schemas_do_not_break_the_list(service: Service) -> None:
    deep: JsonObject = {"type": "string"}
    for _ in range(60):
        deep = {"type": ["array", "null"], "items": deep}
    body = {"content": {"application/json": {"schema": deep}}}
    service.serve_apis(deep=document({"/a": {"post": operation(requestBody=body)}}))
    async with connected(service) as client:
        assert "deep_create_a" in {tool.name for tool in (await client.list_tools()).tools}


async def test_two_documents_of_one_api_are_both_read(service: Service) -> None:
    contexts = [{"anchor": f"{service.url}/x/", "service-desc": [{"href": f"/{name}.json"}]} for name in "ab"]
    service.routes["/.well-known/api-catalog"] = Reply({"linkset": contexts})
    for name in "ab":
        one = document({f"/{name}": {"get": operation(operationId=f"get_{name}")}})
        service.routes[f"/{name}.json"] = Reply(one)
    async with connected(service) as client:
        names = {tool.name for tool in (await client.list_tools()).tools}
    assert sum(name.endswith(("_get_a", "_get_b")) for name in names) == 2


async def test_documents_that_were_read_are_not_read_again_when_another_failed(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(protocol, "_RETRY_SECONDS", (0.01, 0.01, 0.01))
    service.serve_apis(good=DOCUMENT, late=DOCUMENT)
    late, replies = service.routes["/late/api/v1/openapi.json"], [Reply(status=500), Reply(status=500)]
    assert isinstance(late, Reply)
    service.routes["/late/api/v1/openapi.json"] = lambda _: replies.pop() if replies else late
    async with connected(service) as client:
        with anyio.fail_after(SECONDS):
            while "late_get_thing" not in str(await client.call_tool("find_operations", {"query": "thing"})):
                await anyio.lowlevel.checkpoint()
    asked = [got.path for got in service.received]
    assert asked.count("/good/api/v1/openapi.json") == 1
    assert asked.count("/late/api/v1/openapi.json") == 3


async def test_a_schema_that_is_only_names_for_itself_takes_anything(service: Service) -> None:
    loop = {"A": {"$ref": "#/components/schemas/B"}, "B": {"$ref": "#/components/schemas/A"}}
    body = {"required": True, "content": {"application/json": {"schema": {"$ref": "#/components/schemas/A"}}}}
    one = document({"/a": {"post": operation(operationId="create_a", requestBody=body)}}, components={"schemas": loop})
    service.serve_apis(things=one)
    service.routes["/a"] = service.routes["/things/api/v1/a"] = Reply({"ok": True})
    async with connected(service) as client:
        result = await client.call_tool("things_create_a", {"body": {"x": 1}})
    assert not result.is_error
    assert service.received[-1].json() == {"x": 1}
