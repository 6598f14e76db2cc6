"""A code for another device, as a person and an agent meet it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from closient_mcp.auth.errors import SignInRequired
from closient_mcp.auth.oauth import device as rfc8628
from closient_mcp.server.cli.status import status_lines
from closient_mcp.server.serving import sign_in
from closient_mcp.server.serving.user_channel import UserChannel

from ...fakes.acme import Acme
from ...fakes.clocks import FlyingTime
from ...fakes.desk import at_rest
from ...fakes.limits import SECONDS
from ...fakes.mcp_client import text_of
from ...fakes.service import Service

DEVICE = '{ grant = "device_code" }'


@pytest.fixture
def acme(service: Service, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Acme]:
    monkeypatch.setattr(rfc8628, "_SLACK", 0.002)
    made = Acme(service, tmp_path)
    yield made
    made.decided.set()
    assert at_rest()


async def test_the_first_call_names_the_code_and_the_next_waits_for_the_user(acme: Acme) -> None:
    async with acme.connected(DEVICE) as (bridge, client):
        first = await client.call_tool("acme_list_orders", {})
        assert acme.polled.wait(SECONDS)
        acme.decided.set()
        again = await client.call_tool("acme_list_orders", {})
        lines = "\n".join(status_lines(bridge))
    reason = text_of(first)
    assert first.is_error
    assert f"Open {acme.service.url}/enter on any device" in reason
    assert "enter the code WDJB-MJHT" in reason
    assert "then repeat the request" in reason
    assert not again.is_error
    assert json.loads(text_of(again)) == [{"order": 1}]
    assert acme.count("/device") == 1
    assert "the-device-code" not in reason
    assert "then renewed automatically" in lines


async def test_where_progress_is_heard_the_first_call_waits_and_goes_on(acme: Acme) -> None:
    reason: list[str] = []

    async def report(message: str) -> None:
        reason.append(message)
        acme.decided.set()

    async with acme.connected(DEVICE) as (bridge, _):
        needed = SignInRequired("It wants you.", "", system="acme", url=acme.service.url)
        assert await sign_in.sign_in(bridge, needed, UserChannel(report, progress_shown=True)) is None
        assert acme.record(bridge).tokens
    assert reason == [f"Waiting for you to sign in to acme at {acme.service.url}/enter, with the code WDJB-MJHT"]


async def test_a_slow_user_is_asked_to_repeat_the_request(acme: Acme, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sign_in, "time", FlyingTime(acme.polled.is_set))
    async with acme.connected(DEVICE) as (_, client):
        for _ in range(2):
            reason = text_of(await client.call_tool("acme_list_orders", {}))
            assert "enter the code WDJB-MJHT" in reason
            assert "then repeat the request" in reason
    assert acme.count("/device") == 1
