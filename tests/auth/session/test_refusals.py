"""Tokens that services refuse, whatever their clocks say, and sign-ins that run into what other processes do."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx2
import pytest

from closient_mcp.auth.background import finish
from closient_mcp.auth.bearer import BearerAuth
from closient_mcp.auth.errors import AuthError, SignInRequired, UnavailableError, UserActionRequired
from closient_mcp.auth.oauth.tokens import is_usable
from closient_mcp.auth.session.renewal import Session
from closient_mcp.auth.sign_in.attempt import SignInAttempt
from closient_mcp.auth.sign_in.login import Login
from closient_mcp.auth.sign_in.sign_out import sign_out

from ...fakes.desk import DISCOVERY, Desk, at_rest, come_back, ended, query_of
from ...fakes.limits import SECONDS
from ...fakes.service import Received, Reply, running_service
from ...fakes.signed_in_home import API, NOW, Api, Home, only

MISSING = {"www-authenticate": 'Bearer error="insufficient_scope", scope="x:write"'}


async def asked(api: Api, session: Session, url: str = API, **extensions: Any) -> AuthError | int:
    async with httpx2.AsyncClient(transport=httpx2.MockTransport(api._answer), auth=BearerAuth(session)) as client:  # pyright: ignore[reportPrivateUsage]
        try:
            return (await client.get(f"{url}/a", extensions=extensions)).status_code
        except AuthError as error:
            return error


def signed_in(desk: Desk, *scopes: str) -> None:
    _, attempt = desk.begin(*scopes)
    come_back(attempt)
    assert ended(attempt) == ""
    assert at_rest()


# A token that cannot be renewed


def test_a_new_token_that_a_service_rejects_and_no_one_can_renew_opens_no_tab_after_tab(desk: Desk) -> None:
    desk.granted.pop("refresh_token")
    signed_in(desk, "a")
    error = asyncio.run(asked(Api(only()), desk.session(), desk.service.url))
    assert isinstance(error, UserActionRequired)
    assert not isinstance(error, SignInRequired)
    assert "has just issued" in error.message


def test_rule_1_a_token_where_what_a_challenge_says_is_cut_is_hidden(desk: Desk) -> None:
    desk.granted.pop("refresh_token")
    signed_in(desk, "a")
    challenge = f'Bearer error="invalid_token", error_description="{"y" * 290}the-access-token"'
    api = Api(only(), headers={"www-authenticate": challenge})
    error = asyncio.run(asked(api, desk.session(), desk.service.url))
    assert isinstance(error, UserActionRequired)
    assert "y[secret]" in error.message
    assert "the-access" not in error.message


@pytest.mark.parametrize("interactive", [False, True])
def test_an_older_token_that_a_service_rejects_and_no_one_can_renew_is_a_sign_in_that_is_over(
    desk: Desk, interactive: bool
) -> None:
    desk.granted.pop("refresh_token")
    signed_in(desk, "a")
    desk.now += 600
    error = asyncio.run(asked(Api(only()), desk.session(), desk.service.url))
    assert isinstance(error, SignInRequired)
    assert desk.record().tokens
    desk.granted["access_token"] = "the-next-access-token"
    attempt = desk.login().start(("a",), interactive=interactive)
    assert attempt.ready.wait(SECONDS)
    assert len(desk.tabs) == 2
    come_back(attempt)
    assert ended(attempt) == ""
    assert at_rest()
    assert asyncio.run(asked(Api(only("the-next-access-token")), desk.session(), desk.service.url)) == 200
    again = desk.login().start(("a",), interactive=interactive)
    assert ended(again) == ""
    assert len(desk.tabs) == 2


def test_sign_ins_that_do_not_hold_are_given_up_unless_the_user_asks(desk: Desk) -> None:
    desk.granted |= {"expires_in": 1}
    for _ in range(7):  # the first is a sign-in like any other
        desk.now += 10
        signed_in(desk, "a")
    desk.now += 10
    assert "Gave up: 6 sign-ins in 10 minutes" in ended(desk.login().start(("a",)))
    assert at_rest()
    _, attempt = desk.login(), desk.login().start(("a",), interactive=True)
    assert attempt.ready.wait(SECONDS)
    assert len(desk.tabs) == 8
    come_back(attempt)


def test_a_user_who_grants_one_permission_after_the_other_is_never_stopped(desk: Desk) -> None:
    for number in range(9):
        desk.now += 10
        desk.granted["scope"] = " ".join(f"scope-{one}" for one in range(number + 1))
        signed_in(desk, f"scope-{number}")
    assert len(desk.tabs) == 9


async def test_one_place_that_always_rejects_ends_no_sign_in_that_others_take(home: Home) -> None:
    home.sign_in(age=600, refresh_token=None)
    session = home.session()
    assert await asked(Api(only("access-token-0")), session) == 200
    for _ in range(3):
        error = await asked(Api(only()), session)
        assert isinstance(error, UserActionRequired)
        assert not isinstance(error, SignInRequired)
        assert "accepted your sign-in elsewhere" in error.message
    assert is_usable(home.kept(), NOW)
    assert await asked(Api(only("access-token-0")), session) == 200


async def test_a_server_that_gives_the_same_token_again_is_not_asked_over_and_over(home: Home) -> None:
    home.sign_in(age=600)
    home.fail(Reply({"access_token": "access-token-0", "expires_in": 3600}))
    session = home.session()
    for _ in range(8):
        home.now += 1
        assert isinstance(await asked(Api(only()), session), UserActionRequired)
    assert home.asked() == 3


async def test_a_token_that_another_process_got_a_while_ago_is_renewed_when_it_is_rejected_too(home: Home) -> None:
    home.sign_in(age=1200)
    here = home.session()
    assert await here.token() == "access-token-0"
    home.sign_in(age=600, access_token="another-processs")
    assert await asked(Api(only("access-token-1")), here) == 200
    assert home.asked() == 1


# Permissions


async def test_a_permission_that_a_user_granted_elsewhere_is_used_at_once(home: Home) -> None:
    home.sign_in(scope="a")
    here = home.session()
    assert await here.token() == "access-token-0"
    home.sign_in(access_token="a-wider-token", scope="a x:write")
    api = Api(lambda header: 200 if header == "Bearer a-wider-token" else 403, MISSING)
    assert await asked(api, here) == 200
    assert [token for _, token in api.got] == ["Bearer a-wider-token"]
    assert home.asked() == 0


async def test_who_is_not_to_be_asked_gets_the_response_as_it_is(home: Home) -> None:
    home.sign_in(scope="a")
    assert await asked(Api(lambda _: 403, MISSING), home.session(), may_ask=False) == 403


def test_what_a_service_missed_is_requested_by_the_login_that_its_error_advises(desk: Desk) -> None:
    desk.granted["scope"] = "a"
    signed_in(desk, "a")
    error = asyncio.run(asked(Api(lambda _: 403, MISSING), desk.session(), desk.service.url))
    assert isinstance(error, SignInRequired)
    assert "`closient-mcp login closient`" in error.next_step
    assert ended(desk.login().start(("a",))) == ""
    assert at_rest()
    attempt = desk.login().start(("a",), interactive=True)
    assert attempt.ready.wait(SECONDS)
    assert query_of(attempt)["scope"].split() == ["a", "x:write"]
    desk.granted["scope"] = "a x:write"
    come_back(attempt)
    assert ended(attempt) == ""
    assert at_rest()
    assert ended(desk.login().start(("a",), interactive=True)) == ""
    assert len(desk.tabs) == 2


def test_a_scope_that_a_service_named_and_no_server_knows_is_requested_once(desk: Desk) -> None:
    desk.granted["scope"] = "a"
    signed_in(desk, "a")
    asyncio.run(asked(Api(lambda _: 403, MISSING), desk.session(), desk.service.url))
    attempt = desk.login().start(("a",), interactive=True)
    assert attempt.ready.wait(SECONDS)
    come_back(attempt, "error=invalid_scope")
    assert "does not grant the requested scopes: a x:write" in ended(attempt)
    assert at_rest()
    assert ended(desk.login().start(("a",), interactive=True)) == ""
    assert len(desk.tabs) == 2


# What others do meanwhile


class InterruptedDiscovery:
    """A further sign-in at a home's server, in whose discovery something else happens."""

    def __init__(self, home: Home, happens: Any) -> None:
        self.home = home
        url = home.service.url
        named = {f"{name}_endpoint": f"{url}/{name}" for name in ("authorization", "token", "registration")}
        rotate = home.rotate

        def discovery(_: Received) -> Reply:
            happens()
            return Reply({"issuer": url, "response_types_supported": ["code"], **named})

        def token(got: Received) -> Reply:
            own = b"refresh_token=refresh-token" in got.body
            return rotate(got) if own else Reply({"error": "invalid_grant"}, 400)

        home.service.routes |= {
            DISCOVERY: discovery,
            "/registration": Reply({"client_id": "another"}, 201),
            "/token": token,
        }

    def declines(self) -> SignInAttempt:
        attempt = Login(self.home.session(), lambda _: True).start(("x:write",))
        assert attempt.ready.wait(SECONDS)
        come_back(attempt, "error=access_denied")
        assert at_rest()
        return attempt


def test_a_further_sign_in_undoes_no_renewal_of_another_process(home: Home) -> None:
    home.sign_in()
    there = home.session()
    meanwhile = InterruptedDiscovery(home, lambda: asyncio.run(there.token(rejected_token="access-token-0")))
    assert "You declined" in ended(meanwhile.declines())
    kept = home.kept()
    assert kept
    assert kept.refresh_token == "refresh-token-1"
    home.now += 3600
    assert asyncio.run(home.session().token()) == "access-token-2"
    assert home.refused == []


def test_a_further_sign_in_brings_nothing_back_that_a_sign_out_ended(home: Home) -> None:
    home.sign_in()
    home.service.routes["/revoke"] = Reply({}, 503)
    meanwhile = InterruptedDiscovery(home, lambda: sign_out(home.session()))
    meanwhile.declines()
    assert home.kept() is None


def test_a_sign_out_gives_up_a_sign_in_under_way(desk: Desk) -> None:
    _, attempt = desk.begin("a")
    sign_out(desk.session())
    page = come_back(attempt)
    assert "cancelled by a sign-out" in ended(attempt)
    assert "not signed in" in page.text
    assert desk.record().tokens is None
    assert desk.exchanges() == []


def test_a_renewal_that_a_sign_in_begins_is_waited_for_at_the_end_of_the_process(home: Home) -> None:
    home.sign_in(age=3600)
    home.may_answer.clear()
    attempt = Login(home.session(), lambda _: True).start(("a",))
    assert home.began.wait(SECONDS)
    ending = asyncio.run(_ended_while_answering(home))
    assert ending == "refresh-token-1"
    assert ended(attempt) == ""
    assert at_rest()


async def _ended_while_answering(home: Home) -> str:
    """What is kept once the end of the process, which begins before the server answers, has waited."""
    waiting = asyncio.ensure_future(asyncio.to_thread(finish, SECONDS))
    await asyncio.sleep(0)
    home.may_answer.set()
    await waiting
    kept = home.kept()
    return kept.refresh_token or "" if kept else ""


# A token endpoint that moved


def serve_discovery(home: Home, token_endpoint: str) -> None:
    url = home.service.url
    named = {"issuer": url, "authorization_endpoint": f"{url}/authorize", "token_endpoint": token_endpoint}
    home.service.routes[DISCOVERY] = Reply({**named, "response_types_supported": ["code"]})


@pytest.mark.parametrize("gone", [Reply("<html>", 404), Reply("", 308, {"location": "/token/"})], ids=["404", "308"])
async def test_a_token_endpoint_that_moved_within_its_origin_is_found_again(home: Home, gone: Reply) -> None:
    home.sign_in(age=3600)
    home.service.routes |= {"/token": gone, "/token/": home.rotate}
    serve_discovery(home, f"{home.service.url}/token/")
    assert await home.session().token() == "access-token-1"
    home.now += 3600
    home.service.received.clear()
    assert await home.session().token() == "access-token-2"
    assert [got.path for got in home.service.received] == ["/token/"]


async def test_rule_1_a_token_endpoint_that_moved_to_another_origin_is_not_given_the_refresh_token(home: Home) -> None:
    home.sign_in(age=3600)
    home.service.routes["/token"] = Reply("", 308, {"location": "https://evil.example/token"})
    with running_service() as other:
        serve_discovery(home, f"{other.url}/token")
        with pytest.raises(UnavailableError, match=r"which redirects to https://evil\.example/token"):
            await home.session().token()
        assert other.received == []
        assert home.kept()


# What a server says


async def test_rule_2_what_a_server_says_of_a_renewal_is_cut_and_printable(home: Home) -> None:
    home.sign_in(age=3600)
    home.fail(Reply({"error": "x" * 100_000, "error_description": "\x1b[31m\u202e\n" + "y" * 1000}, 400))
    error = await asked(Api(only()), home.session())
    assert isinstance(error, SignInRequired)
    assert len(error.message) < 1000
    assert error.message.isprintable()


async def test_a_token_of_another_type_is_not_requested_again_with_a_refresh_token_that_is_used_up(home: Home) -> None:
    home.sign_in(age=3600)
    home.fail(Reply({"access_token": "a", "refresh_token": "b", "token_type": "mac"}))
    with pytest.raises(UnavailableError, match="'mac'"):
        await home.session().token()
    kept = home.kept()
    assert home.asked() == 1
    assert kept
    assert kept.refresh_token == "refresh-token-0"
