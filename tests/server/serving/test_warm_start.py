"""A second start: what the first one kept, what is asked about it, and what happens when it changed."""

from __future__ import annotations

import json
import threading
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import anyio
import anyio.to_thread
import mcp
import pytest
from mcp import types

from closient_mcp.auth.secrets.redaction import Redaction
from closient_mcp.server.bridge.composition import Bridge, open_bridge
from closient_mcp.server.serving import protocol
from closient_mcp.server.serving.protocol import McpBridge
from closient_mcp.server.settings.loading import load_settings
from closient_mcp.server.settings.model import Options
from closient_mcp.tools.http.local_files import is_unchanged

from ...fakes.limits import SECONDS
from ...fakes.mcp_client import CLIENT_MODES, ClientMode, listening, text_of
from ...fakes.service import Received, Reply, Service, document, operation
from ...fakes.warm_service import CATALOG, THINGS, serve, things

NEVER = 3600.0


@asynccontextmanager
async def opened(site: str) -> AsyncGenerator[Bridge]:
    async with open_bridge(load_settings(Options(site=site), {}), Redaction()) as bridge:
        yield bridge


@asynccontextmanager
async def client_of(
    site: str, mode: ClientMode = "2026-07-28", changed: anyio.Event | None = None
) -> AsyncGenerator[mcp.Client]:
    heard = changed or anyio.Event()

    async def reply(message: Any) -> None:
        if "list_changed" in str(getattr(message, "method", message)):
            heard.set()

    async with (
        opened(site) as bridge,
        mcp.Client(McpBridge(bridge).server(), mode=mode, message_handler=reply) as client,
        listening(client, mode, heard),
    ):
        yield client


async def names(client: mcp.Client) -> set[str]:
    return {tool.name for tool in (await client.list_tools(cache_mode="bypass")).tools}


@pytest.fixture
async def warm(service: Service) -> Service:
    """A service that an earlier start read, and that has received nothing since."""
    serve(service, things())
    async with opened(service.url) as bridge:
        await bridge.loader.load()
    service.received.clear()
    return service


# Local files


@pytest.mark.parametrize("name", ["catalog.json", "a.json", "b.json", "common.json"])
async def test_a_start_knows_all_local_files_that_it_read(tmp_path: Path, name: str) -> None:
    reference = {"schema": {"$ref": "common.json#/Thing"}}
    parameters = [{"name": "id", "in": "query", **reference}]
    files = {
        "catalog.json": {"linkset": [{"anchor": "https://a.example", "service-desc": f"{api}.json"} for api in "ab"]},
        "a.json": document({"/a": {"get": operation(operationId="get_a", parameters=parameters)}}),
        "b.json": document({"/b": {"get": operation(operationId="get_b")}}),
        "common.json": {"Thing": {"type": "string"}},
    }
    for file, content in files.items():
        (tmp_path / file).write_text(json.dumps(content), encoding="utf-8")
    (tmp_path / "settings.toml").write_text('[systems.acme]\ncatalog = "catalog.json"', encoding="utf-8")
    settings = load_settings(Options(config=str(tmp_path / "settings.toml")), {})
    async with open_bridge(settings, Redaction()) as bridge:
        assert await bridge.loader.load_cached()
        assert {"acme_a_get_a", "acme_b_get_b"} <= bridge.tools.operations.keys()
    record = settings.local_files.record()
    assert record
    assert is_unchanged(record)
    (tmp_path / name).write_text("{}", encoding="utf-8")
    assert not is_unchanged(record)


# Before tools/list


@pytest.mark.parametrize("mode", CLIENT_MODES)
async def test_a_start_with_a_warm_cache_sends_nothing_before_tools_list(
    warm: Service, mode: ClientMode, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(protocol, "_IDLE_SECONDS", NEVER)
    monkeypatch.setattr(protocol, "_LONGEST_IDLE_SECONDS", NEVER)
    async with client_of(warm.url, mode) as client:
        assert "things_get_thing" in await names(client)
        assert warm.received == []


async def test_a_warm_start_chooses_what_to_list_as_the_first_start_did(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One document is not there, and is known not to be."""
    monkeypatch.setattr(protocol, "_IDLE_SECONDS", NEVER)
    monkeypatch.setattr(protocol, "_LONGEST_IDLE_SECONDS", NEVER)
    service.serve_apis(things=things(), gone=things())
    service.routes["/gone/api/v1/openapi.json"] = Reply(status=404)
    async with client_of(service.url) as client:
        cold = await names(client)
    service.received.clear()
    async with client_of(service.url) as client:
        assert await names(client) == cold
        assert "things_get_thing" in cold
        assert service.received == []


async def test_what_could_not_be_reached_last_time_is_waited_for(service: Service) -> None:
    service.serve_apis(things=things(), late=things())
    late = service.routes["/late/api/v1/openapi.json"]
    service.routes["/late/api/v1/openapi.json"] = Reply(status=500)
    async with client_of(service.url) as client:
        assert "late_get_thing" not in await names(client)
    service.routes["/late/api/v1/openapi.json"] = late
    async with client_of(service.url) as client:
        assert "late_get_thing" in await names(client)


async def test_a_call_before_any_list_is_answered_from_what_was_kept(
    warm: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(protocol, "_IDLE_SECONDS", NEVER)
    monkeypatch.setattr(protocol, "_LONGEST_IDLE_SECONDS", NEVER)
    warm.routes["/things/api/v1/things/1"] = Reply({"id": 1})
    async with client_of(warm.url) as client:
        assert not (await client.call_tool("things_get_thing", {"id": "1"})).is_error
    assert [got.path for got in warm.received] == ["/things/api/v1/things/1"]


# Afterwards


@pytest.fixture
def restless(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(protocol, "_IDLE_SECONDS", 0.0)
    monkeypatch.setattr(protocol, "_LONGEST_IDLE_SECONDS", NEVER)


@pytest.mark.usefixtures("restless")
async def test_after_the_list_each_document_is_asked_for_by_its_validators(warm: Service) -> None:
    async with client_of(warm.url) as client:
        await names(client)
        await anyio.to_thread.run_sync(warm.wait_for, lambda: len(warm.received) == 2)
    assert [got.path for got in warm.received] == [CATALOG, THINGS]
    assert all("if-none-match" in got.headers for got in warm.received)


@pytest.mark.usefixtures("restless")
@pytest.mark.parametrize("mode", CLIENT_MODES)
async def test_a_changed_document_changes_the_tools_and_notifies_clients_of_both_versions(
    warm: Service, mode: ClientMode
) -> None:
    changed = anyio.Event()
    serve(warm, things(more={"/things/api/v1/more": {"get": operation(operationId="list_more")}}))
    async with client_of(warm.url, mode, changed) as client:
        early = await names(client)
        with anyio.fail_after(SECONDS):
            await changed.wait()
        assert await names(client) - early == {"things_list_more"}


@pytest.mark.usefixtures("restless")
@pytest.mark.parametrize("mode", CLIENT_MODES)
async def test_a_call_in_flight_ends_with_its_own_result_while_its_tool_disappears(
    warm: Service, mode: ClientMode
) -> None:
    changed, arrived, released = anyio.Event(), threading.Event(), threading.Event()

    def slow(_: Received) -> Reply:
        arrived.set()
        assert released.wait(SECONDS)
        return Reply({"id": 1})

    warm.routes["/things/api/v1/things/1"] = slow
    results: list[types.CallToolResult] = []
    async with client_of(warm.url, mode, changed) as client, anyio.create_task_group() as group:

        async def call() -> None:
            results.append(await client.call_tool("things_get_thing", {"id": "1"}))

        group.start_soon(call)
        await anyio.to_thread.run_sync(arrived.wait, SECONDS)
        serve(warm, document({"/things/api/v1/other": {"get": operation(operationId="list_other")}}))
        assert "things_get_thing" in await names(client)
        with anyio.fail_after(SECONDS):
            await changed.wait()
        assert "things_get_thing" not in await names(client)
        assert not results
        released.set()
    assert not results[0].is_error
    assert json.loads(text_of(results[0])) == {"id": 1}


@pytest.mark.usefixtures("restless")
async def test_a_document_that_is_gone_takes_its_tools_with_it(warm: Service) -> None:
    changed = anyio.Event()
    warm.routes[THINGS] = Reply(status=410)
    async with client_of(warm.url, changed=changed) as client:
        assert "things_get_thing" in await names(client)
        with anyio.fail_after(SECONDS):
            await changed.wait()
        assert "things_get_thing" not in await names(client)


@pytest.mark.usefixtures("restless")
async def test_the_choice_of_what_to_list_stays_when_documents_grow(warm: Service) -> None:
    changed = anyio.Event()
    many = {f"/things/api/v1/more{i}": {"get": operation(operationId=f"get_more_{i}")} for i in range(60)}
    serve(warm, things(more=many))
    async with client_of(warm.url, changed=changed) as client:
        early = await names(client)
        with anyio.fail_after(SECONDS):
            await changed.wait()
        assert len(await names(client)) == len(early) + 60
        assert "find_operations" not in early


@pytest.mark.usefixtures("restless")
async def test_a_running_server_asks_again_from_time_to_time(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(protocol, "_REVALIDATE_SECONDS", 0.05)
    serve(service, things())
    async with client_of(service.url) as client:
        await names(client)
        await anyio.to_thread.run_sync(service.wait_for, lambda: service.count(THINGS) >= 4)
    assert all("if-none-match" in got.headers for got in service.received if got not in service.received[:2])


@pytest.mark.usefixtures("restless")
@pytest.mark.parametrize("path", [CATALOG, THINGS])
async def test_without_a_writable_folder_a_running_server_keeps_what_it_read(
    service: Service, monkeypatch: pytest.MonkeyPatch, own_home: Path, path: str
) -> None:
    monkeypatch.setattr(protocol, "_REVALIDATE_SECONDS", 0.05)
    home = own_home / ".local"
    home.write_text("no folder can be made here")
    service.serve_apis(things=things())
    async with client_of(service.url) as client:
        assert "things_get_thing" in await names(client)
        service.routes[path] = Reply(status=500)
        service.received.clear()
        await anyio.to_thread.run_sync(service.wait_for, lambda: service.count(path) >= 3)
        assert "things_get_thing" in await names(client)


async def test_damaged_files_are_rebuilt(warm: Service, own_home: Path) -> None:
    files = list((own_home / ".local" / "state" / "closient-mcp" / "cache").iterdir())
    for file in files:
        file.write_bytes(b"\x00garbage")
    async with client_of(warm.url) as client:
        assert "things_get_thing" in await names(client)
    assert len(files) == 3
    assert not any(file.read_bytes().startswith(b"\x00") for file in files)


async def test_a_web_page_instead_of_a_document_leaves_the_tools_unchanged(warm: Service) -> None:
    for path in (CATALOG, THINGS):
        warm.routes[path] = Reply(b"<html>broken deploy</html>", headers={"ETag": '"page"'})
    async with opened(warm.url) as bridge:
        await bridge.loader.load()
        stale = bridge.connections["closient"].system.stale()
    assert bridge.tools.find("things_get_thing")
    assert len(stale) == 2
    assert all("cannot be used: " in one.reason and "HTML" in one.reason for one in stale)
