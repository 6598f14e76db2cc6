"""Signing in once, and silence from then on: whole processes against the sandbox."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Generator, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from urllib.parse import parse_qs, urlsplit

import anyio.to_thread
import httpx2
import mcp
import pytest
from mcp import StdioServerParameters

from ..fakes.command_line import error_of, run
from ..fakes.limits import SECONDS
from ..fakes.machine import Machine, well
from ..fakes.paths import APPROVING_BROWSER
from ..fakes.person import Person, http_client

REGISTER, TOKEN, AUTHORIZE = "/oauth/register/", "/oauth/token/", "/oauth/authorize/"


def test_the_first_call_that_needs_it_signs_in_and_later_processes_are_silent(machine: Machine) -> None:
    assert well(machine.whoami())["email"] == "alice@closient.example"
    for _ in range(2):
        assert well(machine.whoami())["email"] == "alice@closient.example"
    counted = [machine.sandbox.count("POST", path) for path in (REGISTER, AUTHORIZE, TOKEN)]
    assert counted == [1, 1, 1] and len(machine.tabs()) == 1
    assert machine.tabs()[0].startswith("200 You are signed in")


def test_a_sign_in_asks_for_the_scopes_that_the_listed_tools_read_with_and_no_more(machine: Machine) -> None:
    well(machine.whoami())
    scopes = ["account:read", "offline_access", "products:read", "resolver:read", "search:read"]
    assert sorted(machine.record()["tokens"]["scope"].split()) == scopes
    state = machine.run("status", "--json").json()["systems"]["closient"]["credential"]
    assert (state["signed_in"], state["source"], state["scopes"]) == (True, "registration", scopes)


def test_a_search_with_nobody_signed_in_opens_no_browser(machine: Machine) -> None:
    for arguments in ({"query": "jam"}, {"query": "jam", "latitude": 48.43, "longitude": -123.37}):
        assert machine.call("search_products", **arguments).code == 0
    assert machine.call("lookup_product", gtin="09506000134352").code == 0
    assert machine.call("resolve_gtin", gtin="09506000134352").code == 0
    assert not (machine.home / "tabs").exists() and machine.sandbox.count("POST", REGISTER) == 0


def test_step_4_of_the_quickstart_is_authenticated_once_somebody_is_signed_in(machine: Machine) -> None:
    well(machine.whoami())
    place = {"latitude": 48.4284, "longitude": -123.3656, "radius_km": 25}
    found = well(machine.call("search_products", query="organic peanut butter", **place))
    sent = [entry for entry in machine.sandbox.log() if entry["path"] == "/search/api/v1/search/session"]
    assert found["items"] and "search:read" in sent[-1]["scopes"]


@pytest.mark.parametrize("cause", ["the clock", "the server"])
def test_four_processes_that_find_the_token_expired_make_one_refresh(machine: Machine, cause: str) -> None:
    well(machine.whoami())
    before = machine.record()["tokens"]["refresh_token"]
    if cause == "the clock":
        machine.expire()
    else:
        machine.sandbox.control("expire-tokens")
    with ThreadPoolExecutor(4) as pool:
        answers = [future.result() for future in [pool.submit(machine.whoami) for _ in range(4)]]
    assert [well(answer)["email"] for answer in answers] == ["alice@closient.example"] * 4
    assert machine.sandbox.count("POST", TOKEN) == 2  # the exchange, and one refresh for all four
    assert machine.record()["tokens"]["refresh_token"] != before and len(machine.tabs()) == 1


def test_after_the_server_forgot_its_clients_there_is_one_new_sign_in_with_a_new_client(machine: Machine) -> None:
    well(machine.whoami())
    old = machine.record()["client"]["client_id"]
    machine.sandbox.control("forget-clients")
    assert well(machine.whoami())["email"] == "alice@closient.example"
    well(machine.whoami())
    assert machine.record()["client"]["client_id"] != old
    assert (machine.sandbox.count("POST", REGISTER), len(machine.tabs(2))) == (2, 2)


def test_a_forgotten_client_is_noticed_before_a_person_is_sent_to_its_dead_page(machine: Machine) -> None:
    well(machine.whoami())
    machine.run("logout")
    machine.sandbox.control("forget-clients")
    assert machine.run("login").code == 0
    assert [tab.split(" http")[0] for tab in machine.tabs(2)] == ["200 You are signed in"] * 2


def test_logout_revokes_the_sign_in_at_the_server(machine: Machine) -> None:
    assert machine.run("login").code == 0
    record = machine.record()
    said = machine.run("logout")
    assert said.code == 0 and "the sign-in is revoked" in said.err
    assert machine.record()["tokens"] is None and machine.record()["client"]
    form = {
        "grant_type": "refresh_token",
        "refresh_token": record["tokens"]["refresh_token"],
        "client_id": record["client"]["client_id"],
    }
    with http_client(machine.sandbox) as client:
        assert client.post(TOKEN, data=form).json()["error"] == "invalid_grant"
        bearer = {"Authorization": f"Bearer {record['tokens']['access_token']}"}
        assert client.get("/account/api/v1/whoami", headers=bearer).status_code == 401
    assert "Nobody was signed in" in machine.run("logout").err


def test_logout_with_forget_drops_the_registration_too(machine: Machine) -> None:
    machine.run("login")
    client = machine.record()["client"]["client_id"]
    machine.run("logout", "--forget")
    assert machine.record()["client"] is None and machine.sandbox.count("DELETE", f"{REGISTER}{client}/") == 1


def test_a_person_who_declines_is_taken_at_their_word(machine: Machine) -> None:
    machine.button = "deny"
    assert "You declined the request at" in error_of(machine.whoami())
    assert "You declined the request at" in error_of(machine.whoami())
    assert len(machine.tabs()) == 1 and machine.tabs()[0].startswith("200 You are not signed in")
    assert machine.sandbox.count("POST", TOKEN) == 0 or machine.record()["tokens"] is None


def test_without_a_browser_a_single_call_names_what_can_still_be_done_when_it_has_ended(machine: Machine) -> None:
    ran = run("call", "account_whoami", site=machine.sandbox.address, CLOSIENT_MCP_HOME=str(machine.home))
    said = error_of(ran)
    assert "wants you to sign in" in said and "No browser can be opened from here. Run `closient-mcp login" in said
    assert "state=" not in ran.out + ran.err


async def test_without_a_browser_a_server_that_lives_on_says_where_to_go(machine: Machine) -> None:
    entry = StdioServerParameters(
        command=sys.executable,
        args=["-m", "closient_mcp.server", "serve", "--site", machine.sandbox.address],
        env={"CLOSIENT_MCP_HOME": str(machine.home)},
    )
    async with mcp.Client(entry) as client:
        said = str((await client.call_tool("account_whoami", {})).content)
        address = said.split("Open ")[1].split(" on this machine")[0]
        command = [sys.executable, str(APPROVING_BROWSER), address]
        await anyio.to_thread.run_sync(partial(subprocess.run, command, check=True, timeout=SECONDS))
        again = await client.call_tool("account_whoami", {})
    assert "state=" not in said and not again.is_error and "alice" in str(again.content)


def test_the_person_always_sees_the_page_before_the_process_ends(machine: Machine) -> None:
    for _ in range(3):
        assert machine.run("login").code == 0
        machine.run("logout")
    assert [tab.split(" http")[0] for tab in machine.tabs(3)] == ["200 You are signed in"] * 3


def test_a_login_that_only_needs_a_refresh_opens_no_tab(machine: Machine) -> None:
    assert machine.run("login").code == 0
    machine.expire()
    assert machine.run("login").code == 0
    assert len(machine.tabs()) == 1 and machine.sandbox.count("POST", TOKEN) == 2


def test_a_sign_in_whose_process_died_is_finished_by_the_next_on_the_same_port(machine: Machine) -> None:
    environment = {**os.environ, **machine.environment, "BROWSER": "true", "CLOSIENT_SITE": machine.sandbox.address}
    command = [sys.executable, "-m", "closient_mcp.server", "login"]
    with subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, text=True) as owner:
        assert owner.stderr
        address = owner.stderr.readline().split("open ")[1].split(" on this machine")[0]
        owner.kill()
    with subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, text=True) as heir:
        assert heir.stderr and address in heir.stderr.readline()
        subprocess.run([sys.executable, str(APPROVING_BROWSER), address], env=environment, check=True, timeout=SECONDS)
        assert heir.wait(SECONDS) == 0
    assert well(machine.whoami())["email"] == "alice@closient.example"
    assert [machine.sandbox.count("POST", path) for path in (REGISTER, AUTHORIZE)] == [1, 1]


def test_processes_that_start_together_share_one_registration_and_one_tab(machine: Machine) -> None:
    with ThreadPoolExecutor(4) as pool:
        answers = [future.result() for future in [pool.submit(machine.whoami) for _ in range(4)]]
    assert [well(answer)["email"] for answer in answers] == ["alice@closient.example"] * 4
    assert [machine.sandbox.count("POST", path) for path in (REGISTER, AUTHORIZE, TOKEN)] == [1, 1, 1]
    assert len(machine.tabs()) == 1


def test_without_a_browser_a_pasted_address_ends_the_sign_in(machine: Machine) -> None:
    environment = {**os.environ, **machine.environment, "CLOSIENT_SITE": machine.sandbox.address}
    command = [sys.executable, "-m", "closient_mcp.server", "login", "--no-browser"]
    pipe = subprocess.PIPE
    with (
        subprocess.Popen(command, env=environment, stdin=pipe, stderr=pipe, text=True) as process,
        http_client(machine.sandbox) as browser,
    ):
        assert process.stdin and process.stderr
        lines: Iterator[str] = iter(process.stderr.readline, "")
        address = next(line.strip() for line in lines if "/oauth/authorize/" in line)
        query = {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}
        answer = Person(machine.sandbox, browser).decides(query)
        pasted = str(httpx2.URL(query["redirect_uri"], params=answer))
        process.stdin.write(f"http://127.0.0.1:1/callback?code=x&state=wrong\n  {pasted}  \n")
        process.stdin.flush()
        assert any("not the address of this sign-in" in line for line in lines)
        assert process.wait(SECONDS) == 0
    assert well(machine.whoami())["email"] == "alice@closient.example"


@contextmanager
def login_on_a_terminal(machine: Machine) -> Generator[tuple[subprocess.Popen[str], dict[str, str], str]]:
    """`login --no-browser` where somebody types: its process, the authorization request, and what was shown."""
    environment = {**os.environ, **machine.environment, "CLOSIENT_SITE": machine.sandbox.address, "NO_COLOR": "1"}
    command = f"trap : INT; {sys.executable} -m closient_mcp.server login --no-browser; stty -a"
    terminal = [sys.executable, "-c", "import pty, sys; pty.spawn(['sh', '-c', sys.argv[1]])", command]
    pipe = subprocess.PIPE
    with subprocess.Popen(terminal, env=environment, stdin=pipe, stdout=pipe, text=True, bufsize=1) as process:
        assert process.stdout
        shown = ""
        while "paste it here" not in shown:
            shown += process.stdout.readline()
        address = next(line.strip() for line in shown.splitlines() if "/oauth/authorize/" in line)
        yield process, {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}, shown
        assert process.wait(SECONDS) == 0


def test_rule_1_what_is_pasted_on_a_terminal_is_not_shown_there(machine: Machine) -> None:
    with login_on_a_terminal(machine) as (process, query, before), http_client(machine.sandbox) as browser:
        assert process.stdin and process.stdout
        answer = Person(machine.sandbox, browser).decides(query)
        process.stdin.write(f"{httpx2.URL(query['redirect_uri'], params=answer)}\n")
        process.stdin.flush()
        shown = before + process.stdout.read()
    assert "Signed in to" in shown and answer["code"] not in shown


@pytest.mark.parametrize("ending", ["the browser comes back by itself", "it is interrupted"])
def test_a_terminal_shows_again_what_is_typed_when_a_login_has_ended(machine: Machine, ending: str) -> None:
    with login_on_a_terminal(machine) as (process, query, _), http_client(machine.sandbox) as browser:
        assert process.stdin and process.stdout
        assert process.stdout.read(1) == "A"  # the prompt: from here on nothing is shown
        if ending == "it is interrupted":
            process.stdin.write("\x03")
            process.stdin.flush()
        else:
            answer = Person(machine.sandbox, browser).decides(query)
            httpx2.get(query["redirect_uri"], params=answer, trust_env=False, verify=False)
        settings = process.stdout.read().split()
    assert "echo" in settings and "-echo" not in settings


def test_credential_files_are_their_owners_alone(machine: Machine) -> None:
    well(machine.whoami())
    folder = machine.home / "credentials"
    assert folder.stat().st_mode & 0o777 == 0o700
    modes = {path.name: oct(path.stat().st_mode & 0o777) for path in folder.iterdir()}
    assert len(modes) == 3 and set(modes.values()) == {"0o600"}


def test_rule_1_no_secret_of_a_sign_in_is_in_any_output_at_debug_level(machine: Machine) -> None:
    ran = [machine.run("--log-level", "debug", "login")]
    first = machine.record()
    machine.sandbox.control("expire-tokens")
    ran += [machine.run("--log-level", "debug", "call", "account_whoami"), machine.run("status", "--json")]
    second = machine.record()
    ran.append(machine.run("--log-level", "debug", "logout"))
    (tab,) = machine.tabs()
    callback = parse_qs(urlsplit(tab.split()[-1]).query)
    secrets = {
        "the code": callback["code"][0],
        "the state": callback["state"][0],
        **{f"first {name}": first["tokens"][name] for name in ("access_token", "refresh_token")},
        **{f"second {name}": second["tokens"][name] for name in ("access_token", "refresh_token")},
        "the registration token": first["client"]["registration_token"],
    }
    assert first["tokens"]["access_token"] != second["tokens"]["access_token"]
    for output in (text for one in ran for text in (one.out, one.err)):
        assert [name for name, secret in secrets.items() if secret in output] == []


def test_a_missing_scope_is_asked_for_with_what_was_there_and_the_call_goes_on(machine: Machine) -> None:
    well(machine.whoami())
    ran = machine.call("products_create_product", body={"gtin": "05901234123457", "product_name": "Jam"})
    assert ran.code == 0, ran.out
    scopes = machine.record()["tokens"]["scope"].split()
    assert "products:write" in scopes and "account:read" in scopes and len(machine.tabs(2)) == 2


def test_step_5_a_role_that_is_too_low_is_told_as_such(machine: Machine) -> None:
    machine.username = "bob"
    said = error_of(machine.call("products_create_product", body={"gtin": "05901234123457", "product_name": "Jam"}))
    assert "HTTP 403" in said and "role" in said.lower() and "VIEWER" in said


def test_step_5_somebody_elses_organization_is_told_as_such(machine: Machine) -> None:
    organization = well(machine.whoami())["organizations"][0]["id"]
    machine.run("logout", "--forget")
    machine.username = "carol"
    said = error_of(machine.call("account_get_organization", organization_id=organization))
    assert "HTTP 403" in said and "organization" in said


def test_step_5_a_wrong_client_secret_is_told_as_such(machine: Machine) -> None:
    metadata = {
        "client_name": "Own",
        "redirect_uris": ["http://127.0.0.1:8765/callback"],
        "grant_types": ["authorization_code", "refresh_token"],
        "token_endpoint_auth_method": "client_secret_basic",
    }
    with http_client(machine.sandbox) as client:
        registered = client.post(REGISTER, json=metadata).json()
    own = {"CLOSIENT_CLIENT_ID": registered["client_id"], "CLOSIENT_CLIENT_SECRET": "not-the-right-secret"}
    wrong = machine.run("login", **own)
    assert wrong.code == 1 and "rejected the client_id or client_secret" in wrong.err
    assert "environment" in wrong.err and "not-the-right-secret" not in wrong.err
    right = machine.run("login", **{**own, "CLOSIENT_CLIENT_SECRET": registered["client_secret"]})
    assert right.code == 0 and machine.sandbox.count("POST", REGISTER) == 1


def test_step_5_too_many_registrations_are_told_with_the_time_to_wait(machine: Machine) -> None:
    machine.sandbox.fault(REGISTER, "429", times=1)
    said = machine.run("login")
    assert said.code == 1 and machine.sandbox.count("POST", REGISTER) == 1
    assert "accepts no more registrations until 2" in said.err and " UTC. There is nothing to do but to" in said.err


def test_a_site_without_sign_in_says_what_else_there_is(machine: Machine) -> None:
    machine.sandbox.fault("/.well-known/o", "html", times=4)
    said = machine.run("login")
    assert said.code == 1 and "publishes no OAuth metadata" in said.err and "API key" in said.err


def test_a_failing_token_endpoint_never_costs_the_sign_in(machine: Machine) -> None:
    well(machine.whoami())
    machine.sandbox.control("expire-tokens")
    for kind in ("429", "500", "503", "html", "malformed", "drop"):
        # As many as it may take, however often it is tried in the time that there is.
        machine.sandbox.fault(TOKEN, kind, times=100)
        said = error_of(machine.whoami())
        machine.sandbox.fault(TOKEN, kind, times=0)
        assert "is not renewing sign-ins right now" in said and "You are still signed in" in said, kind
    assert well(machine.whoami())["email"] == "alice@closient.example" and len(machine.tabs()) == 1


def test_a_damaged_credential_file_is_set_aside_and_named(machine: Machine) -> None:
    well(machine.whoami())
    machine.file().write_text('{"v": 1, "tokens": {"access')
    again = machine.whoami()
    assert well(again)["email"] == "alice@closient.example" and "set aside as" in again.err
    assert len(list((machine.home / "credentials").glob("*.corrupt-*"))) == 1


def test_two_sites_never_share_a_sign_in(machine: Machine) -> None:
    well(machine.whoami())
    other = machine.sandbox.address.replace("127.0.0.1", "localhost")
    state = run("status", "--json", site=other, **machine.environment).json()
    assert state["systems"]["closient"]["credential"]["signed_in"] is False


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_login_that_nobody_finishes_ends_at_the_first_signal(machine: Machine, number: signal.Signals) -> None:
    environment = {**os.environ, **machine.environment, "BROWSER": "true", "CLOSIENT_SITE": machine.sandbox.address}
    command = [sys.executable, "-m", "closient_mcp.server", "login"]
    with subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr and "Your browser was opened" in process.stderr.readline()
        process.send_signal(number)
        assert process.wait(SECONDS) == 128 + number
        assert process.stderr.read() == ""


def test_advice_to_sign_in_without_a_browser_leads_somewhere(machine: Machine) -> None:
    quiet = {"CLOSIENT_MCP_HOME": str(machine.home)}
    assert "login --no-browser" in error_of(run("call", "account_whoami", site=machine.sandbox.address, **quiet))
    command = [sys.executable, "-m", "closient_mcp.server", "login", "--no-browser"]
    environment = {**os.environ, **quiet, "CLOSIENT_SITE": machine.sandbox.address}
    pipe = subprocess.PIPE
    with subprocess.Popen(command, env=environment, stdin=pipe, stderr=pipe, text=True) as process:
        assert process.stderr
        lines: Iterator[str] = iter(process.stderr.readline, "")
        assert any("/oauth/authorize/" in line for line in lines)
        assert any("paste it here" in line for line in lines)
        process.terminate()
