"""A code for another device, as a person and an agent meet it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from closient_mcp.auth.errors import SignInNeeded
from closient_mcp.auth.oauth import device as rfc8628
from closient_mcp.server.cli.status import status_lines
from closient_mcp.server.serving import sign_in
from closient_mcp.server.serving.sign_in import Reach

from ..fakes.acme import Acme, text_of
from ..fakes.approving_browser import Form
from ..fakes.command_line import run
from ..fakes.desk import at_rest
from ..fakes.limits import SECONDS
from ..fakes.person import http_client
from ..fakes.service import Sandbox, Service

DEVICE = '{ grant = "device_code" }'


@pytest.fixture
def acme(service: Service, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Acme]:
    monkeypatch.setattr(rfc8628, "_SLACK", 0.002)
    made = Acme(service, tmp_path)
    yield made
    made.decided.set()
    assert at_rest()


async def test_the_first_call_names_the_code_and_the_repeated_one_waits_for_the_person(acme: Acme) -> None:
    async with acme.connected(DEVICE) as (bridge, client):
        first = await client.call_tool("acme_list_orders", {})
        assert acme.polled.wait(SECONDS)
        acme.decided.set()
        again = await client.call_tool("acme_list_orders", {})
        lines = "\n".join(status_lines(bridge))
    said = text_of(first)
    assert first.is_error and f"Open {acme.service.address}/enter on any device" in said
    assert "enter the code WDJB-MJHT" in said and "then repeat the request" in said
    assert not again.is_error and json.loads(text_of(again)) == [{"order": 1}]
    assert acme.count("/device") == 1 and "the-device-code" not in said and "then renewed by itself" in lines


async def test_where_progress_is_heard_the_first_call_waits_and_goes_on(acme: Acme) -> None:
    said: list[str] = []

    async def progress(_: float, message: str) -> None:
        said.append(message)
        acme.decided.set()

    async with acme.connected(DEVICE) as (bridge, _):
        needed = SignInNeeded("It wants you.", "", system="acme", address=acme.service.address)
        assert await sign_in.sign_in(bridge, needed, Reach(progress, heard=True)) is None
        assert acme.record(bridge).tokens
    assert said == [f"Waiting for you to sign in at {acme.service.address}/enter, with the code WDJB-MJHT"]


async def test_who_takes_longer_than_a_host_waits_is_told_to_repeat(
    acme: Acme, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sign_in, "WAIT_SECONDS", 0.05)
    async with acme.connected(DEVICE) as (_, client):
        for _ in range(2):
            said = text_of(await client.call_tool("acme_list_orders", {}))
            assert "enter the code WDJB-MJHT" in said and "then repeat the request" in said
    assert acme.count("/device") == 1


def test_login_with_a_device_signs_in_at_the_sandbox_and_shows_no_secret(sandbox: Sandbox, tmp_path: Path) -> None:
    home = {"CLOSIENT_MCP_HOME": str(tmp_path), "CLOSIENT_SITE": sandbox.address}
    command = [sys.executable, "-m", "closient_mcp.server", "--log-level", "debug", "login", "--device"]
    with (
        subprocess.Popen(command, env={**os.environ, **home}, stderr=subprocess.PIPE, text=True) as process,
        http_client(sandbox) as browser,
    ):
        assert process.stderr
        lines: list[str] = []
        for line in iter(process.stderr.readline, ""):
            lines.append(line)
            if "Your code is" in line:
                break
        address = next(line.strip() for line in lines if "/oauth/device" in line and line.startswith("  http"))
        (file,) = (tmp_path / "credentials").glob("*.json")
        device_code = json.loads(file.read_text())["device"]["device_code"]
        browser.follow_redirects = True
        sign_in = browser.get(address)
        fields = {**Form(sign_in.text).fields, "username": "alice", "password": "sandbox"}
        code = browser.post(str(sign_in.url), data=fields)
        confirm = browser.post(str(code.url), data=Form(code.text).fields)
        browser.post(str(confirm.url), data={**Form(confirm.text).fields, "action": "accept"})
        lines.append(process.stderr.read())
        assert process.wait(60) == 0
    assert device_code not in "".join(lines)
    whoami = run("call", "account_whoami", site=sandbox.address, CLOSIENT_MCP_HOME=str(tmp_path))
    assert whoami.code == 0 and "alice@closient.example" in whoami.out
