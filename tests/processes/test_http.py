"""The server over Streamable HTTP: both protocol versions, this machine only."""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Generator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import httpx2
import mcp
import pytest

from ..fakes.command_line import run
from ..fakes.limits import SECONDS
from ..fakes.mcp_client import CLIENT_MODES, ClientMode
from ..fakes.server_process import host_environment
from ..fakes.service import Received, Reply, Sandbox, Service, document, operation

NOWHERE = "http://127.0.0.1:9"
HALF_A_HEADER = b"POST /mcp HTTP/1.1\r\nHost: x"
META: dict[str, Any] = {
    "io.modelcontextprotocol/protocolVersion": "2026-07-28",
    "io.modelcontextprotocol/clientCapabilities": {},
}


def headers_of(method: str) -> dict[str, str]:
    accept = "application/json, text/event-stream"
    return {"Accept": accept, "MCP-Protocol-Version": "2026-07-28", "Mcp-Method": method}


def request(method: str, **params: Any) -> dict[str, Any]:
    return {"jsonrpc": "2.0", "id": 1, "method": method, "params": {**params, "_meta": META}}


@contextmanager
def served(
    home: Path, command: list[str] | None = None, options: Sequence[str] = ("--site", NOWHERE), **environment: str
) -> Generator[tuple[str, subprocess.Popen[str]]]:
    """The URL of a server without services, and its process; what is left of stderr can be read."""
    words = [*(command or []), sys.executable, "-m", "closient_mcp.server", "serve", "--http", "0", *options]
    environment = host_environment(CLOSIENT_MCP_HOME=str(home), **environment)
    with subprocess.Popen(words, env=environment, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr
        yield process.stderr.readline().removeprefix("MCP at ").split(";")[0], process
        process.terminate()
        process.wait(SECONDS)


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


@pytest.mark.parametrize("mode", CLIENT_MODES)
async def test_tools_are_listed_and_called_over_http_in_both_protocol_versions(endpoint: str, mode: ClientMode) -> None:
    async with mcp.Client(endpoint, mode=mode) as client:
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
    body = request("tools/call", name="search_products", arguments={"query": "jam"})
    headers = {
        **headers_of("tools/call"),
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


@pytest.mark.parametrize("host", ["LOCALHOST", "LocalHost", "127.0.0.1"])
def test_hosts_do_not_differ_by_case(endpoint: str, host: str) -> None:
    port = httpx2.URL(endpoint).port
    headers = {**headers_of("tools/list"), "Host": f"{host}:{port}"}
    body = request("tools/list", cursor="")  # as some clients send for the first page
    answer = httpx2.post(endpoint, json=body, headers=headers, trust_env=False, verify=False)
    assert answer.status_code == 200
    assert answer.json()["result"]["tools"]


def test_neither_streams_nor_half_a_request_delay_the_end(tmp_path: Path) -> None:
    hello = {"protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": {"name": "test", "version": "1"}}
    body = {"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": hello}
    headers = {"Accept": "application/json, text/event-stream"}
    listen = request("subscriptions/listen", notifications={"toolsListChanged": True})
    modern = headers_of("subscriptions/listen")
    with (
        served(tmp_path) as (url, process),
        httpx2.Client(trust_env=False, verify=False, timeout=SECONDS) as client,
        socket.create_connection(("127.0.0.1", httpx2.URL(url).port)) as upload,
    ):
        lines = [f"{name}: {value}" for name, value in headers.items()]
        lines += ["Host: 127.0.0.1", "Content-Type: application/json", "Content-Length: 9"]
        upload.sendall("\r\n".join(["POST /mcp HTTP/1.1", *lines, "", "{"]).encode())
        session = client.post(url, json=body, headers=headers).headers["mcp-session-id"]
        with (
            client.stream("POST", url, json=listen, headers=modern) as subscription,
            client.stream("GET", url, headers={**headers, "Mcp-Session-Id": session}) as stream,
        ):
            events = subscription.iter_lines()
            assert any("subscriptions/acknowledged" in line for line in events)
            assert stream.status_code == 200
            process.terminate()
            assert any('"result"' in line for line in events)
            assert list(stream.iter_lines()) == []
        process.wait(SECONDS)
        assert process.stderr
        assert process.stderr.read() == ""


@pytest.mark.parametrize("ending", [signal.SIGTERM, signal.SIGHUP], ids=["terminated", "terminal closed"])
def test_a_call_under_way_is_finished_at_the_end(tmp_path: Path, service: Service, ending: signal.Signals) -> None:
    released = threading.Event()

    def answer(_: Received) -> Reply:
        released.wait(SECONDS)
        return Reply({"order": 1})

    service.routes["/openapi.json"] = Reply(document({"/orders": {"post": operation(operationId="create_order")}}))
    service.routes["/orders"] = answer
    file = tmp_path / "settings.toml"
    file.write_text(f'[systems.acme]\ndescription = "{service.url}/openapi.json"\n')
    body = request("tools/call", name="acme_create_order", arguments={})
    headers = {**headers_of("tools/call"), "Mcp-Name": "acme_create_order"}
    with served(tmp_path, options=("--config", str(file))) as (url, process), ThreadPoolExecutor() as pool:
        call = pool.submit(httpx2.post, url, json=body, headers=headers, trust_env=False, verify=False, timeout=SECONDS)
        service.wait_for(lambda: service.count("/orders") == 1)
        process.send_signal(ending)
        released.set()
        assert call.result(SECONDS).json()["result"]["structuredContent"] == {"order": 1}
        process.wait(SECONDS)
        assert process.stderr
        (line,) = process.stderr.read().splitlines()
        assert 'call caller="anonymous" tool="acme_create_order" tier=create outcome=success' in line


@pytest.mark.skipif(sys.platform == "win32", reason="descriptors are limited by `ulimit`")
def test_connections_that_do_nothing_do_not_use_up_the_descriptors(tmp_path: Path) -> None:
    with served(tmp_path, ["sh", "-c", 'ulimit -n 128; exec "$@"', "sh"]) as (url, process), ExitStack() as stack:
        address = ("127.0.0.1", httpx2.URL(url).port or 0)
        for _ in range(140):
            stack.enter_context(socket.create_connection(address, SECONDS)).sendall(HALF_A_HEADER)
        answer = httpx2.post(
            url, json=request("tools/list"), headers=headers_of("tools/list"), trust_env=False, verify=False
        )
        assert answer.status_code == 200
        process.terminate()
        process.wait(SECONDS)
        assert process.stderr
        assert process.stderr.read() == ""


def test_a_port_in_use_is_reported(endpoint: str) -> None:
    port = endpoint.split(":")[2].split("/")[0]
    ran = run("serve", "--http", port)
    assert ran.code == 2
    assert "cannot listen" in ran.err
