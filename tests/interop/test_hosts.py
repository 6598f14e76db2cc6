"""Real hosts, if they are on the PATH, connect to the server from the entry that `install` wrote."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from ..fakes.command_line import run
from ..fakes.limits import SECONDS
from ..fakes.service import Sandbox

pytestmark = pytest.mark.all

QUIET = {
    "DISABLE_AUTOUPDATER": "1",
    "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC": "1",
    "GEMINI_CLI_TRUST_WORKSPACE": "true",
    "XDG_CONFIG_HOME": "",
}


def host(folder: Path, *command: str) -> str:
    """What a host prints; the test is skipped if it is not there."""
    program = shutil.which(command[0])
    if program is None:
        pytest.skip(f"{command[0]} is not on the PATH")
    done = subprocess.run(
        [program, *command[1:]],
        cwd=folder,
        env={**os.environ, **QUIET},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )
    return done.stdout + done.stderr


@pytest.mark.parametrize(
    ("name", "program", "shown"),
    [
        ("claude-code", "claude", "✔ Connected"),
        ("gemini-cli", "gemini", "Connected"),
        ("opencode", "opencode", "✓ closient"),
    ],
)
def test_a_host_connects_from_the_entry_that_install_wrote(
    sandbox: Sandbox, tmp_path: Path, name: str, program: str, shown: str
) -> None:
    assert run("install", name, site=sandbox.url, **QUIET).code == 0
    assert shown in host(tmp_path, program, "mcp", "list")


def test_mcporter_calls_a_tool_from_the_plain_entry(sandbox: Sandbox, tmp_path: Path) -> None:
    file = tmp_path / "mcp.json"
    assert run("install", "mcp-json", "--config-path", str(file), site=sandbox.url).code == 0
    call = ["call", "closient.validate_gtin", "gtin=9506000134352"]
    reply = host(tmp_path, "mcporter", "--config", str(file), *call)
    assert json.loads(reply)["valid"] is True
