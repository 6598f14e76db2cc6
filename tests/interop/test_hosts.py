"""Real hosts connect to the server from the entry that `install` wrote."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import pytest

from ..fakes.command_line import run
from ..fakes.limits import SECONDS
from ..fakes.model import serving_model
from ..fakes.programs import path, program
from ..fakes.service import Sandbox

pytestmark = pytest.mark.all

QUIET = {
    "DISABLE_AUTOUPDATER": "1",
    "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC": "1",
    "GEMINI_CLI_TRUST_WORKSPACE": "true",
    "XDG_CONFIG_HOME": "",
}
TOOLS = {"search_products", "validate_gtin", "search_search_catalog", "read_operation"}


def host(folder: Path, *command: str, **environment: str) -> str:
    """What a host prints; the test is skipped if it is not there."""
    done = subprocess.run(
        [program(command[0]), *command[1:]],
        cwd=folder,
        env={**os.environ, "PATH": path(), **QUIET, **environment},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )
    return done.stdout + done.stderr


@pytest.mark.parametrize(
    ("name", "command", "shown"),
    [
        ("claude-code", "claude", "✔ Connected"),
        ("gemini-cli", "gemini", "Connected"),
        ("opencode", "opencode", "✓ closient"),
    ],
)
def test_a_host_connects_from_the_entry_that_install_wrote(
    sandbox: Sandbox, tmp_path: Path, name: str, command: str, shown: str
) -> None:
    program(command)
    assert run("install", name, site=sandbox.url, **QUIET).code == 0
    assert shown in host(tmp_path, command, "mcp", "list")


def test_copilot_cli_offers_our_tools_to_its_model(sandbox: Sandbox, tmp_path: Path) -> None:
    program("copilot")
    assert run("install", "copilot-cli", site=sandbox.url).code == 0
    with serving_model() as model:
        provider = {"COPILOT_PROVIDER_BASE_URL": model.url, "COPILOT_MODEL": "fake", "COPILOT_OFFLINE": "true"}
        printed = host(tmp_path, "copilot", "-p", "hi", "--allow-all-tools", "--disable-builtin-mcps", **provider)
    assert {f"closient-{tool}" for tool in TOOLS} <= model.offered, printed


def test_codex_offers_our_tools_to_its_model(sandbox: Sandbox, tmp_path: Path) -> None:
    program("codex")
    assert run("install", "codex", site=sandbox.url).code == 0
    with serving_model() as model:
        provider = f'model_providers.fake={{name="fake",base_url="{model.url}",wire_api="responses"}}'
        # Otherwise the first question may be asked before the servers are ready.
        waits = [
            "-c",
            "mcp_servers.closient.required=true",
            "-c",
            f"mcp_servers.closient.startup_timeout_sec={SECONDS}",
        ]
        options = [*waits, "--skip-git-repo-check", "-c", provider, "-c", "model_provider=fake", "-m", "fake"]
        printed = host(tmp_path, "codex", "exec", *options, "hi")
    assert model.offered >= TOOLS, (sorted(model.offered), printed)


def test_mcporter_calls_a_tool_from_the_plain_entry(sandbox: Sandbox, tmp_path: Path) -> None:
    program("mcporter")
    file = tmp_path / "mcp.json"
    assert run("install", "mcp-json", "--config-path", str(file), site=sandbox.url).code == 0
    call = ["call", "closient.validate_gtin", "gtin=9506000134352"]
    reply = host(tmp_path, "mcporter", "--config", str(file), *call)
    assert json.loads(reply)["valid"] is True
