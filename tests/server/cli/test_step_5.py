"""The quickstart's Step 5 at the token and registration endpoints: each cause, and the words for it."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx2
import pytest

from closient_mcp.auth.oauth.discovery import discover
from closient_mcp.auth.oauth.http import HttpClient
from closient_mcp.auth.oauth.registration import Purpose, RegistrationError, read_registration, registration_request

from ...fakes.machine import Machine
from ...fakes.person import Person, http_client
from ...fakes.service import Sandbox

Change = Callable[[Sandbox, dict[str, Any], str], None]


def reuse_the_code(sandbox: Sandbox, record: dict[str, Any], code: str) -> None:
    form = {
        "grant_type": "authorization_code",
        "code": code,
        "client_id": record["client"]["client_id"],
        "redirect_uri": record["pending"]["redirect_uri"],
        "code_verifier": record["pending"]["verifier"],
    }
    with http_client(sandbox) as client:
        assert client.post("/oauth/token/", data=form).status_code == 200


def change_the_verifier(sandbox: Sandbox, record: dict[str, Any], code: str) -> None:
    record["pending"]["verifier"] = "another-verifier-" * 4


def change_the_redirect(sandbox: Sandbox, record: dict[str, Any], code: str) -> None:
    record["pending"]["redirect_uri"] = "http://127.0.0.1:9/callback"


@pytest.mark.parametrize(
    "change", [reuse_the_code, change_the_verifier, change_the_redirect], ids=["reused", "verifier", "redirect"]
)
def test_step_5_each_cause_of_invalid_grant_is_explained(machine: Machine, change: Change) -> None:
    sandbox = machine.sandbox
    with machine.talking_to("login", "--no-browser") as login, http_client(sandbox) as browser:
        lines = iter(login.stderr.readline, "")
        url = next(line.strip() for line in lines if "/oauth/authorize/" in line)
        query = {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}
        answer = Person(sandbox, browser).decides(query)
        record = machine.record()
        change(sandbox, record, answer["code"])
        machine.write(record)
        login.stdin.write(f"{httpx2.URL(query['redirect_uri'], params=answer)}\n")
        message = "".join(lines)
        assert login.wait() == 1
    assert "rejected the code" in message
    assert "used before" in message
    assert "verifier" in message
    assert "Sign in again" in message
    assert answer["code"] not in message
    assert machine.record()["tokens"] is None


@pytest.mark.parametrize("redirect", ["http://agent.example.com/callback", "http://localhost:8765/callback"])
def test_step_5_a_refused_redirect_is_explained(sandbox: Sandbox, redirect: str) -> None:
    wire = HttpClient(trust_env=False)
    server = discover(sandbox.url, wire)
    answer = wire.send(registration_request(server, Purpose(redirect_uri=redirect), "1"))
    assert answer.text("error") == "invalid_redirect_uri"
    with pytest.raises(RegistrationError, match="it does not allow redirects to this machine") as caught:
        read_registration(answer, Purpose(redirect_uri=redirect), time.time())
    assert "API key" in caught.value.next_step
