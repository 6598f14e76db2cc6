"""The way back from the browser: the loopback listener, its pages, and the sign-in that they end."""

from __future__ import annotations

import base64
import hashlib
import threading
import time
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import suppress
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

import pytest
from joserfc import jwt
from joserfc.jwk import RSAKey

from closient_mcp.auth.background import finish
from closient_mcp.auth.errors import UnavailableError
from closient_mcp.auth.records import Record, Tokens
from closient_mcp.auth.secrets.references import literal
from closient_mcp.auth.sign_in.attempt import SignInAttempt
from closient_mcp.auth.sign_in.callback_server import CallbackServer
from closient_mcp.auth.sign_in.login import Login
from closient_mcp.auth.sign_in.sign_out import sign_out
from closient_mcp.auth.store.record_store import Store

from ...fakes.desk import CODE, DISCOVERY, Desk, at_rest, come_back, ended, follow, get, port_of, query_of
from ...fakes.limits import SECONDS
from ...fakes.service import Received, Reply, running_service

# The sign-in that a callback ends


def test_a_sign_in_registers_once_proves_its_verifier_and_is_kept(desk: Desk) -> None:
    _, attempt = desk.begin("a", "b")
    query = query_of(attempt)
    assert "You are signed in" in come_back(attempt).text
    assert ended(attempt) == ""
    (form,) = desk.exchanges()
    challenge = base64.urlsafe_b64encode(hashlib.sha256(form["code_verifier"].encode()).digest())
    assert challenge.rstrip(b"=").decode() == query["code_challenge"]
    assert (form["code"], form["redirect_uri"], form["client_id"]) == (CODE, query["redirect_uri"], "registered-client")
    record = desk.record()
    assert record.tokens
    assert (record.tokens.refresh_token, record.tokens.scope) == ("the-refresh-token", "a b")
    assert (record.pending, len(desk.tabs), len(desk.asked("/register"))) == (None, 1, 1)
    (registered,) = [got.json()["redirect_uris"] for got in desk.asked("/register")]
    assert registered == [query["redirect_uri"]]
    assert at_rest()


def test_the_listener_is_there_and_the_request_saved_before_the_browser_opens(desk: Desk) -> None:
    seen: list[bool] = []

    def open_browser(url: str) -> bool:
        pending = desk.record().pending
        assert pending
        seen.append(get(urlsplit(pending.redirect_uri).port or 0, urlsplit(url).path).status == 302)
        return True

    attempt = Login(desk.session(), open_browser).start(())
    assert attempt.ready.wait(SECONDS)
    assert seen == [True]
    come_back(attempt)


def test_rule_1_the_browsers_command_line_holds_no_state(desk: Desk) -> None:
    _, attempt = desk.begin()
    assert query_of(attempt)["state"] not in desk.tabs[0]
    come_back(attempt)


def test_a_wrong_state_is_a_stale_page_and_the_waiting_goes_on(desk: Desk) -> None:
    _, attempt = desk.begin()
    for stale in ("wrong", query_of(attempt)["state"] + "x"):
        shown = come_back(attempt, state=stale)
        assert shown.status == 400
        assert "out of date" in shown.text
    assert not attempt.done.is_set()
    assert desk.exchanges() == []
    assert come_back(attempt).status == 200
    assert ended(attempt) == ""


def test_two_callbacks_with_one_code_are_one_exchange_and_the_same_page(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("closient_mcp.auth.sign_in.callback_server.LINGER_SECONDS", 0.5)
    _, attempt = desk.begin()
    may_answer, began = threading.Event(), threading.Event()

    def slowly(got: Received) -> Reply:
        began.set()
        assert may_answer.wait(SECONDS)
        return desk.token(got)

    desk.service.routes["/token"] = slowly
    with ThreadPoolExecutor(2) as pool:
        tabs = [pool.submit(come_back, attempt) for _ in range(2)]
        assert began.wait(SECONDS)
        may_answer.set()
        pages = [tab.result() for tab in tabs]
    assert ["You are signed in" in page.text for page in pages] == [True, True]
    assert len(desk.exchanges()) == 1


def test_a_user_who_declines_is_not_asked_again_for_a_minute(desk: Desk) -> None:
    login, attempt = desk.begin()
    assert "You declined the request" in come_back(attempt, "error=access_denied").text
    assert "You declined the request" in ended(attempt)
    assert at_rest()
    assert "You declined the request" in ended(login.start(()))
    assert "You declined the request" in ended(desk.login().start(()))
    assert len(desk.tabs) == 1
    assert desk.exchanges() == []
    assert desk.record().pending is None
    desk.now += 61
    again = login.start(())
    assert again.ready.wait(SECONDS)
    assert len(desk.tabs) == 2
    come_back(again)


def test_rfc_6749_4_1_2_1_a_denial_with_a_reason_is_quoted_and_is_no_ones_decision_to_decline(desk: Desk) -> None:
    reason = "User is not assigned to the client application."
    login, attempt = desk.begin()
    page = come_back(attempt, f"error=access_denied&error_description={quote(reason)}")
    for text in (page.text.replace("&quot;", '"'), ended(attempt)):
        assert f'refused the request: "{reason}"' in text
        assert "You declined" not in text
    assert at_rest()
    # As after a user's own no; others are given the reason too.
    for each in (login, desk.login()):
        assert reason in ended(each.start(()))
    assert len(desk.tabs) == 1
    again = login.start((), interactive=True)
    assert again.ready.wait(SECONDS)
    come_back(again)
    assert ended(again) == ""


def test_rfc_6749_4_1_2_a_response_without_state_is_rejected_on_the_page_and_where_it_is_awaited(desk: Desk) -> None:
    _, attempt = desk.begin()
    asked = query_of(attempt)
    assert not desk.login().paste(attempt, f"{asked['redirect_uri']}?code={CODE}")
    page = follow(asked["redirect_uri"], f"code={CODE}", asked["state"])
    for text in (page.text, ended(attempt)):
        assert "returned its response without state" in text
    assert desk.exchanges() == []


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        ("code=c&iss=https://evil.example", 'came from "https://evil.example"'),
        ("code=c&code=d", "returned its response with more than one code"),
        (
            "error=server_error&error_description=broken",
            'issued no token: "server_error" (broken). Sign in again later',
        ),
        ("error=unauthorized_client", "rejected a client that it had itself registered"),
        ("error=invalid_scope", "does not grant the requested scopes: a b. Set scopes that it grants"),
        ("nothing=1", 'issued no token: "no_code"'),
    ],
)
def test_a_response_without_a_code_ends_the_sign_in_in_words(desk: Desk, answer: str, message: str) -> None:
    _, attempt = desk.begin("a", "b")
    assert "You are not signed in" in come_back(attempt, answer).text
    assert message in ended(attempt)
    assert desk.exchanges() == []
    assert at_rest()
    assert (desk.record().pending, desk.record().tokens) == (None, None)


def test_rfc_9207_a_missing_issuer_that_was_promised_is_rejected(desk: Desk) -> None:
    desk.service.routes[DISCOVERY] = Reply(desk.metadata(authorization_response_iss_parameter_supported=True))
    _, attempt = desk.begin()
    come_back(attempt)
    assert 'came from "an unnamed issuer"' in ended(attempt)
    assert desk.exchanges() == []


@pytest.mark.parametrize(
    ("reply", "message"),
    [
        (Reply({"error": "invalid_grant", "error_description": "used"}, 400), "rejected the code (used)"),
        (Reply({"error": "invalid_client"}, 401), "rejected a client that it had itself registered"),
        (Reply({"error": "odd"}, 400), 'issued no token: "odd"'),
        (Reply({}, 503), "issued no token: HTTP 503"),
        (Reply("<html>"), "issued no token"),
        (Reply({"access_token": "a", "token_type": "mac"}), "issued no token"),
    ],
)
def test_an_exchange_that_fails_ends_the_sign_in_and_the_next_starts_clean(
    desk: Desk, reply: Reply, message: str
) -> None:
    login, attempt = desk.begin()
    desk.service.routes["/token"] = reply
    assert "You are not signed in" in come_back(attempt).text
    assert message in ended(attempt)
    assert desk.record().pending is None
    assert at_rest()
    desk.service.routes["/token"] = desk.token
    again = login.start(())
    assert again.ready.wait(SECONDS)
    assert query_of(again)["state"] != query_of(attempt)["state"]
    assert come_back(again).status == 200
    assert ended(again) == ""


@pytest.mark.parametrize(
    ("needed", "granted", "requested"),
    [
        (("a",), "", "a offline_access"),
        (("a",), "offline_access a b", "a offline_access b"),
        (("a", "not-supported"), "", "a offline_access"),
    ],
)
def test_offline_access_is_requested_once_where_the_server_has_it(
    desk: Desk, needed: tuple[str, ...], granted: str, requested: str
) -> None:
    desk.service.routes[DISCOVERY] = Reply(desk.metadata(scopes_supported=["a", "b", "offline_access"]))
    if granted:
        expired = Tokens(access_token="an-old-token", scope=granted, obtained_at=0.0, expires_at=1.0)
        desk.store().change(tokens=expired)
    _, attempt = desk.begin(*needed)
    assert query_of(attempt)["scope"] == requested


def test_an_exchange_that_fails_inside_ends_the_sign_in_too(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    _, attempt = desk.begin()

    def fail(*_: object) -> None:
        raise ZeroDivisionError

    with monkeypatch.context() as broken:
        broken.setattr("closient_mcp.auth.session.token_endpoint.token_request", fail)
        try:
            come_back(attempt)
        except OSError as error:
            raise AssertionError("the browser was hung up on") from error
        assert attempt.done.wait(SECONDS), "the caller gets no answer"
    assert "Internal error during the sign-in" in ended(attempt)


def test_a_code_is_not_exchanged_for_what_a_full_disk_would_not_keep(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, attempt = desk.begin()

    def no_room(_: int) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as full:
        full.setattr("os.fsync", no_room)
        page = come_back(attempt)
        message = ended(attempt)
    assert "could not be saved" in message
    assert "then sign in again" in message
    assert "not signed in" in page.text
    assert desk.exchanges() == []


def test_a_sign_in_that_cannot_be_saved_says_so(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    _, attempt = desk.begin()

    def full(*_: object) -> Record:
        raise UnavailableError("It could not be saved.", "Make room.", system="", url="")

    with monkeypatch.context() as broken:
        broken.setattr(Store, "write", full)
        try:
            come_back(attempt)
        except OSError as error:
            raise AssertionError("the browser was hung up on") from error
        assert attempt.done.wait(SECONDS), "the caller gets no answer"
    assert "could not be saved" in ended(attempt)


def test_the_end_of_the_process_waits_for_an_exchange_under_way(desk: Desk) -> None:
    _, attempt = desk.begin()
    may_answer, began = threading.Event(), threading.Event()

    def slowly(got: Received) -> Reply:
        began.set()
        assert may_answer.wait(SECONDS)
        return desk.token(got)

    desk.service.routes["/token"] = slowly
    with ThreadPoolExecutor(2) as pool:
        tab = pool.submit(come_back, attempt)
        assert began.wait(SECONDS)
        ending = pool.submit(finish, SECONDS)
        early, _ = wait([ending], timeout=0.2)
        may_answer.set()
        assert tab.result().status == 200
    assert not early
    assert desk.record().tokens


def test_an_id_token_that_cannot_be_verified_is_no_sign_in(desk: Desk) -> None:
    desk.granted["id_token"] = "a.b.c"
    desk.service.routes[DISCOVERY] = Reply(desk.metadata(jwks_uri=f"{desk.service.url}/keys"))
    desk.service.routes["/keys"] = Reply({"keys": []})
    _, attempt = desk.begin("openid")
    come_back(attempt)
    assert "cannot be verified" in ended(attempt)
    assert desk.record().tokens is None


@pytest.mark.parametrize(("own", "person"), [(True, "alice@example.com"), (False, "")], ids=["own", "another's"])
def test_openid_core_3_1_3_7_an_id_token_must_response_this_very_request(desk: Desk, own: bool, person: str) -> None:
    key = RSAKey.generate_key(2048, {"kid": "one"})
    desk.service.routes[DISCOVERY] = Reply(desk.metadata(jwks_uri=f"{desk.service.url}/keys"))
    desk.service.routes["/keys"] = Reply({"keys": [key.as_dict(private=False)]})
    _, attempt = desk.begin("openid")
    now, nonce = int(time.time()), query_of(attempt)["nonce"] if own else "another-nonce"
    message = {"iss": desk.service.url, "aud": "registered-client", "sub": "1", "exp": now + 60, "iat": now}
    claims = {**message, "nonce": nonce, "email": "alice@example.com"}
    desk.granted["id_token"] = jwt.encode({"alg": "RS256", "kid": "one"}, claims, key)
    come_back(attempt)
    assert (ended(attempt) == "", desk.record().user) == (own, person)
    assert (desk.record().tokens is not None) is own


@pytest.mark.parametrize("other", [{"user_id": "user-2"}, {"organization_id": "org-2"}, {"organization": "Another"}])
def test_a_sign_in_for_more_scopes_never_replaces_the_user_by_another(desk: Desk, other: dict[str, str]) -> None:
    own = {"user_id": "user-1", "organization_id": "org-1", "organization": "Acme"}
    desk.granted |= own
    _, attempt = desk.begin("a")
    assert "organization_id org-1" in come_back(attempt).text
    assert ended(attempt) == ""
    assert at_rest()
    before = desk.record().tokens
    assert before
    assert before.details == own
    desk.granted |= {**other, "access_token": "the-other-token"}
    _, further = desk.begin("a", "b")
    assert "run <code>closient-mcp logout closient</code> first" in come_back(further).text
    assert "another account or for another organization" in ended(further)
    assert desk.record().tokens == before
    assert at_rest()
    desk.granted |= own
    _, again = desk.begin("a", "b")
    come_back(again)
    assert ended(again) == ""
    assert desk.record().asked == ("a", "b")


def test_rule_2_a_name_that_a_server_chose_is_cleaned_where_it_is_read(desk: Desk) -> None:
    hostile = "org\x1b]0;T\x07\x1b[2J\x9b31m\u202e1" + "x" * 1000
    desk.granted |= {"organization_id": hostile, "\x1b": "x", "session_key": "k"}
    desk.granted["scope"] = "read\x1b]0;T\x07 x\u202ey a"
    _, attempt = desk.begin("a")
    come_back(attempt)
    assert ended(attempt) == ""
    tokens = desk.record().tokens
    assert tokens
    assert tokens.scope == "a"
    (organization,) = tokens.details.values()
    assert organization.isprintable()
    assert len(organization) == 100


@pytest.mark.parametrize(
    "url", ["javascript:alert(1)", "file:///etc/passwd", "http://evil.example/", "https://u:p@h/", "ftp://h/"]
)
def test_rule_2_a_hostile_authorization_endpoint_reaches_no_browser(desk: Desk, url: str) -> None:
    desk.service.routes[DISCOVERY] = Reply(desk.metadata(authorization_endpoint=url))
    _, attempt = desk.begin()
    assert "Cannot sign in at" in ended(attempt)
    assert desk.tabs == []
    assert desk.asked("/register") == []


def test_rule_2_what_a_server_says_of_itself_reaches_no_one_with_control_characters(desk: Desk) -> None:
    _, attempt = desk.begin()
    come_back(attempt, "error=x&error_description=" + quote("a\x1b[2J\u202eb\u200bc\r\nd"))
    message = ended(attempt)
    assert not [character for character in "\x1b\u202e\u200b\r\n" if character in message]


def test_a_registration_that_the_server_still_knows_is_used_again_on_its_port(desk: Desk) -> None:
    login, attempt = desk.begin()
    come_back(attempt)
    assert ended(attempt) == ""
    assert at_rest()
    sign_out(desk.session())
    again = login.start(())
    assert again.ready.wait(SECONDS)
    assert (port_of(again), len(desk.asked("/register"))) == (port_of(attempt), 1)
    come_back(again)


@pytest.mark.parametrize(
    ("error", "client"),
    [
        ("invalid_client", "second-client"),
        ("unauthorized_client", "second-client"),
        ("invalid_request", "second-client"),
        ("invalid_grant", "registered-client"),
        ("temporarily_unavailable", "registered-client"),
    ],
)
def test_a_registration_that_the_server_forgot_is_made_again_before_anybody_is_sent_there(
    desk: Desk, error: str, client: str
) -> None:
    login, attempt = desk.begin()
    come_back(attempt)
    assert ended(attempt) == ""
    assert at_rest()
    sign_out(desk.session())
    desk.service.routes["/token"] = Reply({"error": error}, 401)
    desk.service.routes["/register"] = Reply({"client_id": "second-client"}, 201)
    again = login.start(())
    assert again.ready.wait(SECONDS)
    assert query_of(again)["client_id"] == client
    come_back(again, "error=x")


@pytest.mark.parametrize(("left", "registrations"), [(None, 1), (0, 1), (-1, 2), (30, 2), (90, 1)])
def test_a_registration_whose_secret_is_about_to_expire_is_made_again(
    desk: Desk, left: int | None, registrations: int
) -> None:
    ends = {"client_secret_expires_at": int(desk.now) + left if left else left}
    body = {"client_id": "i", "client_secret": "s3cret-s3cret", **ends}
    desk.service.routes["/register"] = Reply(body, 201)
    login, attempt = desk.begin()
    come_back(attempt)
    assert ended(attempt) == ""
    assert at_rest()
    sign_out(desk.session())
    again = login.start(())
    assert again.ready.wait(SECONDS)
    assert len(desk.asked("/register")) == registrations
    come_back(again)


def test_a_server_that_wants_clients_to_have_a_secret_is_given_that(desk: Desk) -> None:
    def register(got: Received) -> Reply:
        if got.json()["token_endpoint_auth_method"] == "none":
            return Reply({"error": "invalid_client_metadata"}, 400)
        return Reply({"client_id": "i", "client_secret": "s3cret-s3cret"}, 201)

    desk.service.routes["/register"] = register
    _, attempt = desk.begin()
    come_back(attempt)
    assert ended(attempt) == ""
    assert len(desk.asked("/register")) == 2
    assert desk.asked("/token")[-1].headers["authorization"].startswith("Basic ")


@pytest.mark.parametrize(
    "reply",
    [
        Reply({}, 201),
        Reply("<html>", 200),
        Reply({}, 403),
        Reply("", 308),
        Reply({"client_id": 5}, 201),
    ],
    ids=repr,
)
def test_without_a_usable_registration_no_browser_is_opened(desk: Desk, reply: Reply) -> None:
    desk.service.routes["/register"] = reply
    _, attempt = desk.begin()
    assert "did not register this application" in ended(attempt)
    assert at_rest()
    assert desk.tabs == []
    assert len(desk.asked("/register")) == 1


OWN: dict[str, Any] = {"client_id": literal("own", "CLIENT"), "client_secret": literal("my-own-secret-1", "SECRET")}


def test_a_client_of_ones_own_is_not_registered_and_identifies_itself(desk: Desk) -> None:
    _, attempt = desk.begin(**OWN)
    come_back(attempt)
    assert ended(attempt) == ""
    assert desk.asked("/register") == []
    basic = base64.b64decode(desk.asked("/token")[-1].headers["authorization"].removeprefix("Basic "))
    assert basic == b"own:my-own-secret-1"


def test_rule_1_the_secret_of_a_client_of_ones_own_is_never_written(desk: Desk) -> None:
    _, attempt = desk.begin(**OWN)
    come_back(attempt)
    assert ended(attempt) == ""
    assert [path.name for path in desk.folder.iterdir() if b"my-own-secret-1" in path.read_bytes()] == []


def test_rule_1_what_a_token_endpoint_gave_never_goes_to_another_that_discovery_names_later(desk: Desk) -> None:
    desk.service.routes["/register"] = Reply({"client_id": "i", "client_secret": "s3cret-s3cret"}, 201)
    login, attempt = desk.begin("a")
    come_back(attempt)
    assert ended(attempt) == ""
    assert at_rest()
    with running_service() as other:
        desk.service.routes[DISCOVERY] = Reply(desk.metadata(token_endpoint=f"{other.url}/token"))
        moved = login.start(("b",))
        assert f"moved from {desk.service.url} to {other.url}" in ended(moved)
        assert at_rest()
        assert "closient-mcp login closient" in ended(moved)
        assert len(desk.tabs) == 1
        again = login.start(("b",), interactive=True)
        assert again.ready.wait(SECONDS)
        desk.now += 3600
        with suppress(UnavailableError):
            desk.session().refresh()
        sent = b" ".join(got.body + repr(got.headers).encode() for got in other.received)
    assert b"the-refresh-token" not in sent
    assert base64.b64encode(b"i:s3cret-s3cret") not in sent


# Several processes


def test_two_that_sign_in_together_share_one_registration_and_one_tab(desk: Desk) -> None:
    _, first = desk.begin()
    second = desk.login().start(())
    assert second.ready.wait(SECONDS)
    assert second.destination.url == first.destination.url
    come_back(first)
    assert (ended(first), ended(second)) == ("", "")
    assert (len(desk.tabs), len(desk.asked("/register")), len(desk.exchanges())) == (1, 1, 1)


def test_who_waits_for_a_further_permission_is_not_done_before_it_is_granted(desk: Desk) -> None:
    login, attempt = desk.begin("a")
    come_back(attempt)
    assert ended(attempt) == ""
    assert at_rest()
    owner, follower = login.start(("b",)), desk.login().start(("b",))
    assert owner.ready.wait(SECONDS)
    assert follower.ready.wait(SECONDS)
    assert not follower.done.is_set()
    assert follower.destination.url == owner.destination.url
    come_back(owner)
    assert (ended(owner), ended(follower)) == ("", "")


async def test_what_a_sign_in_brought_is_used_at_once(desk: Desk) -> None:
    session = desk.session()
    login = Login(session, lambda _: True)
    for token, scope in (("the-first-token", "a"), ("the-second-token", "b")):
        desk.granted |= {"access_token": token}
        attempt = login.start((scope,))
        assert attempt.ready.wait(SECONDS)
        come_back(attempt)
        assert ended(attempt) == ""
        assert at_rest()
        assert await session.token() == token


def test_asking_twenty_times_while_a_sign_in_is_pending_opens_nothing_new(desk: Desk) -> None:
    login, attempt = desk.begin()
    assert {id(login.start(())) for _ in range(20)} == {id(attempt)}
    assert len(desk.tabs) == 1
    come_back(attempt)


def leave(desk: Desk, *, screen: bool) -> SignInAttempt:
    """A sign-in whose process died: its request is in the file, and nobody listens."""
    _, attempt = desk.begin(screen=screen)
    record = desk.record()
    come_back(attempt, "error=x")
    assert at_rest()
    desk.store().write(record.model_copy(update={"declined_at": 0.0}))
    return attempt


def test_a_sign_in_whose_process_died_is_taken_over_on_its_port_without_a_new_tab(desk: Desk) -> None:
    dead = leave(desk, screen=True)
    _, heir = desk.begin()
    assert (heir.destination.url, heir.destination.authorize_url) == (
        dead.destination.url,
        dead.destination.authorize_url,
    )
    assert (heir.opened, heir.opened_elsewhere) == (True, True)
    assert come_back(dead).status == 200
    assert ended(heir) == ""
    assert (len(desk.tabs), len(desk.asked("/register"))) == (1, 1)


def test_a_user_who_asks_again_after_no_one_came_back_gets_a_tab_with_a_new_client(desk: Desk) -> None:
    dead = leave(desk, screen=True)
    desk.service.routes["/register"] = Reply({"client_id": "second-client"}, 201)
    heir = desk.login().start((), interactive=True)
    assert heir.ready.wait(SECONDS)
    assert (query_of(heir)["client_id"], heir.opened, heir.opened_elsewhere) == ("second-client", True, False)
    come_back(heir)
    assert ended(heir) == ""
    assert desk.tabs == [dead.destination.url, heir.destination.url]


def test_a_user_who_asks_again_while_another_process_waits_gets_a_tab_with_a_new_client(desk: Desk) -> None:
    _, dead = desk.begin()
    desk.service.routes["/register"] = Reply({"client_id": "second-client"}, 201)
    again = desk.login().start((), interactive=True)
    assert "started again" in ended(dead)
    assert again.ready.wait(SECONDS)
    assert (query_of(again)["client_id"], again.opened_elsewhere) == ("second-client", False)
    come_back(again)
    assert ended(again) == ""
    assert desk.tabs == [dead.destination.url, again.destination.url]


def test_a_user_who_asks_again_and_again_makes_no_registrations_without_end(desk: Desk) -> None:
    for _ in range(7):
        attempt = desk.login().start((), interactive=True)
        assert attempt.ready.wait(SECONDS)
        record = desk.record()
        come_back(attempt, "error=x")
        assert at_rest()
        desk.store().write(record)
    assert len(desk.asked("/register")) == 5


@pytest.mark.parametrize(
    ("path", "reply"),
    [
        ("/token", Reply({"error": "unauthorized_client", "error_description": "Invalid client_id"}, 401)),
        ("/authorization", Reply({"error": "invalid_request", "error_description": "Client ID not found"}, 400)),
        ("/authorization", Reply("<h1>Unknown client</h1>", 400)),
        ("/authorization", Reply("<h1>Unknown client</h1>", 404)),
    ],
    ids=["from the token endpoint", "from the sign-in page", "shown on the sign-in page", "not found"],
)
@pytest.mark.parametrize("process", ["another", "a later"])
def test_a_forgotten_client_is_registered_again_before_a_browser_is_opened(
    desk: Desk, path: str, reply: Reply, process: str
) -> None:
    if process == "another":
        leave(desk, screen=True)
    else:
        _, attempt = desk.begin()
        come_back(attempt)
        assert ended(attempt) == ""
        assert at_rest()
        sign_out(desk.session())
    accepted = desk.service.routes.get(path, desk.service.otherwise)

    def known(got: Received) -> Reply:
        old = b"registered-client" in got.body or "registered-client" in got.query
        return reply if old else (accepted if isinstance(accepted, Reply) else accepted(got))

    desk.service.routes |= {path: known, "/register": Reply({"client_id": "second-client"}, 201)}
    _, again = desk.begin()
    assert query_of(again)["client_id"] == "second-client"
    come_back(again)
    assert ended(again) == ""
    assert len(desk.tabs) == 2


def test_a_user_who_asks_for_it_again_without_a_screen_is_not_told_that_a_tab_was_opened(desk: Desk) -> None:
    leave(desk, screen=True)
    heir = desk.login(screen=False).start((), interactive=True)
    assert heir.ready.wait(SECONDS)
    assert not heir.opened
    come_back(heir)


def test_a_sign_in_for_which_no_browser_could_be_opened_is_not_said_to_be_open(desk: Desk) -> None:
    leave(desk, screen=False)
    _, heir = desk.begin(screen=False)
    assert heir.opened is False
    come_back(heir)


def test_who_asks_for_no_browser_is_not_told_that_one_is_open(desk: Desk) -> None:
    _, owner = desk.begin(screen=False)
    _, follower = desk.begin(browser=False)
    assert follower.opened is False
    assert follower.destination.authorize_url == owner.destination.authorize_url
    come_back(owner)


def test_a_sign_in_whose_port_was_taken_meanwhile_starts_again(desk: Desk) -> None:
    dead = leave(desk, screen=True)
    thief = CallbackServer(query_of(dead)["redirect_uri"])
    _, heir = desk.begin()
    thief.close()
    assert port_of(heir) != port_of(dead)
    assert query_of(heir)["state"] != query_of(dead)["state"]
    come_back(heir)


def test_a_sign_in_that_was_left_too_long_ago_starts_again(desk: Desk) -> None:
    dead = leave(desk, screen=True)
    desk.now += 601
    _, heir = desk.begin()
    assert query_of(heir)["state"] != query_of(dead)["state"]
    come_back(heir)


def test_a_sign_in_that_no_one_finishes_ends_in_words_and_frees_its_port(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("closient_mcp.auth.oauth.authorization.LIFETIME", 0.2)
    _, attempt = desk.begin()
    assert "The sign-in was not finished" in ended(attempt)
    assert at_rest()
    CallbackServer(query_of(attempt)["redirect_uri"]).close()


def test_a_registration_with_which_no_one_came_back_from_the_browser_is_made_again_once(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as short:
        short.setattr("closient_mcp.auth.oauth.authorization.LIFETIME", 0.2)
        _, attempt = desk.begin()
        assert "The sign-in was not finished" in ended(attempt)
        assert at_rest()
    desk.service.routes["/register"] = Reply({"client_id": "second-client"}, 201)
    _, again = desk.begin()
    assert query_of(again)["client_id"] == "second-client"
    come_back(again, "error=server_error")
    assert ended(again)
    assert at_rest()
    _, third = desk.begin()
    assert query_of(third)["client_id"] == "second-client"
    assert len(desk.asked("/register")) == 2
    come_back(third)


def test_a_registration_with_which_no_one_came_back_is_kept_where_no_other_can_be_had(desk: Desk) -> None:
    leave(desk, screen=True)
    desk.now += 601
    desk.service.routes["/register"] = Reply({}, 429)
    _, heir = desk.begin()
    assert query_of(heir)["client_id"] == "registered-client"
    assert len(desk.asked("/register")) == 2
    come_back(heir)


def test_who_is_signed_in_already_is_sent_nowhere(desk: Desk) -> None:
    login, attempt = desk.begin("a")
    come_back(attempt)
    assert ended(attempt) == ""
    assert at_rest()
    assert ended(login.start(("a",))) == ""
    assert len(desk.tabs) == 1


def test_a_missing_permission_is_requested_together_with_those_that_are_there(desk: Desk) -> None:
    login, attempt = desk.begin("a")
    come_back(attempt)
    assert ended(attempt) == ""
    assert at_rest()
    again = login.start(("b",))
    assert again.ready.wait(SECONDS)
    assert query_of(again)["scope"] == "b a"
    come_back(again)


@pytest.mark.parametrize(("needed", "requested"), [((), "svc:read svc:list"), (("svc:write",), "svc:write")])
def test_rfc_9728_2_the_services_own_scopes_are_requested_where_nothing_says_which(
    desk: Desk, needed: tuple[str, ...], requested: str
) -> None:
    url = desk.service.url
    resource = {"resource": url, "authorization_servers": [url], "scopes_supported": ["svc:read", "svc:list"]}
    desk.service.routes["/.well-known/oauth-protected-resource"] = Reply(resource)
    _, attempt = desk.begin(*needed, finds_issuer=True)
    assert query_of(attempt)["scope"] == requested
    come_back(attempt)
    assert ended(attempt) == ""


def test_scopes_that_the_server_does_not_have_are_not_requested(desk: Desk) -> None:
    desk.service.routes[DISCOVERY] = Reply(desk.metadata(scopes_supported=["a"]))
    login, attempt = desk.begin("a", "b")
    assert query_of(attempt)["scope"] == "a"
    come_back(attempt)
    assert ended(attempt) == ""
    assert at_rest()
    assert ended(login.start(("a", "b"))) == ""
    assert len(desk.tabs) == 1


# Pasting


def test_a_pasted_url_ends_the_sign_in_and_a_wrong_one_does_not(desk: Desk) -> None:
    login, attempt = desk.begin(browser=False)
    assert attempt.opened is False
    assert desk.tabs == []
    state = query_of(attempt)["state"]
    for wrong in ("", "hello", f"http://127.0.0.1:1/callback?code={CODE}&state=wrong"):
        assert login.paste(attempt, wrong) is False
    assert login.paste(attempt, f" http://127.0.0.1:1/callback?code={CODE}&state={state}\n") is True
    assert ended(attempt) == ""
    assert desk.exchanges()[0]["code"] == CODE
    assert login.paste(attempt, "anything") is True


def test_rule_1_nothing_of_a_sign_in_is_logged_or_shown(desk: Desk, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("DEBUG")
    desk.granted["error_description"] = "x"
    _, attempt = desk.begin()
    pending = desk.record().pending
    assert pending
    page = come_back(attempt).text
    assert ended(attempt) == ""
    shown = f"{caplog.text} {page} {attempt!r} {desk.record()!r}"
    for secret in (CODE, pending.verifier, pending.state, "the-access-token", "the-refresh-token"):
        assert secret not in shown


def test_rule_1_a_server_that_repeats_what_it_was_sent_gives_nothing_away(desk: Desk) -> None:
    login, attempt = desk.begin()
    pending = desk.record().pending
    assert pending
    desk.service.routes["/token"] = lambda got: Reply({"error": "odd", "error_description": got.body.decode()}, 400)
    page = come_back(attempt).text
    shown = f"{page} {ended(attempt)}"
    assert CODE not in shown
    assert pending.verifier not in shown
    assert login


def test_many_sign_ins_leave_no_thread_and_no_file_open(desk: Desk) -> None:
    login = desk.login()
    counted: list[tuple[int, int]] = []
    for _ in range(12):
        attempt = login.start(())
        assert attempt.ready.wait(SECONDS)
        come_back(attempt)
        assert ended(attempt) == ""
        assert at_rest()
        sign_out(desk.session())
        counted.append((threading.active_count(), len(list(Path("/dev/fd").iterdir()))))
    # One left by each would be ten; the service ends its own whenever it gets to it.
    assert all(last < second + 5 for second, last in zip(counted[1], counted[-1], strict=True))
    assert {path.suffix for path in desk.folder.iterdir()} == {".json", ".lock"}
