"""The server over Streamable HTTP: both eras, this machine only."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Generator
from typing import Any

import httpx2
import mcp
import pytest

from closient_mcp.server.serving.http import parse_place
from closient_mcp.server.settings.model import SettingsError

from ..fakes.command_line import run
from ..fakes.limits import SECONDS
from ..fakes.service import Sandbox


@pytest.fixture
def endpoint(sandbox: Sandbox) -> Generator[str]:
    command = [sys.executable, "-m", "closient_mcp.server", "serve", "--http", "0", "--site", sandbox.address]
    environment = {**os.environ, "CLOSIENT_API_KEY": sandbox.api_key}
    with subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr
        yield process.stderr.readline().removeprefix("MCP at ").split(";")[0]
        process.terminate()
        process.wait(SECONDS)


@pytest.mark.parametrize("era", ["legacy", "2026-07-28"])
async def test_tools_are_listed_and_called_over_http_in_both_eras(endpoint: str, era: str) -> None:
    async with mcp.Client(endpoint, mode="legacy" if era == "legacy" else "2026-07-28") as client:
        names = {tool.name for tool in (await client.list_tools()).tools}
        result = await client.call_tool("account_whoami", {})
    assert "products_get_product" in names and not result.is_error


@pytest.mark.parametrize(
    "headers",
    [{"Host": "evil.example"}, {"Origin": "https://evil.example"}, {"Host": "127.0.0.1.evil.example:80"}],
)
def test_rule_5_a_web_page_elsewhere_cannot_speak_to_the_server(endpoint: str, headers: dict[str, str]) -> None:
    body: dict[str, Any] = {"jsonrpc": "2.0", "id": 1, "method": "tools/list", "params": {}}
    accept = {"Accept": "application/json, text/event-stream"}
    answer = httpx2.post(endpoint, json=body, headers={**accept, **headers}, trust_env=False, verify=False)
    assert answer.status_code in (403, 421) and "tools" not in answer.text


def test_rule_5_a_callers_own_token_is_never_passed_on(endpoint: str, sandbox: Sandbox) -> None:
    meta: dict[str, Any] = {
        "io.modelcontextprotocol/protocolVersion": "2026-07-28",
        "io.modelcontextprotocol/clientCapabilities": {},
    }
    call: dict[str, Any] = {"name": "search_products", "arguments": {"query": "jam"}, "_meta": meta}
    body: dict[str, Any] = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": call}
    headers = {
        "Accept": "application/json, text/event-stream",
        "MCP-Protocol-Version": "2026-07-28",
        "Mcp-Method": "tools/call",
        "Mcp-Name": "search_products",
        "Authorization": "Bearer a-callers-own",
        "X-API-Key": "a-callers-own",
    }
    answer = httpx2.post(endpoint, json=body, headers=headers, trust_env=False, verify=False)
    assert answer.status_code == 200 and not answer.json()["result"].get("isError")
    (sent,) = [entry for entry in sandbox.log() if entry["path"] == "/search/api/v1/search"]
    assert sent["status"] == 200 and sandbox.api_key.endswith(str(sent["client"])[-4:])


@pytest.mark.parametrize(
    ("text", "place"),
    [("8000", ("127.0.0.1", 8000)), ("localhost:1", ("localhost", 1)), ("[::1]:0", ("[::1]", 0))],
)
def test_a_place_is_a_port_or_a_host_of_this_machine_and_a_port(text: str, place: tuple[str, int]) -> None:
    assert parse_place(text) == place


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("0.0.0.0:8000", "can be reached from other machines"),
        ("192.168.1.5:8000", "can be reached from other machines"),
        ("mcp.example.com:443", "can be reached from other machines"),
        ("http", "a port"),
        ("127.0.0.1:99999", "a port"),
    ],
)
def test_rule_5_a_place_beyond_this_machine_is_refused(text: str, says: str) -> None:
    with pytest.raises(SettingsError, match=says):
        parse_place(text)
    assert run("serve", "--http", text).code == 2


def test_a_port_that_is_taken_is_told_as_such(endpoint: str) -> None:
    port = endpoint.split(":")[2].split("/")[0]
    ran = run("serve", "--http", port)
    assert ran.code == 2 and "cannot listen there" in ran.err
