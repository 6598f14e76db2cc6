"""The server as a host starts it: a process of its own, a near-empty environment, frames on stdout."""

from __future__ import annotations

import json
import threading
from pathlib import Path
from typing import Any

import mcp
from mcp import StdioServerParameters

from ..fakes.command_line import run
from ..fakes.limits import SECONDS
from ..fakes.paths import ROOT
from ..fakes.server_process import host_environment, started
from ..fakes.service import Received, Reply, Sandbox, Service, running_service
from ..fakes.warm_service import serve, things


async def test_the_entry_in_mcp_json_starts_as_it_stands_under_a_hosts_environment() -> None:
    (entry,) = json.loads((ROOT / "mcp.json").read_text())["mcpServers"].items()
    name, server = entry
    parameters = StdioServerParameters(command=server["command"], args=server["args"], env=host_environment())
    assert name == "closient"
    async with mcp.Client(parameters) as client:
        result = await client.call_tool("validate_gtin", {"gtin": "09506000134352"})
    assert result.structured_content == {
        "valid": True,
        "error": None,
        "normalized": "09506000134352",
        "form": "GTIN-14",
        "format": "GTIN-13",
    }


def test_initialize_is_answered_while_the_site_hangs(service: Service) -> None:
    released = threading.Event()

    def hang(_: Received) -> Reply:
        released.wait(SECONDS)
        return Reply(status=503)

    service.routes["/.well-known/api-catalog"] = hang
    with started("--site", service.url) as process:
        assert process.shake_hands()["result"]["protocolVersion"] == "2025-11-25"
        process.send("tools/call", 2, name="ping", arguments={})
        assert process.answer(2)["result"]["structuredContent"] == {"result": "pong"}
        released.set()


def test_a_client_of_2026_07_28_is_served_without_a_handshake_and_the_end_is_quiet(sandbox: Sandbox) -> None:
    meta: dict[str, Any] = {
        "io.modelcontextprotocol/protocolVersion": "2026-07-28",
        "io.modelcontextprotocol/clientCapabilities": {},
    }
    with started("--site", sandbox.url) as process:
        process.send("tools/list", 1, _meta=meta)
        result = process.answer(1)["result"]
        assert process.finish() == (0, "")
    assert result["cacheScope"] == "private"
    assert result["ttlMs"] == 60_000
    assert "lookup_product" in {tool["name"] for tool in result["tools"]}


def test_a_log_file_is_its_owners_alone_and_has_no_key_at_debug_level(sandbox: Sandbox, tmp_path: Path) -> None:
    log, options = tmp_path / "log.txt", ["--site", sandbox.url, "--log-level", "debug"]
    with started(*options, "--log-file", str(log), CLOSIENT_API_KEY=sandbox.api_key) as process:
        process.shake_hands()
        process.send("tools/call", 2, name="account_whoami", arguments={})
        answered = process.answer(2)
        process.send("tools/call", 3, name="lookup_product", arguments={"gtin": "09506000134352"})
        looked_up = process.answer(3)
        assert process.finish() == (0, "")
    assert not answered["result"].get("isError")
    assert not looked_up["result"].get("isError")
    body, message = sandbox.api_key.split("_")[1], log.read_text()
    assert "GET" in message
    assert all(secret not in text for secret in (sandbox.api_key, body) for text in (message, str(answered)))
    assert log.stat().st_mode & 0o777 == 0o600


def test_lines_that_are_no_frames_do_not_stop_the_server() -> None:
    lines = ["", "not json", "[]", "{}", '{"jsonrpc": "2.0"}', "null", "\x00\xff", "[" * 5000]
    with started("--site", "http://127.0.0.1:9") as process:
        assert process.popen.stdin
        process.popen.stdin.write(f"{lines[0]}\n")
        process.shake_hands()
        for number, line in enumerate(lines, 2):
            process.popen.stdin.write(f"{line}\n")
            process.send("tools/call", number, name="ping", arguments={})
            assert process.answer(number)["result"]["content"][0]["text"] == "pong", line


def test_over_stdio_a_warm_start_lists_the_tools_of_a_service_that_is_gone(tmp_path: Path) -> None:
    home = {"CLOSIENT_MCP_HOME": str(tmp_path)}
    with running_service() as service:
        serve(service, things())
        site = service.url
        assert run("tools", site=site, **home).code == 0
    with started("--site", site, **home) as process:
        process.shake_hands()
        process.send("tools/list", 2)
        listed = {tool["name"] for tool in process.answer(2)["result"]["tools"]}
    assert "things_get_thing" in listed
