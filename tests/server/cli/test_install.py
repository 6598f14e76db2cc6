"""`closient-mcp install` and `uninstall`, as a user runs them."""

from __future__ import annotations

import json
import os
import tomllib
from pathlib import Path

import pytest

from closient_mcp.server.hosts.table import HOSTS

from ...fakes.command_line import run
from ...fakes.paths import ROOT
from ...fakes.server_process import BIN


def home() -> Path:
    return Path(os.environ["HOME"])


def test_install_writes_the_entry_starts_it_and_says_what_to_do_next(tmp_path: Path) -> None:
    config = home() / ".codex" / "config.toml"
    config.parent.mkdir()
    config.write_text('model = "x" # mine\n')
    environment = {"CLOSIENT_MCP_HOME": str(tmp_path / "mcp"), "CLOSIENT_API_KEY": "csb_secret"}
    ran = run("--read-only", "install", "codex", **environment)
    assert ran.code == 0
    assert f"Written to {config}\n  The file as it was before is {config}.before-closient-mcp\n" in ran.err
    assert "CLOSIENT_API_KEY is not written, because it is a secret" in ran.err
    assert "Test start: closient-mcp " in ran.err
    assert ran.err.endswith("  Start `codex` again.\n")
    text = config.read_text()
    entry = tomllib.loads(text)["mcp_servers"]["closient"]
    assert text.startswith('model = "x" # mine\n')
    assert (entry["command"], entry["args"]) == (str(BIN / "closient-mcp"), ["serve", "--read-only"])
    assert entry["env"]["CLOSIENT_MCP_HOME"] == str(tmp_path / "mcp")
    assert "csb_secret" not in text
    removed = run("uninstall", "codex")
    assert (removed.code, config.read_text()) == (0, 'model = "x" # mine\n')
    assert "has no entry closient" in run("uninstall", "codex").err


def test_print_shows_the_entry_and_writes_nothing() -> None:
    for host in HOSTS.values():
        ran = run("install", host.name, "--print")
        assert ran.code == 0
        document = tomllib.loads(ran.out) if host.syntax == "toml" else ran.json()
        assert str(BIN / "closient-mcp") in str(document[host.servers]["closient"]["command"])
    assert [path for path in home().rglob("*") if path.is_file()] == []


def test_the_plain_entry_has_the_form_of_mcp_json() -> None:
    printed = run("install", "mcp-json", "--print", CLOSIENT_SITE="").json()
    printed["mcpServers"]["closient"].pop("env", None)  # the network of this machine
    printed["mcpServers"]["closient"]["command"] = "closient-mcp"
    assert printed == json.loads((ROOT / "mcp.json").read_text())


@pytest.mark.parametrize("command", ["install", "uninstall"])
def test_a_file_that_is_not_valid_is_left_alone(tmp_path: Path, command: str) -> None:
    path = tmp_path / "mcp.json"
    path.write_text('{"mcpServers": {')
    ran = run(command, "cursor", "--config-path", str(path))
    assert ran.code == 1
    assert ran.err.startswith(f"closient-mcp: {path}: it is not JSON: expected a name in double quotes at line 1")
    assert [file.name for file in tmp_path.glob("mcp*")] == ["mcp.json"]
    assert path.read_text() == '{"mcpServers": {'


def test_an_unknown_host_gets_the_nearest_name() -> None:
    ran = run("install", "claude-dekstop")
    assert ran.code == 2
    assert "did you mean claude-desktop?" in ran.err
