"""Dynamic client registration: what is accepted, what is refused, and how a registration is managed."""

from collections.abc import Iterator
from typing import Any

import httpx2
import pytest

from ..fakes.person import CALLBACK, PUBLIC_CLIENT, http_client, register
from ..fakes.service import Sandbox


@pytest.fixture
def http(sandbox: Sandbox) -> Iterator[httpx2.Client]:
    with http_client(sandbox) as client:
        yield client


@pytest.mark.parametrize(
    "uri",
    [
        "http://agent.example.com/callback",
        "http://localhost:8765/callback",
        "http://127.0.0.1.example.com/callback",
        "http://0.0.0.0/callback",
        "ftp://127.0.0.1/callback",
        "javascript:alert(1)",
        "com.example.app:/callback",
        "https://agent.example.com/callback#fragment",
        "https://user@agent.example.com/callback",
        "https://*.example.com/callback",
        "https://agent.example.com/call back",
        "https:///callback",
        "https://agent.example.com:port/callback",
        "/callback",
        "",
    ],
)
def test_a_redirect_uri_must_be_https_or_loopback(http: httpx2.Client, uri: str) -> None:
    response = http.post("/oauth/register/", json={**PUBLIC_CLIENT, "redirect_uris": [CALLBACK, uri]})

    assert (response.status_code, response.json()["error"]) == (400, "invalid_redirect_uri")


@pytest.mark.parametrize("uri", ["https://agent.example.com/cb?a=b", "http://127.0.0.1/cb", "http://[::1]:8765/cb"])
def test_https_and_loopback_literals_are_accepted(http: httpx2.Client, uri: str) -> None:
    assert http.post("/oauth/register/", json={**PUBLIC_CLIENT, "redirect_uris": [uri]}).status_code == 201


@pytest.mark.parametrize(
    "changes",
    [
        {"token_endpoint_auth_method": "private_key_jwt"},
        {"grant_types": ["password"]},
        {"grant_types": ["refresh_token"]},
        {"grant_types": "authorization_code"},
        {"grant_types": ["client_credentials"]},
        {"response_types": ["token"]},
        {"scope": "nothing:known"},
        {"scope": ["search:read"]},
        {"client_name": {"en": "Acme"}},
        {"logo_uri": "javascript:alert(1)"},
    ],
    ids=str,
)
def test_unsupported_metadata_is_rejected(http: httpx2.Client, changes: dict[str, Any]) -> None:
    response = http.post("/oauth/register/", json={**PUBLIC_CLIENT, **changes})

    assert (response.status_code, response.json()["error"]) == (400, "invalid_client_metadata")
    assert response.json()["error_description"]


@pytest.mark.parametrize("body", [b"", b"not json", b"[]", b'"text"', b"\xff"], ids=repr)
def test_a_body_that_is_not_a_json_object_is_rejected(http: httpx2.Client, body: bytes) -> None:
    response = http.post("/oauth/register/", content=body, headers={"Content-Type": "application/json"})

    assert (response.status_code, response.json()["error"]) == (400, "invalid_client_metadata")


@pytest.mark.parametrize("method", ["none", "client_secret_basic", "client_secret_post"])
def test_the_authentication_method_is_the_requested_one(sandbox: Sandbox, http: httpx2.Client, method: str) -> None:
    registered = register(sandbox, http, token_endpoint_auth_method=method).registered

    assert registered["token_endpoint_auth_method"] == method
    assert ("client_secret" in registered) is (method != "none")


def test_unknown_scopes_are_dropped(sandbox: Sandbox, http: httpx2.Client) -> None:
    registered = register(sandbox, http, scope="search:read moon:read").registered

    assert registered["scope"] == "search:read"


def test_the_same_software_with_the_same_metadata_is_the_same_client(sandbox: Sandbox, http: httpx2.Client) -> None:
    changes = {"software_id": "com.example.agent", "token_endpoint_auth_method": "client_secret_post"}
    first = register(sandbox, http, **changes).registered
    again = register(sandbox, http, **changes).registered
    other = register(sandbox, http, **changes, software_version="2").registered

    assert again == first
    assert other["client_id"] != first["client_id"]


def test_without_a_software_id_every_registration_is_a_new_client(sandbox: Sandbox, http: httpx2.Client) -> None:
    assert register(sandbox, http).client_id != register(sandbox, http).client_id


def test_the_eleventh_registration_within_an_hour_is_rejected(http: httpx2.Client) -> None:
    responses = [http.post("/oauth/register/", json=PUBLIC_CLIENT) for _ in range(11)]

    assert [response.status_code for response in responses] == [201] * 10 + [429]
    assert 3500 < int(responses[-1].headers["retry-after"]) <= 3600
    assert responses[-1].json()["error"] == "temporarily_unavailable"
    assert responses[0].headers["ratelimit-policy"].endswith("10;w=3600")


def test_a_url_without_the_slash_is_404_and_registers_nothing(http: httpx2.Client) -> None:
    response = http.post("/oauth/register", json=PUBLIC_CLIENT)

    assert response.status_code == 404
    assert response.headers["content-type"] == "application/problem+json"


def test_a_registration_is_read_changed_and_deleted_with_its_token(sandbox: Sandbox, http: httpx2.Client) -> None:
    registered = register(sandbox, http).registered
    url = registered["registration_client_uri"]
    token = {"Authorization": f"Bearer {registered['registration_access_token']}"}

    assert http.get(url, headers=token).json() == registered
    changed = http.put(url, json={**PUBLIC_CLIENT, "client_name": "Renamed"}, headers=token).json()
    assert (changed["client_name"], changed["client_id"]) == ("Renamed", registered["client_id"])
    assert http.get(url, headers=token).status_code == 401

    fresh = {"Authorization": f"Bearer {changed['registration_access_token']}"}
    assert http.delete(url, headers=fresh).status_code == 204
    assert http.get(url, headers=fresh).status_code == 401
    assert http.post(
        "/oauth/token/",
        data={"grant_type": "refresh_token", "refresh_token": "x", "client_id": registered["client_id"]},
    ).json() == {"error": "invalid_client"}


@pytest.mark.parametrize("token", ["", "Bearer wrong", "Basic eDp5"])
def test_a_registration_needs_its_own_token(sandbox: Sandbox, http: httpx2.Client, token: str) -> None:
    url = register(sandbox, http).registered["registration_client_uri"]
    response = http.get(url, headers={"Authorization": token} if token else {})

    assert response.status_code == 401
    assert response.headers["www-authenticate"].startswith("Bearer")
