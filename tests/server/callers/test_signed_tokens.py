"""Access tokens that an issuer signed: which are accepted, and which are refused on purpose."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import anyio
import pytest
from joserfc.jwk import ECKey, RSAKey

from closient_mcp.auth.oauth.http import HttpClient
from closient_mcp.server.callers.identity import InvalidTokenError, IssuerUnavailableError
from closient_mcp.server.callers.recent_tokens import RecentTokens
from closient_mcp.server.callers.signed_tokens import SignedTokens
from closient_mcp.server.settings.http_model import OAuth

from ...fakes.issuer import AUDIENCE, Issuer, ec_key, rsa_key, running_issuer, signed, signed_with_secret, unsigned
from ...fakes.service import Reply


@pytest.fixture
def issuer() -> Iterator[Issuer]:
    with running_issuer() as running:
        yield running


@dataclass
class Clock:
    """A clock that a test sets."""

    now: float = field(default_factory=time.monotonic)

    def __call__(self) -> float:
        return self.now


def verifier(issuer: Issuer, clock: Callable[[], float] = time.monotonic) -> SignedTokens:
    return SignedTokens(OAuth(issuer.url, (AUDIENCE,)), HttpClient(trust_env=False), clock)


async def test_a_valid_token_says_whose_it_is(issuer: Issuer) -> None:
    identity = await verifier(issuer).verify(issuer.token(scope="read write", groups=["staff", 1]))
    assert identity.subject == "ann"
    assert identity.scopes == {"read", "write"}
    assert identity.groups == {"staff"}
    assert identity.expires_at > time.time()


@pytest.mark.parametrize(
    ("claims", "header"),
    [
        ({"aud": ["https://other.example", AUDIENCE]}, {}),
        ({"scope": None, "scp": ["mcp"]}, {}),
        ({"scope": None, "scp": "mcp"}, {"typ": "JWT"}),
        ({"nbf": 1}, {"kid": None}),
        ({}, {"jku": "https://evil.example/jwks", "x5u": "https://evil.example/x", "typ": "application/at+jwt"}),
    ],
    ids=["one of several audiences", "scopes as a list", "scp as text", "no kid", "jku and x5u"],
)
async def test_tokens_in_other_spellings_are_valid_too(
    issuer: Issuer, claims: dict[str, Any], header: dict[str, Any]
) -> None:
    header = {name: value for name, value in {"alg": "ES256", "kid": "first", **header}.items() if value is not None}
    identity = await verifier(issuer).verify(signed(header, issuer.claims(**claims), issuer.key))
    assert identity.scopes == {"mcp"}
    assert {got.path for got in issuer.service.received} == {"/.well-known/oauth-authorization-server", "/jwks"}


@pytest.mark.parametrize(
    "claims",
    [
        {"aud": "https://other.example/mcp"},
        {"aud": [f"{AUDIENCE}.evil.example"]},
        {"aud": {"url": AUDIENCE}},
        {"aud": []},
        {"aud": None},
        {"iss": "https://evil.example"},
        {"iss": None},
        {"exp": 1},
        {"exp": None},
        {"exp": "9999999999"},
        {"exp": float("nan")},
        {"exp": True},
        {"nbf": 4_000_000_000},
        {"iat": 4_000_000_000},
        {"sub": None},
        {"sub": ""},
        {"sub": "ann\nbob"},
        {"cnf": {"jkt": "a-key"}},
    ],
    ids=str,
)
async def test_rule_5_a_token_with_wrong_claims_is_refused(issuer: Issuer, claims: dict[str, Any]) -> None:
    with pytest.raises(InvalidTokenError):
        await verifier(issuer).verify(signed({"alg": "ES256", "kid": "first"}, issuer.claims(**claims), issuer.key))


def forgeries(issuer: Issuer) -> dict[str, str]:
    claims, rsa, other = issuer.claims(), rsa_key("rsa"), ec_key("other")
    _, payload, signature = issuer.token().split(".")
    return {
        "unsigned": unsigned(claims),
        "unsigned, in another case": unsigned(claims, "None"),
        "without its signature": f"{issuer.token().rpartition('.')[0]}.",
        "signed with a public key as a secret": signed_with_secret("rsa", claims, rsa.as_pem(private=False)),
        "signed with a shared secret": signed_with_secret("oct", claims, b"a" * 32),
        "signed by another key": signed({"alg": "ES256", "kid": "first"}, claims, other),
        "signed by a key that it brings along": signed(
            {"alg": "ES256", "kid": "first", "jwk": other.as_dict(private=False)}, claims, other
        ),
        "by a key for encryption": signed({"alg": "ES256", "kid": "encrypt"}, claims, ec_key("encrypt")),
        "by a short key": signed({"alg": "RS256", "kid": "short"}, claims, rsa_key("short", 1024)),
        "with an algorithm that is not the key's": signed({"alg": "PS256", "kid": "rs256"}, claims, rsa_key("rs256")),
        "with a key that is a path": signed({"alg": "ES256", "kid": "../../dev/null"}, claims, other),
        "with a critical extension": signed(
            {"alg": "ES256", "kid": "first", "crit": ["exp2"], "exp2": 1}, claims, issuer.key
        ),
        "with an unencoded payload": signed(
            {"alg": "ES256", "kid": "first", "crit": ["b64"], "b64": False}, claims, issuer.key
        ),
        "a proof of possession": issuer.token({"typ": "dpop+jwt"}),
        "with another payload": f"{issuer.token().split('.')[0]}.{payload[:-4]}AAAA.{signature}",
        "not a token": "abc",
        "three empty parts": "..",
        "encrypted": "a.b.c.d.e",
        "nested": "eyJhbGciOiJFUzI1NiJ9." + "W" * 5_000 + ".x",
    }


async def test_rule_5_forged_tokens_are_refused(issuer: Issuer) -> None:
    encrypting = {**ec_key("encrypt").as_dict(private=False), "use": "enc"}
    bound = {**rsa_key("rs256").as_dict(private=False), "alg": "RS256"}
    keys: list[ECKey | RSAKey] = [issuer.key, rsa_key("rsa"), rsa_key("short", 1024)]
    shared = {"kty": "oct", "kid": "oct", "k": "YWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWE"}
    published = [encrypting, bound, shared, *(key.as_dict(private=False) for key in keys), {"kty": "EC"}, "x"]
    issuer.service.routes["/jwks"] = Reply({"keys": published})
    tokens = verifier(issuer)
    accepted: list[str] = []
    for name, token in forgeries(issuer).items():
        try:
            await tokens.verify(token)
        except InvalidTokenError:
            continue
        accepted.append(name)
    assert accepted == []
    assert (await tokens.verify(issuer.token())).subject == "ann"


async def test_a_new_key_is_fetched_once_it_is_used(issuer: Issuer) -> None:
    clock = Clock()
    tokens = verifier(issuer, clock)
    await tokens.verify(issuer.token())
    issuer.key = ec_key("second")
    issuer.publish(issuer.key)
    clock.now += 31
    assert (await tokens.verify(issuer.token())).subject == "ann"
    assert issuer.service.count("/jwks") == 2


async def test_tokens_with_made_up_keys_cause_few_requests(issuer: Issuer) -> None:
    clock = Clock()
    tokens = verifier(issuer, clock)
    for number in range(5):
        clock.now += 10
        with pytest.raises(InvalidTokenError):
            await tokens.verify(signed({"alg": "ES256", "kid": f"k{number}"}, issuer.claims(), ec_key("other")))
    assert issuer.service.count("/jwks") == 2


async def test_an_outage_of_the_issuer_is_survived_with_the_keys_that_are_known(issuer: Issuer) -> None:
    clock = Clock()
    tokens = verifier(issuer, clock)
    await tokens.verify(issuer.token())
    issuer.service.routes.clear()
    issuer.service.otherwise = Reply(status=500)
    clock.now += 10_000
    assert (await tokens.verify(issuer.token())).subject == "ann"


async def test_without_keys_no_token_is_called_invalid(issuer: Issuer) -> None:
    issuer.service.routes["/jwks"] = Reply(status=503)
    with pytest.raises(IssuerUnavailableError):
        await verifier(issuer).verify(issuer.token())


async def test_a_token_is_verified_again_after_a_while_and_never_outlives_itself(issuer: Issuer) -> None:
    clock = Clock(time.time())
    counted: list[str] = []
    tokens = verifier(issuer)

    class Counting:
        async def verify(self, token: str) -> Any:
            counted.append(token)
            return await tokens.verify(token)

    recent = RecentTokens(Counting(), clock)
    long, short = issuer.token(), issuer.token(exp=int(clock.now) + 15)
    async with anyio.create_task_group() as group:
        for _ in range(3):
            group.start_soon(recent.verify, long)
    for _ in range(3):
        await recent.verify(short)
    assert counted == [long, short]
    clock.now += 20
    await recent.verify(long)
    await recent.verify(short)  # as far as the true clock goes, it is still valid
    assert counted == [long, short, short]
    clock.now += 20
    await recent.verify(long)
    assert counted == [long, short, short, long]


async def test_rule_5_another_tenant_of_the_issuers_host_is_not_the_issuer(issuer: Issuer) -> None:
    metadata = issuer.service.routes["/.well-known/oauth-authorization-server"]
    issuer.service.routes["/.well-known/oauth-authorization-server/other"] = metadata
    tokens = SignedTokens(OAuth(f"{issuer.url}/other", (AUDIENCE,)), HttpClient(trust_env=False))
    with pytest.raises(IssuerUnavailableError):
        await tokens.verify(issuer.token())
