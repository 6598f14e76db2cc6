"""Callers sign in to a system for themselves, each with an account of their own."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, cast

import pytest

from closient_mcp.auth.oauth import device
from closient_mcp.auth.sign_in.sign_out import sign_out

from ...fakes.http_server import bearer
from ...fakes.limits import SECONDS
from ...fakes.service import Received, Reply
from ...fakes.signed_in_home import until
from ...fakes.team import TOKEN_AUTH, TOKENS, TOOL, Place, Team, orders, place_at, share_keys


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    with place_at(tmp_path) as made:
        yield made


async def test_each_caller_signs_in_with_an_account_of_their_own(place: Place) -> None:
    async with place.team() as team:
        for subject, account in (("ann", "anna"), ("bob", "robert")):
            shown = await team.browser(subject, account).open(await team.link(subject))
            assert shown.status == 200
            assert f"You are signed in as {account}." in shown.text
            assert f"Sign-in to acme at {place.upstream.url}" in shown.text
        calls = await asyncio.gather(*(team.call(subject) for subject in ("ann", "bob", "eve") * 5))
    assert calls[0::3] == [(True, '[{"of":"anna"}]')] * 5
    assert calls[1::3] == [(True, '[{"of":"robert"}]')] * 5
    assert not any(succeeded for succeeded, _ in calls[2::3])
    assert place.upstream.service.count("/register") == 1
    assert place.issuer.service.count("/register") == 1


async def test_sign_ins_outlive_the_server_and_are_renewed_apart(place: Place) -> None:
    async with place.team() as team:
        for subject in ("ann", "bob"):
            await team.browser(subject, subject).open(await team.link(subject))
    async with place.team() as team:
        assert await team.call("ann") == (True, '[{"of":"ann"}]')
        assert await team.call("bob") == (True, '[{"of":"bob"}]')


async def test_a_caller_with_a_fixed_token_enters_it(place: Place) -> None:
    place.auth = TOKEN_AUTH
    async with place.team() as team:
        link, browser = await team.link("ann"), team.browser(upstream="anna")
        page = await browser.open(link)
        assert 'type="password"' in page.text
        assert "Sign-in to acme" in page.text
        shown = await browser.submit(link, password=TOKENS["ann"])
        assert "You are signed in as anna." in shown.text
        assert await team.call("ann") == (True, '[{"of":"anna"}]')
        assert not (await team.call("bob"))[0]


async def test_a_link_can_be_opened_again_after_a_failure_that_passes(place: Place) -> None:
    async with place.team() as team:
        link, browser = await team.link("ann"), team.browser("ann", "anna")
        register = place.upstream.service.routes["/register"]
        place.upstream.service.routes["/register"] = Reply({}, 503)
        assert "You are not signed in" in (await browser.open(link)).text
        place.upstream.service.routes["/register"] = register
        assert "You are signed in as anna." in (await browser.open(link)).text


async def test_who_waits_for_a_system_keeps_no_one_from_proving_who_they_are(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("closient_mcp.server.serving.sign_in_pages._MAX_REQUESTS", 1)
    asked, may_answer = threading.Event(), threading.Event()
    register = cast("Callable[[Received], Reply]", place.upstream.service.routes["/register"])

    def slow(got: Received) -> Reply:
        asked.set()
        return register(got) if may_answer.wait(SECONDS) else Reply({}, 503)

    place.upstream.service.routes["/register"] = slow
    async with place.team() as team:
        waiting = asyncio.ensure_future(team.browser("ann", "anna").open(await team.link("ann")))
        await until(asked)
        page = await team.server.client.get(await team.link("bob"))
        may_answer.set()
        assert page.headers["location"].startswith(f"{place.issuer.url}/authorize")
        assert "You are signed in as anna." in (await waiting).text


async def ask(team: Team, subject: str, answers: dict[str, Any] | None = None) -> dict[str, Any]:
    """The result that a client of 2026-07-28 gets, which can open links."""
    more = {"inputResponses": answers} if answers else {}
    answer = await team.server.request("tools/call", bearer(team.token(subject)), name=TOOL, arguments={}, **more)
    return dict(answer.json()["result"])


async def test_a_client_that_opens_links_is_asked_to_and_calls_again(place: Place) -> None:
    async with place.team() as team:
        asked = await ask(team, "ann")
        ((key, request),) = asked["inputRequests"].items()
        assert request["params"]["mode"] == "url"
        signing_in = team.browser("ann", "anna").open(request["params"]["url"])
        again, shown = await asyncio.gather(ask(team, "ann", {key: {"action": "accept"}}), signing_in)
        assert "You are signed in" in shown.text
        assert again["content"][0]["text"] == '[{"of":"anna"}]'


async def test_a_caller_who_declines_is_not_asked_again_at_once(place: Place) -> None:
    async with place.team() as team:
        ((key, _),) = (await ask(team, "ann"))["inputRequests"].items()
        declined = await ask(team, "ann", {key: {"action": "decline"}})
        assert "You declined" in declined["content"][0]["text"]
        assert "inputRequests" not in await ask(team, "ann")
        assert "inputRequests" in await ask(team, "bob")


async def test_a_caller_signs_in_on_another_device(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(device, "_SLACK", 0.002)
    place.credential = '{ grant = "device_code" }'
    async with place.team() as team:
        for subject, account, code in (("ann", "anna", "CODE-1"), ("bob", "robert", "CODE-2")):
            succeeded, message = await team.call(subject)
            assert not succeeded
            assert f"Open {place.upstream.url}/enter on any device and enter the code {code} there" in message
            place.upstream.entered[code] = account
            assert await team.call(subject) == (True, f'[{{"of":"{account}"}}]')
        assert await team.call("ann") == (True, '[{"of":"anna"}]')
        assert place.upstream.service.count("/register") == 1


async def test_a_client_that_opens_links_opens_that_of_the_other_device(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(device, "_SLACK", 0.002)
    place.credential = '{ grant = "device_code" }'
    async with place.team() as team:
        ((key, request),) = (await ask(team, "ann"))["inputRequests"].items()
        assert request["params"]["url"] == f"{place.upstream.url}/enter"
        assert "enter the code CODE-1" in request["params"]["message"]
        place.upstream.entered["CODE-1"] = "anna"
        again = await ask(team, "ann", {key: {"action": "accept"}})
        assert again["content"][0]["text"] == '[{"of":"anna"}]'


async def test_a_sign_in_that_the_operator_ended_is_over_at_once(place: Place) -> None:
    async with place.team() as team:
        await team.browser("ann", "anna").open(await team.link("ann"))
        assert (await team.call("ann"))[0]
        connection = team.server.bridge.connections["acme"]
        (signed_in,) = team.server.bridge.sign_ins.of_callers(connection.settings)
        session = connection.clients.of_caller(signed_in.caller).session
        assert session
        await asyncio.to_thread(sign_out, session)
        assert await team.link("ann")


async def test_a_missing_scope_is_added_by_another_link(place: Place) -> None:
    place.credential = '{ grant = "authorization_code" }'
    challenge = {"WWW-Authenticate": 'Bearer error="insufficient_scope", scope="orders:read"'}
    service = place.upstream.service

    def scoped(got: Received) -> Reply:
        asked = [sent.query for sent in service.received if sent.path == "/authorize"]
        return orders(got) if not asked or "scope=orders%3Aread" in asked[-1] else Reply({}, 403, challenge)

    service.routes["/orders"] = scoped
    place.upstream.publish_scopes("orders:read")
    async with place.team() as team:
        await team.browser("ann", "anna").open(await team.link("ann"))
        await team.browser("ann", "anna").open(await team.link("ann"))
        assert await team.call("ann") == (True, '[{"of":"anna"}]')


async def test_any_replica_with_the_same_keys_goes_on_with_a_sign_in(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    share_keys(monkeypatch)
    async with place.team() as first, place.team() as second:
        first.others = (second.server.client,)
        # The link, the proof and the callback are those of one replica each, in turn.
        shown = await first.browser("ann", "anna").open(await first.link("ann"))
        assert "You are signed in as anna." in shown.text
        assert await first.call("ann") == await second.call("ann") == (True, '[{"of":"anna"}]')
        bridge = second.server.bridge
        signed_in = bridge.sign_ins.of_callers(bridge.connections["acme"].settings)
        assert [(each.caller_name, each.user) for each in signed_in] == [("ann", "anna")]
        link = await first.link("bob")
        assert "used already" not in (await second.browser("bob", "bob").open(link)).text
        assert "used already" in (await first.browser("bob", "bob").open(link)).text


async def test_a_replica_with_other_keys_reads_no_link(place: Place) -> None:
    async with place.team() as first, place.team() as second:
        shown = await second.browser("ann", "anna").open(await first.link("ann"))
    assert shown.status == 410
