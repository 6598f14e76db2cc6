"""The requests that the quickstart prints, sent with curl in its order; only the site is another."""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
import shutil
import subprocess
from dataclasses import dataclass
from typing import Any

import pytest
from joserfc import jwt
from joserfc.jwk import KeySet

from ..fakes.limits import SECONDS
from ..fakes.person import signed_in_person
from ..fakes.service import Sandbox

pytestmark = pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")

CALLBACK = "https://agent.example.com/oauth/callback"
REGISTRATION = {
    "client_name": "Acme Shopping Agent",
    "redirect_uris": [CALLBACK],
    "grant_types": ["authorization_code", "refresh_token"],
    "scope": "search:read products:read resolver:read",
    "token_endpoint_auth_method": "client_secret_basic",
    "software_id": "com.example.acme-shopping-agent",
    "software_version": "1.2.3",
}
SEARCH = {"query": "organic peanut butter", "latitude": 48.4284, "longitude": -123.3656, "radius_km": 25}


@dataclass(frozen=True)
class Curl:
    """Requests to a site with curl."""

    site: str

    def __call__(self, path: str, *arguments: str) -> tuple[int, dict[str, str], Any]:
        """The status, headers and JSON of the response."""
        command = ["curl", "--silent", "--show-error", "--noproxy", "*", "--max-time", str(SECONDS)]
        command += ["--write-out", "\n%{http_code}\n%{header_json}", *arguments, f"{self.site}{path}"]
        ran = subprocess.run(command, capture_output=True, text=True, check=True)
        body, status, headers = ran.stdout.split("\n", 2)
        return int(status), {name: values[0] for name, values in json.loads(headers).items()}, json.loads(body)


def json_body(body: dict[str, Any]) -> tuple[str, ...]:
    """The arguments for a POST with this JSON."""
    return "--request", "POST", "--header", "Content-Type: application/json", "--data", json.dumps(body)


def form(**fields: str) -> list[str]:
    """The arguments for a POST with this form."""
    return [part for name, value in fields.items() for part in ("--data-urlencode", f"{name}={value}")]


def test_every_step_of_the_quickstart_works_with_curl_as_printed(sandbox: Sandbox) -> None:
    curl = Curl(sandbox.url)

    # Step 1: discover what's available.
    status, headers, catalog = curl("/.well-known/api-catalog", "--header", "Accept: application/linkset+json")
    assert (status, headers["content-type"].split(";")[0]) == (200, "application/linkset+json")
    entry = {"href": f"{sandbox.url}/search/api/v1/openapi.json", "type": "application/openapi+json"}
    assert {"anchor": f"{sandbox.url}/search/api/v1/", "service-desc": [entry]} in catalog["linkset"]
    assert len(catalog["linkset"]) == 22
    assert curl("/.well-known/agent-skills/index.json")[2]["skills"]
    assert curl("/.well-known/mcp.json")[0] == 200
    metadata = curl("/.well-known/openid-configuration")[2]
    assert curl("/.well-known/oauth-authorization-server")[2] == metadata
    assert metadata["registration_endpoint"] == f"{sandbox.url}/oauth/register/"

    # Step 2a: an API key.
    status, headers, found = curl("/search/api/v1/search?q=trail+mix", "--header", f"X-API-Key: {sandbox.api_key}")
    assert (status, found["total"]) == (200, len(found["items"]))
    assert curl("/search/api/v1/search?q=trail+mix", "--header", "X-API-Key: csb_body_crc32")[0] == 401
    assert headers["ratelimit-policy"] == "300;w=60, 10000;w=86400"

    # Step 2b: register a client.
    status, _, client = curl("/oauth/register/", *json_body(REGISTRATION))
    assert status == 201
    assert client["client_secret_expires_at"] == 0
    assert client["client_id_issued_at"] > 0
    assert REGISTRATION.items() <= client.items()
    again = curl("/oauth/register/", *json_body(REGISTRATION))[2]
    assert again["client_id"] == client["client_id"]

    # Step 3a and 3b: the PKCE pair, and the user's consent.
    code_verifier = secrets.token_urlsafe(64)
    code_challenge = base64.urlsafe_b64encode(hashlib.sha256(code_verifier.encode()).digest()).rstrip(b"=").decode()
    query = {
        "response_type": "code",
        "client_id": client["client_id"],
        "redirect_uri": CALLBACK,
        "scope": "search:read products:read",
        "state": "anti-csrf",
        "code_challenge": code_challenge,
        "code_challenge_method": "S256",
    }
    with signed_in_person(sandbox) as person:
        assert person.decides(query, "deny")["error"] == "access_denied"
        back = person.decides(query)
    assert back["state"] == "anti-csrf"

    # Step 3c: exchange the code.
    basic = ("--user", f"{client['client_id']}:{client['client_secret']}")
    grant = {"grant_type": "authorization_code", "redirect_uri": CALLBACK, "code_verifier": code_verifier}
    status, _, tokens = curl("/oauth/token/", *basic, *form(**grant, code=back["code"]))
    assert status == 200
    assert tokens.keys() == {"access_token", "expires_in", "token_type", "refresh_token", "scope", "id_token"}
    assert (tokens["expires_in"], tokens["token_type"], tokens["scope"]) == (3600, "Bearer", query["scope"])
    keys = curl(metadata["jwks_uri"].removeprefix(sandbox.url))[2]
    claims = jwt.decode(tokens["id_token"], KeySet.import_key_set(keys), algorithms=["RS256"]).claims
    assert (claims["iss"], claims["aud"]) == (metadata["issuer"], client["client_id"])

    # Step 3d: refresh.
    status, _, fresh = curl(
        "/oauth/token/", *basic, *form(grant_type="refresh_token", refresh_token=tokens["refresh_token"])
    )
    assert status == 200

    # Step 4: the first authenticated call.
    bearer = ("--header", f"Authorization: Bearer {fresh['access_token']}")
    status, _, session = curl("/search/api/v1/search/session", *bearer, *json_body(SEARCH))
    assert status == 200
    assert all(item["store"] and item["offer"] and item["distance_km"] <= 25 for item in session["items"])
    assert session["items"]
    refine = f"/search/api/v1/search/session/{session['session_id']}/refine"
    assert curl(refine, *bearer, *json_body({"query": "cheaper"}))[0] == 200
    assert curl("/search/api/v1/search?q=trail+mix")[2]["items"]

    # Step 5: a code is redeemed once.
    status, _, refused = curl("/oauth/token/", *basic, *form(**grant, code=back["code"]))
    assert (status, refused["error"]) == (400, "invalid_grant")
    assert curl("/search/api/v1/search/session", *bearer, *json_body(SEARCH))[0] == 401
