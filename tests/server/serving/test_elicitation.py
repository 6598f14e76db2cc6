"""Sending a person to a sign-in through their client (URL elicitation), in both protocol versions."""

from __future__ import annotations

import json
import threading
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal
from urllib.parse import parse_qs

import anyio.to_thread
import httpx2
import pytest
from mcp import types
from mcp.client import ClientRequestContext

from closient_mcp.auth.oauth import device as rfc8628
from closient_mcp.auth.sign_in.attempt import SignInAttempt
from closient_mcp.auth.sign_in.login import Login
from closient_mcp.server.serving import calls, sign_in
from closient_mcp.server.serving.elicitation import elicitor_for

from ...fakes.acme import Acme
from ...fakes.clocks import FlyingTime
from ...fakes.limits import SECONDS
from ...fakes.mcp_client import CLIENT_MODES, ClientMode, text_of
from ...fakes.service import Received, Reply, Service


@dataclass
class Host:
    """A client that shows URLs to its person, who does as the test says."""

    acme: Acme
    mode: ClientMode
    action: Literal["accept", "decline", "cancel"] = "accept"
    comes_back: bool = True
    asked: list[types.ElicitRequestURLParams] = field(default_factory=list[types.ElicitRequestURLParams])
    state: list[str] = field(default_factory=list[str])
    before: Callable[[], Awaitable[None]] | None = None

    async def ask(
        self, _: ClientRequestContext, params: types.ElicitRequestParams
    ) -> types.ElicitResult | types.ErrorData:
        assert isinstance(params, types.ElicitRequestURLParams)
        self.asked.append(params)
        if self.before:
            await self.before()
        if self.action == "accept" and self.comes_back:
            async with httpx2.AsyncClient(follow_redirects=True, trust_env=False, verify=False) as browser:
                await browser.get(params.url)
        return types.ElicitResult(action=self.action)

    async def hear(self, message: Any) -> None:
        self.state.append(str(getattr(message, "method", "")))

    def client(self) -> dict[str, Any]:
        return {"mode": self.mode, "elicitation_callback": self.ask, "message_handler": self.hear}

    async def call(self, times: int = 1, **connection: Any) -> list[types.CallToolResult]:
        given: dict[str, Any] = {"browser": "false", **connection, **self.client()}
        async with self.acme.connected(**given) as (_, client):
            return [await client.call_tool("acme_list_orders", {}) for _ in range(times)]


@pytest.fixture
def acme(service: Service, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Acme:
    monkeypatch.setattr(rfc8628, "_SLACK", 0.002)
    return Acme(service, tmp_path)


@pytest.fixture(params=CLIENT_MODES)
def host(acme: Acme, request: pytest.FixtureRequest) -> Host:
    return Host(acme, request.param)


async def test_the_client_sends_the_user_to_the_sign_in_and_the_call_continues(host: Host) -> None:
    (result,) = await host.call()
    assert not result.is_error
    assert json.loads(text_of(result)) == [{"order": 1}]
    (asked,) = host.asked
    assert asked.url.startswith("http://127.0.0.1:")
    assert "state" not in asked.url
    assert "requires you to sign in" in asked.message
    assert f"sign in with {host.acme.service.url}" in asked.message
    assert (host.acme.count("/register"), host.acme.count("/authorize")) == (1, 1)


async def test_no_browser_is_opened_beside_it(host: Host, tmp_path: Path) -> None:
    await host.call(browser=f"touch {tmp_path}/opened")
    assert len(host.asked) == 1
    assert not (tmp_path / "opened").exists()


@pytest.mark.parametrize("grant", ["authorization_code", "device_code"])
async def test_a_no_is_taken_and_not_asked_about_again_at_once(host: Host, grant: str) -> None:
    host.action = "decline"
    first, second = await host.call(times=2, credential=f'{{ grant = "{grant}" }}')
    assert first.is_error
    assert second.is_error
    assert "You declined the request at" in text_of(first)
    assert "You declined the request at" in text_of(second)
    assert len(host.asked) == 1


async def test_a_dismissed_question_is_reported_with_the_url(host: Host) -> None:
    host.action = "cancel"
    (result,) = await host.call()
    assert result.is_error
    assert f"Open {host.asked[0].url} on this machine, then repeat the request" in text_of(result)


def hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the time that a host waits be over as soon as the person has been sent to a sign-in."""
    begun: list[SignInAttempt] = []
    start = Login.start

    def started(self: Login, scopes: Sequence[str], **how: bool) -> SignInAttempt:
        begun.append(start(self, scopes, **how))
        return begun[-1]

    monkeypatch.setattr(Login, "start", started)
    opened = FlyingTime(lambda: bool(begun) and begun[-1].ready.is_set() and begun[-1].opened)
    monkeypatch.setattr(sign_in, "time", opened)


async def test_who_agrees_and_takes_longer_than_a_host_waits_is_not_asked_twice(
    host: Host, monkeypatch: pytest.MonkeyPatch
) -> None:
    hurry(monkeypatch)
    host.comes_back = False
    for result in await host.call(times=2):
        assert result.is_error
        assert "Finish signing in, then repeat the request" in text_of(result)
        assert f"if you see nothing, open {host.asked[0].url} on this machine" in text_of(result)
    assert len(host.asked) == 1


async def test_a_question_that_was_closed_is_not_put_again_at_once(host: Host) -> None:
    host.action = "cancel"
    for result in await host.call(times=4):
        assert result.is_error
        assert f"Open {host.asked[0].url} on this machine" in text_of(result)
    assert len(host.asked) == 1


@pytest.mark.parametrize(
    ("route", "reply", "says"),
    [
        ("/token", Reply("busy", 503), "issued no token: HTTP 503"),
        ("/authorize", None, 'issued no token: "server_error"'),
    ],
    ids=["at the exchange", "at the server"],
)
async def test_a_failed_sign_in_is_reported_and_the_next_call_starts_another(
    host: Host, route: str, reply: Reply | None, says: str
) -> None:
    well = host.acme.service.routes[route]

    def fail(got: Received) -> Reply:
        asked = {name: values[0] for name, values in parse_qs(got.query).items()}
        back = httpx2.URL(asked["redirect_uri"], params={"error": "server_error", "state": asked["state"]})
        return Reply("", 302, {"location": str(back)})

    host.acme.service.routes[route] = reply or fail

    async def mend() -> None:
        if len(host.asked) == 2:
            host.acme.service.routes[route] = well

    host.before = mend
    first, second = await host.call(times=2)
    assert first.is_error
    assert says in text_of(first)
    assert not second.is_error
    assert len(host.asked) == 2


async def test_the_user_is_not_asked_while_a_sign_in_is_being_prepared(
    acme: Acme, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sign_in, "WAIT_SECONDS", 0.1)
    may_answer = threading.Event()

    def slowly(_: Received) -> Reply:
        assert may_answer.wait(SECONDS)
        return Reply(acme.metadata)

    acme.service.routes["/.well-known/oauth-authorization-server"] = slowly
    async with acme.connected() as (bridge, client):
        reason = text_of(await client.call_tool("acme_list_orders", {}))
        may_answer.set()
        login = bridge.connections["acme"].login
        assert login
        attempt = login.start(())
        assert await anyio.to_thread.run_sync(attempt.ready.wait, SECONDS)
    assert "still being prepared" in reason
    assert "Open  on" not in reason
    assert "Repeat the request" in reason


def opens_anything(_: str | None, environment: object) -> Callable[[str], bool]:
    return bool


async def test_a_slow_user_is_reminded_what_was_opened(acme: Acme, monkeypatch: pytest.MonkeyPatch) -> None:
    assert sign_in.WAIT_SECONDS < calls._CALL_SECONDS < 60  # pyright: ignore[reportPrivateUsage]
    hurry(monkeypatch)
    monkeypatch.setattr("closient_mcp.auth.sign_in.browser.opener", opens_anything)
    async with acme.connected() as (_, client), acme.connected() as (_, other_process):
        reason = text_of(await client.call_tool("acme_list_orders", {}))
        later = text_of(await other_process.call_tool("acme_list_orders", {}))
    assert "I opened your browser; if you see nothing, open http://127.0.0.1:" in reason
    assert "Finish signing in, then repeat the request." in reason
    assert "Your browser was opened for this sign-in before; if the page is gone, open http://127.0.0.1:" in later


async def test_a_code_for_another_device_is_part_of_the_question(host: Host) -> None:
    host.comes_back = False

    async def decided() -> None:
        host.acme.decided.set()

    host.before = decided
    (result,) = await host.call(credential='{ grant = "device_code" }')
    (asked,) = host.asked
    assert not result.is_error
    assert asked.url == f"{host.acme.service.url}/enter"
    assert "enter the code WDJB-MJHT" in asked.message
    assert "the-device-code" not in asked.message


async def test_a_failing_client_of_2025_11_25_gets_the_url(acme: Acme) -> None:
    host = Host(acme, "legacy")

    async def fail(_: ClientRequestContext, params: types.ElicitRequestParams) -> types.ErrorData:
        assert isinstance(params, types.ElicitRequestURLParams)
        host.asked.append(params)
        return types.ErrorData(code=types.INTERNAL_ERROR, message="no window")

    async with acme.connected(mode="legacy", elicitation_callback=fail) as (_, client):
        reason = text_of(await client.call_tool("acme_list_orders", {}))
    assert f"Open {host.asked[0].url} on this machine" in reason


async def test_a_client_of_2025_11_25_is_notified_when_the_user_has_finished(acme: Acme) -> None:
    host = Host(acme, "legacy")
    (result,) = await host.call()
    assert not result.is_error
    assert host.asked[0].elicitation_id
    assert "notifications/elicitation/complete" in host.state


async def test_a_sign_in_completed_elsewhere_ends_the_question_of_2025_11_25(acme: Acme) -> None:
    host = Host(acme, "legacy")

    async def elsewhere() -> None:
        async with httpx2.AsyncClient(follow_redirects=True, trust_env=False, verify=False) as browser:
            await browser.get(host.asked[0].url)
        await anyio.sleep_forever()

    host.before = elsewhere
    with anyio.fail_after(SECONDS):
        (result,) = await host.call()
    assert not result.is_error


async def test_an_answer_of_2026_07_28_to_another_question_is_ignored(acme: Acme) -> None:
    host = Host(acme, "2026-07-28")
    answers: types.InputResponses = {"sign-in-000000000000": types.ElicitResult(action="decline")}
    async with acme.connected(**host.client()) as (_, client):
        result = await client.session.call_tool(
            "acme_list_orders", {}, input_responses=answers, allow_input_required=True
        )
        assert isinstance(result, types.InputRequiredResult)
        assert result.input_requests
        assert result.request_state is None
        assert len(result.input_requests) == 1


@pytest.mark.parametrize("mode", CLIENT_MODES)
async def test_a_client_without_url_elicitation_is_asked_nothing(acme: Acme, mode: ClientMode) -> None:
    async with acme.connected(mode=mode) as (_, client):
        reason = text_of(await client.call_tool("acme_list_orders", {}))
    assert "No browser can be opened from here. Open http://127.0.0.1:" in reason


@dataclass
class RequestContext:
    """As much of a request's context as decides who is asked."""

    client_capabilities: types.ClientCapabilities | None
    can_send_request: bool = True
    protocol_version: str = "2025-11-25"

    @property
    def session(self) -> RequestContext:
        return self


URL = types.ElicitationCapability(url=types.UrlElicitationCapability())
FORM = types.ElicitationCapability(form=types.FormElicitationCapability())


@pytest.mark.parametrize(
    ("context", "asks"),
    [
        (RequestContext(None), False),
        (RequestContext(types.ClientCapabilities()), False),
        (RequestContext(types.ClientCapabilities(elicitation=types.ElicitationCapability())), False),
        (RequestContext(types.ClientCapabilities(elicitation=FORM)), False),
        (RequestContext(types.ClientCapabilities(elicitation=URL)), True),
        (RequestContext(types.ClientCapabilities(elicitation=URL), can_send_request=False), False),
        (RequestContext(types.ClientCapabilities(elicitation=URL), protocol_version="2025-06-18"), False),
        (RequestContext(types.ClientCapabilities(elicitation=URL), False, "2026-07-28"), True),
    ],
)
def test_only_a_client_that_declares_the_mode_url_is_asked(context: Any, asks: bool) -> None:
    assert (elicitor_for(context, None) is not None) is asks
