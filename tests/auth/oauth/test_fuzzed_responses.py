"""Authorization servers whose responses are broken or hostile: a sign-in works, or ends with a reason."""

from __future__ import annotations

import asyncio
import copy
import json
from collections.abc import Mapping
from contextlib import suppress
from itertools import count
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from closient_mcp.auth.errors import AuthError
from closient_mcp.auth.oauth.device import read_device
from closient_mcp.auth.oauth.discovery import ServerMetadataError
from closient_mcp.auth.oauth.http import HttpClient, NoResponseError, Request, Response, json_object
from closient_mcp.auth.oauth.id_token import IdTokenError, checked_claims
from closient_mcp.auth.oauth.protected_resource import read_challenge
from closient_mcp.auth.profile import Profile
from closient_mcp.auth.records import Client, Server
from closient_mcp.auth.secrets.redaction import Redaction
from closient_mcp.auth.session.renewal import Session
from closient_mcp.auth.sign_in.sign_out import sign_out
from closient_mcp.auth.store.files import Files
from closient_mcp.auth.store.record_store import Store
from closient_mcp.tools.formats.json_values import as_object

from ...fakes.issuer import ec_key, signed
from ...fakes.mutations import mutate

SITE = "https://api.example.com"
ISSUER = "https://login.example.com"
RESPONSES: dict[str, Any] = {
    f"{SITE}/.well-known/oauth-protected-resource": {"resource": SITE, "authorization_servers": [ISSUER]},
    f"{ISSUER}/.well-known/oauth-authorization-server": {
        "issuer": ISSUER,
        "token_endpoint": f"{ISSUER}/token",
        "authorization_endpoint": f"{ISSUER}/authorize",
        "registration_endpoint": f"{ISSUER}/register",
        "revocation_endpoint": f"{ISSUER}/revoke",
        "jwks_uri": f"{ISSUER}/jwks",
        "grant_types_supported": ["client_credentials"],
        "response_types_supported": ["code"],
        "scopes_supported": ["read"],
        "token_endpoint_auth_methods_supported": ["client_secret_basic"],
        "code_challenge_methods_supported": ["S256"],
    },
    f"{ISSUER}/register": {
        "client_id": "c",
        "client_secret": "s",
        "client_secret_expires_at": 0,
        "registration_client_uri": f"{ISSUER}/register/c",
        "registration_access_token": "r",
        "grant_types": ["client_credentials"],
        "redirect_uris": [],
        "token_endpoint_auth_method": "client_secret_basic",
    },
    f"{ISSUER}/token": {
        "access_token": "a",
        "refresh_token": "f",
        "token_type": "Bearer",
        "expires_in": 3600,
        "scope": "read",
        "account": {"id": 1},
        "roles": ["x", 1],
    },
}
ERROR: dict[str, Any] = {
    "error": "invalid_grant",
    "error_description": "No such client.",
    "errors": [{"code": "400", "message": {"error": "invalid_client"}}],
}
STATUSES = st.sampled_from([200, 200, 200, 201, 204, 302, 400, 401, 403, 404, 429, 500, 503, 999])
HEADER_TEXT = st.text(st.characters(max_codepoint=255, exclude_characters="\r\n\x00"), max_size=60)
HEADERS = st.dictionaries(st.sampled_from(["retry-after", "location", "content-type"]), HEADER_TEXT, max_size=2)


class Answers(HttpClient):
    """Sends nothing: each URL has a response."""

    def __init__(self, responses: Mapping[str, Response]) -> None:
        super().__init__(trust_env=False)
        self.responses = responses

    def send(self, request: Request, deadline: float = 12.0) -> Response:
        """The response of the URL without its query."""
        httpx2.Request(request.method, request.url, data=request.form, headers=dict(request.headers))
        if (response := self.responses.get(request.url.partition("?")[0])) is None:
            raise NoResponseError("no such host")
        return response


def response(value: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """A response as it is read from its bytes."""
    return Response(status, json_object(json.dumps(value).encode()), headers or {})


def mutated(value: Any, data: st.DataObject) -> Any:
    value = copy.deepcopy(value)
    for _ in range(data.draw(st.integers(1, 4))):
        mutate(value, data.draw)
    return value


def check(error: AuthError | ServerMetadataError | IdTokenError) -> None:
    """Whoever reads it learns what failed, on one line that no terminal obeys."""
    shown = str(error) if not isinstance(error, AuthError) else f"{error.message} {error.next_step}"
    assert shown.strip()
    assert shown.isprintable(), shown
    assert len(shown) < 2_000
    assert "internal error" not in shown


@pytest.fixture
def folders(tmp_path: Path) -> Any:
    """An endless supply of folders."""
    return (tmp_path / str(number) for number in count())


@given(data=st.data())
def test_a_mutated_response_ends_in_a_token_or_a_reason(
    folders: Any, monkeypatch: pytest.MonkeyPatch, data: st.DataObject
) -> None:
    monkeypatch.setattr("closient_mcp.auth.session.token_endpoint._RETRY_AFTER", ())
    answers = {url: response(value) for url, value in RESPONSES.items()}
    url = data.draw(st.sampled_from(sorted(answers)))
    changed = mutated(data.draw(st.sampled_from([RESPONSES[url], RESPONSES[url], ERROR])), data)
    answers[url] = response(changed, data.draw(STATUSES), data.draw(HEADERS))
    answers[f"{ISSUER}/revoke"] = answers[f"{ISSUER}/register/c"] = answers[url]
    store = Store(Files(next(folders)), "acme", SITE, lambda: "registered", Redaction())
    profile = Profile("acme", SITE, frozenset({SITE}), "1", "client_credentials", finds_issuer=True)
    session = Session(profile, store, Answers(answers))
    with suppress(AuthError):
        try:
            token = asyncio.run(session.token())
            assert token
            assert httpx2.Request("GET", SITE, headers={"authorization": f"Bearer {token}"})
            assert token.isascii()
            assert token.isprintable()
        except AuthError as error:
            check(error)
            raise
    assert store.read().system == "acme"
    assert sign_out(session, forget=True).isprintable()


@given(data=st.data())
def test_a_mutated_device_response_is_read_or_rejected(data: st.DataObject) -> None:
    good = {
        "device_code": "d",
        "user_code": "ABCD-EFGH",
        "verification_uri": f"{ISSUER}/device",
        "verification_uri_complete": f"{ISSUER}/device?user_code=ABCD-EFGH",
        "expires_in": 600,
        "interval": 5,
    }
    server = Server(issuer=ISSUER, token_endpoint=f"{ISSUER}/token")
    try:
        device = read_device(response(mutated(good, data), data.draw(STATUSES)), server, Client(client_id="c"), (), 0.0)
    except ServerMetadataError as error:
        check(error)
        return
    assert urlsplit(device.url).scheme == "https"
    assert device.url.isprintable()
    assert device.user_code.isprintable()
    assert 0 < device.interval < 1000
    assert 0 < device.expires_at < 1e6


@pytest.mark.filterwarnings("ignore::joserfc.errors.SecurityWarning")  # of short keys
@given(data=st.data())
def test_mutated_keys_and_tokens_are_verified_or_rejected(data: st.DataObject) -> None:
    keys: Any = {
        "keys": [ec_key("first").as_dict(private=False), {"kty": "oct", "k": "A" * 43}, {"kty": "RSA", "n": "AQAB"}]
    }
    claims = {"iss": ISSUER, "aud": "c", "sub": "ann", "exp": 4e9, "iat": 1, "nonce": "n", "azp": "c"}
    header = {"alg": "ES256", "kid": "first"}
    token = signed(header, claims, ec_key("first"))
    how = data.draw(st.sampled_from(["keys", "claims", "text"]))
    if how == "claims":
        # Half of a surrogate pair cannot be signed.
        changed = json.loads(json.dumps(mutated(claims, data)).replace("\\ud800", ""))
        token = signed(header, as_object(changed), ec_key("first"))
    if how == "text":
        at = data.draw(st.integers(0, len(token)))
        token = token[:at] + data.draw(st.text(max_size=4)) + token[at + data.draw(st.integers(0, 9)) :]
    server = Server(issuer=ISSUER, token_endpoint=f"{ISSUER}/token", signing_algorithms=("ES256", "none", "HS256"))
    try:
        read = checked_claims(token, response(mutated(keys, data) if how == "keys" else keys), server, "c", "n")
    except IdTokenError as error:
        check(error)
        return
    assert (read["iss"], read["sub"], read["nonce"]) == (ISSUER, claims["sub"] if how != "claims" else read["sub"], "n")


@given(
    header=st.text(st.sampled_from('Bearer, scope="\\=;\x00\xff realm_metadata:/'), max_size=200)
    | st.text(max_size=200)
)
def test_any_challenge_is_read(header: str) -> None:
    challenge = read_challenge(header, httpx2.URL(f"{SITE}/things"))
    assert all(scope.isprintable() and " " not in scope for scope in challenge.scope.split(" "))
