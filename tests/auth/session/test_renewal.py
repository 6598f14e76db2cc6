"""A sign-in in use: one refresh for all callers, even if some are cancelled, and only a definite rejection ends it."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import threading
from collections.abc import Generator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any
from urllib.parse import parse_qs

import httpx2
import pytest

from closient_mcp.auth.background import finish
from closient_mcp.auth.bearer import BearerAuth
from closient_mcp.auth.errors import AuthError, SignInRequired, UnavailableError, UserActionRequired
from closient_mcp.auth.history import History
from closient_mcp.auth.oauth.tokens import is_usable
from closient_mcp.auth.records import Client, Record
from closient_mcp.auth.secrets.references import literal
from closient_mcp.auth.session.renewal import Session
from closient_mcp.auth.sign_in.sign_out import sign_out

from ...fakes.limits import SECONDS
from ...fakes.service import Received, Reply
from ...fakes.signed_in_home import API, NOW, REFRESH_THREAD, Api, Home, no_refresh_is_left, only, until


async def test_a_token_that_is_good_is_given_without_asking_anybody(home: Home) -> None:
    home.sign_in()
    assert await home.session().token() == "access-token-0"
    assert home.asked() == 0


async def test_where_no_one_is_signed_in_there_is_no_token_and_no_file_is_made(home: Home) -> None:
    assert await home.session().token() is None
    assert home.asked() == 0
    assert not home.folder.exists()


async def test_an_expired_token_is_renewed_and_the_rotation_written_before_it_is_used(home: Home) -> None:
    home.sign_in(age=3600)
    assert await home.session().token() == "access-token-1"
    kept = home.kept()
    assert kept
    assert (kept.refresh_token, kept.scope, kept.expires_at) == ("refresh-token-1", "a", NOW + 3600)


async def test_many_who_wait_share_one_refresh(home: Home) -> None:
    home.sign_in(age=3600)
    session = home.session()
    assert set(await asyncio.gather(*[session.token() for _ in range(50)])) == {"access-token-1"}
    assert home.asked() == 1


async def test_what_a_refresh_got_is_not_lost_to_an_older_reading_of_the_file(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    home.sign_in(age=3600)
    session = home.session()
    read = session.store.read

    def read_before_the_refresh_and_come_back_after_it() -> Record:
        older = read()
        monkeypatch.setattr(session.store, "read", read)
        session.refresh()
        return older

    monkeypatch.setattr(session.store, "read", read_before_the_refresh_and_come_back_after_it)
    assert await session.token() == "access-token-1"
    assert home.asked() == 1


def test_eight_processes_share_one_refresh_in_each_of_three_rounds(home: Home) -> None:
    home.sign_in(age=3600)
    sessions = [home.session() for _ in range(8)]
    for number in range(3):
        start = threading.Barrier(8)

        def call(session: Session, start: threading.Barrier = start) -> str | None:
            start.wait(SECONDS)
            return asyncio.run(session.token())

        with ThreadPoolExecutor(8) as pool:
            assert set(pool.map(call, sessions)) == {f"access-token-{number + 1}"}
        home.now += 3600
    assert (home.asked(), home.refused) == (3, [])


def test_eight_processes_whose_token_was_revoked_share_one_refresh(home: Home) -> None:
    home.sign_in()
    sessions = [home.session() for _ in range(8)]

    def renew(session: Session) -> str | None:
        return asyncio.run(session.token(rejected_token="access-token-0"))

    with ThreadPoolExecutor(8) as pool:
        renewed = set(pool.map(renew, sessions))
    assert renewed == {"access-token-1"}
    assert (home.asked(), home.refused) == (1, [])


async def test_what_another_process_renewed_is_used_and_the_old_refresh_token_never_sent(home: Home) -> None:
    home.sign_in()
    sleeper, other = home.session(), home.session()
    assert await sleeper.token() == "access-token-0"
    for number in range(5):
        assert await other.token(rejected_token=f"access-token-{number}") == f"access-token-{number + 1}"
    home.now += 3599
    assert await other.token() == "access-token-6"
    assert await sleeper.token() == "access-token-6"
    assert (home.asked(), home.refused) == (6, [])


async def test_a_rejected_token_is_first_looked_for_in_the_file(home: Home) -> None:
    home.sign_in()
    session = home.session()
    assert await session.token() == "access-token-0"
    home.sign_in(access_token="access-token-of-another")
    assert await session.token(rejected_token="access-token-0") == "access-token-of-another"
    assert home.asked() == 0


async def test_the_file_is_read_again_under_the_lock(home: Home) -> None:
    home.sign_in(age=3600)
    late, early = home.session(), home.session()
    with early.store.lock():
        waiting = asyncio.ensure_future(late.token())
        await asyncio.sleep(0)
        home.sign_in(access_token="access-token-of-another")
    assert await waiting == "access-token-of-another"
    assert home.asked() == 0


async def test_a_sign_out_elsewhere_is_noticed_and_nothing_comes_back_to_life(home: Home) -> None:
    home.sign_in()
    here, there = home.session(), home.session()
    assert await here.token() == "access-token-0"
    await asyncio.to_thread(sign_out, there)
    assert await here.token(rejected_token="access-token-0") is None
    assert home.kept() is None
    assert home.asked() == 0


async def test_a_running_server_uses_no_token_of_a_sign_in_that_another_process_ended(home: Home) -> None:
    home.sign_in()
    here = home.session()
    assert await here.token() == "access-token-0"
    await asyncio.to_thread(sign_out, home.session())
    assert await here.token() is None
    assert home.asked() == 0


async def test_a_running_server_goes_on_as_the_user_who_signed_in_elsewhere(home: Home) -> None:
    home.sign_in()
    here = home.session()
    assert await here.token() == "access-token-0"
    home.sign_in(access_token="access-token-of-another-user")
    assert await here.token() == "access-token-of-another-user"


@pytest.mark.parametrize("others", [0, 3])
async def test_who_is_cancelled_while_waiting_interrupts_no_refresh(home: Home, others: int) -> None:
    home.sign_in(age=3600)
    home.may_answer.clear()
    session = home.session()
    first, *rest = [asyncio.ensure_future(session.token()) for _ in range(1 + others)]
    await until(home.began)
    first.cancel()
    with pytest.raises(asyncio.CancelledError):
        await first
    home.may_answer.set()
    assert await asyncio.gather(*rest) == ["access-token-1"] * others
    assert await asyncio.to_thread(no_refresh_is_left)
    kept = home.kept()
    assert kept
    assert kept.refresh_token == "refresh-token-1"
    assert home.asked() == 1


async def test_a_refresh_is_in_one_thread_that_the_end_of_the_process_waits_for(home: Home) -> None:
    home.sign_in(age=3600)
    home.may_answer.clear()
    session = home.session()
    waiting = [asyncio.ensure_future(session.token()) for _ in range(5)]
    await until(home.began)
    threads = [thread for thread in threading.enumerate() if thread.name == REFRESH_THREAD]
    assert [thread.daemon for thread in threads] == [False]
    home.may_answer.set()
    assert await asyncio.gather(*waiting) == ["access-token-1"] * 5


async def test_a_token_rejected_while_the_refresh_that_brings_it_is_under_way_is_renewed_once_more(home: Home) -> None:
    home.sign_in(age=3600)
    home.may_answer.clear()
    session = home.session()
    first = asyncio.ensure_future(session.token())
    await until(home.began)
    second = asyncio.ensure_future(session.token(rejected_token="access-token-1"))
    await asyncio.sleep(0)
    home.may_answer.set()
    await asyncio.wait([first])
    assert await second == "access-token-2"
    assert home.asked() == 2


def test_a_refresh_outlives_its_event_loop(home: Home, caplog: pytest.LogCaptureFixture) -> None:
    home.sign_in(age=3600)
    home.may_answer.clear()

    async def leave() -> None:
        waiting = asyncio.ensure_future(home.session().token())
        await until(home.began)
        waiting.cancel()

    asyncio.run(leave())
    home.may_answer.set()
    assert no_refresh_is_left()
    kept = home.kept()
    assert kept
    assert kept.refresh_token == "refresh-token-1"
    assert not caplog.records


def test_the_end_of_the_process_waits_for_a_refresh_but_not_for_ever(home: Home) -> None:
    home.sign_in(age=3600)
    home.may_answer.clear()
    session = home.session()
    thread = threading.Thread(target=session.refresh, name=REFRESH_THREAD)
    thread.start()
    assert home.began.wait(SECONDS)
    finish(0.05)
    assert thread.is_alive()
    home.may_answer.set()
    finish(SECONDS)
    kept = home.kept()
    assert not thread.is_alive()
    assert kept
    assert kept.refresh_token == "refresh-token-1"


NOT_A_NO = {
    "429": Reply({}, 429, {"retry-after": "6"}),
    "503": Reply("busy", 503, {"retry-after": "6"}),
    "an error behind a 500": Reply({"error": "invalid_grant"}, 500, {"retry-after": "6"}),
    "another error behind a 408": Reply({"error": "invalid_request"}, 408, {"retry-after": "6"}),
    "too early": Reply({"error": "invalid_request"}, 425, {"retry-after": "6"}),
}


@pytest.mark.parametrize("reply", NOT_A_NO.values(), ids=NOT_A_NO)
async def test_only_a_clear_no_ends_a_sign_in(home: Home, reply: Reply) -> None:
    home.sign_in(age=3600)
    (path,) = home.folder.glob("*.json")
    before = path.read_bytes()
    home.fail(reply)
    with pytest.raises(UnavailableError, match="is not renewing sign-ins right now") as caught:
        await home.session().token()
    assert "You are still signed in" in caught.value.next_step
    assert path.read_bytes() == before
    assert home.asked() == 1
    home.service.routes["/token"] = home.rotate
    assert await home.session().token() == "access-token-1"


FORM = {"content-type": "application/x-www-form-urlencoded; charset=utf-8"}
OTHER_WORDS = {
    "invalid_request": Reply({"error": "invalid_request", "error_description": "refresh token is invalid"}, 400),
    "invalid_token": Reply({"error": "invalid_token", "error_description": "refresh token is invalid"}, 400),
    "200": Reply({"error": "bad_refresh_token", "error_description": "The refresh token is invalid"}),
    "a form": Reply("error=expired&error_description=refresh+token+is+invalid", 400, FORM),
    "a form as text": Reply(
        "error=expired&error_description=refresh+token+is+invalid", 400, {"content-type": "text/plain"}
    ),
    "JSON as text": Reply(
        '{"error": "expired", "error_description": "refresh token is invalid; a=b"}',
        400,
        {"content-type": "text/plain"},
    ),
    "an echo": Reply({"error": "odd", "error_description": "refresh token is invalid: refresh-token-0"}, 400),
    "a reason": Reply({"error": "access_denied", "error_description": "Your refresh token is invalid"}, 403),
}


@pytest.mark.parametrize("reply", OTHER_WORDS.values(), ids=OTHER_WORDS)
async def test_rfc_6749_5_2_a_refresh_rejected_in_other_words_keeps_the_record_and_offers_a_sign_in(
    home: Home, reply: Reply
) -> None:
    home.sign_in(age=3600)
    (path,) = home.folder.glob("*.json")
    before = path.read_bytes()
    home.fail(reply)
    session = home.session()
    assert await session.token() is None
    with pytest.raises(SignInRequired, match="efresh token is invalid") as caught:
        await Api(only()).client(session).get(f"{API}/a")
    assert "refresh-token-0" not in str(caught.value)
    assert path.read_bytes() == before
    home.service.routes["/token"] = home.rotate
    assert await home.session().token() == "access-token-1"


async def test_a_token_that_was_revoked_and_cannot_be_renewed_leads_to_a_sign_in_though_it_was_good(home: Home) -> None:
    home.sign_in()
    api = Api(only("access-token-0"))
    async with api.client(home.session()) as client:
        assert (await client.get(f"{API}/a")).status_code == 200
        api.accepts = only()
        home.fail(Reply({"error": "invalid_request"}, 400))
        for _ in range(2):
            with pytest.raises(SignInRequired, match='did not renew the last sign-in: "invalid_request"'):
                await client.get(f"{API}/a")
    kept = home.kept()
    assert kept
    assert (kept.refresh_token, is_usable(kept, NOW)) == ("refresh-token-0", False)


@pytest.mark.parametrize(("asked", "sent"), [(("a", "offline_access"), ["a b"]), ((), [])])
async def test_rfc_6749_6_a_refresh_repeats_the_scope_where_the_sign_in_requested_one(
    home: Home, asked: tuple[str, ...], sent: list[str]
) -> None:
    home.sign_in(age=3600, asked=asked, scope="a b")
    assert await home.session(resource="https://r.example/").token() == "access-token-1"
    form = parse_qs(home.service.received[-1].body.decode())
    assert (form.get("scope", []), form["resource"]) == (sent, ["https://r.example/"])


async def test_rfc_6749_6_a_server_that_rejects_the_scope_of_a_refresh_is_asked_without_it(home: Home) -> None:
    home.sign_in(age=3600, asked=("a",))

    def reject_scope(got: Received) -> Reply:
        return Reply({"error": "invalid_scope"}, 400) if b"scope=" in got.body else home.rotate(got)

    home.service.routes["/token"] = reject_scope
    assert await home.session().token() == "access-token-1"
    assert home.asked() == 2


@pytest.mark.parametrize("error", ["invalid_target", "invalid_request", "invalid_scope"])
@pytest.mark.parametrize("rejected", [b"scope=", b"resource="])
async def test_rfc_8707_a_server_that_rejects_a_parameter_of_a_refresh_loses_no_sign_in(
    home: Home, rejected: bytes, error: str
) -> None:
    home.sign_in(age=3600, asked=("a",))
    record = home.store().read()
    assert record.server
    home.store().write(record.model_copy(update={"server": record.server.model_copy(update={"resource": "urn:x"})}))

    def reject(got: Received) -> Reply:
        return Reply({"error": error}, 400) if rejected in got.body else home.rotate(got)

    home.service.routes["/token"] = reject
    assert await home.session().token() == "access-token-1"


async def test_rfc_9700_4_14_2_a_late_answer_is_kept_and_the_old_token_not_sent_while_it_is_awaited(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("closient_mcp.auth.session.renewal._PATIENCE", 0.01)
    home.sign_in(age=3600)
    home.may_answer.clear()
    session = home.session()
    for _ in range(3):
        with pytest.raises(UnavailableError) as caught:
            await session.token()
        assert caught.value.next_step == "The sign-in is being renewed; try again."
    home.may_answer.set()
    assert await asyncio.to_thread(no_refresh_is_left)
    assert await session.token() == "access-token-1"
    assert (home.asked(), home.refused) == (1, [])


@pytest.mark.parametrize(
    "reply",
    [
        Reply({"error": "invalid_grant"}, 400),
        Reply("error=invalid_grant&error_description=expired", 400, FORM),
        Reply({"errors": [{"message": "Invalid refresh token: 5"}]}, 400),
    ],
    ids=["JSON", "form", "wrapped"],
)
async def test_rfc_6749_5_2_invalid_grant_ends_the_sign_in_in_every_form(home: Home, reply: Reply) -> None:
    home.sign_in(age=3600)
    home.fail(reply)
    assert await home.session().token() is None
    assert home.kept() is None


async def test_tokens_in_a_form_are_as_good_as_in_json(home: Home) -> None:
    home.sign_in(age=3600)
    home.fail(Reply("access_token=a%2Bb&refresh_token=next&token_type=bearer&expires_in=60&scope=a+b", 200, FORM))
    assert await home.session().token() == "a+b"
    kept = home.kept()
    assert kept
    assert (kept.refresh_token, kept.scope, kept.expires_at) == ("next", "a b", NOW + 60)


async def test_a_lost_response_is_requested_again_twice_and_no_more(home: Home) -> None:
    home.sign_in(age=3600)
    home.fail(Reply("<html>a portal</html>"))
    with pytest.raises(UnavailableError, match="such as a web page"):
        await home.session().token()
    assert home.asked() == 3
    assert home.kept() is not None


@pytest.mark.parametrize("reply", [Reply("Invalid refresh token", 400), Reply("<html>", 403), Reply("", 401)])
async def test_a_page_that_rejects_a_refresh_again_after_a_minute_ends_the_sign_in(home: Home, reply: Reply) -> None:
    home.sign_in(age=3600)
    home.fail(reply)
    session = home.session()
    for _ in range(2):
        with pytest.raises(UnavailableError, match="such as a web page"):
            await session.token()
        home.now += 30
    assert await session.token() is None
    assert f"HTTP {reply.status}" in session.renewal_failure
    assert home.kept() is not None  # the server may have meant something else


async def test_how_long_a_server_wants_to_be_left_alone_is_reported(home: Home) -> None:
    home.sign_in(age=3600)
    home.fail(Reply({}, 503, {"retry-after": "6"}))
    with pytest.raises(UnavailableError) as caught:
        await home.session().token()
    assert "try again in 6 seconds" in caught.value.next_step


@pytest.mark.parametrize("left", [30.0, 1.0])
async def test_a_token_that_still_has_life_is_used_where_it_cannot_be_renewed(home: Home, left: float) -> None:
    home.sign_in(age=3600 - left)
    home.fail(Reply({}, 503, {"retry-after": "6"}))
    assert await home.session().token() == "access-token-0"
    assert home.asked() == 1


async def test_a_clock_that_fell_back_with_a_server_that_is_down_ends_no_sign_in(home: Home) -> None:
    home.sign_in(age=-86_400)
    home.fail(Reply({}, 503, {"retry-after": "6"}))
    assert await home.session().token() == "access-token-0"


async def test_a_clock_that_fell_back_causes_one_refresh(home: Home) -> None:
    home.sign_in(age=-86_400)
    session = home.session()
    assert [await session.token() for _ in range(3)] == ["access-token-1"] * 3
    assert home.asked() == 1


async def test_an_unreachable_server_ends_no_sign_in(home: Home) -> None:
    home.sign_in(age=3600)
    with home.store().lock():
        record = home.store().read()
        assert record.server
        gone = record.server.model_copy(update={"token_endpoint": "http://127.0.0.1:9/token"})
        home.store().write(record.model_copy(update={"server": gone}))
    with pytest.raises(UnavailableError, match="is not renewing"):
        await home.session().token()
    assert home.kept() is not None


async def test_invalid_grant_ends_the_sign_in_and_keeps_the_client(home: Home) -> None:
    home.sign_in(age=3600, refresh_token="refresh-token-of-old")
    assert await home.session().token() is None
    assert await home.session().token() is None
    assert home.kept() is None
    assert home.store().read().client
    assert home.asked() == 1


@pytest.mark.parametrize("error", ["invalid_client", "unauthorized_client"])
async def test_a_registration_that_the_server_forgot_is_dropped_with_its_tokens(home: Home, error: str) -> None:
    home.sign_in(age=3600)
    home.fail(Reply({"error": error}, 401))
    assert await home.session().token() is None
    assert (home.kept(), home.store().read().client) == (None, None)


def own_client(secret: str) -> dict[str, Any]:
    return {"client_id": literal("own", "CLIENT"), "client_secret": literal(secret, "SECRET")}


@pytest.mark.parametrize("error", ["invalid_client", "unauthorized_client"])
async def test_a_configured_client_that_is_rejected_keeps_its_sign_in_and_says_so(home: Home, error: str) -> None:
    home.sign_in(age=3600, client=Client(client_id="own", client_secret="wrong-secret"))
    home.fail(Reply({"error": error}, 401))
    with pytest.raises(AuthError, match="client"):
        await home.session(**own_client("wrong-secret")).token()
    assert home.kept() is not None
    assert home.store().read().client


async def test_a_configured_clients_secret_is_the_one_configured_now(home: Home) -> None:
    old = Client(client_id="own", client_secret="old-secret", auth_method="client_secret_post")
    home.sign_in(age=3600, client=old)
    assert await home.session(**own_client("new-secret"), client_auth="client_secret_post").token() == "access-token-1"
    assert parse_qs(home.service.received[-1].body.decode())["client_secret"] == ["new-secret"]


@pytest.mark.parametrize("missing", ["refresh_token", "server", "client"])
async def test_what_cannot_be_renewed_is_not_requested(home: Home, missing: str) -> None:
    home.sign_in(age=3600)
    record = home.store().read()
    assert record.tokens
    tokens = record.tokens.model_copy(update={"refresh_token": None})
    home.store().write(record.model_copy(update={missing: None} if missing != "refresh_token" else {"tokens": tokens}))
    assert await home.session().token() is None
    assert home.asked() == 0


@contextmanager
def full_disk(since: threading.Event | None = None) -> Generator[None]:
    """Nothing can be written any more, from the beginning or once this has happened."""

    def no_room(_: int) -> None:
        if since is None or since.is_set():
            raise OSError(28, "No space left on device")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("os.fsync", no_room)
        yield


async def test_a_rotation_that_cannot_be_saved_is_reported_and_used_all_the_same(
    home: Home, caplog: pytest.LogCaptureFixture
) -> None:
    home.sign_in(age=3600)
    session = home.session()
    with full_disk(home.began):
        for _ in range(3):
            assert await session.token() == "access-token-1"
            assert home.asked() == 1
    assert "could not be saved" in caplog.text
    assert "access-token-1" not in caplog.text


async def test_on_a_full_disk_nothing_is_requested_that_could_not_be_kept(home: Home) -> None:
    home.sign_in(age=3600)
    before = {path.name: path.read_bytes() for path in home.folder.iterdir()}
    with full_disk(), pytest.raises(UnavailableError, match=r"could not be saved.*No space left") as caught:
        await home.session().token()
    assert "you are still signed in" in caught.value.next_step
    assert home.asked() == 0
    kept = {path.name: path.read_bytes() for path in home.folder.iterdir() if path.suffix != ".lock"}
    assert kept.items() <= before.items()
    assert await home.session().token() == "access-token-1"


async def test_on_a_full_disk_a_token_is_used_to_its_end(home: Home) -> None:
    home.sign_in(age=3590)
    with full_disk():
        assert await home.session().token() == "access-token-0"
        assert home.asked() == 0


async def test_a_rotation_that_could_not_be_saved_is_saved_later(home: Home) -> None:
    home.sign_in(age=3600)
    session = home.session()
    with full_disk(home.began):
        await session.token()
    assert await session.token() == "access-token-1"
    kept = home.kept()
    assert kept
    assert kept.refresh_token == "refresh-token-1"
    home.now += 3600
    assert await session.token() == "access-token-2"
    assert home.refused == []
    kept = home.kept()
    assert kept
    assert kept.refresh_token == "refresh-token-2"


async def test_a_renewal_with_a_lifetime_beyond_reason_loses_no_rotation(home: Home) -> None:
    home.sign_in(age=3600)
    body = {"access_token": "access-token-1", "refresh_token": "refresh-token-1", "expires_in": 10**400}
    home.fail(Reply(body))
    assert await home.session().token() == "access-token-1"
    kept = home.kept()
    assert kept
    assert kept.refresh_token == "refresh-token-1"


async def test_while_another_renews_for_long_a_token_is_used_to_its_end(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("closient_mcp.auth.store.files._PATIENCE", 0.1)
    home.sign_in(age=3590)
    with home.store().lock():
        assert await home.session().token() == "access-token-0"
        home.now += 20
        with pytest.raises(UnavailableError, match="Another copy of closient-mcp is renewing"):
            await home.session().token()
    assert home.asked() == 0


async def test_a_server_that_says_when_to_come_back_is_left_alone_until_then(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    pauses: list[float] = []
    monkeypatch.setattr("closient_mcp.auth.session.token_endpoint.time.sleep", pauses.append)
    home.sign_in(age=3600)
    home.service.routes["/token"] = lambda got: home.rotate(got) if pauses else Reply("busy", 503, {"retry-after": "2"})
    assert await home.session().token() == "access-token-1"
    assert pauses == [2.0]


# Signing out (RFC 7009)


def test_signing_out_revokes_at_the_server_and_keeps_the_registration(home: Home) -> None:
    home.sign_in()
    reason = sign_out(home.session())
    assert reason == f"Signed out of {home.service.url}: the sign-in is revoked."
    assert [(got.path, parse_qs(got.body.decode())) for got in home.service.received] == [
        ("/revoke", {"token": [f"{kind}-token-0"], "token_type_hint": [f"{kind}_token"], "client_id": ["i"]})
        for kind in ("refresh", "access")
    ]
    assert home.kept() is None
    assert home.store().read().client
    assert "You were not signed in" in sign_out(home.session())


def test_signing_out_with_forget_drops_the_registration(home: Home) -> None:
    home.sign_in()
    sign_out(home.session(), forget=True)
    assert home.store().read().client is None


def test_rfc_7009_2_2_1_a_server_that_revokes_no_access_tokens_has_revoked_the_sign_in(home: Home) -> None:
    home.sign_in()
    unsupported = Reply({"error": "unsupported_token_type"}, 400)
    home.service.routes["/revoke"] = lambda got: unsupported if b"access-token" in got.body else Reply({})
    assert "the sign-in is revoked" in sign_out(home.session())


@pytest.mark.parametrize("status", [202, 204])
def test_a_revocation_that_succeeds_with_another_status_is_one(home: Home, status: int) -> None:
    home.sign_in()
    home.service.routes["/revoke"] = Reply("", status)
    assert "the sign-in is revoked" in sign_out(home.session())


@pytest.mark.parametrize("status", [400, 401, 404, 500, 503])
def test_what_the_server_does_not_confirm_is_dropped_here_and_said(home: Home, status: int) -> None:
    home.sign_in()
    home.service.routes["/revoke"] = Reply({}, status)
    reason = sign_out(home.session())
    assert f"did not confirm it (HTTP {status})" in reason
    assert home.kept() is None


def hang_up(_: Received) -> Reply:
    raise ConnectionResetError


@pytest.mark.parametrize(
    ("endpoint", "reason"),
    [
        (None, "does not support revoking"),
        ("/hangs-up", "did not confirm it"),
        ("https://evil.example/revoke", "does not support"),
    ],
)
def test_signing_out_needs_no_server(home: Home, endpoint: str | None, reason: str) -> None:
    home.sign_in()
    record = home.store().read()
    assert record.server
    endpoint = f"{home.service.url}{endpoint}" if endpoint == "/hangs-up" else endpoint
    home.service.routes["/hangs-up"] = hang_up
    server = record.server.model_copy(update={"revocation_endpoint": endpoint})
    home.store().write(record.model_copy(update={"server": server}))
    assert reason in sign_out(home.session())
    assert home.kept() is None


async def test_a_sign_out_waits_for_the_refresh_under_way_and_revokes_its_outcome(home: Home) -> None:
    home.sign_in(age=3600)
    home.may_answer.clear()
    waiting = asyncio.ensure_future(home.session().token())
    await until(home.began)
    leaving = asyncio.ensure_future(asyncio.to_thread(sign_out, home.session()))
    home.may_answer.set()
    assert "is revoked" in await leaving
    await waiting
    assert b"refresh-token-1" in home.service.received[-2].body
    assert home.kept() is None


# In requests (RFC 6750)


async def test_a_request_carries_the_token(home: Home) -> None:
    home.sign_in()
    api = Api(only("access-token-0"))
    async with api.client(home.session()) as client:
        assert (await client.get(f"{API}/a")).status_code == 200
    assert api.got == [("", "Bearer access-token-0")]


@pytest.mark.parametrize(
    "url",
    [
        "https://example.com/a",
        "http://api.example.com/a",
        "https://api.example.com:8443/a",
        "https://api.example.com.evil.example/a",
        "https://evil.example/api.example.com",
    ],
)
@pytest.mark.parametrize("status", [200, 401, 403])
async def test_rule_1_the_token_goes_to_no_other_origin_whatever_that_answers(
    home: Home, url: str, status: int
) -> None:
    home.sign_in()
    challenge = {"www-authenticate": 'Bearer error="insufficient_scope", scope="all"'}
    api = Api(lambda _: status, challenge)
    async with api.client(home.session()) as client:
        assert (await client.get(url)).status_code == status
    assert api.got == [("", None)]
    assert home.asked() == 0


async def test_rule_4_a_rejected_request_is_sent_once_more_whole_with_a_fresh_token(home: Home) -> None:
    home.sign_in()
    api = Api(only("access-token-1"))
    async with api.client(home.session()) as client:
        assert (await client.post(f"{API}/a", json={"a": 1})).status_code == 200
    assert api.got == [('{"a":1}', "Bearer access-token-0"), ('{"a":1}', "Bearer access-token-1")]


async def test_a_fresh_token_that_is_rejected_starts_no_sign_in_and_no_loop(home: Home) -> None:
    home.sign_in()
    api = Api(only())
    async with api.client(home.session()) as client:
        with pytest.raises(UserActionRequired, match="has just issued") as caught:
            await client.get(f"{API}/a")
    assert not isinstance(caught.value, SignInRequired)
    assert len(api.got) == 2
    assert home.asked() == 1


async def test_a_service_that_takes_no_token_at_all_is_not_renewed_for_over_and_over(home: Home) -> None:
    home.sign_in()
    reason: list[str] = []
    for _ in range(10):
        async with Api(only()).client(home.session()) as client:
            with pytest.raises(UserActionRequired) as caught:
                await client.get(f"{API}/a")
            reason.append(caught.value.message)
    assert home.asked() == 3
    assert "stopped renewing" in reason[-1].lower()
    assert home.kept()
    # What the clock ends is renewed all the same, and later so is what the service refuses.
    home.now += 3600
    assert await home.session().token() == "access-token-4"
    async with Api(only("access-token-5")).client(home.session()) as client:
        assert (await client.get(f"{API}/a")).status_code == 200


async def test_many_calls_that_are_rejected_together_count_as_one(home: Home) -> None:
    home.sign_in()
    async with Api(only()).client(home.session()) as client:
        calls = [client.get(f"{API}/{number}") for number in range(20)]
        answers = await asyncio.gather(*calls, return_exceptions=True)
    assert {type(answer) for answer in answers} == {UserActionRequired}
    assert home.asked() == 1
    assert len(home.store().read().history.rejections) == 1


async def test_where_no_one_is_signed_in_a_public_request_goes_without(home: Home) -> None:
    api = Api(lambda token: 200 if token is None else 401)
    async with api.client(home.session()) as client:
        assert (await client.get(f"{API}/a", headers={"authorization": "Bearer x"})).status_code == 200
    assert api.got == [("", None)]


async def test_a_request_that_wants_a_sign_in_says_so_with_its_scopes(home: Home) -> None:
    async with Api(only()).client(home.session()) as client:
        with pytest.raises(SignInRequired, match=r"api\.example\.com requires you to sign in") as caught:
            await client.get(f"{API}/a", extensions={"scopes": ("a", "b")})
        assert caught.value.scopes == ("a", "b")
        assert caught.value.url == home.service.url
        assert (await client.get(f"{API}/a", extensions={"may_ask": False})).status_code == 401


async def test_a_sign_in_that_has_ended_is_requested_again(home: Home) -> None:
    home.sign_in(refresh_token="refresh-token-of-old")
    api = Api(only())
    async with api.client(home.session()) as client:
        with pytest.raises(SignInRequired):
            await client.get(f"{API}/a")
    assert [token for _, token in api.got] == ["Bearer access-token-0", None]


CHALLENGE = {"www-authenticate": 'Bearer error="invalid_token", scope="svc:read"'}


async def test_rfc_6750_3_the_scope_of_a_401_is_requested_by_the_first_sign_in(home: Home) -> None:
    async with Api(only(), {"www-authenticate": 'Bearer scope="svc:read"'}).client(home.session()) as client:
        with pytest.raises(SignInRequired) as caught:
            await client.get(f"{API}/a")
    assert caught.value.scopes == ("svc:read",)


async def test_rfc_6750_3_the_scope_of_a_401_that_a_renewed_token_lacks_is_requested_by_name(home: Home) -> None:
    home.sign_in(scope="a")
    async with Api(only(), CHALLENGE).client(home.session()) as client:
        with pytest.raises(SignInRequired, match=r'the scope "svc:read" for this, .*does not have .401.') as caught:
            await client.get(f"{API}/a")
    assert caught.value.scopes == ("svc:read",)
    assert home.store().read().history.rejections == ()


async def test_a_scope_that_a_service_names_in_every_401_keeps_no_token_from_being_renewed(home: Home) -> None:
    home.sign_in(scope="")
    api = Api(only("access-token-1"), CHALLENGE)
    async with api.client(home.session()) as client:
        assert (await client.get(f"{API}/a")).status_code == 200


@pytest.mark.parametrize(
    ("body", "headers", "sentence"),
    [
        (b'{"errors":[{"code":"401","message":"Incorrect retailerId"}]}', {}, "Incorrect retailerId"),
        (b'{"detail": "Wrong \\u001b[31mregion"}', {}, "Wrong  [31mregion"),
        (b"", {"www-authenticate": 'Bearer error_description="Region is EU"'}, "Region is EU"),
        (b"", {"www-authenticate": f'Bearer error_description="{"x" * 400}"'}, "x" * 300),
        (b'{"detail": "access-token-1 is bad"}', {}, "[secret] is bad"),
    ],
)
async def test_the_services_own_sentence_is_quoted(
    home: Home, body: bytes, headers: dict[str, str], sentence: str
) -> None:
    home.sign_in()
    async with Api(only(), headers, body).client(home.session()) as client:
        with pytest.raises(UserActionRequired, match="has just issued") as caught:
            await client.get(f"{API}/a")
    assert f'It says: "{sentence}"' in str(caught.value)


@pytest.mark.parametrize(
    ("details", "differs"),
    [({"Retailer_id": "5"}, True), ({"Retailer_id": "1"}, False), ({}, False)],
    ids=["another", "the same", "unknown"],
)
async def test_a_403_names_what_differs_between_the_sign_in_and_the_settings(
    home: Home, details: dict[str, str], differs: bool
) -> None:
    home.sign_in(details=details)
    session = home.session(expected_details={"Retailer_id": "1"})
    async with Api(lambda _: 403, body=b'{"detail": "No permission"}').client(session) as client:
        if not differs:
            assert (await client.get(f"{API}/a")).json() == {"detail": "No permission"}
            return
        with pytest.raises(UserActionRequired) as caught:
            await client.get(f"{API}/a")
    assert caught.value.message == 'api.example.com did not permit this (403). It says: "No permission"'
    assert caught.value.next_step == "The sign-in belongs to retailer 5, the settings say 1."


async def test_a_message_names_no_thousand_scopes(home: Home) -> None:
    home.sign_in()
    scopes = " ".join(f"scope-{number}" for number in range(700))
    api = Api(lambda _: 403, {"www-authenticate": f'Bearer error="insufficient_scope", scope="{scopes}"'})
    async with api.client(home.session()) as client:
        with pytest.raises(SignInRequired, match="scope-19 and 480 more") as caught:
            await client.get(f"{API}/a")
    assert len(caught.value.message) < 400


async def test_rfc_6750_3_1_a_missing_scope_is_requested_by_name(home: Home) -> None:
    home.sign_in()
    api = Api(lambda _: 403, {"www-authenticate": 'Bearer error="insufficient_scope", scope="x:write y"'})
    async with api.client(home.session()) as client:
        with pytest.raises(SignInRequired, match='the scope "x:write y"') as caught:
            await client.get(f"{API}/a")
    assert caught.value.scopes == ("x:write", "y")
    assert len(api.got) == 1


async def test_where_no_one_is_signed_in_a_missing_scope_is_a_reason_to(home: Home) -> None:
    api = Api(lambda _: 403, {"www-authenticate": 'Bearer resource_metadata="https://x/y", scope="x y"'})
    async with api.client(home.session()) as client:
        assert (await client.get(f"{API}/a", extensions={"may_ask": False})).status_code == 403
        with pytest.raises(SignInRequired, match="requires you to sign in") as caught:
            await client.get(f"{API}/a", extensions={"scopes": ("a",)})
    assert caught.value.scopes == ("a", "x", "y")


@pytest.mark.parametrize(
    ("granted", "withheld", "says"),
    [
        ("a x:write y", (), 'lack of the scope "x:write y", which your sign-in has'),
        ("a y", ("x:write",), 'the scope "x:write" for this .403., and .* did not grant it'),
    ],
    ids=["without effect", "withheld"],
)
async def test_a_step_up_that_would_bring_the_same_is_not_requested_again(
    home: Home, granted: str, withheld: tuple[str, ...], says: str
) -> None:
    home.sign_in(scope=granted)
    home.store().change(history=History(withheld=withheld))
    api = Api(lambda _: 403, {"www-authenticate": 'Bearer error="insufficient_scope", scope="x:write y"'})
    async with api.client(home.session()) as client:
        with pytest.raises(UserActionRequired, match=says) as caught:
            await client.get(f"{API}/a")
    assert not isinstance(caught.value, SignInRequired)
    assert len(api.got) == 1


async def test_a_403_that_names_no_scope_is_a_response_like_any_other(home: Home) -> None:
    home.sign_in()
    async with Api(lambda _: 403).client(home.session()) as client:
        assert (await client.get(f"{API}/a")).status_code == 403


async def test_a_renewal_that_fails_for_now_sends_nothing(home: Home) -> None:
    home.sign_in(age=3600)
    home.fail(Reply({}, 503, {"retry-after": "6"}))
    api = Api(only())
    async with api.client(home.session()) as client:
        with pytest.raises(UnavailableError):
            await client.get(f"{API}/a")
    assert api.got == []


async def test_a_token_about_to_end_while_the_server_is_down_opens_no_sign_in(home: Home) -> None:
    home.sign_in(age=3590)
    home.fail(Reply({}, 503, {"retry-after": "6"}))
    async with Api(only("access-token-0")).client(home.session()) as client:
        assert (await client.get(f"{API}/a")).status_code == 200


def test_the_credential_is_not_for_threads(home: Home) -> None:
    with (
        httpx2.Client(transport=httpx2.MockTransport(lambda _: httpx2.Response(200))) as client,
        pytest.raises(RuntimeError, match="AsyncClient"),
    ):
        client.get(f"{API}/a", auth=BearerAuth(home.session()))


async def test_rule_1_no_error_of_a_renewal_holds_a_secret(home: Home) -> None:
    home.sign_in(age=3600)
    home.fail(Reply({"error": "odd", "error_description": "x"}, 503, {"retry-after": "6"}))
    with pytest.raises(UnavailableError, match=r"HTTP 503 .x.") as caught:
        await home.session().token()
    shown = f"{caught.value!r} {caught.value} {vars(caught.value)} {BearerAuth(home.session())!r}"
    assert "access-token" not in shown
    assert "refresh-token" not in shown


def test_a_start_imports_nothing_that_only_a_sign_in_needs() -> None:
    code = (
        "import sys, closient_mcp.server.serving.stdio, closient_mcp.server.bridge.composition\n"
        "print([name for name in ('authlib', 'joserfc', 'filelock') if name in sys.modules])"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=SECONDS, check=True)
    assert ran.stdout.strip() == "[]"
