"""The server over Streamable HTTP: both eras, this machine only."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Generator
from typing import Any

import httpx2
import mcp
import pytest

from ..fakes.command_line import run
from ..fakes.limits import SECONDS
from ..fakes.server_process import host_environment
from ..fakes.service import Sandbox


@pytest.fixture(scope="module")
def server(sandbox_process: Sandbox, tmp_path_factory: pytest.TempPathFactory) -> Generator[str]:
    """The URL of a server with an API key; it keeps nothing of the tests that use it."""
    command = [sys.executable, "-m", "closient_mcp.server", "serve", "--http", "0", "--site", sandbox_process.url]
    home = tmp_path_factory.mktemp("http")
    environment = host_environment(CLOSIENT_API_KEY=sandbox_process.api_key, CLOSIENT_MCP_HOME=str(home))
    with subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr
        yield process.stderr.readline().removeprefix("MCP at ").split(";")[0]
        process.terminate()
        process.wait(SECONDS)


@pytest.fixture
def endpoint(server: str, sandbox: Sandbox) -> str:
    """The server's URL; the sandbox is in its first state but for what the server reads as it starts."""
    return server


@pytest.mark.parametrize("era", ["legacy", "2026-07-28"])
async def test_tools_are_listed_and_called_over_http_in_both_eras(endpoint: str, era: str) -> None:
    async with mcp.Client(endpoint, mode="legacy" if era == "legacy" else "2026-07-28") as client:
        names = {tool.name for tool in (await client.list_tools()).tools}
        result = await client.call_tool("account_whoami", {})
    assert "lookup_product" in names
    assert not result.is_error


@pytest.mark.parametrize(
    "headers",
    [{"Host": "evil.example"}, {"Origin": "https://evil.example"}, {"Host": "127.0.0.1.evil.example:80"}],
)
def test_rule_5_a_web_page_elsewhere_cannot_speak_to_the_server(endpoint: str, headers: dict[str, str]) -> None:
    body: dict[str, Any] = {"jsonrpc": "2.0", "id": 1, "method": "tools/list", "params": {}}
    accept = {"Accept": "application/json, text/event-stream"}
    answer = httpx2.post(endpoint, json=body, headers={**accept, **headers}, trust_env=False, verify=False)
    assert answer.status_code in (403, 421)
    assert "tools" not in answer.text


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
    assert answer.status_code == 200
    assert not answer.json()["result"].get("isError")
    (sent,) = [entry for entry in sandbox.log() if entry["path"] == "/search/api/v1/search"]
    assert sent["status"] == 200
    assert sandbox.api_key.endswith(str(sent["client"])[-4:])


def test_a_port_in_use_is_reported(endpoint: str) -> None:
    port = endpoint.split(":")[2].split("/")[0]
    ran = run("serve", "--http", port)
    assert ran.code == 2
    assert "cannot listen" in ran.err
