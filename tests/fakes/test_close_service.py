"""That the stand-in for Close has the habits of Close that others test against."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx2
import pytest

from .close_service import CloseStandIn, running_close


@pytest.fixture
def close() -> Iterator[CloseStandIn]:
    with running_close() as running:
        yield running


@pytest.fixture
def client() -> Iterator[httpx2.Client]:
    with httpx2.Client(trust_env=False, verify=False) as one:
        yield one


def authorized(client: httpx2.Client, close: CloseStandIn, **members: str) -> dict[str, str]:
    asked = {"client_id": close.client_id, "redirect_uri": close.redirect_uri, "response_type": "code", "state": "s"}
    answer = client.get(f"{close.sign_in}/oauth2/authorize/", params=asked | members)
    return {name: value for name, (value,) in parse_qs(urlsplit(answer.headers.get("location", "")).query).items()}


def post(client: httpx2.Client, close: CloseStandIn, path: str, **members: str) -> tuple[int, Any]:
    form = {"client_id": close.client_id, "client_secret": close.client_secret, **members}
    answer = client.post(f"{close.url}/oauth2/{path}/", data=form)
    return answer.status_code, answer.json() if answer.content else None


def code_exchanged(client: httpx2.Client, close: CloseStandIn) -> Any:
    code = authorized(client, close)["code"]
    return post(client, close, "token", grant_type="authorization_code", code=code)[1]


def test_a_refresh_token_is_good_once_and_the_next_replaces_it(client: httpx2.Client, close: CloseStandIn) -> None:
    first = code_exchanged(client, close)
    status, second = post(client, close, "token", grant_type="refresh_token", refresh_token=first["refresh_token"])
    assert status == 200
    assert second["refresh_token"] != first["refresh_token"]
    again = post(client, close, "token", grant_type="refresh_token", refresh_token=first["refresh_token"])
    assert again == (400, {"error": "invalid_grant"})


def test_an_app_without_offline_access_gets_no_refresh_token(client: httpx2.Client) -> None:
    with running_close(offline=False) as close:
        assert "refresh_token" not in code_exchanged(client, close)


def test_a_revoked_token_opens_nothing(client: httpx2.Client, close: CloseStandIn) -> None:
    given = code_exchanged(client, close)
    bearer = {"authorization": f"Bearer {given['access_token']}"}
    assert client.get(f"{close.url}/api/v1/me/", headers=bearer).status_code == 200
    assert post(client, close, "revoke", token=given["refresh_token"]) == (200, None)
    assert client.get(f"{close.url}/api/v1/me/", headers=bearer).status_code == 401
    assert post(client, close, "token", grant_type="refresh_token", refresh_token=given["refresh_token"])[0] == 400


def test_the_client_is_known_by_its_secret_and_its_one_redirect(client: httpx2.Client, close: CloseStandIn) -> None:
    assert authorized(client, close, redirect_uri="http://127.0.0.1:1/else") == {}
    assert post(client, close, "token", client_secret="wrong", grant_type="refresh_token")[0] == 401
    code = authorized(client, close, code_challenge="c", code_challenge_method="S256")["code"]
    assert post(client, close, "token", grant_type="authorization_code", code=code, code_verifier="v")[0] == 400
    close.declines = True
    assert authorized(client, close) == {"error": "access_denied", "state": "s"}


def test_it_has_metadata_and_a_document_and_no_catalog(client: httpx2.Client, close: CloseStandIn) -> None:
    metadata = client.get(f"{close.url}/.well-known/oauth-authorization-server").json()
    assert metadata["issuer"] == close.url
    assert metadata["authorization_endpoint"].startswith(close.sign_in)
    assert client.get(close.description).json()["openapi"] == "3.1.0"
    assert client.get(f"{close.url}/.well-known/api-catalog").status_code == 404


def test_a_url_without_its_slash_is_not_found(client: httpx2.Client, close: CloseStandIn) -> None:
    answer = client.get(f"{close.url}/api/v1/me", auth=(close.key, ""))
    assert (answer.status_code, list(answer.json())) == (404, ["error"])


def test_a_throttled_call_says_the_exact_seconds(client: httpx2.Client, close: CloseStandIn) -> None:
    close.throttle()
    answer = client.get(f"{close.url}/api/v1/me/", auth=(close.key, ""))
    assert (answer.status_code, answer.content, answer.headers["retry-after"]) == (429, b"", "1")
    assert answer.headers["ratelimit"] == "limit=40, remaining=3, reset=0.87"
    assert client.get(f"{close.url}/api/v1/me/", auth=(close.key, "")).status_code == 200
