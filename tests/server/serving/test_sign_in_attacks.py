"""What others' links, browsers and callbacks do: nothing. Mallory is a caller too, with an account of her own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from time import time
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from closient_mcp.server.callers.identity import stable_id
from closient_mcp.server.callers.sign_in_links import SECONDS, SignInLinks

from ...fakes.service import Reply
from ...fakes.team import PUBLIC, TOKEN_AUTH, TOKENS, Place, Team, place_at, share_keys

CALLBACK = f"{PUBLIC}/callback?"


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    with place_at(tmp_path) as made:
        yield made


async def nobody_is_signed_in(team: Team) -> bool:
    """Whether neither of the two has a token, nor was a code exchanged at the system."""
    calls = [await team.call(subject) for subject in ("alice", "mallory")]
    return not any(succeeded for succeeded, _ in calls) and exchanges(team.place) == 0


def exchanges(place: Place) -> int:
    """How many codes the system was sent."""
    return sum(b"grant_type=authorization_code" in got.body for got in place.upstream.service.received)


@pytest.mark.parametrize(
    "claims",
    [
        {"nonce": "of another sign-in"},
        {"aud": "another-client"},
        {"iss": "https://evil.example"},
        {"exp": 1_000_000_000, "iat": 999_999_000},
        {"sub": 5},
        {"sub": None},
    ],
    ids=str,
)
async def test_rule_5_what_the_issuer_did_not_say_for_this_sign_in_proves_nothing(
    place: Place, claims: dict[str, Any]
) -> None:
    place.issuer.changed_claims = claims
    async with place.team() as team:
        shown = await team.browser("alice", "alice").open(await team.link("alice"))
        assert "You are not signed in" in shown.text
        assert place.upstream.service.count("/authorize") == 0


@pytest.mark.parametrize(
    ("path", "reply"),
    [
        ("/token", Reply({"access_token": "access-alice-1", "token_type": "Bearer"})),
        ("/token", Reply({"error": "invalid_grant"}, 400)),
        ("/jwks", Reply({"keys": []})),
        ("/register", Reply({"error": "access_denied"}, 403)),
    ],
    ids=["no id_token", "no token", "no keys", "no registration"],
)
async def test_an_issuer_that_says_nothing_proves_nothing(place: Place, path: str, reply: Reply) -> None:
    async with place.team() as team:
        link = await team.link("alice")
        place.issuer.service.routes[path] = reply
        shown = await team.browser("alice", "alice").open(link)
        assert "You are not signed in" in shown.text
        assert place.upstream.service.count("/authorize") == 0


@pytest.mark.parametrize(("owner", "opener"), [("mallory", "alice"), ("alice", "mallory")])
async def test_rule_5_a_link_that_is_opened_by_somebody_else_signs_nobody_in(
    place: Place, owner: str, opener: str
) -> None:
    async with place.team() as team:
        shown = await team.browser(opener, opener).open(await team.link(owner))
        assert shown.status == 403
        assert "This link is for someone else" in shown.text
        assert place.upstream.service.count("/authorize") == 0
        assert await nobody_is_signed_in(team)


async def test_rule_5_the_systems_page_that_is_handed_to_somebody_else_signs_nobody_in(place: Place) -> None:
    async with place.team() as team:
        link, alice = await team.link("mallory"), team.browser("alice", "alice")
        upstream = (await team.browser("mallory", "mallory").open(link, stop_before=place.upstream.url)).url
        await alice.open(link)
        shown = await alice.open(upstream)
        assert shown.url.startswith(CALLBACK)
        assert shown.status == 403
        assert "not started in this browser" in shown.text
        assert await nobody_is_signed_in(team)


async def test_rule_5_a_callback_that_is_handed_to_somebody_else_signs_nobody_in(place: Place) -> None:
    async with place.team() as team:
        own, other = team.browser("mallory", "mallory"), team.browser("alice", "alice")
        callback = (await own.open(await team.link("mallory"), stop_before=CALLBACK)).url
        shown = await other.open(callback)
        assert shown.status == 403
        assert "not started in this browser" in shown.text
        assert await nobody_is_signed_in(team)
        assert "You are signed in as mallory." in (await own.open(callback)).text


async def test_rule_5_another_replica_does_not_accept_a_callback_of_another_caller(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    share_keys(monkeypatch)
    async with place.team() as first, place.team() as second:
        handed = (await first.browser("mallory", "mallory").open(await first.link("mallory"), stop_before=CALLBACK)).url
        alice = second.browser("alice", "alice")
        await alice.open(await second.link("alice"), stop_before=CALLBACK)
        assert (await alice.open(handed)).status == 403
        assert await nobody_is_signed_in(first)
        assert await nobody_is_signed_in(second)


async def test_rule_5_the_proof_of_somebody_else_proves_nothing(place: Place) -> None:
    async with place.team() as team:
        mallory, alice = team.browser("mallory", "mallory"), team.browser("alice", "alice")
        proof = f"{PUBLIC}/callback/identity"
        proven = (await mallory.open(await team.link("mallory"), stop_before=proof)).url
        begun = (await alice.open(await team.link("alice"), stop_before=proof)).url
        assert (await alice.open(proven)).status == 403
        # Her code, with the state of the other's browser.
        (code,) = parse_qs(urlsplit(proven).query)["code"]
        (own_code,) = parse_qs(urlsplit(begun).query)["code"]
        shown = await alice.open(begun.replace(f"code={own_code}", f"code={code}"))
        assert "You are not signed in" in shown.text
        assert await nobody_is_signed_in(team)


async def test_rule_5_a_callback_counts_once(place: Place) -> None:
    async with place.team() as team:
        browser = team.browser("alice", "alice")
        callback = (await browser.open(await team.link("alice"), stop_before=CALLBACK)).url
        cookies = dict(browser.cookies[PUBLIC])
        assert "You are signed in as alice." in (await browser.open(callback)).text
        assert (await browser.open(callback)).status == 403
        browser.cookies[PUBLIC] = cookies
        shown = await browser.open(callback)
        assert shown.status == 400
        assert "out of date" in shown.text
        assert exchanges(place) == 1
        assert await team.call("alice") == (True, '[{"of":"alice"}]')


@pytest.mark.parametrize("state", ["state=forged", "state=", "", "state=%00%ff"])
@pytest.mark.parametrize("path", ["/callback", "/callback/identity"])
async def test_rule_5_a_forged_state_is_refused(place: Place, path: str, state: str) -> None:
    async with place.team() as team:
        browser = team.browser("alice", "alice")
        await browser.open(await team.link("alice"), stop_before=CALLBACK)
        shown = await browser.open(f"{PUBLIC}{path}?code=code-0&{state}&iss={place.upstream.url}")
        assert shown.status == 403
        assert await nobody_is_signed_in(team)


async def test_rule_5_a_cookie_of_another_sign_in_is_refused(place: Place) -> None:
    async with place.team() as team:
        mallory, alice = team.browser("mallory", "mallory"), team.browser("alice", "alice")
        handed = (await mallory.open(await team.link("mallory"), stop_before=CALLBACK)).url
        await alice.open(await team.link("alice"), stop_before=CALLBACK)
        # Setting a cookie in her browser would not let anyone read the value that it needs from theirs.
        (name,) = [name for name in mallory.cookies[PUBLIC] if name not in alice.cookies[PUBLIC]]
        (value,) = alice.cookies[PUBLIC].values()
        alice.cookies[PUBLIC][name] = value
        assert (await alice.open(handed)).status == 403
        assert await nobody_is_signed_in(team)


async def test_rule_5_a_response_of_another_server_is_refused(place: Place) -> None:
    async with place.team() as team:
        browser = team.browser("alice", "alice")
        callback = (await browser.open(await team.link("alice"), stop_before=CALLBACK)).url
        issuer = parse_qs(urlsplit(callback).query)["iss"][0]
        mixed_up = callback.replace(issuer.replace(":", "%3A").replace("/", "%2F"), "https%3A%2F%2Fevil.example")
        assert mixed_up != callback
        shown = await browser.open(mixed_up)
        assert "the response came from" in shown.text.lower()
        assert await nobody_is_signed_in(team)


async def test_rule_5_a_link_works_once(place: Place) -> None:
    async with place.team() as team:
        link = await team.link("alice")
        assert "You are signed in" in (await team.browser("alice", "alice").open(link)).text
        shown = await team.browser("alice", "other-account").open(link)
        assert shown.status == 410
        assert "used already" in shown.text
        assert await team.call("alice") == (True, '[{"of":"alice"}]')


@pytest.mark.parametrize("handle", ["", "x", "callback", "A" * 120, "%2e%2e/mcp", "é"])
async def test_a_link_that_is_not_ours_is_out_of_date(place: Place, handle: str) -> None:
    async with place.team() as team:
        shown = await team.browser("alice").open(f"{PUBLIC}/sign-in/{handle}")
        assert shown.status == 410
        assert place.issuer.service.count("/authorize") == 0


async def test_rule_5_a_link_that_has_expired_signs_nobody_in(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    share_keys(monkeypatch)
    async with place.team() as team:
        alice, sealer = stable_id(place.issuer.url, "alice"), team.server.bridge.sign_ins.sealer()
        expired, fresh = (
            SignInLinks(PUBLIC, sealer, clock).url(alice, "acme", ()) for clock in (lambda: time() - SECONDS, time)
        )
        assert (await team.browser("alice", "alice").open(expired)).status == 410
        assert place.issuer.service.count("/authorize") == 0
        assert "You are signed in" in (await team.browser("alice", "alice").open(fresh)).text


async def test_a_system_that_refuses_is_quoted_on_the_last_page(place: Place) -> None:
    async with place.team() as team:
        browser = team.browser("alice", "nobody")
        shown = await browser.open(await team.link("alice"))
        assert "You are not signed in" in shown.text
        assert f"You declined the request at {place.upstream.url}" in shown.text
        assert await nobody_is_signed_in(team)


async def test_pages_and_logs_keep_what_is_secret(place: Place, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("DEBUG")
    async with place.team() as team:
        browser, link = team.browser("alice", "alice"), await team.link("alice")
        shown = await browser.open(link)
        callback = next(url for url in browser.visited if url.startswith(CALLBACK))
        for answer in (shown, await browser.open(link), await browser.open(callback)):
            assert answer.headers["cache-control"] == "no-store"
            assert answer.headers["referrer-policy"] == "no-referrer"
            assert "frame-ancestors 'none'" in answer.headers["content-security-policy"]
        (code,) = parse_qs(urlsplit(callback).query)["code"]
    ours = [record.getMessage() for record in caplog.records if record.name.startswith(("closient_mcp", "httpx2"))]
    logged = [line for line in ours if "http://127.0.0.1:8000" not in line]  # but for the browser's own requests
    assert any("/token" in line for line in logged)
    for secret in (link.rpartition("/")[2], f"code={code}", "access-alice-", "refresh-alice-"):
        assert not any(secret in line for line in logged)


async def test_cookies_are_for_this_host_and_not_for_scripts(place: Place) -> None:
    async with place.team() as team:
        shown = await team.browser("alice").open(await team.link("alice"), stop_before=place.issuer.url)
        (cookie,) = shown.headers.get_list("set-cookie")
    assert cookie.startswith("__Host-")
    assert cookie.partition("; ")[2] == "Path=/; Max-Age=600; HttpOnly; SameSite=Lax; Secure"


async def test_browsers_keep_the_cookie_of_a_link_with_many_scopes(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    share_keys(monkeypatch)
    async with place.team() as team:
        links = SignInLinks(PUBLIC, team.server.bridge.sign_ins.sealer())
        scopes = tuple(f"https://api.example.com/auth/orders.{number:02}" for number in range(60))
        link = links.url(stable_id(place.issuer.url, "alice"), "acme", scopes)
        browser = team.browser("alice", "alice")
        shown = await browser.open(link, stop_before=place.issuer.url)
        assert len(shown.headers["set-cookie"].partition(";")[0]) <= 4096
        assert "You are signed in" in (await browser.open(shown.url)).text


async def test_rule_5_only_the_callers_own_token_opens_a_link(place: Place) -> None:
    place.auth = TOKEN_AUTH
    async with place.team() as team:
        link, browser = await team.link("ann"), team.browser(upstream="bob")
        for password in (TOKENS["bob"], "", TOKENS["ann"][:-1], "x" * 40_000):
            shown = await browser.submit(link, password=password)
            assert shown.status == 403
            assert "not the right token" in shown.text
        assert (await browser.submit(link, password="wrong")).status == 403
        assert (await browser.submit(link, password=TOKENS["ann"])).status == 429
        assert not browser.cookies[PUBLIC]
        # The next link works.
        assert "signed in as bob" in (await browser.submit(await team.link("ann"), password=TOKENS["ann"])).text


@pytest.mark.parametrize("origin", ["https://evil.example", "null", "https://mcp.example.com.evil.example", ""])
async def test_rule_5_another_page_cannot_sign_a_browser_in_for_its_author(place: Place, origin: str) -> None:
    place.auth = TOKEN_AUTH
    async with place.team() as team:
        victim = team.browser(upstream="victim")
        shown = await victim.submit(await team.link("bob"), origin=origin, password=TOKENS["bob"])
        assert shown.status == 403
        assert place.upstream.service.count("/authorize") == 0
