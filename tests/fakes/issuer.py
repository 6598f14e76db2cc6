"""An issuer of access tokens on loopback, and tokens of all kinds."""

from __future__ import annotations

import base64
import hmac
import json
import time
import warnings
from collections.abc import Generator
from contextlib import contextmanager
from functools import cache
from typing import Any

from joserfc import jwt
from joserfc.errors import SecurityWarning
from joserfc.jwk import ECKey, RSAKey
from joserfc.jws import JWSRegistry

from .service import Received, Reply, Service, running_service

AUDIENCE = "https://mcp.example.com/mcp"


@cache
def ec_key(name: str) -> ECKey:
    """A key pair with this `kid`."""
    return ECKey.generate_key("P-256", {"kid": name, "use": "sig", "alg": "ES256"})


@cache
def rsa_key(name: str, bits: int = 2048) -> RSAKey:
    """A key pair with this `kid`; generating one takes long."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", SecurityWarning)  # of a short key
        return RSAKey.generate_key(bits, {"kid": name})


class Issuer:
    """Signs tokens with `key`, and publishes it."""

    def __init__(self, service: Service) -> None:
        self.service = service
        self.url = service.url
        self.key = ec_key("first")
        self.publish(self.key)
        metadata = {
            "issuer": self.url,
            "authorization_endpoint": f"{self.url}/authorize",
            "token_endpoint": f"{self.url}/token",
            "jwks_uri": f"{self.url}/jwks",
            "response_types_supported": ["code"],
        }
        service.routes["/.well-known/oauth-authorization-server"] = Reply(metadata)

    def publish(self, *keys: ECKey | RSAKey) -> None:
        """Replace the published keys."""
        self.service.routes["/jwks"] = Reply({"keys": [key.as_dict(private=False) for key in keys]})

    def claims(self, **others: Any) -> dict[str, Any]:
        """The claims of a valid token; None leaves out a claim."""
        now = int(time.time())
        valid = {"iss": self.url, "aud": AUDIENCE, "sub": "ann", "iat": now, "exp": now + 3600, "scope": "mcp"}
        return {name: value for name, value in (valid | others).items() if value is not None}

    def token(self, header: dict[str, Any] | None = None, **claims: Any) -> str:
        """A token that is valid but for what is given."""
        fields = {"alg": "ES256", "kid": self.key.kid, "typ": "at+jwt", **(header or {})}
        return signed(fields, self.claims(**claims), self.key)

    def introspect(self, **tokens: dict[str, Any]) -> None:
        """Answer questions about these tokens."""

        def answer(got: Received) -> Reply:
            token = got.body.decode().partition("token=")[2].partition("&")[0]
            return Reply({"active": True, **tokens[token]} if token in tokens else {"active": False})

        self.service.routes["/introspect"] = answer


def signed(header: dict[str, Any], claims: dict[str, Any], key: ECKey | RSAKey) -> str:
    """A token with this header; what it says of critical extensions is not checked."""
    if "crit" not in header:
        return jwt.encode(header, claims, key, algorithms=[header["alg"]])
    # The library refuses to make such a token.
    content = f"{_part(header)}.{_part(claims)}"
    signature = JWSRegistry.algorithms[header["alg"]].sign(content.encode(), key)
    return f"{content}.{base64.urlsafe_b64encode(signature).decode().rstrip('=')}"


def signed_with_secret(key_id: str, claims: dict[str, Any], secret: bytes) -> str:
    """A token signed symmetrically."""
    content = f"{_part({'alg': 'HS256', 'kid': key_id})}.{_part(claims)}"
    signature = hmac.digest(secret, content.encode(), "sha256")
    return f"{content}.{base64.urlsafe_b64encode(signature).decode().rstrip('=')}"


def unsigned(claims: dict[str, Any], algorithm: str = "none") -> str:
    """A token without a signature."""
    return f"{_part({'alg': algorithm, 'typ': 'at+jwt'})}.{_part(claims)}."


def _part(value: dict[str, Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")


@contextmanager
def running_issuer() -> Generator[Issuer]:
    """An issuer on a port of its own."""
    with running_service() as service:
        yield Issuer(service)
