"""Signing in once, and silence from then on: commands against the sandbox."""

from __future__ import annotations

import time
from types import SimpleNamespace
from urllib.parse import parse_qs, urlsplit

import httpx2
import pytest

from closient_mcp.auth.session import token_endpoint

from ...fakes.command_line import error_of, run
from ...fakes.machine import Machine, result_of
from ...fakes.person import Person, http_client

REGISTER, TOKEN, AUTHORIZE = "/oauth/register/", "/oauth/token/", "/oauth/authorize/"


def test_a_sign_in_requests_only_the_scopes_of_the_listed_read_tools(machine: Machine) -> None:
    result_of(machine.whoami())
    read = ["account:read", "compliance:read", "products:read", "resolver:read", "search:read"]
    scopes = sorted([*read, "openid", "email", "offline_access"])
    assert sorted(machine.record()["tokens"]["scope"].split()) == scopes
    state = machine.run("status", "--json").json()["systems"]["closient"]["credential"]
    assert (state["signed_in"], state["source"], state["scopes"]) == (True, "registration", scopes)
    assert state["user"] == "alice@closient.example"


def test_a_search_without_a_sign_in_opens_no_browser(machine: Machine) -> None:
    for arguments in ({"query": "jam"}, {"query": "jam", "latitude": 48.43, "longitude": -123.37}):
        assert machine.call("search_products", **arguments).code == 0
    assert machine.call("lookup_product", gtin="09506000134352").code == 0
    assert machine.call("resolve_gtin", gtin="09506000134352").code == 0
    assert machine.tabs(0) == []
    assert machine.sandbox.count("POST", REGISTER) == 0


def test_step_4_of_the_quickstart_is_authenticated_after_a_sign_in(machine: Machine) -> None:
    result_of(machine.whoami())
    place = {"latitude": 48.4284, "longitude": -123.3656, "radius_km": 25}
    found = result_of(machine.call("search_products", query="organic peanut butter", **place))
    sent = [entry for entry in machine.sandbox.log() if entry["path"] == "/search/api/v1/search/session"]
    assert found["items"]
    assert "search:read" in sent[-1]["scopes"]


def test_a_server_that_forgot_its_clients_gets_one_new_client_and_sign_in(machine: Machine) -> None:
    result_of(machine.whoami())
    old = machine.record()["client"]["client_id"]
    machine.sandbox.control("forget-clients")
    assert result_of(machine.whoami())["email"] == "alice@closient.example"
    result_of(machine.whoami())
    assert machine.record()["client"]["client_id"] != old
    assert (machine.sandbox.count("POST", REGISTER), len(machine.tabs(2))) == (2, 2)


def test_a_forgotten_client_is_noticed_before_the_browser_opens(machine: Machine) -> None:
    result_of(machine.whoami())
    machine.run("logout")
    machine.sandbox.control("forget-clients")
    assert machine.run("login").code == 0
    assert [tab.split(" http")[0] for tab in machine.tabs(2)] == ["200 You are signed in"] * 2


def test_logout_revokes_the_sign_in_at_the_server(machine: Machine) -> None:
    assert machine.run("login").code == 0
    record = machine.record()
    message = machine.run("logout")
    assert message.code == 0
    assert "the sign-in is revoked" in message.err
    assert machine.record()["tokens"] is None
    assert machine.record()["client"]
    form = {
        "grant_type": "refresh_token",
        "refresh_token": record["tokens"]["refresh_token"],
        "client_id": record["client"]["client_id"],
    }
    with http_client(machine.sandbox) as client:
        assert client.post(TOKEN, data=form).json()["error"] == "invalid_grant"
        bearer = {"Authorization": f"Bearer {record['tokens']['access_token']}"}
        assert client.get("/account/api/v1/whoami", headers=bearer).status_code == 401
    assert "You were not signed in" in machine.run("logout").err


def test_logout_with_forget_drops_the_registration_too(machine: Machine) -> None:
    machine.run("login")
    client = machine.record()["client"]["client_id"]
    machine.run("logout", "--forget")
    assert machine.record()["client"] is None
    assert machine.sandbox.count("DELETE", f"{REGISTER}{client}/") == 1


def test_a_user_who_declines_is_not_asked_again(machine: Machine) -> None:
    machine.button = "deny"
    assert "You declined the request at" in error_of(machine.whoami())
    assert "You declined the request at" in error_of(machine.whoami())
    assert len(machine.tabs()) == 1
    assert machine.tabs()[0].startswith("200 You are not signed in")
    assert machine.sandbox.count("POST", TOKEN) == 0 or machine.record()["tokens"] is None


def test_a_login_that_only_needs_a_refresh_opens_no_tab(machine: Machine) -> None:
    assert machine.run("login").code == 0
    machine.expire()
    assert machine.run("login").code == 0
    assert len(machine.tabs()) == 1
    assert machine.sandbox.count("POST", TOKEN) == 2


def test_without_a_browser_a_pasted_url_completes_the_sign_in(machine: Machine) -> None:
    with machine.talking_to("login", "--no-browser") as login, http_client(machine.sandbox) as browser:
        lines = iter(login.stderr.readline, "")
        url = next(line.strip() for line in lines if "/oauth/authorize/" in line)
        query = {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}
        answer = Person(machine.sandbox, browser).decides(query)
        pasted = str(httpx2.URL(query["redirect_uri"], params=answer))
        login.stdin.write(f"http://127.0.0.1:1/callback?code=x&state=wrong\n  {pasted}  \n")
        assert any("not the URL of this sign-in" in line for line in lines)
        assert login.wait() == 0
    assert result_of(machine.whoami())["email"] == "alice@closient.example"


def test_credential_files_are_their_owners_alone(machine: Machine) -> None:
    result_of(machine.whoami())
    folder = machine.home / "credentials"
    assert folder.stat().st_mode & 0o777 == 0o700
    modes = {path.name: oct(path.stat().st_mode & 0o777) for path in folder.iterdir()}
    assert len(modes) == 3
    assert set(modes.values()) == {"0o600"}


def test_rule_1_no_secret_of_a_sign_in_is_in_any_output_at_debug_level(machine: Machine) -> None:
    ran = [machine.run("--log-level", "debug", "--expose", "all", "login")]
    first = machine.record()
    machine.sandbox.control("expire-tokens")
    ran += [machine.run("--log-level", "debug", "call", "account_whoami"), machine.run("status", "--json")]
    second = machine.record()
    ran.append(machine.run("--log-level", "debug", "logout"))
    (tab,) = machine.tabs()
    assert urlsplit(tab.split()[-1]).query == ""
    secrets = {
        **{f"first {name}": first["tokens"][name] for name in ("access_token", "refresh_token")},
        **{f"second {name}": second["tokens"][name] for name in ("access_token", "refresh_token")},
        "the registration token": first["client"]["registration_token"],
    }
    assert first["tokens"]["access_token"] != second["tokens"]["access_token"]
    for output in (text for one in ran for text in (one.out, one.err)):
        assert [name for name, secret in secrets.items() if secret in output] == []


def test_a_missing_scope_is_asked_for_with_what_was_there_and_the_call_goes_on(machine: Machine) -> None:
    result_of(machine.whoami())
    ran = machine.call("products_create_product", body={"gtin": "05901234123457", "product_name": "Jam"})
    assert ran.code == 0, ran.out
    scopes = machine.record()["tokens"]["scope"].split()
    assert "products:write" in scopes
    assert "account:read" in scopes
    assert len(machine.tabs(2)) == 2


def test_step_5_a_role_that_is_too_low_is_reported(machine: Machine) -> None:
    machine.username = "bob"
    message = error_of(machine.call("products_create_product", body={"gtin": "05901234123457", "product_name": "Jam"}))
    assert "HTTP 403" in message
    assert "role" in message.lower()
    assert "VIEWER" in message


def test_step_5_another_organization_is_reported(machine: Machine) -> None:
    organization = result_of(machine.whoami())["organizations"][0]["id"]
    machine.run("logout", "--forget")
    machine.username = "carol"
    message = error_of(machine.call("account_get_organization", organization_id=organization))
    assert "HTTP 403" in message
    assert "organization" in message


def test_step_5_a_wrong_client_secret_is_reported(machine: Machine) -> None:
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
    assert wrong.code == 1
    assert "rejected the client_id or client_secret" in wrong.err
    assert "environment" in wrong.err
    assert "not-the-right-secret" not in wrong.err
    right = machine.run("login", **{**own, "CLOSIENT_CLIENT_SECRET": registered["client_secret"]})
    assert right.code == 0
    assert machine.sandbox.count("POST", REGISTER) == 1


def test_step_5_too_many_registrations_are_reported_with_the_time_to_wait(machine: Machine) -> None:
    machine.sandbox.fault(REGISTER, "429", times=1)
    message = machine.run("login")
    assert message.code == 1
    assert machine.sandbox.count("POST", REGISTER) == 1
    assert "accepts no more registrations until 2" in message.err
    assert " UTC. Wait until then and" in message.err


def test_a_site_without_a_sign_in_is_reported_with_the_alternatives(machine: Machine) -> None:
    machine.sandbox.fault("/.well-known/o", "html", times=4)
    message = machine.run("login")
    assert message.code == 1
    assert "has no OAuth metadata" in message.err
    assert "API key" in message.err


def test_a_failing_token_endpoint_never_loses_the_sign_in(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    pauses: list[float] = []
    monkeypatch.setattr(token_endpoint, "time", SimpleNamespace(monotonic=time.monotonic, sleep=pauses.append))
    result_of(machine.whoami())
    machine.sandbox.control("expire-tokens")
    for kind in ("429", "500", "503", "html", "malformed", "drop"):
        # As many as it may take, however often it is tried in the time that there is.
        machine.sandbox.fault(TOKEN, kind, times=100)
        message = error_of(machine.whoami())
        machine.sandbox.fault(TOKEN, kind, times=0)
        assert "is not renewing sign-ins right now" in message, kind
        assert "You are still signed in" in message, kind
    assert result_of(machine.whoami())["email"] == "alice@closient.example"
    assert len(machine.tabs()) == 1
    assert len(pauses) == 2 * 6


def test_a_damaged_credential_file_is_set_aside_and_named(machine: Machine) -> None:
    result_of(machine.whoami())
    machine.file().write_text('{"v": 1, "tokens": {"access')
    again = machine.whoami()
    assert result_of(again)["email"] == "alice@closient.example"
    assert "set aside as" in again.err
    assert len(list((machine.home / "credentials").glob("*.corrupt-*"))) == 1


def test_two_sites_never_share_a_sign_in(machine: Machine) -> None:
    result_of(machine.whoami())
    other = machine.sandbox.url.replace("127.0.0.1", "localhost")
    state = run("status", "--json", site=other, **machine.environment).json()
    assert state["systems"]["closient"]["credential"]["signed_in"] is False


def test_a_refresh_token_from_a_backup_leads_to_one_new_sign_in(machine: Machine) -> None:
    result_of(machine.whoami())
    backup = machine.record()
    machine.sandbox.control("expire-tokens")
    result_of(machine.whoami())
    machine.write(backup)
    machine.sandbox.control("expire-tokens")
    assert result_of(machine.whoami())["email"] == "alice@closient.example"
    result_of(machine.whoami())
    assert len(machine.tabs(2)) == 2
    assert machine.sandbox.count("POST", "/oauth/register/") == 1
