"""Registrations: not asked for while the server wants none, nor over and over, nor at the cost of who is signed in."""

from __future__ import annotations

import asyncio
from collections.abc import Generator
from contextlib import ExitStack, closing
from itertools import count
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import pytest

from closient_mcp.auth.errors import UnavailableError, UserActionRequired
from closient_mcp.auth.oauth.authorization import LIFETIME
from closient_mcp.auth.sign_in.attempt import SignInAttempt
from closient_mcp.auth.sign_in.callback_server import CallbackServer
from closient_mcp.auth.sign_in.sign_out import sign_out

from ...fakes.desk import CODE, DISCOVERY, Desk, at_rest, come_back, desk_in, ended, port_of, query_of
from ...fakes.limits import SECONDS
from ...fakes.service import Received, Reply, Service


class Office(Desk):
    """A desk whose server numbers its clients and refuses a refresh token that was given to another client."""

    def __post_init__(self) -> None:
        super().__post_init__()
        numbers = count(1)
        self.service.routes |= {
            DISCOVERY: Reply(self.metadata(device_authorization_endpoint=f"{self.service.url}/device")),
            "/register": lambda _: Reply({"client_id": f"client-{next(numbers)}"}, 201),
            "/device": Reply(
                {
                    "device_code": "d-code",
                    "user_code": "WDJB",
                    "verification_uri": "https://as.example/d",
                    "interval": 1,
                }
            ),
        }
        self.owner = ""
        self.devices: list[Reply] = []

    def token(self, got: Received) -> Reply:
        form = dict(parse_qsl(got.body.decode()))
        if "device_code" in form:
            return self.devices.pop(0)
        if form.get("code") == CODE:
            self.owner = form["client_id"]
        elif form.get("refresh_token") != "the-refresh-token" or form["client_id"] != self.owner:
            return Reply({"error": "invalid_grant"}, 400)
        return Reply(self.granted)

    def sign_in(self, *scopes: str) -> SignInAttempt:
        _, attempt = self.begin(*scopes)
        come_back(attempt)
        assert ended(attempt) == ""
        assert at_rest()
        return attempt

    def client_id(self) -> str:
        client = self.record().client
        return client.client_id if client else ""

    def is_still_signed_in(self) -> bool:
        """Whether the sign-in outlives its access token."""
        self.now += 3600
        return asyncio.run(self.session().token()) == "the-access-token"


@pytest.fixture
def office(service: Service, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Generator[Office]:
    monkeypatch.setattr("closient_mcp.auth.oauth.device._SLACK", 0.002)
    with desk_in(service, tmp_path / "credentials") as made:
        yield Office(made.service, made.folder)


@pytest.fixture
def taken() -> Generator[ExitStack]:
    with ExitStack() as stack:
        yield stack


# Who is signed in already


@pytest.mark.parametrize("how", ["declined", "not finished"])
def test_a_further_sign_in_that_comes_to_nothing_does_not_affect_the_first(office: Office, how: str) -> None:
    first = office.sign_in("a")
    with closing(CallbackServer(f"http://127.0.0.1:{port_of(first)}/callback")):
        _, further = office.begin("b")
    assert query_of(further)["client_id"] == "client-2"
    assert office.client_id() == "client-1"
    if how == "declined":
        come_back(further, "error=access_denied")
        assert "You declined" in ended(further)
    assert office.is_still_signed_in()


def test_a_registration_for_a_further_sign_in_is_used_again_by_the_next(office: Office, taken: ExitStack) -> None:
    first = office.sign_in("a")
    taken.enter_context(closing(CallbackServer(f"http://127.0.0.1:{port_of(first)}/callback")))
    for _ in range(3):
        attempt = office.login().start(("b",), interactive=True)
        assert attempt.ready.wait(SECONDS)
        assert query_of(attempt)["client_id"] == "client-2"
        come_back(attempt, "error=access_denied")
        assert ended(attempt)
        assert at_rest()
    assert len(office.asked("/register")) == 2
    assert office.is_still_signed_in()
    attempt = office.login().start(("b",), interactive=True)
    assert attempt.ready.wait(SECONDS)
    come_back(attempt)
    assert ended(attempt) == ""
    assert at_rest()
    assert office.client_id() == "client-2"
    assert office.record().spare is None


def test_a_code_for_another_device_that_is_rejected_does_not_affect_the_signed_in_user(office: Office) -> None:
    office.sign_in("a")
    office.devices = [Reply({"error": "access_denied"}, 400)]
    assert "You declined" in ended(office.login().start(["b"], device=True))
    assert at_rest()
    assert office.client_id() == "client-1"
    assert office.is_still_signed_in()


def test_a_further_sign_in_that_succeeds_brings_its_own_client_along(office: Office) -> None:
    office.sign_in("a")
    office.devices = [Reply({**office.granted, "access_token": "a-token-of-the-device"})]
    assert ended(office.login().start(["b"], device=True)) == ""
    assert at_rest()
    kept = office.record()
    assert office.client_id() == "client-2"
    assert kept.tokens
    assert kept.tokens.access_token == "a-token-of-the-device"
    assert kept.device is None


# A registered port that another program uses


def test_where_the_registered_port_is_taken_a_server_is_told_the_new_one(office: Office, taken: ExitStack) -> None:
    first = office.sign_in()
    sign_out(office.session())
    taken.enter_context(closing(CallbackServer(f"http://127.0.0.1:{port_of(first)}/callback")))
    _, again = office.begin()
    registered = office.asked("/register")[-1].json()["redirect_uris"]
    assert registered == [query_of(again)["redirect_uri"]]
    assert port_of(again) != port_of(first)
    assert query_of(again)["client_id"] == "client-2"
    come_back(again)
    assert ended(again) == ""


@pytest.mark.parametrize("reply", [Reply({}, 403), Reply({}, 429), Reply("oops", 500)], ids=lambda reply: reply.status)
def test_rfc_8252_7_3_a_server_that_is_not_told_the_new_port_has_to_allow_it(
    office: Office, taken: ExitStack, reply: Reply
) -> None:
    first = office.sign_in()
    sign_out(office.session())
    office.service.routes["/register"] = reply
    taken.enter_context(closing(CallbackServer(f"http://127.0.0.1:{port_of(first)}/callback")))
    _, again = office.begin()
    assert port_of(again) != port_of(first)
    assert query_of(again)["client_id"] == "client-1"
    come_back(again)
    assert ended(again) == ""


# A server that wants none


def test_until_the_time_that_the_server_named_no_process_asks_again(office: Office) -> None:
    office.service.routes["/register"] = Reply({}, 429, {"Retry-After": "600"})
    for _ in range(3):
        attempt = office.login().start((), interactive=True)
        assert "accepts no more registrations until 2027-01-15 08:10:00 UTC" in ended(attempt)
        assert at_rest()
        assert isinstance(attempt.error, UnavailableError)
    assert len(office.asked("/register")) == 1
    assert office.tabs == []
    office.now += 600
    office.service.routes["/register"] = Reply({"client_id": "at-last"}, 201)
    office.sign_in()
    assert office.client_id() == "at-last"


def test_a_clock_that_falls_back_keeps_no_one_from_registering_for_more_than_a_day(office: Office) -> None:
    office.service.routes["/register"] = Reply({}, 429, {"Retry-After": "600"})
    assert "accepts no more" in ended(office.login().start(()))
    assert at_rest()
    office.now -= 2 * 86_400
    office.service.routes["/register"] = Reply({"client_id": "at-last"}, 201)
    office.sign_in()


def test_a_server_that_forgets_us_over_and_over_is_given_up_unless_the_user_asks(office: Office) -> None:
    office.service.routes["/token"] = Reply({"error": "invalid_client"}, 401)
    for _ in range(5):
        _, attempt = office.begin()
        come_back(attempt)
        assert ended(attempt)
        assert at_rest()
        office.now += LIFETIME  # beyond the brake on tabs
    attempt = office.login().start(())
    reason = ended(attempt)
    assert "Gave up: 5 registrations in 60 minutes" in reason
    assert "closient-mcp login" in reason
    assert at_rest()
    assert isinstance(attempt.error, UserActionRequired)
    assert len(office.asked("/register")) == 5
    interactive = office.login().start((), interactive=True)
    assert interactive.ready.wait(SECONDS)
    assert len(office.asked("/register")) == 6
    come_back(interactive, "error=x")
    office.now += 3600
    _, attempt = office.begin()
    come_back(attempt, "error=x")


# Where the browser comes back


def only_localhost(got: Received) -> Reply:
    """Register nothing but `localhost`."""
    (redirect,) = got.json()["redirect_uris"]
    if not redirect.startswith("http://localhost"):
        return Reply({"error": "invalid_redirect_uri", "error_description": "redirect host must be localhost"}, 400)
    return Reply({"client_id": "client-of-localhost", "redirect_uris": [redirect]}, 201)


def test_a_server_that_accepts_only_localhost_is_given_that_now_and_later(office: Office) -> None:
    office.service.routes["/register"] = only_localhost
    redirects: list[str] = []
    for _ in range(2):
        _, attempt = office.begin("a")
        redirects.append(query_of(attempt)["redirect_uri"])
        assert redirects[-1].startswith(f"http://localhost:{port_of(attempt)}/")
        come_back(attempt)
        assert ended(attempt) == ""
        assert at_rest()
        sign_out(office.session())
    assert len(office.asked("/register")) == 2
    assert redirects[0] == redirects[1]
    assert [form["redirect_uri"] for form in office.exchanges()] == redirects


def test_a_redirect_that_came_back_without_its_port_is_used_with_ours(office: Office) -> None:
    office.service.routes["/register"] = Reply({"client_id": "i", "redirect_uris": ["http://localhost/back"]}, 201)
    _, attempt = office.begin("a")
    assert query_of(attempt)["redirect_uri"] == f"http://localhost:{port_of(attempt)}/back"
    come_back(attempt)
    assert ended(attempt) == ""


def test_a_redirect_uri_of_the_settings_is_the_one_that_is_registered(office: Office) -> None:
    with closing(CallbackServer()) as free:
        port = free.port
    fixed = f"http://localhost:{port}/back"
    _, attempt = office.begin("a", redirect_uri=fixed)
    (asked,) = office.asked("/register")
    assert asked.json()["redirect_uris"] == [fixed]
    assert query_of(attempt)["redirect_uri"] == fixed
    come_back(attempt)
    assert ended(attempt) == ""


def test_a_registration_that_cannot_be_used_is_ended_and_not_repeated_until_the_user_asks(office: Office) -> None:
    url = office.service.url
    registered = {"client_id": "i", "registration_client_uri": f"{url}/clients/i", "registration_access_token": "rat"}
    office.service.routes["/register"] = Reply({**registered, "redirect_uris": ["https://other.example/"]}, 201)
    for _ in range(3):
        assert "it registered another redirect URI" in ended(office.login().start(("a",)))
        assert at_rest()
    assert [(got.method, got.path) for got in office.service.received if "well-known" not in got.path] == [
        ("POST", "/register"),
        ("DELETE", "/clients/i"),
    ]
    office.service.routes["/register"] = Reply({"client_id": "usable"}, 201)
    attempt = office.login().start(("a",), interactive=True)
    assert attempt.ready.wait(SECONDS)
    come_back(attempt)
    assert ended(attempt) == ""


def test_a_server_that_registers_no_one_right_now_is_asked_again_later(office: Office) -> None:
    office.service.routes["/register"] = Reply("<html>", 503)
    attempt = office.login().start(("a",))
    assert "did not register this application: it answers HTTP 503" in ended(attempt)
    assert isinstance(attempt.error, UnavailableError)


async def test_a_client_that_acts_for_itself_is_not_registered_over_and_over(office: Office) -> None:
    office.service.routes["/register"] = Reply({"client_id": "i", "client_secret": "s3cret-s3cret"}, 201)
    office.service.routes["/token"] = Reply({"error": "invalid_client"}, 401)
    reason: list[Any] = []
    for _ in range(8):
        with pytest.raises(UserActionRequired) as caught:
            await office.session(grant="client_credentials").token()
        reason.append(caught.value.message)
    assert len(office.asked("/register")) == 5
    assert "Gave up: 5 registrations" in reason[-1]


async def test_a_client_that_acts_for_itself_waits_until_the_server_registers_again(office: Office) -> None:
    office.service.routes["/register"] = Reply({}, 429, {"Retry-After": "600"})
    for _ in range(3):
        with pytest.raises(UnavailableError, match="accepts no more registrations until"):
            await office.session(grant="client_credentials").token()
    assert len(office.asked("/register")) == 1


@pytest.mark.parametrize("client_id", ["x" * 1001, "i\x1b[31m", "i\u202e", "ï"])
def test_rfc_6749_a_1_a_client_id_that_cannot_be_one_is_rejected(office: Office, client_id: str) -> None:
    office.service.routes["/register"] = Reply({"client_id": client_id}, 201)
    message = ended(office.login().start(("a",)))
    assert "no client_id that can be used" in message
    assert len(message) < 300


def test_a_registration_uri_that_is_none_is_not_requested(office: Office) -> None:
    broken = {"registration_client_uri": "http://[", "registration_access_token": "rat"}
    method = {"token_endpoint_auth_method": "private_key_jwt"}
    office.service.routes["/register"] = Reply({"client_id": "i", **broken, **method}, 201)
    assert "requires the client authentication method private_key_jwt" in ended(office.login().start(("a",)))
