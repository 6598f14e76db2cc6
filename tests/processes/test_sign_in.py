"""Signing in once, and silence from then on: whole processes against the sandbox."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Generator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from urllib.parse import parse_qs, urlsplit

import anyio.to_thread
import httpx2
import mcp
from mcp import StdioServerParameters

from ..fakes.approving_browser import main as browser
from ..fakes.command_line import error_of, run_process
from ..fakes.limits import SECONDS
from ..fakes.machine import Machine, result_of
from ..fakes.person import Person, http_client

REGISTER, TOKEN, AUTHORIZE = "/oauth/register/", "/oauth/token/", "/oauth/authorize/"


def test_the_first_call_that_needs_it_signs_in_and_later_processes_are_silent(machine: Machine) -> None:
    assert result_of(machine.whoami_process())["email"] == "alice@closient.example"
    assert result_of(machine.whoami())["email"] == "alice@closient.example"
    counted = [machine.sandbox.count("POST", path) for path in (REGISTER, AUTHORIZE, TOKEN)]
    assert counted == [1, 1, 1]
    assert len(machine.tabs()) == 1
    assert machine.tabs()[0].startswith("200 You are signed in")


def test_three_processes_with_an_expired_token_make_one_refresh(machine: Machine) -> None:
    result_of(machine.whoami())
    before = machine.record()["tokens"]["refresh_token"]
    machine.sandbox.control("expire-tokens")
    with ThreadPoolExecutor(3) as pool:
        answers = [future.result() for future in [pool.submit(machine.whoami_process) for _ in range(3)]]
    assert [result_of(answer)["email"] for answer in answers] == ["alice@closient.example"] * 3
    assert machine.sandbox.count("POST", TOKEN) == 2  # the exchange, and one refresh for all three
    assert machine.record()["tokens"]["refresh_token"] != before
    assert len(machine.tabs()) == 1


async def test_without_a_browser_a_running_server_shows_the_url(machine: Machine) -> None:
    entry = StdioServerParameters(
        command=sys.executable,
        args=["-m", "closient_mcp.server", "serve", "--site", machine.sandbox.url],
        env={"CLOSIENT_MCP_HOME": str(machine.home)},
    )
    async with mcp.Client(entry) as client:
        message = str((await client.call_tool("account_whoami", {})).content)
        url = message.split("Open ")[1].split(" on this machine")[0]
        await anyio.to_thread.run_sync(browser, url)
        again = await client.call_tool("account_whoami", {})
    assert "state=" not in message
    assert not again.is_error
    assert "alice" in str(again.content)


def test_a_sign_in_whose_process_died_is_finished_by_the_next_on_the_same_port(machine: Machine) -> None:
    environment = {**machine.process_environment, "BROWSER": "true"}
    command = [sys.executable, "-m", "closient_mcp.server"]
    with subprocess.Popen(
        [*command, "login", "--expose", "all"], env=environment, stderr=subprocess.PIPE, text=True
    ) as owner:
        assert owner.stderr
        url = owner.stderr.readline().split("open ")[1].split(" on this machine")[0]
        owner.kill()
    call, pipe = [*command, "call", "account_whoami"], subprocess.PIPE
    with subprocess.Popen(call, env=environment, stdout=pipe, stderr=pipe, text=True) as heir:
        assert heir.stderr
        assert url in heir.stderr.readline()
        browser(url)
        assert heir.wait(SECONDS) == 0
    assert result_of(machine.whoami())["email"] == "alice@closient.example"
    assert [machine.sandbox.count("POST", path) for path in (REGISTER, AUTHORIZE)] == [1, 1]


def test_processes_that_start_together_share_one_registration_and_one_tab(machine: Machine) -> None:
    with ThreadPoolExecutor(3) as pool:
        answers = [future.result() for future in [pool.submit(machine.whoami_process) for _ in range(3)]]
    assert [result_of(answer)["email"] for answer in answers] == ["alice@closient.example"] * 3
    assert [machine.sandbox.count("POST", path) for path in (REGISTER, AUTHORIZE, TOKEN)] == [1, 1, 1]
    assert len(machine.tabs()) == 1


@contextmanager
def login_on_a_terminal(machine: Machine) -> Generator[tuple[subprocess.Popen[str], dict[str, str], str]]:
    """`login --no-browser` with a user who types: its process, the authorization request, and what was shown."""
    environment = {**machine.process_environment, "NO_COLOR": "1"}
    command = f"trap : INT; {sys.executable} -m closient_mcp.server login --no-browser; echo exit code $?; stty -a"
    terminal = [sys.executable, "-c", "import pty, sys; pty.spawn(['sh', '-c', sys.argv[1]])", command]
    pipe = subprocess.PIPE
    with subprocess.Popen(terminal, env=environment, stdin=pipe, stdout=pipe, text=True, bufsize=1) as process:
        assert process.stdout
        shown = ""
        while "paste it here" not in " ".join(shown.split()):
            shown += process.stdout.readline()
        url = next(line.strip() for line in shown.splitlines() if "/oauth/authorize/" in line)
        shown += process.stdout.read(1)  # of the prompt: from here on the terminal shows nothing that is typed
        yield process, {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}, shown
        assert process.wait(SECONDS) == 0


def rest_of(process: subprocess.Popen[str], *, code: int) -> str:
    """What a login shows until it has ended with an exit code, and the terminal shows again what is typed."""
    assert process.stdout
    shown, _, settings = process.stdout.read().partition(f"exit code {code}")
    assert "echo" in settings.split()
    assert "-echo" not in settings.split()
    return shown


def type_in(process: subprocess.Popen[str], text: str) -> None:
    assert process.stdin
    process.stdin.write(text)
    process.stdin.flush()


def test_rule_1_what_is_pasted_on_a_terminal_is_not_shown_there(machine: Machine) -> None:
    with login_on_a_terminal(machine) as (process, query, before), http_client(machine.sandbox) as client:
        answer = Person(machine.sandbox, client).decides(query)
        type_in(process, f"{httpx2.URL(query['redirect_uri'], params=answer)}\n")
        shown = before + rest_of(process, code=0)
    assert "Signed in to" in shown
    assert answer["code"] not in shown


def test_a_terminal_shows_again_what_is_typed_when_a_login_is_cancelled(machine: Machine) -> None:
    with login_on_a_terminal(machine) as (process, _, _):
        assert machine.run("logout").code == 0
        assert "cancelled" in rest_of(process, code=1)


def test_a_terminal_shows_again_what_is_typed_when_a_login_is_interrupted(machine: Machine) -> None:
    with login_on_a_terminal(machine) as (process, _, _):
        type_in(process, "\x03")
        assert "Traceback" not in rest_of(process, code=130)


def test_an_unfinished_login_ends_at_the_first_signal(machine: Machine) -> None:
    environment = {**machine.process_environment, "BROWSER": "true"}
    command = [sys.executable, "-m", "closient_mcp.server", "login"]
    with subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr
        assert "Your browser was opened" in process.stderr.readline()
        process.terminate()
        assert process.wait(SECONDS) == 128 + signal.SIGTERM
        assert process.stderr.read() == ""


def test_without_a_browser_a_call_names_the_command_that_signs_in(machine: Machine) -> None:
    ran = run_process("call", "account_whoami", site=machine.sandbox.url, CLOSIENT_MCP_HOME=str(machine.home))
    message = error_of(ran)
    assert "requires you to sign in" in message
    assert "No browser can be opened from here. Run `closient-mcp login closient --no-browser" in message
    assert "state=" not in ran.out + ran.err
