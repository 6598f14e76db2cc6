"""Asking for a further permission (RFC 6750 §3.1): once, for all that is wanted, and never in a loop."""

from __future__ import annotations

import json
from pathlib import Path

import httpx2
import pytest
from mcp import types
from mcp.client import ClientRequestContext

from closient_mcp.auth.sign_in.sign_out import sign_out
from closient_mcp.server.cli.status import status_lines

from ...fakes.acme import Acme
from ...fakes.desk import Desk, come_back, desk_in, ended, query_of
from ...fakes.limits import SECONDS
from ...fakes.mcp_client import CLIENT_MODES, ClientMode, text_of
from ...fakes.service import Received, Reply, Service


async def goes_there(_: ClientRequestContext, params: types.ElicitRequestParams) -> types.ElicitResult:
    """A user who signs in wherever the client sends them."""
    assert isinstance(params, types.ElicitRequestURLParams)
    async with httpx2.AsyncClient(follow_redirects=True, trust_env=False, verify=False) as browser:
        await browser.get(params.url)
    return types.ElicitResult(action="accept")


@pytest.fixture
def acme(service: Service, tmp_path: Path) -> Acme:
    return Acme(service, tmp_path)


def sign_in(desk: Desk, granted: str | None, *scopes: str, interactive: bool = False) -> list[str]:
    """Sign in, where the server grants so much; gives what was asked for."""
    desk.granted["scope"] = granted
    login = desk.login()
    attempt = login.start(scopes, interactive=interactive)
    assert attempt.ready.wait(SECONDS)
    asked = query_of(attempt).get("scope", "").split() if not attempt.done.is_set() else []
    if asked:
        come_back(attempt)
    assert ended(attempt) == ""
    return asked


def test_a_withheld_scope_is_requested_again_only_by_the_user(service: Service, tmp_path: Path) -> None:
    with desk_in(service, tmp_path) as desk:
        assert sign_in(desk, "a", "a", "b") == ["a", "b"]
        assert desk.record().history.withheld == ("b",)
        assert sign_in(desk, "a", "a", "b") == []
        assert len(desk.tabs) == 1
        assert sign_in(desk, "a c", "c") == ["c", "a"]
        assert desk.record().history.withheld == ("b",)
        assert sign_in(desk, "a b c", "a", interactive=True) == ["a", "b", "c"]
        assert desk.record().history.withheld == ()
        assert desk.record().tokens


@pytest.mark.parametrize("granted", [None, "", "a b", "b a c"])
def test_rfc_6749_5_1_a_server_that_names_no_scope_granted_what_was_asked_for(
    service: Service, tmp_path: Path, granted: str | None
) -> None:
    with desk_in(service, tmp_path) as desk:
        sign_in(desk, granted, "a", "b")
        assert desk.record().history.withheld == ()


def test_signing_out_forgets_what_was_withheld(service: Service, tmp_path: Path) -> None:
    with desk_in(service, tmp_path) as desk:
        sign_in(desk, "a", "a", "b")
        sign_out(desk.session())
        assert desk.record().history.withheld == ()


def wanting(acme: Acme, scope: str) -> None:
    """Let the orders want a scope that only a token has that was granted it."""

    def orders(got: Received) -> Reply:
        if "authorization" not in got.headers:
            return Reply("", 401)
        if scope in acme.scope.split():
            return Reply([{"order": 1}])
        challenge = f'Bearer scope="{scope}", resource_metadata="{acme.service.url}/meta"'
        return Reply("", 403, {"www-authenticate": challenge})

    acme.service.routes["/orders"] = orders


@pytest.mark.parametrize("mode", CLIENT_MODES)
async def test_a_refused_step_up_opens_one_tab_and_is_reported(acme: Acme, mode: ClientMode) -> None:
    wanting(acme, "orders:read")
    acme.scope = "profile"
    message: list[str] = []
    async with acme.connected(mode=mode, elicitation_callback=goes_there) as (bridge, client):
        for _ in range(4):
            result = await client.call_tool("acme_list_orders", {})
            message.append(text_of(result))
        lines = "\n".join(status_lines(bridge))
    assert all("did not grant it when it was requested" in one for one in message[1:])
    assert "`closient-mcp login acme` requests it again" in message[-1]
    assert acme.count("/authorize") == 2
    assert "not granted: orders:read" in lines


async def test_a_step_up_that_is_granted_lets_the_call_go_on(acme: Acme) -> None:
    wanting(acme, "orders:read")
    acme.scope = "profile"
    async with acme.connected(mode="legacy", elicitation_callback=goes_there) as (_, client):
        await client.call_tool("acme_list_orders", {})
        acme.service.routes["/token"] = lambda got: _granting(acme, got)
        result = await client.call_tool("acme_list_orders", {})
    assert not result.is_error
    assert json.loads(text_of(result)) == [{"order": 1}]


def _granting(acme: Acme, got: Received) -> Reply:
    acme.scope = "profile orders:read"
    return acme.token(got)
