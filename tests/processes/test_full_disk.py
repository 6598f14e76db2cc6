"""A disk on which nothing more can be written: everything works, only nothing is kept, and nothing is lost."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from ..fakes.limits import SECONDS
from ..fakes.machine import Machine, result_of

# The largest file that the process may write has no bytes.
LIMITED = ("sh", "-c", 'ulimit -f 0; exec "$@"', "sh")
pytestmark = [pytest.mark.prove, pytest.mark.skipif(os.name == "nt", reason="Windows has no limit of this kind")]


def run(machine: Machine, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run a command that cannot write files."""
    return subprocess.run(
        [*LIMITED, sys.executable, "-m", "closient_mcp.server", *arguments],
        env=machine.process_environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )


def contents(folder: Path) -> dict[str, bytes]:
    """All files but locks, which have no content, and logs."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and path.suffix not in (".lock", ".log")
    }


def test_documents_are_read_without_a_cache(machine: Machine) -> None:
    expected = machine.run("tools", "--json", "--all").json()
    for file in (machine.home / "cache").iterdir():
        file.unlink()
    ran = run(machine, "tools", "--json", "--all")
    assert (ran.returncode, json.loads(ran.stdout)) == (0, expected)
    assert "cannot write to the cache" in ran.stderr
    assert list((machine.home / "cache").iterdir()) == []


def test_a_damaged_cache_is_read_around(machine: Machine) -> None:
    expected = machine.run("tools", "--json", "--all").json()
    for file in (machine.home / "cache").iterdir():
        file.write_bytes(file.read_bytes()[:-1])
    ran = run(machine, "tools", "--json", "--all")
    assert (ran.returncode, json.loads(ran.stdout)) == (0, expected)


def test_a_sign_in_is_used_but_not_renewed_where_it_could_not_be_saved(machine: Machine) -> None:
    result_of(machine.whoami())
    before = contents(machine.home)
    used = run(machine, "call", "account_whoami")
    assert json.loads(json.loads(used.stdout)["content"][0]["text"])["email"] == "alice@closient.example"
    assert contents(machine.home) == before
    machine.expire()
    before = contents(machine.home)
    refused = run(machine, "call", "account_whoami")
    assert refused.returncode == 1
    text = json.loads(refused.stdout)["content"][0]["text"]
    assert "could not be saved" in text
    assert "File too large" in text
    assert "nothing was lost; you are still signed in" in text
    assert contents(machine.home) == before
    assert result_of(machine.whoami())["email"] == "alice@closient.example"
    assert len(machine.tabs()) == 1


def test_nothing_is_registered_that_could_not_be_saved(machine: Machine) -> None:
    ran = run(machine, "call", "account_whoami")
    assert ran.returncode == 1
    assert "could not be saved" in ran.stdout
    assert machine.sandbox.count("POST", "/oauth/register/") == 0


def test_a_server_answers_and_its_output_has_frames_only(machine: Machine) -> None:
    frames: list[dict[str, Any]] = [
        {"jsonrpc": "2.0", "id": 1, "method": "initialize",
         "params": {"protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": {"name": "t", "version": "1"}}},
        {"jsonrpc": "2.0", "method": "notifications/initialized"},
        {"jsonrpc": "2.0", "id": 2, "method": "tools/call", "params": {"name": "ping", "arguments": {}}},
        {"jsonrpc": "2.0", "id": 3, "method": "tools/call",
         "params": {"name": "lookup_product", "arguments": {"gtin": "09506000134352"}}},
    ]  # fmt: skip
    pipe = subprocess.PIPE
    command = [*LIMITED, sys.executable, "-m", "closient_mcp.server", "serve", "--log-level", "debug"]
    environment = machine.process_environment
    with subprocess.Popen(command, env=environment, stdin=pipe, stdout=pipe, stderr=pipe, text=True) as server:
        assert server.stdin
        assert server.stdout
        server.stdin.write("".join(json.dumps(frame) + "\n" for frame in frames))
        server.stdin.flush()
        answers: dict[int, Any] = {}
        while len(answers) < 3:
            frame = json.loads(server.stdout.readline())
            answers |= {frame["id"]: frame["result"]} if "id" in frame else {}
        _, message = server.communicate(timeout=SECONDS)
    assert server.returncode == 0
    assert not any(answer.get("isError") for answer in answers.values())
    assert "Traceback" not in message
