"""Catalogs that list more than is read at the start, as an agent meets them."""

from __future__ import annotations

import json
from typing import Any

import mcp
import pytest
from mcp import types

from closient_mcp.auth.secrets.redaction import Redaction
from closient_mcp.server.bridge.composition import open_bridge
from closient_mcp.server.cli.status import status_of
from closient_mcp.server.serving.protocol import McpBridge
from closient_mcp.server.settings.loading import load_settings
from closient_mcp.server.settings.model import Options
from closient_mcp.tools.systems import system as system_module

from ...fakes.service import Reply, Service
from ...fakes.systems import api

APIS = ("alpha", "beta", "gamma", "delta", "search")
ENVIRON = {"CLOSIENT_API_KEY": "csb_0123456789abcdef0123456789abcdef_00000000"}


@pytest.fixture(autouse=True)
def _large(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(system_module, "MAX_DOCUMENTS", 2)
    service.serve_apis(**{name: api(f"{name}_things") for name in APIS})


async def asked(client: mcp.Client, tool: str, **arguments: Any) -> Any:
    result = await client.call_tool(tool, arguments)
    (first, *_) = result.content
    assert isinstance(first, types.TextContent)
    return json.loads(first.text) if not result.is_error else first.text


@pytest.mark.parametrize("expose", ["auto", "all", "core"])
async def test_what_is_not_read_at_the_start_is_found_described_and_called(service: Service, expose: str) -> None:
    service.routes["/delta_things"] = service.routes["/delta/api/v1/delta_things"] = Reply({"well": True})
    settings = load_settings(Options(site=service.url, expose=expose), ENVIRON)
    async with open_bridge(settings, Redaction()) as bridge, mcp.Client(McpBridge(bridge).server()) as client:
        before = [tool.name for tool in (await client.list_tools()).tools]
        assert "find_operations" in before
        found = await asked(client, "find_operations", query="delta things")
        read = {got.path.split("/")[1] for got in service.received if got.path.endswith("openapi.json")}
        assert read == {"alpha", "search", "delta"}, "the first, the pinned, and what was looked for"
        assert found["operations"][0]["name"] == "delta_get_delta_things"
        assert any("3 of 5 documents are read on demand" in reason for reason in found["missing"])
        assert await asked(client, "read_operation", name="delta_get_delta_things") == {"well": True}
        described = await asked(client, "describe_operation", name="gamma_get_gamma_things")
        assert described["name"] == "gamma_get_gamma_things", "a name is enough, however it was found"
        assert (await asked(client, "find_operations", query="x", api="beta"))["of"] == 5
        assert [tool.name for tool in (await client.list_tools()).tools] == before, "a list depends on no call"


async def test_status_names_how_much_is_read(service: Service) -> None:
    settings = load_settings(Options(site=service.url), ENVIRON)
    async with open_bridge(settings, Redaction()) as bridge:
        await bridge.loader.load()
        status: Any = status_of(bridge)
    closient = status["systems"]["closient"]
    assert (closient["apis"], closient["documents"]) == (5, 2)
    assert closient["skipped"][0]["why"] == "it lists 5 documents; 2 are read at the start"
