"""Signing in on another device (RFC 8628): one code, however many processes wait for it, and no secret shown."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import pytest

from closient_mcp.auth.oauth import device as rfc8628
from closient_mcp.auth.oauth.device import next_interval, pause, read_device
from closient_mcp.auth.oauth.discovery import ServerMetadataError
from closient_mcp.auth.oauth.http import Response
from closient_mcp.auth.oauth.rejections import Rejection, classify
from closient_mcp.auth.records import Client, Device, Server
from closient_mcp.auth.secrets.references import literal
from closient_mcp.auth.sign_in.attempt import SignInAttempt
from closient_mcp.auth.sign_in.login import Login
from closient_mcp.auth.sign_in.sign_out import sign_out

from ...fakes.desk import DISCOVERY, Desk, at_rest, ended
from ...fakes.limits import SECONDS
from ...fakes.service import Received, Reply, Service

NOW = 1_800_000_000.0
SERVER = Server(issuer="https://as.example", token_endpoint="https://as.example/token")
CLIENT = Client(client_id="c", grant="device_code")
CODES: dict[str, Any] = {
    "device_code": "the-device-code",
    "user_code": "WDJB-MJHT",
    "verification_uri": "https://as.example/device",
    "verification_uri_complete": "https://as.example/device?user_code=WDJB-MJHT",
    "expires_in": 900,
    "interval": 5,
}
PENDING = Reply({"error": "authorization_pending"}, 400)


def codes(**changes: Any) -> Response:
    return Response(200, {name: value for name, value in {**CODES, **changes}.items() if value is not None})


class Screen(Desk):
    """A desk whose server gives codes for other devices; what it says when it is asked, the tests decide."""

    def __post_init__(self) -> None:
        super().__post_init__()
        self.answers: list[Reply] = []
        self.decided = threading.Event()
        self.polled = threading.Event()
        self.service.routes |= {
            DISCOVERY: Reply(self.metadata(device_authorization_endpoint=f"{self.service.url}/device")),
            "/device": Reply(CODES),
        }

    def token(self, got: Received) -> Reply:
        if b"device_code" not in got.body:
            return super().token(got)
        if self.answers:
            return self.answers.pop(0)
        self.polled.set()
        return Reply(self.granted) if self.decided.is_set() else PENDING

    def begin_on_device(self, *scopes: str, interactive: bool = False, **profile: Any) -> tuple[Login, SignInAttempt]:
        given: dict[str, Any] = {"grant": "device_code", **profile}
        login = self.login(**given)
        attempt = login.start(scopes, interactive=interactive)
        assert attempt.ready.wait(SECONDS)
        return login, attempt

    def forms(self, path: str) -> list[dict[str, str]]:
        return [dict(parse_qsl(got.body.decode())) for got in self.asked(path)]

    def polls(self) -> list[dict[str, str]]:
        return [form for form in self.forms("/token") if "device_code" in form]


@pytest.fixture
def screen(service: Service, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Screen]:
    monkeypatch.setattr(rfc8628, "_SLACK", 0.001)
    made = Screen(service, tmp_path)
    yield made
    made.decided.set()
    assert at_rest()


# Messages


def test_the_code_and_the_url_with_it_are_for_the_user() -> None:
    device = read_device(codes(), SERVER, CLIENT, ("search:read",), NOW)
    assert (device.user_code, device.url) == ("WDJB-MJHT", CODES["verification_uri_complete"])
    assert (device.interval, device.expires_at, device.scopes) == (5, NOW + 900, ("search:read",))
    assert "the-device-code" not in repr(device)


@pytest.mark.parametrize("complete", [None, "", "javascript:alert(1)"])
def test_without_a_usable_url_that_contains_the_code_the_other_is_shown(complete: object) -> None:
    device = read_device(codes(verification_uri_complete=complete), SERVER, CLIENT, (), NOW)
    assert device.url == CODES["verification_uri"]


def test_rfc_8628_3_2_without_an_interval_it_is_five_seconds() -> None:
    assert read_device(codes(interval=None), SERVER, CLIENT, (), NOW).interval == 5


@pytest.mark.parametrize(("message", "taken"), [(0, 5), (-1, 5), ("7", 7), (True, 5), ("x", 5), (1e9, 60), (0.01, 1)])
def test_an_interval_beyond_reason_is_brought_within(message: object, taken: float) -> None:
    assert read_device(codes(interval=message), SERVER, CLIENT, (), NOW).interval == taken


@pytest.mark.parametrize(("message", "taken"), [(None, 600), (1e9, 1800), ("60", 60), (-3, 600)])
def test_a_lifetime_beyond_reason_is_brought_within(message: object, taken: float) -> None:
    assert read_device(codes(expires_in=message), SERVER, CLIENT, (), NOW).expires_at == NOW + taken


def test_an_url_with_the_code_that_is_not_safe_is_left_alone() -> None:
    unsafe = codes(verification_uri_complete="javascript:alert(1)")
    assert read_device(unsafe, SERVER, CLIENT, (), NOW).url == CODES["verification_uri"]


@pytest.mark.parametrize(
    "changes",
    [
        {"device_code": None},
        {"user_code": None},
        {"user_code": "A\nB"},
        {"user_code": "A" * 41},
        {"verification_uri": None},
        {"verification_uri": "http://as.example/device"},
        {"verification_uri": "file:///etc/passwd"},
    ],
)
def test_rule_2_what_is_no_code_or_no_safe_url_is_shown_to_no_one(changes: dict[str, Any]) -> None:
    with pytest.raises(ServerMetadataError):
        read_device(codes(**changes), SERVER, CLIENT, (), NOW)


@pytest.mark.parametrize(
    ("status", "error", "retry_after", "interval"),
    [
        (400, "authorization_pending", None, 5),
        (400, "slow_down", None, 10),
        (503, "", None, 10),
        (429, "", 30, 30),
        (429, "", 3000, 60),
        (400, "access_denied", None, None),
        (400, "expired_token", None, None),
        (400, "invalid_grant", None, None),
    ],
)
def test_rfc_8628_3_5_how_long_the_server_is_left_alone(
    status: int, error: str, retry_after: float | None, interval: float | None
) -> None:
    rejection = Rejection(classify("device", status, error), error, status=status, retry_after=retry_after)
    assert next_interval(5, rejection) == interval


def test_a_clock_that_runs_fast_does_not_ask_too_early() -> None:
    assert pause(5) == 6


# What is done


def test_the_sign_in_waits_until_the_user_has_decided(screen: Screen) -> None:
    screen.answers = [PENDING, Reply({"error": "slow_down"}, 400), Reply("<html>", 503), Reply(b"\xff", 200), PENDING]
    screen.decided.set()
    _, attempt = screen.begin_on_device("search:read")
    assert ended(attempt) == ""
    assert not attempt.opened
    assert screen.tabs == []
    assert (attempt.destination.url, attempt.destination.user_code) == (CODES["verification_uri_complete"], "WDJB-MJHT")
    record = screen.record()
    assert record.tokens
    assert record.tokens.access_token == "the-access-token"
    assert (record.device, record.asked, record.tokens.scope) == (None, ("search:read",), "search:read")
    assert (
        screen.polls()
        == [
            {
                "grant_type": "urn:ietf:params:oauth:grant-type:device_code",
                "device_code": "the-device-code",
                "client_id": "registered-client",
            }
        ]
        * 6
    )


def test_rfc_8628_3_5_a_connection_that_is_lost_ends_no_waiting(screen: Screen) -> None:
    lost: list[Received] = []
    answer = screen.service.routes["/token"]
    assert callable(answer)

    def lose_the_first(got: Received) -> Reply:
        lost.append(got)
        if len(lost) == 1:
            raise ConnectionResetError
        return answer(got)

    screen.service.routes["/token"] = lose_the_first
    screen.decided.set()
    assert ended(screen.begin_on_device()[1]) == ""
    assert len(lost) == 2


def test_rfc_8628_3_1_the_client_says_who_it_is_and_what_it_wants(screen: Screen) -> None:
    screen.decided.set()
    own: dict[str, Any] = {
        "client_id": literal("ours", "ID"),
        "client_secret": literal("our-own-secret", "SECRET"),
        "resource": "urn:x",
    }
    ended(screen.begin_on_device("a", "b", "a", **own, client_auth="client_secret_post")[1])
    identity = {"client_id": "ours", "client_secret": "our-own-secret", "resource": "urn:x"}
    assert screen.forms("/device") == [{"scope": "a b", **identity}]
    assert screen.polls()[0].items() >= identity.items()
    assert screen.asked("/register") == []


def test_a_client_is_registered_for_this_grant_and_for_no_redirect(screen: Screen) -> None:
    screen.decided.set()
    ended(screen.begin_on_device()[1])
    (registered,) = [got.json() for got in screen.asked("/register")]
    grants = ["urn:ietf:params:oauth:grant-type:device_code", "refresh_token"]
    assert (registered["grant_types"], registered["redirect_uris"]) == (grants, [])
    client = screen.record().client
    assert client
    assert client.grant == "device_code"


def test_a_client_that_was_registered_for_a_browser_is_not_used_on_another_device(screen: Screen) -> None:
    screen.decided.set()
    ended(screen.begin_on_device()[1])
    login = screen.login()
    attempt = login.start(["more"], device=True)
    assert ended(attempt) == ""
    assert len(screen.asked("/register")) == 1
    screen.now += 10_000
    login, attempt = screen.begin("yet-more")
    assert len(screen.asked("/register")) == 2
    login.paste(attempt, f"http://x/?error=access_denied&state={screen.record().pending.state}")  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("error", "says"),
    [
        ("access_denied", "You declined the request"),
        ("expired_token", "The sign-in was not finished in time"),
        ("invalid_grant", "rejected the code"),
        ("invalid_client", "rejected a client that it had itself registered"),
    ],
)
def test_rfc_8628_3_5_a_final_no_ends_the_sign_in_and_is_reported(screen: Screen, error: str, says: str) -> None:
    screen.answers = [PENDING, Reply({"error": error}, 400)]
    _, attempt = screen.begin_on_device()
    assert says in ended(attempt)
    assert screen.record().device is None
    assert screen.record().tokens is None
    assert len(screen.polls()) == 2


def test_who_declined_is_not_asked_again_at_once_unless_they_ask_themselves(screen: Screen) -> None:
    screen.answers = [Reply({"error": "access_denied"}, 400)]
    ended(screen.begin_on_device()[1])
    assert "You declined" in ended(screen.begin_on_device()[1])
    screen.decided.set()
    assert len(screen.asked("/device")) == 1
    assert ended(screen.begin_on_device(interactive=True)[1]) == ""


def test_no_one_is_waited_for_longer_than_the_code_lasts(screen: Screen) -> None:
    screen.service.routes["/device"] = Reply({**CODES, "expires_in": 0.05})
    _, attempt = screen.begin_on_device()
    assert "The sign-in was not finished in time" in ended(attempt)
    assert screen.record().device is None


def test_processes_that_wait_together_share_one_code_and_one_grant(screen: Screen) -> None:
    _, owner = screen.begin_on_device("a")
    followers = [screen.begin_on_device("a")[1] for _ in range(3)]
    assert {one.destination.user_code for one in (owner, *followers)} == {"WDJB-MJHT"}
    screen.decided.set()
    assert [ended(one) for one in (owner, *followers)] == [""] * 4
    assert (len(screen.asked("/device")), len(screen.asked("/register"))) == (1, 1)


def test_a_code_whose_process_died_is_waited_for_by_the_next(screen: Screen) -> None:
    screen.decided.set()
    ended(screen.begin_on_device()[1])
    kept = screen.record()
    assert kept.server
    assert kept.client
    left = Device(
        device_code="left-behind", user_code="LEFT", url="https://as.example/d", interval=5, scopes=("x",),
        expires_at=screen.now + 60, server=kept.server, client=kept.client,
    )  # fmt: skip
    screen.store().change(tokens=None, device=left)
    _, attempt = screen.begin_on_device()
    assert (attempt.destination.user_code, ended(attempt)) == ("LEFT", "")
    assert screen.polls()[-1]["device_code"] == "left-behind"
    assert len(screen.asked("/device")) == 1


def test_a_code_that_is_over_is_not_waited_for(screen: Screen) -> None:
    screen.decided.set()
    ended(screen.begin_on_device()[1])
    left = Device(
        device_code="left-behind", user_code="LEFT", url="https://as.example/d", interval=5, scopes=(),
        expires_at=screen.now - 1, server=SERVER, client=CLIENT,
    )  # fmt: skip
    screen.store().change(tokens=None, device=left)
    assert screen.begin_on_device()[1].destination.user_code == "WDJB-MJHT"


def test_a_server_without_such_an_endpoint_says_so(screen: Screen) -> None:
    screen.service.routes[DISCOVERY] = Reply(screen.metadata())
    attempt = screen.login().start([], device=True)
    assert "on another device" in ended(attempt)
    assert "no device_authorization_endpoint" in ended(screen.begin_on_device()[1])


@pytest.mark.parametrize(
    ("reply", "says"),
    [
        (Reply({"error": "unauthorized_client"}, 400), 'it answers "unauthorized_client"'),
        (Reply("<html>", 404), "it answers HTTP 404"),
        (Reply("", 503), "issued no code for another device: it answers HTTP 503. Nothing was changed; try again."),
        (Reply({}, 200), "without a code"),
    ],
)
def test_a_server_that_gives_no_code_says_why(screen: Screen, reply: Reply, says: str) -> None:
    screen.service.routes["/device"] = reply
    assert says in ended(screen.begin_on_device()[1])
    assert screen.polls() == []


def test_rule_1_the_device_code_is_a_secret_in_every_process(screen: Screen) -> None:
    screen.begin_on_device()
    assert screen.polled.wait(SECONDS)
    assert screen.redaction.hide("the-device-code WDJB-MJHT") == "[secret] WDJB-MJHT"
    assert "the-device-code" not in repr(screen.record())


def test_signing_out_gives_up_the_code_too(screen: Screen) -> None:
    _, attempt = screen.begin_on_device()
    assert screen.polled.wait(SECONDS)
    sign_out(screen.session())
    assert "cancelled by a sign-out" in ended(attempt)
    assert screen.record().tokens is None
