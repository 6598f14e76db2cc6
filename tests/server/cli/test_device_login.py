"""`closient-mcp login --device`."""

from __future__ import annotations

import pytest

from closient_mcp.auth.oauth import device as rfc8628

from ...fakes.approving_browser import Form
from ...fakes.machine import Machine, result_of
from ...fakes.person import http_client


def test_login_with_a_device_signs_in_at_the_sandbox_and_shows_no_secret(
    machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The server may be polled any number of times.
    monkeypatch.setattr(rfc8628, "_SLACK", 0.002)
    with (
        machine.talking_to("--log-level", "debug", "login", "--device") as login,
        http_client(machine.sandbox) as browser,
    ):
        lines: list[str] = []
        for line in iter(login.stderr.readline, ""):
            lines.append(line)
            if "Your code is" in line:
                break
        url = next(line.strip() for line in lines if "/oauth/device" in line and line.startswith("  http"))
        device_code = machine.record()["device"]["device_code"]
        browser.follow_redirects = True
        sign_in = browser.get(url)
        fields = {**Form(sign_in.text).fields, "username": "alice", "password": "sandbox"}
        code = browser.post(str(sign_in.url), data=fields)
        confirm = browser.post(str(code.url), data=Form(code.text).fields)
        browser.post(str(confirm.url), data={**Form(confirm.text).fields, "action": "accept"})
        lines.append(login.stderr.read())
        assert login.wait() == 0
    assert device_code not in "".join(lines)
    assert result_of(machine.whoami())["email"] == "alice@closient.example"
