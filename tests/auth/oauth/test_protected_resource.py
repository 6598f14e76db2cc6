"""Finding the authorization server of a service that names one (RFC 9728)."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest

from closient_mcp.auth.oauth.discovery import ServerMetadataError, checked_url
from closient_mcp.auth.oauth.http import HttpClient, Response
from closient_mcp.auth.oauth.protected_resource import Challenge, find_issuer, read_challenge, read_resource
from closient_mcp.server.cli.status import status_lines

from ...fakes.acme import Acme, text_of
from ...fakes.service import Reply, Service, running_service

SITE = "https://mcp.close.example"
WELL_KNOWN = "/.well-known/oauth-protected-resource"
CLOSE = {"resource": f"{SITE}/", "authorization_servers": ["https://api.close.example/"]}


def named(body: dict[str, Any] | None = None, requested: str = f"{SITE}/mcp", **changes: Any) -> str | None:
    answer = Response(200, {**(body or CLOSE), **changes})
    return read_resource(answer, Challenge(f"{SITE}{WELL_KNOWN}", requested), SITE)


def test_a_service_that_calls_itself_by_its_origin_names_its_server_as_closes_does() -> None:
    assert named() == "https://api.close.example/"


def test_the_first_server_is_taken_unless_the_service_itself_is_among_them() -> None:
    assert named(authorization_servers=["https://a.example", "https://b.example"]) == "https://a.example"
    assert named(authorization_servers=["https://a.example", f"{SITE}/"]) == f"{SITE}/"
    assert named(authorization_servers=[5, "", "https://b.example"]) == "https://b.example"


@pytest.mark.parametrize("servers", [None, [], "https://a.example", [5]])
def test_a_service_that_names_no_server_may_be_one_itself(servers: object) -> None:
    assert named(authorization_servers=servers) is None


@pytest.mark.parametrize("resource", [SITE, f"{SITE}/", f"{SITE}/mcp", f"{SITE}/mcp/"])
def test_metadata_of_what_was_requested_or_of_what_is_above_it_counts(resource: str) -> None:
    assert named(resource=resource)


@pytest.mark.parametrize(
    "resource",
    ["https://evil.example/", f"{SITE}/mc", f"{SITE}/mcp/more", f"{SITE}:8443/", f"{SITE}/?a=b", "", None, 5, "::"],
)
def test_rfc_9728_3_3_metadata_of_another_resource_is_not_used(resource: object) -> None:
    with pytest.raises(ServerMetadataError, match="which is not the service that was requested"):
        named(resource=resource)


@pytest.mark.parametrize(
    "issuer",
    [
        "http://as.example",
        "http://127.0.0.1:9",
        "https://127.0.0.1",
        "https://localhost",
        "https://10.0.0.1",
        "https://169.254.169.254",
        "https://[::1]",
        "https://user@as.example",
        "file:///etc/passwd",
        "javascript:alert(1)",
    ],
)
def test_rule_2_no_one_is_sent_to_a_server_that_is_not_public_and_https(issuer: str) -> None:
    with pytest.raises(ServerMetadataError):
        checked_url(issuer, "authorization server", SITE)


def test_a_service_on_this_machine_may_name_another_on_it() -> None:
    near = "http://127.0.0.1:9"
    assert checked_url(near, "authorization server", "http://127.0.0.1:8") == near


def challenge(header: str, requested: str = f"{SITE}/mcp?page=2") -> Challenge:
    return read_challenge(header, httpx2.URL(requested))


def test_rfc_9728_5_1_a_rejection_says_where_the_metadata_is() -> None:
    header = f'Bearer error="invalid_token", resource_metadata="{SITE}/meta"'
    assert challenge(header) == Challenge(f"{SITE}/meta", f"{SITE}/mcp", error="invalid_token")


@pytest.mark.parametrize(
    "header",
    [
        "",
        "Bearer",
        'Bearer resource_metadata="https://evil.example/meta"',
        'Bearer resource_metadata="http://mcp.close.example/meta"',
        'Bearer resource_metadata="/meta"',
        f'Bearer resource_metadata="{SITE}/{"x" * 2000}"',
    ],
)
def test_rule_1_a_rejection_that_names_another_origin_says_nothing(header: str) -> None:
    assert challenge(header).metadata_url == ""


@pytest.mark.parametrize(("reply", "lasting"), [(Reply("", 503), False), (Reply("", 429), False)])
def test_a_service_that_is_busy_may_name_its_server_later(service: Service, reply: Reply, lasting: bool) -> None:
    service.routes[WELL_KNOWN] = reply
    with pytest.raises(ServerMetadataError) as caught:
        find_issuer(service.url, None, HttpClient(trust_env=False))
    assert caught.value.lasting is lasting


@pytest.mark.parametrize("reply", [Reply("", 404), Reply("<html>"), Reply("", 302, {"location": "https://evil/"})])
def test_a_service_without_metadata_names_no_one(service: Service, reply: Reply) -> None:
    service.routes[WELL_KNOWN] = reply
    assert find_issuer(service.url, None, HttpClient(trust_env=False)) is None
    assert len(service.received) == 1


def test_what_the_rejection_names_goes_before_what_is_well_known(service: Service) -> None:
    body = {"resource": service.url, "authorization_servers": [f"{service.url}/one"]}
    service.routes["/meta"] = Reply(body)
    values = Challenge(f"{service.url}/meta", f"{service.url}/orders")
    assert find_issuer(service.url, values, HttpClient(trust_env=False)) == f"{service.url}/one"
    assert [got.path for got in service.received] == ["/meta"]


# A whole sign-in


@pytest.fixture
def elsewhere(service: Service, tmp_path: Path) -> Iterator[tuple[Acme, Service]]:
    """A service whose refusal leads to an authorization server on another origin; that gives every person a code."""
    with running_service() as other:
        acme = Acme(service, tmp_path)
        server = Acme(other, tmp_path)
        for path in ("/authorize", "/token", "/register"):
            del service.routes[path]
        acme.metadata = {}
        server.metadata["issuer"] = other.url
        acme.challenge = {"www-authenticate": f'Bearer resource_metadata="{service.url}/meta"'}
        service.routes["/meta"] = Reply({"resource": f"{service.url}/", "authorization_servers": [f"{other.url}/"]})
        yield acme, other


async def test_a_sign_in_follows_the_service_to_its_server_and_tells_the_user(
    elsewhere: tuple[Acme, Service],
) -> None:
    acme, other = elsewhere
    async with acme.connected() as (bridge, client):
        message = text_of(await client.call_tool("acme_list_orders", {}))
        url = message.split("Open ")[1].split(" on this machine")[0]
        async with httpx2.AsyncClient(follow_redirects=True, trust_env=False, verify=False) as browser:
            assert "You are signed in" in (await browser.get(url)).text
        again = await client.call_tool("acme_list_orders", {})
        record, lines = acme.record(bridge), "\n".join(status_lines(bridge))
    assert f"You sign in with {other.url}, its authorization server." in message
    assert json.loads(text_of(again)) == [{"order": 1}]
    assert record.server
    assert record.server.issuer == other.url
    assert f"with {other.url}" in lines
    assert all("authorization" not in got.headers for got in other.received)


async def test_rule_1_a_secret_of_the_settings_goes_to_no_server_that_only_the_service_names(
    elsewhere: tuple[Acme, Service],
) -> None:
    acme, other = elsewhere
    own = '{ client_id = "ours", client_secret = { command = ["printf", "our-own-secret"] } }'
    async with acme.connected(own) as (_, client):
        message = text_of(await client.call_tool("acme_list_orders", {}))
    assert f'add issuer = "{other.url}/" to the credential of acme' in message
    assert other.received == []


async def test_an_issuer_of_the_settings_goes_before_what_the_service_names(elsewhere: tuple[Acme, Service]) -> None:
    acme, other = elsewhere
    async with acme.connected(f'{{ issuer = "{other.url}" }}') as (_, client):
        message = text_of(await client.call_tool("acme_list_orders", {}))
    assert "No browser can be opened" in message
    assert "You sign in with" not in message
    assert acme.count("/meta") == 0
