"""Requests for other hosts, and from other web pages, are refused."""

from __future__ import annotations

from typing import cast

import httpx2
import pytest

from closient_mcp.server.serving.asgi import AsgiApplication, Receive, Scope, Send, respond
from closient_mcp.server.serving.listening import parse_listen_address
from closient_mcp.server.serving.request_origin import RequestOrigin
from closient_mcp.server.serving.streamable_http import configuration
from closient_mcp.server.settings.http_model import HttpSettings

PUBLIC = HttpSettings(
    public_url="https://mcp.example.com",
    allowed_hosts=("mcp.internal:8443", "mcp.local"),
    allowed_origins=("https://app.example.com",),
)


async def status(address: str, settings: HttpSettings, *headers: tuple[str, str]) -> int:
    """How a request with these headers ends."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await respond(send, 200, {})

    transport = httpx2.ASGITransport(RequestOrigin(app, parse_listen_address(address), settings))
    async with httpx2.AsyncClient(transport=transport) as client:
        named = headers if "host" in dict(headers) else (("host", "127.0.0.1:8000"), *headers)
        return (await client.get("http://127.0.0.1:8000/mcp", headers=list(named))).status_code


@pytest.mark.parametrize("host", ["127.0.0.1:8000", "LOCALHOST", "localhost:1", "[::1]:8000", "127.0.0.9"])
async def test_this_machine_has_several_names(host: str) -> None:
    assert await status("8000", HttpSettings(), ("host", host)) == 200


@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        "127.0.0.1.evil.example:80",
        "localhost.evil.example",
        "127.0.0.1@evil.example",
        "",
        "[zz]",
        "0.0.0.0",
    ],
)
async def test_rule_5_another_host_is_refused(host: str) -> None:
    assert await status("8000", HttpSettings(), ("host", host)) == 421


async def test_rule_5_several_hosts_are_refused() -> None:
    assert await status("8000", HttpSettings(), ("host", "localhost"), ("host", "evil.example")) == 421


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        ("MCP.example.com", 200),
        ("mcp.example.com:443", 200),
        ("mcp.internal:8443", 200),
        ("mcp.internal", 421),
        ("mcp.local:1", 200),
        ("localhost", 421),
        ("10.0.0.1:8000", 200),
        ("10.0.0.1", 421),
    ],
)
async def test_beyond_this_machine_the_settings_name_the_hosts(host: str, expected: int) -> None:
    assert await status("10.0.0.1:8000", PUBLIC, ("host", host)) == expected


@pytest.mark.parametrize(
    ("origin", "expected"),
    [
        ("http://localhost:6274", 200),
        ("https://127.0.0.1", 200),
        ("https://app.example.com", 200),
        ("https://app.example.com:443", 200),
        ("https://mcp.example.com", 200),
        ("http://app.example.com", 403),
        ("https://evil.example", 403),
        ("https://app.example.com.evil.example", 403),
        ("null", 403),
        ("", 403),
    ],
)
async def test_rule_5_web_pages_elsewhere_are_refused(origin: str, expected: int) -> None:
    assert await status("8000", PUBLIC, ("origin", origin)) == expected


async def test_rule_5_beyond_this_machine_its_own_pages_are_refused_too() -> None:
    assert await status("10.0.0.1:8000", PUBLIC, ("host", "mcp.local"), ("origin", "http://localhost")) == 403


@pytest.mark.parametrize(
    ("proxies", "peer", "expected"),
    [
        ((), "127.0.0.1", "127.0.0.1"),
        (("10.0.0.0/8",), "10.0.0.7", "203.0.113.9"),
        (("10.0.0.0/8",), "192.168.1.5", "192.168.1.5"),
    ],
    ids=["no proxy", "a trusted proxy", "another machine"],
)
async def test_rule_5_only_trusted_proxies_say_who_calls(proxies: tuple[str, ...], peer: str, expected: str) -> None:
    seen: list[str] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        seen.append(scope["client"][0])
        await respond(send, 200, {})

    config = configuration(app, HttpSettings(trusted_proxies=proxies))
    config.load()
    loaded = cast("AsgiApplication", config.loaded_app)  # pyright: ignore[reportUnknownMemberType]
    transport = httpx2.ASGITransport(loaded, client=(peer, 1))
    async with httpx2.AsyncClient(transport=transport) as client:
        await client.get("http://any.example", headers={"X-Forwarded-For": "1.2.3.4, 203.0.113.9"})
    assert seen == [expected]
