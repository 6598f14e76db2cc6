"""Every step of the quickstart, in its order, against the sandbox."""

import zlib
from collections.abc import Iterator
from typing import Any

import httpx2
import pytest
from joserfc import jwt
from joserfc.jwk import KeySet

from ..fakes.person import bearer, http_client, register, signed_in_person
from ..fakes.service import Sandbox

WEB_CLIENT: dict[str, Any] = {
    "client_name": "Acme Shopping Agent",
    "redirect_uris": ["https://agent.example.com/oauth/callback"],
    "grant_types": ["authorization_code", "refresh_token"],
    "scope": "search:read products:read resolver:read",
    "token_endpoint_auth_method": "client_secret_basic",
    "software_id": "com.example.acme-shopping-agent",
    "software_version": "1.2.3",
}
RATE_LIMITS = ("RateLimit-Policy", "RateLimit-Limit", "RateLimit-Remaining", "RateLimit-Reset")


@pytest.fixture
def http(sandbox: Sandbox) -> Iterator[httpx2.Client]:
    with http_client(sandbox) as client:
        yield client


def test_step_1_the_catalog_names_an_api_and_its_document(sandbox: Sandbox, http: httpx2.Client) -> None:
    response = http.get("/.well-known/api-catalog", headers={"Accept": "application/linkset+json"})

    assert response.headers["content-type"].startswith("application/linkset+json")
    assert {
        "anchor": f"{sandbox.url}/search/api/v1/",
        "service-desc": [{"href": f"{sandbox.url}/search/api/v1/openapi.json", "type": "application/openapi+json"}],
    } in response.json()["linkset"]


@pytest.mark.parametrize(
    "name",
    ["agent-skills/index.json", "mcp.json", "openid-configuration", "oauth-authorization-server"],
)
def test_step_1_the_sibling_documents_exist(http: httpx2.Client, name: str) -> None:
    assert http.get(f"/.well-known/{name}").json()


def test_step_2a_a_key_is_alive_when_search_answers_200(sandbox: Sandbox, http: httpx2.Client) -> None:
    response = http.get("/search/api/v1/search?q=trail+mix", headers={"X-API-Key": sandbox.api_key})

    assert response.status_code == 200
    assert response.json()["total"] == len(response.json()["items"]) > 0


def test_step_2a_a_malformed_key_is_rejected_even_if_none_is_needed(http: httpx2.Client) -> None:
    assert http.get("/search/api/v1/search?q=trail+mix").status_code == 200
    response = http.get("/search/api/v1/search?q=trail+mix", headers={"X-API-Key": "csb_nothing_here"})

    assert response.status_code == 401


def test_step_2b_registration_answers_what_was_registered(http: httpx2.Client) -> None:
    response = http.post("/oauth/register/", json=WEB_CLIENT)

    assert response.status_code == 201
    body = response.json()
    assert body["client_id"]
    assert body["client_secret"]
    assert body["client_id_issued_at"] > 0
    assert body["client_secret_expires_at"] == 0
    assert {name: body[name] for name in WEB_CLIENT} == WEB_CLIENT


def test_step_2b_a_server_gets_tokens_without_a_user(sandbox: Sandbox, http: httpx2.Client) -> None:
    server = register(
        sandbox,
        http,
        redirect_uris=[],
        grant_types=["client_credentials"],
        token_endpoint_auth_method="client_secret_basic",
        scope="account:read products:read",
    )
    tokens = server.token(grant_type="client_credentials", scope="account:read").json()

    assert "refresh_token" not in tokens
    assert http.get("/account/api/v1/whoami", headers=bearer(tokens)).json()["user_id"] is None


@pytest.mark.parametrize("scope", ["search:read products:read", "search:read products:read openid"])
def test_steps_3_and_4_lead_from_consent_to_the_first_row_of_data(
    sandbox: Sandbox, http: httpx2.Client, scope: str
) -> None:
    application = register(sandbox, http, token_endpoint_auth_method="client_secret_basic")
    with signed_in_person(sandbox) as person:
        back = person.decides(application.query(scope=scope))
    tokens = application.redeem(back["code"]).json()
    metadata = http.get("/.well-known/openid-configuration").json()
    claims = jwt.decode(tokens["id_token"], KeySet.import_key_set(http.get(metadata["jwks_uri"]).json())).claims

    assert (back["state"], back["iss"]) == ("a state", metadata["issuer"])
    assert (tokens["expires_in"], tokens["token_type"], tokens["scope"]) == (3600, "Bearer", scope)
    assert (claims["iss"], claims["aud"]) == (metadata["issuer"], application.client_id)

    tokens = application.refresh(tokens["refresh_token"]).json()
    search = {"query": "organic peanut butter", "latitude": 48.4284, "longitude": -123.3656, "radius_km": 25}
    response = http.post("/search/api/v1/search/session", json=search, headers=bearer(tokens))
    body = response.json()

    assert response.status_code == 200
    assert body["items"][0].keys() == {"product", "store", "offer", "distance_km"}
    assert "Peanut Butter" in body["items"][0]["product"]["name"]
    refined = http.post(
        f"/search/api/v1/search/session/{body['session_id']}/refine", json={"query": "cheaper"}, headers=bearer(tokens)
    ).json()
    assert 0 < len(refined["items"]) < len(body["items"])


def test_step_5_a_missing_header_is_401(http: httpx2.Client) -> None:
    response = http.get("/products/api/v1/products/09506000134352")

    assert response.status_code == 401
    assert response.headers["www-authenticate"].startswith("Bearer resource_metadata=")


def test_step_5_a_key_of_another_environment_is_401(http: httpx2.Client) -> None:
    body = "0" * 32
    elsewhere = f"csb_{body}_{zlib.crc32(body.encode()):08x}"
    response = http.get("/products/api/v1/products/09506000134352", headers={"X-API-Key": elsewhere})

    assert response.status_code == 401
    assert "environment" in response.json()["detail"]


def test_step_5_an_expired_token_is_401_and_the_refresh_token_still_works(
    sandbox: Sandbox, http: httpx2.Client
) -> None:
    application = register(sandbox, http)
    with signed_in_person(sandbox) as person:
        tokens = application.redeem(person.decides(application.query())["code"]).json()
    http.post("/__sandbox__/expire-tokens")
    response = http.get("/products/api/v1/products/09506000134352", headers=bearer(tokens))

    assert response.status_code == 401
    assert 'error="invalid_token"' in response.headers["www-authenticate"]
    fresh = application.refresh(tokens["refresh_token"]).json()
    assert http.get("/products/api/v1/products/09506000134352", headers=bearer(fresh)).status_code == 200


def test_step_5_a_wrong_client_secret_is_401(http: httpx2.Client) -> None:
    client = http.post("/oauth/register/", json=WEB_CLIENT).json()
    response = http.post(
        "/oauth/token/",
        data={"grant_type": "refresh_token", "refresh_token": "x"},
        auth=(client["client_id"], "wrong"),
    )

    assert (response.status_code, response.json()["error"]) == (401, "invalid_client")


def test_step_5_a_scope_mismatch_is_403_and_names_the_scope(sandbox: Sandbox, http: httpx2.Client) -> None:
    application = register(sandbox, http)
    with signed_in_person(sandbox) as person:
        tokens = application.redeem(person.decides(application.query(scope="products:read"))["code"]).json()
    response = http.patch("/products/api/v1/products/00614141123452", json={}, headers=bearer(tokens))

    assert response.status_code == 403
    assert 'error="insufficient_scope", scope="products:write"' in response.headers["www-authenticate"]


@pytest.mark.parametrize(
    ("username", "detail"), [("bob", "Role mismatch"), ("carol", "Wrong organization")], ids=["viewer", "no member"]
)
def test_step_5_roles_and_organizations_are_enforced(
    sandbox: Sandbox, http: httpx2.Client, username: str, detail: str
) -> None:
    application = register(sandbox, http)
    with signed_in_person(sandbox, username) as person:
        tokens = application.redeem(person.decides(application.query(scope="products:write"))["code"]).json()
    response = http.patch("/products/api/v1/products/00614141123452", json={}, headers=bearer(tokens))

    assert (response.status_code, response.json()["error_code"]) == (403, "forbidden")
    assert detail in response.json()["detail"]


def test_step_5_a_disabled_key_is_403(sandbox: Sandbox, http: httpx2.Client) -> None:
    response = http.get("/products/api/v1/trade-items", headers={"X-API-Key": sandbox.keys["disabled"]})

    assert response.status_code == 403
    assert "disabled" in response.json()["detail"]


def test_step_5_a_429_says_when_to_retry(http: httpx2.Client) -> None:
    statuses = [http.get("/search/api/v1/search?q=tea&limit=1") for _ in range(61)]

    refused = statuses[-1]
    assert [response.status_code for response in statuses].count(200) == 60
    assert refused.status_code == 429
    assert all(name in refused.headers for name in RATE_LIMITS)
    assert refused.headers["retry-after"] == refused.headers["ratelimit-reset"]
    assert refused.json()["retry_after_seconds"] == int(refused.headers["retry-after"])
    assert refused.headers["ratelimit-remaining"] == "0"
