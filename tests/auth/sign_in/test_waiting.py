"""Waiting for a person: what other processes do meanwhile, what servers fail at, and that no one waits in vain."""

from __future__ import annotations

import os
import socket
import threading
from collections.abc import Callable
from typing import Any

import pytest

from closient_mcp.auth.errors import UnavailableError
from closient_mcp.auth.oauth import id_token
from closient_mcp.auth.oauth.http import HttpClient, NoResponseError, Request
from closient_mcp.auth.oauth.id_token import NoKeysError
from closient_mcp.auth.records import Server
from closient_mcp.auth.sign_in import browser
from closient_mcp.auth.sign_in.attempt import SignInAttempt
from closient_mcp.auth.sign_in.callback_server import CallbackServer
from closient_mcp.auth.sign_in.sign_out import sign_out

from ...fakes.desk import CODE, DISCOVERY, Desk, at_rest, come_back, ended, query_of
from ...fakes.limits import SECONDS
from ...fakes.service import Received, Reply, Service, running_service


def hang_up(_: Received) -> Reply:
    raise ConnectionResetError


def too_busy(_: Received) -> Reply:
    return Reply("busy", 429)


def url_of(attempt: SignInAttempt) -> str:
    """The URL that the browser comes back to, as a person would copy it."""
    asked = query_of(attempt)
    return f"{asked['redirect_uri']}?code={CODE}&state={asked['state']}"


# Other processes


def test_who_waits_is_done_when_the_response_is_pasted_in_another_process(desk: Desk) -> None:
    _, waiting = desk.begin("a")
    elsewhere, follower = desk.begin("a", browser=False)
    assert elsewhere.paste(follower, url_of(waiting))
    assert (ended(waiting), ended(follower)) == ("", "")
    assert at_rest()
    CallbackServer(query_of(waiting)["redirect_uri"]).close()


def test_who_waits_is_told_when_a_user_signs_out_meanwhile(desk: Desk) -> None:
    _, waiting = desk.begin("a")
    sign_out(desk.session())
    assert "cancelled by a sign-out" in ended(waiting)
    assert at_rest()


def test_a_browser_that_the_first_could_not_open_is_opened_by_the_second_and_by_no_third(desk: Desk) -> None:
    headless = desk.login(screen=False)
    waiting = headless.start(("a",))
    assert waiting.ready.wait(SECONDS)
    assert not waiting.opened
    followers = [desk.login().start(("a",)) for _ in range(2)]
    assert all(one.ready.wait(SECONDS) and one.opened for one in followers)
    # The first one's own try counts as well.
    assert desk.tabs == [waiting.destination.url] * 2
    come_back(waiting)
    assert [ended(one) for one in followers] == ["", ""]


def test_sign_ins_that_fail_are_given_up_also_where_no_browser_can_be_opened(desk: Desk) -> None:
    for _ in range(3):
        _, attempt = desk.begin(screen=False)
        come_back(attempt, "error=server_error")
        assert "server_error" in ended(attempt)
        assert at_rest()
    assert "Gave up: 3 sign-ins" in ended(desk.login(screen=False).start(()))
    assert at_rest()


def test_what_failed_between_two_calls_is_told_at_the_second_and_once(desk: Desk) -> None:
    login, attempt = desk.begin()
    come_back(attempt, "error=server_error&error_description=broken")
    assert at_rest()
    again = login.start(())
    assert again is attempt
    assert "server_error" in ended(again)
    second = login.start(())
    assert second is not attempt
    assert second.ready.wait(SECONDS)
    come_back(second)


def test_a_clock_that_falls_back_prolongs_no_waiting_and_no_no(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    _, attempt = desk.begin()
    come_back(attempt, "error=access_denied")
    assert "You declined" in ended(attempt)
    assert at_rest()
    desk.now -= 3600
    _, again = desk.begin()
    record = desk.record()
    come_back(again, "error=x")
    assert at_rest()
    # Left behind, with an end that is now an hour and ten minutes away.
    desk.store().write(record.model_copy(update={"declined_at": 0.0, "tabs": ()}))
    monkeypatch.setattr("closient_mcp.auth.oauth.authorization.LIFETIME", 0.2)
    desk.now -= 3600
    assert "The sign-in was not finished" in ended(desk.login().start(()))
    assert at_rest()


# Servers that fail


def test_a_code_whose_exchange_is_not_answered_is_not_sent_again(desk: Desk) -> None:
    _, attempt = desk.begin()
    desk.service.routes["/token"] = hang_up
    come_back(attempt)
    assert "issued no token: Server disconnected" in ended(attempt)
    assert len(desk.exchanges()) == 1
    assert desk.record().pending is None


@pytest.mark.parametrize(("scopes", "advised"), [(("openid",), True), (("a",), False)])
def test_a_server_that_fails_over_openid_is_reported_with_what_helps(
    desk: Desk, scopes: tuple[str, ...], advised: bool
) -> None:
    _, attempt = desk.begin(*scopes)
    desk.service.routes["/token"] = Reply("<h1>Server Error</h1>", 500)
    come_back(attempt)
    assert ("set the credential's scopes, without openid" in ended(attempt)) is advised


def test_a_server_that_registers_no_one_is_reported_before_anybody_is_sent_there(desk: Desk) -> None:
    desk.service.routes[DISCOVERY] = Reply(desk.metadata(registration_endpoint=None))
    message = ended(desk.login().start(()))
    assert "does not allow applications to register" in message
    assert "set its client_id" in message
    assert at_rest()
    assert desk.tabs == []
    assert desk.record().history.registrations == ()


def test_a_registration_is_not_taken_for_forgotten_because_nothing_came_back(desk: Desk) -> None:
    _, attempt = desk.begin()
    come_back(attempt)
    assert ended(attempt) == ""
    assert at_rest()
    sign_out(desk.session())
    desk.service.routes["/token"] = hang_up
    _, again = desk.begin()
    assert len(desk.asked("/register")) == 1
    come_back(again, "error=x")


def test_a_hostile_issuer_in_a_response_is_cut(desk: Desk) -> None:
    _, attempt = desk.begin()
    come_back(attempt, f"code=c&iss={'x' * 10_000}")
    assert len(ended(attempt)) < 1000


def test_keys_that_are_not_to_be_had_for_now_are_requested_again(desk: Desk) -> None:
    desk.granted["id_token"] = "a.b.c"
    desk.service.routes[DISCOVERY] = Reply(desk.metadata(jwks_uri=f"{desk.service.url}/keys"))
    desk.service.routes["/keys"] = Reply("busy", 503)
    _, attempt = desk.begin("openid")
    come_back(attempt)
    message = ended(attempt)
    assert "cannot be verified now" in message
    assert "HTTP 503" in message
    assert isinstance(attempt.error, UnavailableError)
    assert len(desk.asked("/keys")) == 3
    assert desk.record().tokens is None


@pytest.mark.parametrize("answer", [hang_up, too_busy])
def test_keys_that_come_late_are_as_good(service: Service, answer: Callable[[Received], Reply]) -> None:
    service.routes["/keys"] = lambda got: answer(got) if len(service.received) < 3 else Reply({"keys": []})
    server = Server(issuer=service.url, token_endpoint=service.url, jwks_uri=f"{service.url}/keys")
    with pytest.raises(id_token.IdTokenError) as caught:
        id_token.verify("a.b.c", server, "i", None, HttpClient(trust_env=False))
    assert not isinstance(caught.value, NoKeysError)
    assert len(service.received) == 3


def test_a_name_that_is_looked_up_for_long_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    answers, asked = threading.Event(), threading.Event()

    def look_up(*_: object, **__: object) -> list[Any]:
        asked.set()
        answers.wait(SECONDS)
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    monkeypatch.setattr("closient_mcp.auth.oauth.http._SLACK", 0.05)
    with pytest.raises(NoResponseError, match="no response within"):
        HttpClient(trust_env=False).send(Request("https://as.example/token", {}), 0.1)
    assert asked.is_set()
    assert not answers.is_set()
    answers.set()


@pytest.mark.parametrize("body", ['{"client_id": "\\ud800"}', '{"client_id": "i", "x": ["\\udfff"]}'])
def test_half_a_character_makes_no_registration(desk: Desk, body: str) -> None:
    desk.service.routes["/register"] = Reply(body, 201)
    assert "did not register this application" in ended(desk.login().start(()))
    assert at_rest()


def test_rule_1_no_secret_goes_to_another_origin_than_the_token_endpoints_whatever_is_published_later(
    desk: Desk,
) -> None:
    desk.service.routes["/register"] = Reply({"client_id": "i", "client_secret": "s3cret-s3cret"}, 201)
    _, attempt = desk.begin("a")
    come_back(attempt)
    assert ended(attempt) == ""
    assert at_rest()
    with running_service() as other:
        moved = {f"{name}_endpoint": f"{other.url}/{name}" for name in ("revocation", "device_authorization")}
        desk.service.routes[DISCOVERY] = Reply(desk.metadata(**moved))
        _, further = desk.begin("b")
        come_back(further)
        assert ended(further) == ""
        assert at_rest()
        assert "does not support revoking" in sign_out(desk.session())
        assert "on another device" in ended(desk.login().start((), device=True))
        assert at_rest()
        assert other.received == []


# Browsers


def test_a_call_that_cannot_open_a_browser_is_reported_as_not_opened(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_: str) -> None:
        raise OSError("No application is associated")

    def start(_: str) -> None:
        """It has begun."""

    monkeypatch.setattr(os, "startfile", refuse, raising=False)
    assert browser.opener("startfile")("http://127.0.0.1:1/") is False
    monkeypatch.setattr(os, "startfile", start, raising=False)
    assert browser.opener("startfile")("http://127.0.0.1:1/") is True
