"""Several systems at once: names apart, credentials apart, and none that fails or dawdles costs another."""

from __future__ import annotations

import json
import threading
from collections.abc import AsyncGenerator, Iterator
from contextlib import ExitStack, asynccontextmanager
from pathlib import Path

import anyio
import mcp
import pytest

from closient_mcp.auth.secrets.redaction import Redaction
from closient_mcp.server.bridge.composition import Bridge, open_bridge
from closient_mcp.server.bridge.report import skipped_of
from closient_mcp.server.cli.status import status_of
from closient_mcp.server.serving import protocol
from closient_mcp.server.serving.protocol import McpBridge
from closient_mcp.server.settings.loading import load_settings
from closient_mcp.server.settings.model import Options
from closient_mcp.tools.formats.json_values import as_object
from closient_mcp.tools.systems.system import Progress, System

from ...fakes.limits import SECONDS
from ...fakes.mcp_client import text_of
from ...fakes.service import Received, Reply, Service, document, operation, running_service

ORDERS = document({"/orders/api/v1/orders": {"get": operation(operationId="list_orders", summary="Orders")}})

ITEMS = document({"/items/api/v1/items": {"get": operation(operationId="list_items", summary="Items")}})


@pytest.fixture
def services() -> Iterator[tuple[Service, Service]]:
    """Two services, each with an api of the same name and shape."""
    with ExitStack() as stack:
        one, other = (stack.enter_context(running_service()) for _ in range(2))
        for service in (one, other):
            service.serve_apis(orders=ORDERS)
            service.routes["/orders/api/v1/orders"] = Reply([service.url])
        yield one, other


@asynccontextmanager
async def opened(tmp_path: Path, text: str, **environ: str) -> AsyncGenerator[tuple[Bridge, mcp.Client]]:
    file = tmp_path / "closient-mcp.toml"
    file.write_text(text, encoding="utf-8")
    settings = load_settings(Options(config=str(file)), {"CLOSIENT_MCP_HOME": str(tmp_path), **environ})
    async with open_bridge(settings, Redaction()) as bridge, mcp.Client(McpBridge(bridge).server()) as client:
        yield bridge, client


async def test_names_and_credentials_of_two_systems_are_kept_apart(
    services: tuple[Service, Service], tmp_path: Path
) -> None:
    settings = "".join(
        f'[systems.{name}]\ncatalog = "{service.url}/.well-known/api-catalog"\n'
        f'credential = {{ grant = "api_key", key = {{ env = "{name.upper()}_KEY" }} }}\n'
        for name, service in zip(("one", "two"), services, strict=True)
    )
    async with opened(tmp_path, settings, ONE_KEY="key-of-the-first", TWO_KEY="key-of-the-other") as (_, client):
        names = {tool.name for tool in (await client.list_tools()).tools}
        assert {"one_orders_list_orders", "two_orders_list_orders"} <= names
        assert services[0].url in text_of(await client.call_tool("one_orders_list_orders", {}))
        assert services[1].url in text_of(await client.call_tool("two_orders_list_orders", {}))
    for service, key in zip(services, ("key-of-the-first", "key-of-the-other"), strict=True):
        assert {got.headers.get("x-api-key") for got in service.received} == {None, key}


async def test_a_missing_secret_affects_only_its_own_system(services: tuple[Service, Service], tmp_path: Path) -> None:
    one, two = services
    settings = (
        f'[systems.one]\ncatalog = "{one.url}/.well-known/api-catalog"\n'
        'credential = { grant = "api_key", key = { env = "NOT_SET" } }\n'
        f'[systems.two]\ncatalog = "{two.url}/.well-known/api-catalog"\n'
    )
    async with opened(tmp_path, settings) as (_, client):
        refused = await client.call_tool("one_orders_list_orders", {})
        assert refused.is_error
        assert "the environment variable NOT_SET is not set" in text_of(refused)
        assert not (await client.call_tool("two_orders_list_orders", {})).is_error
    assert [got.path for got in one.received if got.path.endswith("/orders")] == []


async def test_systems_that_are_down_slow_or_serve_html_delay_no_other(
    services: tuple[Service, Service], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    good, slow = services
    let_go = threading.Event()

    def dawdle(_: Received) -> Reply:
        assert let_go.wait(SECONDS)
        return Reply({"linkset": []})

    good.serve_apis(orders=ORDERS, items=ITEMS)
    slow.routes["/.well-known/api-catalog"] = dawdle
    good.routes["/html"] = Reply("<!doctype html><title>Shop</title>", headers={"content-type": "text/html"})
    settings = (
        f'[systems.good]\ncatalog = "{good.url}/.well-known/api-catalog"\n'
        f'[systems.slow]\ncatalog = "{slow.url}/.well-known/api-catalog"\n'
        f'[systems.down]\ncatalog = "http://127.0.0.1:9/.well-known/api-catalog"\n'
        f'[systems.html]\ncatalog = "{good.url}/html"\n'
    )
    # Far longer than the test may take: what answers before that did not wait for the slow one.
    monkeypatch.setattr(protocol, "_FIRST_LIST_SECONDS", 10 * SECONDS)
    try:
        with anyio.fail_after(SECONDS):
            async with opened(tmp_path, settings) as (bridge, client):
                names = {tool.name for tool in (await client.list_tools()).tools}
                assert {"find_operations", "good_orders_list_orders", "good_items_list_items"} <= names
                assert not (await client.call_tool("good_orders_list_orders", {})).is_error
                assert not let_go.is_set()
                systems = as_object(status_of(bridge)["systems"])
                assert as_object(systems["good"])["failure"] is None
                assert "cannot be reached" in str(as_object(systems["down"])["failure"])
                assert "a web page" in str(as_object(systems["html"])["failure"])
                found = text_of(await client.call_tool("find_operations", {"query": "orders"}))
                assert "good_orders_list_orders" in found
                assert "slow: its documents are still being read" in found
                let_go.set()
    finally:
        let_go.set()


async def test_a_fast_failure_and_a_file_do_not_shorten_the_wait_for_others(
    services: tuple[Service, Service], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    good, _ = services
    catalog, waited_for = Reply(good.catalog_of("orders")), threading.Event()

    def later(_: Received) -> Reply:
        assert waited_for.wait(SECONDS)
        return catalog

    good.routes["/.well-known/api-catalog"] = later
    local = document({"/items": {"get": operation(operationId="list_items")}}, servers=[{"url": good.url}])
    (tmp_path / "local.json").write_text(json.dumps(local), encoding="utf-8")
    settings = (
        f'[systems.good]\ncatalog = "{good.url}/.well-known/api-catalog"\n'
        '[systems.down]\ncatalog = "http://127.0.0.1:9/.well-known/api-catalog"\n'
        '[systems.local]\ndescription = "local.json"\n'
    )

    class Later:
        """Once the others are through it is far later than they took, and not yet the longest wait."""

        bridge: Bridge | None = None

        def monotonic(self) -> float:
            if self.bridge is None or not all(
                self.bridge.connections[name].system.attempted for name in ("down", "local")
            ):
                return 0.0
            if looked.is_set():
                waited_for.set()
            looked.set()
            return 0.9 * protocol._FIRST_LIST_SECONDS  # pyright: ignore[reportPrivateUsage]

    looked, later_on = threading.Event(), Later()
    monkeypatch.setattr(protocol, "time", later_on)
    async with opened(tmp_path, settings) as (bridge, client):
        later_on.bridge = bridge
        names = {tool.name for tool in (await client.list_tools()).tools}
        assert {"good_orders_list_orders", "local_list_items"} <= names


async def test_a_system_that_cannot_be_read_affects_no_other(
    services: tuple[Service, Service], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = System.load

    async def broken(self: System, progress: Progress | None = None, *, revalidate: bool = False) -> None:
        if self.name == "two":
            raise LookupError
        await whole(self, progress, revalidate=revalidate)

    monkeypatch.setattr(System, "load", broken)
    settings = "".join(
        f'[systems.{name}]\ncatalog = "{service.url}/.well-known/api-catalog"\n'
        for name, service in zip(("one", "two"), services, strict=True)
    )
    async with opened(tmp_path, settings) as (bridge, client):
        names = {tool.name for tool in (await client.list_tools()).tools}
        assert "one_orders_list_orders" in names
        assert "could not be read (LookupError)" in bridge.connections["two"].system.failure


async def test_a_tier_in_the_settings_overrides_and_one_without_a_tool_is_named(
    services: tuple[Service, Service], tmp_path: Path
) -> None:
    settings = (
        f'[systems.one]\ncatalog = "{services[0].url}/.well-known/api-catalog"\n'
        'tiers = { one_orders_list_orders = "destructive", one_orders_none = "read" }\npin = ["orders", "nosuch"]\n'
    )
    async with opened(tmp_path, settings) as (bridge, client):
        tools = {tool.name: tool for tool in (await client.list_tools()).tools}
        annotations = tools["one_orders_list_orders"].annotations
        assert annotations
        assert annotations.destructive_hint
        assert not annotations.read_only_hint
        reasons = [problem.reason for problem in skipped_of(bridge.settings.systems[0], bridge.tools)]
        assert reasons[0].startswith("there is no tool `one_orders_none`; did you mean one_orders_")
        assert reasons[1] == "there is no API `nosuch`. There are orders"
    async with opened(tmp_path, f"read_only = true\n{settings}") as (_, client):
        assert "one_orders_list_orders" not in {tool.name for tool in (await client.list_tools()).tools}


async def test_a_system_offers_no_more_than_it_and_all_systems_allow(
    services: tuple[Service, Service], tmp_path: Path
) -> None:
    settings = 'allow = "update"\n' + "".join(
        f'[systems.{name}]\nallow = "{allow}"\ncatalog = "{service.url}/.well-known/api-catalog"\n'
        for name, allow, service in (("one", "read", services[0]), ("two", "destructive", services[1]))
    )
    async with opened(tmp_path, settings) as (bridge, client):
        await client.list_tools()
        tiers = {(tool.system, tool.tier) for tool in bridge.tools.operations.values()}
        assert tiers == {("one", "read"), ("two", "read")}
        callers = {tool.name for tool in bridge.tools.finders if tool.name.endswith("_operation")}
        assert callers == {"describe_operation", "read_operation", "create_operation", "update_operation"}


async def test_the_hand_made_tools_are_there_for_closient_alone(
    services: tuple[Service, Service], tmp_path: Path
) -> None:
    settings = f'[systems.one]\ncatalog = "{services[0].url}/.well-known/api-catalog"\n'
    async with opened(tmp_path, settings) as (_, client):
        names = {tool.name for tool in (await client.list_tools()).tools}
        assert "one_orders_list_orders" in names
        assert "search_products" not in names
    both = (
        '[systems.shop]\npreset = "closient"\nsite = "http://127.0.0.1:9"\n'
        f'[systems.closient]\nsite = "{services[1].url}"\n'
    )
    async with opened(tmp_path, both, CLOSIENT_API_KEY="csb_a_b") as (_, client):
        await client.call_tool("search_products", {"query": "a"})
        assert "/search/api/v1/search" in str([got.path for got in services[1].received])
    async with opened(tmp_path, f'{settings}[systems.closient]\nsite = "{services[1].url}"\n') as (_, client):
        names = {tool.name for tool in (await client.list_tools()).tools}
        assert {"one_orders_list_orders", "orders_list_orders", "search_products"} <= names
