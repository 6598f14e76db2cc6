"""The server as a host starts it: a process of its own, a near-empty environment, frames on stdout."""

from __future__ import annotations

import json
import os
import queue
import subprocess
import sys
import tempfile
import threading
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import mcp
import pytest
from mcp import StdioServerParameters

from .service import Received, Reply, Sandbox, Service

ROOT = Path(__file__).parents[1]
SECONDS = 30
BIN = Path(sys.executable).parent


def host_environment(**members: str) -> dict[str, str]:
    """What hosts pass on: no more than this, and PATH for `mcp.json`'s command."""
    kept = {name: os.environ[name] for name in ("HOME", "LOGNAME", "SHELL", "TERM", "USER") if name in os.environ}
    return {**kept, "PATH": os.pathsep.join([str(BIN), "/usr/bin", "/bin"]), **members}


@dataclass
class Process:
    """A server process: each line of its stdout is a frame or the test fails."""

    popen: subprocess.Popen[str]
    frames: queue.Queue[dict[str, Any]]
    said: IO[str]

    def send(self, method: str, id: int | None = None, **params: Any) -> None:
        assert self.popen.stdin
        frame = {"jsonrpc": "2.0", "method": method, "params": params} | ({} if id is None else {"id": id})
        self.popen.stdin.write(json.dumps(frame) + "\n")
        self.popen.stdin.flush()

    def answer(self, id: int) -> dict[str, Any]:
        while (frame := self.frames.get(timeout=SECONDS)).get("id") != id:
            pass
        return frame

    def shake_hands(self) -> dict[str, Any]:
        client = {"name": "test", "version": "1"}
        self.send("initialize", 1, protocolVersion="2025-11-25", capabilities={}, clientInfo=client)
        answer = self.answer(1)
        self.send("notifications/initialized")
        return answer

    def finish(self) -> tuple[int, str]:
        """Close its input, and give the exit code and all that it said on stderr."""
        assert self.popen.stdin
        self.popen.stdin.close()
        code = self.popen.wait(SECONDS)
        self.said.seek(0)
        return code, self.said.read()


@contextmanager
def started(*arguments: str, **environment: str) -> Generator[Process]:
    command = [sys.executable, "-m", "closient_mcp.server", "serve", *arguments]
    pipe = subprocess.PIPE
    with (
        # No pipe, which a long log would fill.
        tempfile.TemporaryFile("w+", encoding="utf-8") as said,
        subprocess.Popen(
            command, stdin=pipe, stdout=pipe, stderr=said, text=True, env=host_environment(**environment)
        ) as popen,
    ):
        frames: queue.Queue[dict[str, Any]] = queue.Queue()

        def read() -> None:
            assert popen.stdout
            for line in popen.stdout:
                frames.put(json.loads(line))

        reader = threading.Thread(target=read, daemon=True)
        reader.start()
        try:
            yield Process(popen, frames, said)
        finally:
            popen.kill()
            popen.wait(SECONDS)
            reader.join(SECONDS)
            assert all(frame["jsonrpc"] == "2.0" for frame in frames.queue)


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
        "format": "GTIN-13",
    }


def test_initialize_is_answered_while_the_site_hangs(service: Service) -> None:
    released = threading.Event()

    def hang(_: Received) -> Reply:
        released.wait(SECONDS)
        return Reply(status=503)

    service.routes["/.well-known/api-catalog"] = hang
    with started("--site", service.address) as process:
        assert process.shake_hands()["result"]["protocolVersion"] == "2025-11-25"
        process.send("tools/call", 2, name="ping", arguments={})
        assert process.answer(2)["result"]["structuredContent"] == {"result": "pong"}
        released.set()


def test_a_client_of_2026_07_28_is_served_without_a_handshake(sandbox: Sandbox) -> None:
    meta: dict[str, Any] = {
        "io.modelcontextprotocol/protocolVersion": "2026-07-28",
        "io.modelcontextprotocol/clientCapabilities": {},
    }
    with started("--site", sandbox.address) as process:
        process.send("tools/list", 1, _meta=meta)
        result = process.answer(1)["result"]
    assert result["cacheScope"] == "private" and result["ttlMs"] == 60_000
    assert "products_get_product" in {tool["name"] for tool in result["tools"]}


def test_the_key_is_nowhere_on_stdout_or_stderr_at_debug_level(sandbox: Sandbox) -> None:
    with started("--site", sandbox.address, "--log-level", "debug", CLOSIENT_API_KEY=sandbox.api_key) as process:
        process.shake_hands()
        process.send("tools/call", 2, name="account_whoami", arguments={})
        answered = process.answer(2)
        process.send("tools/call", 3, name="lookup_product", arguments={"gtin": "09506000134352"})
        looked_up = process.answer(3)
        code, said = process.finish()
    assert not answered["result"].get("isError") and not looked_up["result"].get("isError")
    body = sandbox.api_key.split("_")[1]
    assert "GET" in said and code == 0
    assert all(secret not in text for secret in (sandbox.api_key, body) for text in (said, str(answered)))


def test_the_key_is_no_argument_of_the_process(sandbox: Sandbox) -> None:
    with started("--site", sandbox.address, CLOSIENT_API_KEY=sandbox.api_key) as process:
        process.shake_hands()
        assert sandbox.api_key not in " ".join(map(str, process.popen.args))  # type: ignore[arg-type]


@pytest.mark.parametrize("line", ["", "not json", "[]", "{}", '{"jsonrpc": "2.0"}', "null", "\x00\xff", "[" * 5000])
def test_a_line_that_is_no_frame_does_not_stop_the_server(line: str) -> None:
    with started("--site", "http://127.0.0.1:9") as process:
        assert process.popen.stdin
        process.popen.stdin.write(line + "\n")
        process.popen.stdin.flush()
        process.shake_hands()
        process.send("tools/call", 2, name="ping", arguments={})
        assert process.answer(2)["result"]["content"][0]["text"] == "pong"


def test_the_server_ends_quietly_with_its_input() -> None:
    with started("--site", "http://127.0.0.1:9") as process:
        process.shake_hands()
        assert process.finish() == (0, "")


def test_a_log_file_is_its_owners_alone(sandbox: Sandbox, tmp_path: Path) -> None:
    log = tmp_path / "log.txt"
    with started("--site", sandbox.address, "--log-level", "debug", "--log-file", str(log)) as process:
        process.shake_hands()
        process.send("tools/list", 2)
        process.answer(2)
        assert process.finish() == (0, "")
    assert "api-catalog" in log.read_text() and log.stat().st_mode & 0o777 == 0o600
