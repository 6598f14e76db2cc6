"""Who has signed in: asked of the server and the service, and never guessed."""

from __future__ import annotations

import time
from functools import cache
from typing import Any

import pytest
from joserfc import jwt
from joserfc.jwk import RSAKey

from ...fakes.desk import DISCOVERY, Desk, at_rest, come_back, ended, query_of
from ...fakes.service import Reply


@cache
def key() -> RSAKey:
    return RSAKey.generate_key(2048, {"kid": "one"})


def signed_in(desk: Desk, claims: dict[str, Any] | None, scopes: str = "openid", **profile: Any) -> tuple[str, str]:
    """The user and the organization after a sign-in with an id_token that has these claims."""
    url = desk.service.url
    desk.service.routes["/keys"] = Reply({"keys": [key().as_dict(private=False)]})
    published = {"jwks_uri": f"{url}/keys", "userinfo_endpoint": f"{url}/userinfo", "scopes_supported": ["openid", "a"]}
    desk.service.routes[DISCOVERY] = Reply(desk.metadata(**published))
    _, attempt = desk.begin(*scopes.split(), **profile)
    now, nonce = int(time.time()), query_of(attempt).get("nonce")
    required = {"iss": url, "aud": "registered-client", "exp": now + 60, "iat": now, "nonce": nonce}
    if claims is not None:
        desk.granted["id_token"] = jwt.encode({"alg": "RS256", "kid": "one"}, {**required, **claims}, key())
    come_back(attempt)
    assert ended(attempt) == ""
    assert at_rest()
    tokens = desk.record().tokens
    assert tokens
    return desk.record().user, tokens.details.get("organization", "")


@pytest.mark.parametrize(
    ("claims", "info", "user"),
    [
        ({"sub": "1"}, {"sub": "1", "email": "alice@example.com"}, "alice@example.com"),
        ({"sub": "1"}, {"sub": "2", "email": "bob@example.com"}, "1"),
        ({"sub": "1"}, {"email": "bob@example.com"}, "1"),
        ({"sub": "1"}, {"sub": "1", "name": ["alice"]}, "1"),
        (None, {"sub": "1", "name": "Alice"}, "Alice"),
        (None, {"error": "invalid_token"}, ""),
    ],
    ids=["named", "another user", "no subject", "no name", "no id_token", "an error"],
)
def test_openid_core_5_3_2_userinfo_names_only_the_subject_of_the_id_token(
    desk: Desk, claims: dict[str, Any] | None, info: dict[str, Any], user: str
) -> None:
    desk.service.routes["/userinfo"] = Reply(info)
    assert signed_in(desk, claims)[0] == user
    (asked,) = desk.asked("/userinfo")
    assert asked.headers["authorization"] == "Bearer the-access-token"


def test_userinfo_is_not_asked_for_what_the_id_token_says(desk: Desk) -> None:
    assert signed_in(desk, {"sub": "1", "email": "alice@example.com"})[0] == "alice@example.com"
    assert desk.asked("/userinfo") == []


def test_rule_1_no_token_goes_to_a_userinfo_endpoint_elsewhere(desk: Desk) -> None:
    elsewhere = desk.service.url.replace("127.0.0.1", "localhost")
    desk.service.routes["/userinfo"] = Reply({"sub": "1", "email": "alice@example.com"})
    desk.service.routes[DISCOVERY] = Reply(desk.metadata(userinfo_endpoint=f"{elsewhere}/userinfo"))
    _, attempt = desk.begin("openid")
    come_back(attempt)
    assert ended(attempt) == ""
    assert desk.asked("/userinfo") == []


@pytest.mark.parametrize(
    ("answer", "known"),
    [
        (Reply({"email": "ana@example.com", "organizations": [{"name": "Acme"}]}), ("ana@example.com", "Acme")),
        (Reply({"email": "ana@example.com", "organizations": [{"name": "A"}, {"name": "B"}]}), ("ana@example.com", "")),
        (Reply({"email": "ana@example.com"}, 403), ("", "")),
        (Reply({"email": None, "organizations": [1]}), ("", "")),
        (Reply("<h1>Welcome ana@example.com</h1>"), ("", "")),
    ],
    ids=["one organization", "several", "not permitted", "unknown", "a page"],
)
def test_the_presets_whoami_names_what_the_tokens_do_not(desk: Desk, answer: Reply, known: tuple[str, str]) -> None:
    desk.service.routes["/me"] = answer
    assert signed_in(desk, None, "a", whoami=f"{desk.service.url}/me") == known


def test_the_scopes_that_name_the_user_are_requested_where_the_server_has_them_and_are_no_step_up(desk: Desk) -> None:
    identity: dict[str, Any] = {"identity_scopes": ("openid", "email")}
    desk.granted["scope"] = "a"
    assert signed_in(desk, {"sub": "1", "email": "alice@example.com"}, "a", **identity)[0] == "alice@example.com"
    assert desk.record().asked == ("a", "openid")
    assert ended(desk.login(**identity).start(("a",))) == ""
    assert len(desk.tabs) == 1
