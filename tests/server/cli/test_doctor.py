"""`closient-mcp doctor`: every finding with its fix, and an exit code."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any

from ...fakes.command_line import NOBODY_LISTENS, CommandResult, run
from ...fakes.machine import Machine
from ...fakes.service import Sandbox


def entry(*arguments: str, **environment: str) -> str:
    """The configuration of a host with our entry, as `install` writes it."""
    launch = {"command": sys.executable, "args": ["-m", "closient_mcp.server", "serve", *arguments], "env": environment}
    return json.dumps({"mcpServers": {"closient": launch}})


def write(path: str, text: str) -> Path:
    file = Path(os.environ["HOME"]) / path
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text)
    return file


def findings(ran: CommandResult, subject: str) -> list[dict[str, Any]]:
    return [finding for finding in ran.json()["findings"] if finding["subject"] == subject]


def test_a_machine_that_is_in_order_has_findings_without_fixes(sandbox: Sandbox) -> None:
    write(".cursor/mcp.json", entry("--site", sandbox.url, SSL_CERT_FILE="", SSL_CERT_DIR=""))
    ran = run("doctor", "--json", site=sandbox.url, CLOSIENT_API_KEY=sandbox.api_key)
    assert ran.code == 0
    assert ran.json()["ok"]
    assert [finding for finding in ran.json()["findings"] if finding["fix"]] == []
    assert "API key from CLOSIENT_API_KEY accepted" in [finding["message"] for finding in findings(ran, "closient")]
    assert findings(ran, "clock")[0]["message"] == f"agrees with that of {sandbox.url}"
    assert findings(ran, "Cursor")[0]["message"].startswith("answered in ")


def test_a_key_that_the_service_rejects_is_tried_and_named(sandbox: Sandbox) -> None:
    ran = run("doctor", "--json", site=sandbox.url, CLOSIENT_API_KEY=f"{sandbox.api_key[:-1]}x")
    assert ran.code == 1
    (wrong,) = [finding for finding in findings(ran, "closient") if finding["level"] == "error"]
    assert "rejected the API key" in wrong["message"]
    assert "Check that you copied all of it" in wrong["fix"]
    assert sandbox.api_key[:-4] not in ran.out


def test_who_is_signed_in_is_named(machine: Machine) -> None:
    machine.run("login")
    ran = machine.run("doctor", "--json")
    assert [finding["message"] for finding in findings(ran, "closient")][-1].startswith("signed in")
    assert findings(ran, "files")[0]["message"].startswith("only you can read the sign-ins")


def test_what_is_wrong_is_listed_with_its_fix_and_the_rest_is_checked_too() -> None:
    write(".codex/config.toml", '[mcp_servers.closient]\ncommand = "/nowhere/closient-mcp"\nargs = ["serve"]\n')
    zed = write(".config/zed/settings.json", "{,")
    write(".cursor/mcp.json", entry("--alow", "read"))
    write(".copilot/mcp-config.json", entry("--site", "${SITE}"))
    ran = run("doctor", site=NOBODY_LISTENS, HTTPS_PROXY="http://proxy.example:3128", XDG_CONFIG_HOME="")
    assert ran.code == 1
    for line in [
        "error    closient: cannot be used: ",
        "warning  Codex: does not pass on HTTPS_PROXY, which is set in this terminal",
        "         → `closient-mcp install codex` writes it into the entry.",
        "error    Codex: did not start: /nowhere/closient-mcp cannot be started: No such file or directory",
        "error    Cursor: its entry has invalid settings: unknown option --alow; did you mean --allow?",
        "ok       Copilot CLI: not started: only the host can fill in the placeholders of its entry",
        f"error    Zed: {zed}: it is not JSON: expected a name in double quotes at line 1, column 2",
    ]:
        assert line in ran.out


def test_without_an_entry_in_any_host_the_command_that_writes_it_is_named(sandbox: Sandbox) -> None:
    (finding,) = findings(run("doctor", "--json", site=sandbox.url), "hosts")
    assert finding["fix"] == "`closient-mcp install HOST` writes it."
