"""Finding the authorization server of a service that names one (RFC 9728)."""

from __future__ import annotations

import html
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import httpx2
import mcp
import pytest

from closient_mcp.auth.oauth.discovery import ServerMetadataError, checked_url
from closient_mcp.auth.oauth.http import HttpClient, Response
from closient_mcp.auth.oauth.protected_resource import (
    Challenge,
    ProtectedResource,
    find_resource,
    read_challenge,
    read_resource,
)
from closient_mcp.auth.sign_in.sign_out import sign_out
from closient_mcp.auth.urls import is_at, server_at
from closient_mcp.server.cli.status import status_lines
from closient_mcp.server.settings.loading import load_settings
from closient_mcp.server.settings.model import Options, SignIn

from ...fakes.acme import Acme
from ...fakes.desk import at_rest
from ...fakes.mcp_client import text_of
from ...fakes.service import Received, Reply, Service, running_service

SITE = "https://mcp.close.example"
WELL_KNOWN = "/.well-known/oauth-protected-resource"
CLOSE = {"resource": f"{SITE}/", "authorization_servers": ["https://api.close.example/"]}


def named(body: dict[str, Any] | None = None, requested: str = f"{SITE}/mcp", **changes: Any) -> tuple[str, ...]:
    answer = Response(200, {**(body or CLOSE), **changes})
    return read_resource(answer, Challenge(f"{SITE}{WELL_KNOWN}", requested), SITE).issuers


def test_a_service_that_calls_itself_by_its_origin_names_its_server_as_closes_does() -> None:
    assert named() == ("https://api.close.example/",)


def test_the_servers_are_tried_in_their_order_but_the_service_itself_first() -> None:
    assert named(authorization_servers=["https://a.example", "https://b.example"]) == (
        "https://a.example",
        "https://b.example",
    )
    assert named(authorization_servers=["https://a.example", f"{SITE}/"]) == (f"{SITE}/", "https://a.example")
    assert named(authorization_servers=[5, "", "https://b.example"]) == ("https://b.example",)
    assert len(named(authorization_servers=[f"https://{n}.example" for n in range(1000)])) == 5


def test_scopes_that_cannot_be_any_are_not_read_and_neither_are_thousands() -> None:
    names = ["a", "b\x1b[31m", "c\u202e", "d" * 201, *(f"scope-{number}" for number in range(3000))]
    answer = Response(200, {**CLOSE, "scopes_supported": names})
    scopes = read_resource(answer, Challenge(f"{SITE}{WELL_KNOWN}", f"{SITE}/mcp"), SITE).scopes
    assert scopes[:2] == ("a", "scope-0")
    assert len(scopes) == 500


@pytest.mark.parametrize("location", ["https://x/\x9b31m", "https://x/\u202ea", "https://x/" + "a" * 10_000])
def test_where_a_server_redirects_to_is_printable_and_short(location: str) -> None:
    summary = Response(302, headers={"location": location}).summary
    assert summary.isprintable()
    assert len(summary) < 250


@pytest.mark.parametrize("servers", [None, [], "https://a.example", [5]])
def test_a_service_that_names_no_server_may_be_one_itself(servers: object) -> None:
    assert named(authorization_servers=servers) == ()


@pytest.mark.parametrize("resource", [SITE, f"{SITE}/", f"{SITE}/mcp", f"{SITE}/mcp/"])
def test_metadata_of_what_was_requested_or_of_what_is_above_it_counts(resource: str) -> None:
    assert named(resource=resource)


@pytest.mark.parametrize(
    "resource",
    ["https://evil.example/", f"{SITE}/mc", f"{SITE}/mcp/more", f"{SITE}:8443/", f"{SITE}/?a=b", "", None, 5, "::"],
)
def test_rfc_9728_3_3_metadata_of_another_resource_is_not_used(resource: object) -> None:
    with pytest.raises(ServerMetadataError, match="expected one that covers"):
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
    ("header", "scope", "error", "description"),
    [
        ("Bearer scope=read", "read", "", ""),
        ('bearer Scope = "a b" , ERROR=invalid_token', "a b", "invalid_token", ""),
        ('Bearer realm="use error=invalid_token", error="none", scope="a"', "a", "none", ""),
        (r'Basic realm="x, scope=\"z\"", Bearer scope="a"', "a", "", ""),
        (r'Bearer error_description="say \"hi\" now", error="invalid_token"', "", "invalid_token", 'say "hi" now'),
        ('DPoP scope="d", error="use_dpop_nonce", Bearer scope="b", error="invalid_token"', "b", "invalid_token", ""),
        ('Bearer x-scope="no", error_uri="https://h/?error=x"', "", "", ""),
        ('Bearer error="e", error_description="Caf\xe9\x1b[2J\u202e"', "", "e", "Caf\xe9 [2J "),
        ('Bearer, Basic realm="x", Bearer scope="a"', "a", "", ""),
        ('Negotiate a==, Bearer scope="a", scope="b"', "a", "", ""),
        ('Bearer scope="a', "", "", ""),
    ],
)
def test_rfc_9110_11_2_a_challenge_is_read_in_every_form(header: str, scope: str, error: str, description: str) -> None:
    read = challenge(header)
    assert (read.scope, read.error, read.description) == (scope, error, description)


@pytest.mark.parametrize("header", ["a" * 65_000, "a " * 32_000, 'a="' * 20_000, 'a="\\"' * 13_000, "a" + " " * 65_000])
def test_rule_3_a_hostile_challenge_is_read_in_no_time(header: str) -> None:
    assert challenge(header).scope == ""


@pytest.mark.parametrize(
    "header",
    [
        "",
        "Bearer",
        'Bearer resource_metadata="https://evil.example/meta"',
        'Bearer resource_metadata="http://mcp.close.example/meta"',
        'Bearer resource_metadata="/meta"',
        f'Bearer resource_metadata="{SITE}/{"x" * 2048}"',
    ],
)
def test_rule_1_a_rejection_that_names_another_origin_says_nothing(header: str) -> None:
    assert challenge(header).metadata_url == ""


@pytest.mark.parametrize(("reply", "lasting"), [(Reply("", 503), False), (Reply("", 429), False)])
def test_a_service_that_is_busy_may_name_its_server_later(service: Service, reply: Reply, lasting: bool) -> None:
    service.routes[WELL_KNOWN] = reply
    with pytest.raises(ServerMetadataError) as caught:
        find_resource(service.url, None, HttpClient(trust_env=False))
    assert caught.value.lasting is lasting


@pytest.mark.parametrize("reply", [Reply("", 404), Reply("<html>"), Reply("", 302, {"location": "https://evil/"})])
def test_a_service_without_metadata_names_no_one(service: Service, reply: Reply) -> None:
    service.routes[WELL_KNOWN] = reply
    assert find_resource(service.url, None, HttpClient(trust_env=False)) is None
    assert len(service.received) == 1


def test_what_the_rejection_names_goes_before_what_is_well_known(service: Service) -> None:
    body = {"resource": service.url, "authorization_servers": [f"{service.url}/one"]}
    service.routes["/meta"] = Reply(body)
    values = Challenge(f"{service.url}/meta", f"{service.url}/orders")
    found = find_resource(service.url, values, HttpClient(trust_env=False))
    assert found == ProtectedResource(service.url, (f"{service.url}/one",))
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


async def sign_in(client: mcp.Client) -> str:
    """Call the tool, sign in at the URL that the result names, and return the result."""
    message = text_of(await client.call_tool("acme_list_orders", {}))
    url = message.split("Open ")[1].split(" on this machine")[0]
    async with httpx2.AsyncClient(follow_redirects=True, trust_env=False, verify=False) as browser:
        asked = (await browser.get(url)).text
        assert "wants you to sign in at" in asked
        link = html.unescape(asked.split('<a href="')[1].split('"')[0])
        assert "You are signed in" in (await browser.get(link)).text
    assert at_rest()  # a call before that would be shown the same URL
    return message


def sent_to(service: Service, path: str, name: str) -> list[str | None]:
    """A parameter of every request to a path, in its query or its form."""
    requests = [got.query or got.body.decode() for got in service.received if got.path == path]
    return [dict(parse_qsl(text)).get(name) for text in requests]


async def test_a_sign_in_follows_the_service_to_its_server_and_tells_the_user(
    elsewhere: tuple[Acme, Service],
) -> None:
    acme, other = elsewhere
    async with acme.connected(browser="true") as (bridge, client):
        message = await sign_in(client)
        again = await client.call_tool("acme_list_orders", {})
        record, lines = acme.record(bridge), "\n".join(status_lines(bridge))
    assert f"{acme.service.url} wants you to sign in at {other.url}, its authorization server." in message
    assert "opened your browser" not in message  # the user did not know where it would lead
    assert json.loads(text_of(again)) == [{"order": 1}]
    assert record.server
    assert record.server.issuer == other.url
    assert f"with {other.url}" in lines
    assert all("authorization" not in got.headers for got in other.received)


async def test_rfc_8707_the_token_of_another_server_is_requested_for_the_service_only(
    elsewhere: tuple[Acme, Service],
) -> None:
    acme, other = elsewhere
    async with acme.connected() as (_, client):
        await sign_in(client)
    assert sent_to(other, "/authorize", "resource") == sent_to(other, "/token", "resource") == [f"{acme.service.url}/"]


@pytest.mark.parametrize("error", ["invalid_target", "invalid_request"])
@pytest.mark.parametrize("path", ["/authorize", "/token"])
async def test_a_server_that_accepts_no_resource_is_asked_again_without_one(
    elsewhere: tuple[Acme, Service], path: str, error: str
) -> None:
    acme, other = elsewhere
    reply = other.routes[path]
    assert callable(reply)

    def refuse(got: Received) -> Reply:
        asked = dict(parse_qsl(got.query or got.body.decode()))
        if "resource" not in asked:
            return reply(got)
        if path == "/token":
            return Reply({"error": error}, 400)
        back = httpx2.URL(asked["redirect_uri"], params={"error": error, "state": asked["state"]})
        return Reply("", 302, {"location": str(back)})

    other.routes[path] = refuse
    async with acme.connected() as (bridge, client):
        await sign_in(client)
        server = acme.record(bridge).server
        session = bridge.connections["acme"].session
        assert session
        sign_out(session)
        await sign_in(client)
    assert other.count("/register") == 1  # the client is still known
    assert sent_to(other, path, "resource")[:2] == [f"{acme.service.url}/", None]
    assert server
    assert server.resource == ""


@pytest.mark.parametrize(("resource", "sent"), [("", None), ("urn:orders", "urn:orders")])
async def test_a_resource_of_the_settings_goes_before_that_of_the_service(
    elsewhere: tuple[Acme, Service], resource: str, sent: str | None
) -> None:
    acme, other = elsewhere
    async with acme.connected(f'{{ resource = "{resource}" }}') as (_, client):
        await sign_in(client)
    assert sent_to(other, "/authorize", "resource") == sent_to(other, "/token", "resource") == [sent]


async def test_the_next_server_is_used_if_the_first_cannot_be(elsewhere: tuple[Acme, Service]) -> None:
    acme, other = elsewhere
    with running_service() as dead:
        servers = [dead.url, f"{other.url}/"]
        acme.service.routes["/meta"] = Reply({"resource": acme.service.url, "authorization_servers": servers})
        async with acme.connected() as (bridge, client):
            await sign_in(client)
            assert acme.record(bridge).tokens
    assert dead.received


async def test_a_server_where_no_client_can_register_is_passed_over(elsewhere: tuple[Acme, Service]) -> None:
    acme, other = elsewhere
    with running_service() as closed:
        named = {f"{name}_endpoint": f"{closed.url}/{name}" for name in ("authorization", "token")}
        metadata = {"issuer": closed.url, "response_types_supported": ["code"], **named}
        closed.routes["/.well-known/oauth-authorization-server"] = Reply(metadata)
        servers = [closed.url, other.url]
        acme.service.routes["/meta"] = Reply({"resource": acme.service.url, "authorization_servers": servers})
        async with acme.connected() as (bridge, client):
            await sign_in(client)
            assert acme.record(bridge).tokens
        acme.service.routes["/meta"] = Reply({"resource": acme.service.url, "authorization_servers": [closed.url]})
        async with acme.connected() as (bridge, client):
            session = bridge.connections["acme"].session
            assert session
            sign_out(session, forget=True)
            message = text_of(await client.call_tool("acme_list_orders", {}))
    assert "does not allow applications to register" in message


async def test_rfc_8707_a_service_that_names_the_endpoints_of_another_gets_a_token_for_itself_only(
    elsewhere: tuple[Acme, Service],
) -> None:
    acme, other = elsewhere
    del acme.service.routes["/meta"]
    published = httpx2.get(f"{other.url}/.well-known/oauth-authorization-server", trust_env=False).json()
    acme.metadata = {**published, "issuer": acme.service.url}
    async with acme.connected() as (_, client):
        await sign_in(client)
    assert sent_to(other, "/authorize", "resource") == sent_to(other, "/token", "resource") == [acme.service.url]


async def test_if_no_server_can_be_used_each_is_named_with_its_reason(elsewhere: tuple[Acme, Service]) -> None:
    acme, other = elsewhere
    other.routes["/.well-known/oauth-authorization-server"] = Reply({"issuer": "https://evil.example"})
    with running_service() as dead:
        servers = [dead.url, other.url, "https://user@as.example"]
        acme.service.routes["/meta"] = Reply({"resource": acme.service.url, "authorization_servers": servers})
        async with acme.connected() as (_, client):
            message = text_of(await client.call_tool("acme_list_orders", {}))
    assert f"{dead.url}: it has no OAuth metadata" in message
    assert f'{other.url}: its metadata has the issuer "https://evil.example"' in message
    assert "https://user@as.example: its authorization server is not an https URL" in message


def other_system(url: str) -> str:
    return f'[systems.crm]\ncatalog = "{url}/catalog"\ncredential = {{ grant = "authorization_code" }}\n'


@pytest.mark.parametrize("spelling", ["127.0.0.1", "localhost"])
@pytest.mark.parametrize("is_issuer", [True, False])
async def test_rule_1_the_server_of_another_system_is_refused_under_every_name(
    elsewhere: tuple[Acme, Service], spelling: str, is_issuer: bool
) -> None:
    acme, other = elsewhere
    url = other.url.replace("127.0.0.1", spelling)
    if is_issuer:
        acme.service.routes["/meta"] = Reply({"resource": acme.service.url, "authorization_servers": [url]})
        other.routes["/.well-known/oauth-authorization-server"] = lambda _: Reply(
            {**acme_metadata(other.url), "issuer": url}
        )
    else:
        acme.service.routes["/meta"] = Reply("", 404)
        acme.metadata = {**acme_metadata(url), "issuer": acme.service.url}
    async with acme.connected(more=other_system(other.url)) as (_, client):
        message = text_of(await client.call_tool("acme_list_orders", {}))
    assert "it is the authorization server of crm; if you trust it, add issuer = " in message
    assert other.count("/authorize") == other.count("/register") == 0


def acme_metadata(url: str) -> dict[str, Any]:
    names = ("authorization_endpoint", "token_endpoint", "registration_endpoint")
    paths = ("/authorize", "/token", "/register")
    return {"response_types_supported": ["code"]} | {name: url + path for name, path in zip(names, paths, strict=True)}


def test_rule_1_a_service_may_not_name_the_servers_of_the_presets() -> None:
    environment = {"CLOSIENT_MCP_HOME": "/home/u"}
    table = '[systems.{0}]\ncatalog = "https://{1}/catalog"\ncredential = {{ grant = "authorization_code" }}\n'
    text = table.format("acme", "acme.example") + table.format("own", "mcp.close.com")
    acme, own = load_settings(Options(), environment, text).systems
    assert isinstance(acme.credential, SignIn)
    assert isinstance(own.credential, SignIn)
    others = acme.credential.profile.other_systems
    for url in ("https://app.close.com/", "https://API.closient.com", "https://a.sandbox.api.fluentretail.com"):
        assert any(is_at(server_at(url), domain) for domain in others)
    assert not any(is_at(server_at("https://close.com.example"), domain) for domain in others)
    assert not any(is_at(server_at("https://app.close.com"), domain) for domain in own.credential.profile.other_systems)


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
    assert "wants you to sign in" not in message
    assert sent_to(other, "/token", "resource") == []
    assert acme.count("/meta") == 0


@pytest.mark.parametrize(
    ("url", "server"),
    [
        ("http://localhost/a", "this machine:80"),
        ("https://127.0.0.1", "this machine:443"),
        ("http://[::1]:8000/", "this machine:8000"),
        ("https://API.acme.example.:8443/", "api.acme.example"),
    ],
)
def test_servers_on_this_machine_are_told_apart_by_their_ports(url: str, server: str) -> None:
    assert server_at(url) == server
