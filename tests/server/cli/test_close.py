"""Close from end to end, by command: added, signed in to, read, written, refreshed, revoked."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest

from ...fakes.close_service import CloseStandIn, Form, running_close
from ...fakes.command_line import CommandUser, free_port, talking_to
from ...fakes.paths import BROWSER_COMMAND


@pytest.fixture
def close() -> Iterator[CloseStandIn]:
    with running_close() as running:
        running.redirect_uri = f"http://127.0.0.1:{free_port()}/callback"
        yield running


class User(CommandUser):
    """A user with the fake service in their settings."""

    def __init__(self, close: CloseStandIn, home: Path) -> None:
        self.close = close
        self.home = home
        self.environment = {
            "CLOSIENT_MCP_HOME": str(home),
            "CLOSE_API_KEY": close.key,
            "CLOSE_CLIENT_SECRET": close.client_secret,
            "BROWSER": BROWSER_COMMAND,
        }

    def write(self, credential: str) -> None:
        settings = f'[systems.close]\nsite = "{self.close.url}"\ncredential = {credential}\n'
        (self.home / "closient-mcp.toml").write_text(settings, encoding="utf-8")

    def write_own_client(self) -> None:
        self.write(
            f'{{ client_id = "{self.close.client_id}", client_secret = {{ env = "CLOSE_CLIENT_SECRET" }}, '
            f'authorization_endpoint = "{self.close.sign_in}/oauth2/authorize/", '
            f'redirect_uri = "{self.close.redirect_uri}" }}'
        )

    def status(self) -> Any:
        return self.run("status", "--json").json()["systems"]["close"]


@pytest.fixture
def user(close: CloseStandIn, tmp_path: Path) -> User:
    return User(close, tmp_path)


def test_close_with_an_oauth_app_is_added_called_refreshed_and_revoked(user: User) -> None:
    close = user.close
    added = user.run("add", "close", close.url, "--client-id", close.client_id, "--redirect-uri", close.redirect_uri)
    assert added.code == 0, added.err
    assert "close: 15 operations" in added.err, added.err
    assert "CLOSE_CLIENT_SECRET" in added.err
    assert close.client_secret not in added.err
    assert close.calls == []
    user.write_own_client()

    login = user.run("login", "close")
    assert login.code == 0, login.err
    (authorize,) = [got for got in close.received if got.path == "/oauth2/authorize/"]
    assert "scope=" not in authorize.query
    assert "code_challenge=" in authorize.query
    assert authorize.headers["host"].startswith("localhost:")

    lead = user.call("close_create_leads", body={"name": "Wayne Ltd"})
    assert user.call("close_get_leads", id=lead["id"])["display_name"] == "Wayne Ltd"
    assert user.call("close_update_leads", id=lead["id"], body={"description": "x"})["description"] == "x"
    assert user.call("close_search_data", body={"query": {"type": "and", "queries": []}})["data"]
    gone = user.run("call", "close_delete_leads", json.dumps({"id": lead["id"]}))
    assert gone.code == 0
    assert "Done: HTTP 204" in gone.out
    assert all(got.path.endswith("/") for got in close.calls)

    close.tokens.clear()
    user.call("close_users_get_me")
    forms = [got.body.decode() for got in close.received if got.path == "/oauth2/token/"]
    assert ["grant_type=refresh_token" in form for form in forms] == [False, True]
    assert all(f"client_secret={close.client_secret}" in form for form in forms)

    state = user.status()["credential"]
    assert state["signed_in"]
    assert state["renewable"]
    assert "warning" not in state
    logout = user.run("logout", "close")
    assert logout.code == 0
    assert "revoked" in logout.err
    assert close.refresh_tokens == close.tokens == set()
    assert not user.status()["credential"]["signed_in"]
    everything = added.out + added.err + login.out + login.err + logout.out + logout.err
    assert close.client_secret not in everything


def test_the_api_key_is_the_user_of_basic_and_in_no_output(user: User) -> None:
    added = user.run("add", "close", user.close.url)
    assert added.code == 0
    assert "credential: api_key" in added.err
    assert user.call("close_users_get_me")["id"] == "user_1"
    assert user.close.key not in user.run("status").out + user.run("config", "show").out
    user.environment["CLOSE_API_KEY"] = "api_wrong.key"
    assert "rejected the API key" in user.fails("close_users_get_me")
    del user.environment["CLOSE_API_KEY"]
    assert "CLOSE_API_KEY is not set" in user.fails("close_users_get_me")


def test_a_sign_in_without_a_refresh_token_is_reported(user: User) -> None:
    user.close.offline = False
    user.write_own_client()
    assert user.run("login", "close").code == 0
    state = user.status()["credential"]
    assert state["signed_in"]
    assert not state["renewable"]
    assert "refresh token" in state["warning"]
    assert "refresh token" in user.run("status").out


def test_a_user_who_declines_is_not_asked_again(user: User) -> None:
    user.close.declines = True
    user.write_own_client()
    login = user.run("login", "close")
    assert login.code == 1
    assert "You declined" in login.err


def test_a_redirect_to_a_page_of_the_users_own_is_pasted_into_the_terminal(user: User) -> None:
    user.close.redirect_uri = "https://example.com/callback/close"
    user.write_own_client()
    assert user.run("status").code == 0
    assert "`closient-mcp login close` in a terminal, and paste" in user.fails("close_list_leads")
    with talking_to("login", site="", **{**user.environment, "BROWSER": "true"}) as login:
        lines = iter(login.stderr.readline, "")
        url = next(line.strip() for line in lines if "/oauth2/authorize/" in line)
        back = httpx2.get(url, trust_env=False).headers["location"]
        assert back.startswith("https://example.com/callback/close?code=")
        login.stdin.write(f"{back}\n")
        assert login.wait() == 0
    assert user.status()["credential"]["signed_in"]


def test_a_registered_port_that_is_taken_is_named_and_no_other_is_used(user: User) -> None:
    user.write_own_client()
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", int(user.close.redirect_uri.split(":")[2].split("/")[0])))
        taken.listen()
        login = user.run("login", "close")
    assert login.code == 1
    assert user.close.redirect_uri.split(":")[2].split("/")[0] in login.err
    assert [got for got in user.close.received if got.path == "/oauth2/authorize/"] == []


@pytest.mark.parametrize("form", ["clean", "fern"])
def test_every_error_of_the_service_has_a_next_step(tmp_path: Path, form: Form) -> None:
    with running_close(form) as close:
        user = User(close, tmp_path)
        user.write('{ grant = "api_key", key = { env = "CLOSE_API_KEY" } }')
        names = {tool["name"]: tool for tool in user.run("tools", "--json", "--all").json()}
        create = next(name for name in names if "create" in name and name.endswith(("lead", "leads")))
        assert "Authorization" not in json.dumps([tool["inputSchema"] for tool in names.values()])
        assert "field" in user.fails(create, body={"nmae": "x"})
        assert "nmae: Unknown field" in user.fails(create, body={"nmae": "x"})
        close.plan_ended = True
        assert "402" in user.fails(create, body={"name": "x"})
        close.plan_ended = False
        close.throttle(1)
        assert user.call(create, body={"name": "x"})["name"] == "x"
