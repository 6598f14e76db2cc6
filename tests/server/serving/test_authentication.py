"""Callers authenticate over HTTP, and learn how."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import anyio.to_thread
import pytest

from closient_mcp.server.settings.model import SettingsError

from ...fakes.acme import Acme
from ...fakes.http_server import bearer, serving, settings_in
from ...fakes.issuer import AUDIENCE, Issuer, running_issuer
from ...fakes.service import Reply, Service, document, operation

FIRST, SECOND = "1" * 32, "2" * 32
ORDERS = document({"/orders": {"get": operation(operationId="list_orders")}})
METADATA_URL = "https://mcp.example.com/.well-known/oauth-protected-resource/mcp"


@pytest.fixture
def issuer() -> Iterator[Issuer]:
    with running_issuer() as running:
        yield running


@pytest.fixture
def acme(service: Service) -> str:
    """The settings of a system."""
    service.routes["/openapi.json"] = Reply(ORDERS)
    service.routes["/orders"] = Reply([{"order": 1}])
    return f'[systems.acme]\ndescription = "{service.url}/openapi.json"\n'


def oauth(issuer: Issuer, more: str = "") -> str:
    auth = f'{{ mode = "oauth", issuer = "{issuer.url}", required_scopes = ["mcp"]{more} }}'
    return f'[http]\npublic_url = "https://mcp.example.com"\nauth = {auth}\n'


TOKENS = '[http]\nauth = { mode = "token", tokens = [{ env = "FIRST" }, { env = "SECOND" }] }\n'


async def test_rule_5_only_callers_with_one_of_the_tokens_are_served(tmp_path: Path, acme: str) -> None:
    settings = settings_in(tmp_path, TOKENS + acme, FIRST=FIRST, SECOND=SECOND)
    async with serving(settings) as server:
        assert "acme_list_orders" in await server.tools(FIRST)
        assert await server.call(SECOND, "acme_list_orders") == (True, '[{"order":1}]')
        for headers in ({}, bearer("3" * 32), bearer(FIRST[:-1]), bearer(""), {"Authorization": FIRST}):
            answer = await server.request("tools/list", headers)
            assert answer.status_code == 401
            assert answer.headers["www-authenticate"].startswith("Bearer")
            assert "resource_metadata" not in answer.headers["www-authenticate"]


@pytest.mark.parametrize("value", ["", "short", "é" * 32])
async def test_rule_5_a_token_that_can_be_guessed_is_refused_at_the_start(tmp_path: Path, value: str) -> None:
    settings = settings_in(tmp_path, TOKENS, FIRST=FIRST, SECOND=value)
    with pytest.raises(SettingsError, match=r"http\.auth\.tokens: the environment variable SECOND is"):
        async with serving(settings):
            pass


async def test_a_caller_without_a_token_learns_where_to_get_one(tmp_path: Path, acme: str, issuer: Issuer) -> None:
    async with serving(settings_in(tmp_path, oauth(issuer) + acme)) as server:
        answer = await server.request("tools/list")
        assert answer.status_code == 401
        assert answer.headers["www-authenticate"] == f'Bearer resource_metadata="{METADATA_URL}", scope="mcp"'
        metadata = (await server.client.get("/.well-known/oauth-protected-resource/mcp")).json()
    assert metadata["resource"] == AUDIENCE
    assert metadata["authorization_servers"] == [issuer.url]
    assert metadata["scopes_supported"] == ["mcp"]


async def test_rule_5_tokens_of_the_issuer_are_verified(tmp_path: Path, acme: str, issuer: Issuer) -> None:
    async with serving(settings_in(tmp_path, oauth(issuer) + acme)) as server:
        assert await server.call(issuer.token(), "acme_list_orders") == (True, '[{"order":1}]')
        refused = await server.request("tools/list", bearer(issuer.token(aud="https://other.example")))
        assert refused.status_code == 401
        assert 'error="invalid_token"' in refused.headers["www-authenticate"]
        assert "for another audience" in refused.json()["error_description"]
        lacking = await server.request("tools/list", bearer(issuer.token(scope="other")))
    assert lacking.status_code == 403
    expected = f'resource_metadata="{METADATA_URL}", scope="mcp"'
    assert lacking.headers["www-authenticate"].startswith('Bearer error="insufficient_scope"')
    assert lacking.headers["www-authenticate"].endswith(expected)


async def test_an_issuer_that_is_down_does_not_make_tokens_invalid(tmp_path: Path, acme: str, issuer: Issuer) -> None:
    issuer.service.routes.clear()
    issuer.service.otherwise = Reply(status=500)
    async with serving(settings_in(tmp_path, oauth(issuer) + acme)) as server:
        answer = await server.request("tools/list", bearer(issuer.token()))
    assert answer.status_code == 503
    assert answer.headers["retry-after"] == "30"


async def test_the_issuer_is_asked_about_tokens(tmp_path: Path, acme: str, issuer: Issuer) -> None:
    issuer.introspect(
        valid=issuer.claims(),
        elsewhere=issuer.claims(aud="https://other.example"),
        nowhere=issuer.claims(aud=None),
        expired=issuer.claims(exp=1),
        foreign=issuer.claims(iss="https://evil.example"),
    )
    client = 'client_id = "us", client_secret = { env = "FIRST" }'
    asked = f', introspection = {{ endpoint = "{issuer.url}/introspect", {client} }}'
    async with serving(settings_in(tmp_path, oauth(issuer, asked) + acme, FIRST=FIRST)) as server:
        assert "acme_list_orders" in await server.tools("valid")
        assert "acme_list_orders" in await server.tools("valid")
        assert issuer.service.count("/introspect") == 1
        for token in ("elsewhere", "nowhere", "expired", "foreign", "unknown"):
            assert (await server.request("tools/list", bearer(token))).status_code == 401, token
    assert issuer.service.received[-1].headers["authorization"].startswith("Basic ")


async def test_rule_5_a_callers_token_and_headers_are_never_passed_on(
    tmp_path: Path, acme: str, issuer: Issuer, service: Service
) -> None:
    headers = {"Cookie": "a=1", "X-API-Key": "callers-own", "X-Forwarded-For": "10.1.2.3", "Baggage": "callers=own"}
    token = issuer.token()
    async with serving(settings_in(tmp_path, oauth(issuer) + acme)) as server:
        answer = await server.request("tools/call", {**headers, **bearer(token)}, name="acme_list_orders", arguments={})
        assert answer.json()["result"]["content"][0]["text"] == '[{"order":1}]'
    sent = [got for got in service.received if got.path == "/orders"]
    assert len(sent) == 1
    assert {"authorization", "cookie", "x-api-key", "x-forwarded-for", "baggage"} & set(sent[0].headers) == set()
    assert token not in str(sent)


async def test_clients_with_a_handshake_need_no_session(tmp_path: Path, acme: str, issuer: Issuer) -> None:
    token = bearer(issuer.token())
    hello = {"protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": {"name": "test", "version": "1"}}
    async with serving(settings_in(tmp_path, oauth(issuer) + acme)) as server:
        first = await server.legacy("initialize", token, **hello)
        assert "mcp-session-id" not in first.headers
        assert '"listChanged":true' not in first.text
        called = await server.legacy("tools/call", token, name="acme_list_orders", arguments={})
        assert called.status_code == 200
        assert "order" in called.text
        stream = await server.client.get("/mcp", headers={"Accept": "text/event-stream", **token})
    assert stream.status_code == 405
    assert stream.headers["allow"] == "POST"


async def test_rule_5_a_body_is_bounded_and_not_read_before_the_token(tmp_path: Path, acme: str) -> None:
    settings = settings_in(tmp_path, TOKENS + acme, FIRST=FIRST, SECOND=SECOND)
    sent: list[int] = []

    async def body() -> AsyncIterator[bytes]:
        for number in range(6):
            sent.append(number)
            yield b" " * 1_000_000

    headers = {"Content-Type": "application/json", "MCP-Protocol-Version": "2026-07-28"}
    async with serving(settings) as server:
        refused = await server.client.post("/mcp", content=body(), headers=headers)
        assert (refused.status_code, sent) == (401, [])
        too_large = await server.client.post("/mcp", content=body(), headers={**headers, **bearer(FIRST)})
        assert too_large.status_code == 413


ONE_TOKEN = 'auth = { mode = "token", tokens = [{ env = "FIRST" }] }\n'


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ("", r"Open http://127\.0\.0\.1:\d+/\S+ on this machine"),
        ('public_url = "https://mcp.example.com"\n', r"Have `closient-mcp login acme --no-browser` run on the machine"),
    ],
    ids=["a caller on this machine", "a caller elsewhere"],
)
async def test_a_client_with_a_handshake_gets_the_way_to_sign_in_as_a_result(
    tmp_path: Path, service: Service, more: str, expected: str
) -> None:
    acme = Acme(service, tmp_path)
    file = acme.settings('{ grant = "authorization_code" }', f"[http]\n{more}{ONE_TOKEN}")
    settings = settings_in(tmp_path, file.read_text(encoding="utf-8"), FIRST=FIRST)
    async with serving(settings) as server:
        answer = await server.legacy("tools/call", bearer(FIRST), name="acme_list_orders", arguments={})
        await anyio.to_thread.run_sync(acme.leave_in_order, server.bridge)
    assert re.search(expected, answer.text)
