"""Each command as a process of its own: what it prints, what it takes from stdin, streams that are closed."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from ..fakes.command_line import run_process
from ..fakes.limits import SECONDS
from ..fakes.service import Sandbox


@pytest.mark.usefixtures("documents_read")
@pytest.mark.parametrize(
    ("arguments", "code", "out", "err"),
    [
        (["tools", "recalls"], 0, "check_recalls\tread", ""),
        (["call", "search_products", "-"], 0, '"items"', ""),
        (["config", "show"], 0, "site", ""),
        (["add", "acme", "http://127.0.0.1:9"], 2, "", "Check the URL and the network"),
        (["logout"], 0, "", "You were not signed in"),
        (["nonsense"], 2, "", "invalid choice"),
        (["--version"], 0, "closient-mcp 0.1.0", ""),
    ],
)
def test_a_command_prints_results_and_errors_and_returns_its_exit_code(
    sandbox: Sandbox, arguments: list[str], code: int, out: str, err: str
) -> None:
    ran = run_process(*arguments, site=sandbox.url, stdin='{"query": "jam"}')
    assert (ran.code, out in ran.out, err in ran.err) == (code, True, True), ran
    assert bool(ran.out) == bool(out)
    assert bool(ran.err) == bool(err)


def test_the_demo_shows_every_step_and_leaves_nothing_behind(own_home: Path) -> None:
    ran = run_process("demo")
    assert [path for path in own_home.rglob("*") if path.is_file()] == []
    assert (ran.code, ran.err) == (0, "")
    assert "22 APIs" in ran.out
    assert "search_products" in ran.out
    assert "account_whoami" in ran.out
    assert [f"▸ {n}/6 " in ran.out for n in range(1, 7)] == [True] * 6
    assert "1 registration, 1 sign-in" in ran.out
    assert "\x1b" not in ran.out
    assert ran.out.splitlines()[-2].endswith("closient-mcp install HOST")


@pytest.mark.usefixtures("documents_read")
def test_a_narrow_terminal_gets_escapes_and_no_traceback(sandbox: Sandbox) -> None:
    ran = run_process("status", site=sandbox.url, CLOSIENT_API_KEY=sandbox.api_key, PYTHONIOENCODING="ascii")
    assert (ran.code, ran.err) == (0, "")
    assert "22 of 22 documents" in ran.out
    assert "API key \\u2026" in ran.out


@pytest.mark.parametrize(
    ("command", "closed"),
    [("call ping", "<&- >&-"), ("call ping", "2>&-"), ("tools --all --json", "| head -c 1")],
)
def test_closed_streams_are_no_traceback(sandbox: Sandbox, command: str, closed: str) -> None:
    line = f"{sys.executable} -m closient_mcp.server {command} --site {sandbox.url} {closed}"
    done = subprocess.run(["sh", "-c", line], capture_output=True, text=True, timeout=SECONDS, check=False)
    assert "Traceback" not in done.stderr + done.stdout
    assert "Exception" not in done.stderr
