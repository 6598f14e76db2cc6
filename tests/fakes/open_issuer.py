"""An issuer where people sign in: with a browser, or by entering a code on another device."""

from __future__ import annotations

import base64
import secrets
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from hashlib import sha256
from typing import Any
from urllib.parse import parse_qsl, urlencode

from .issuer import Issuer
from .service import Received, Reply, Service, running_service


class OpenIssuer(Issuer):
    """Registers clients, and signs in whoever a browser's cookie `user` names or its form, without asking them.

    Nobody may have access as `nobody`. On other devices, those sign in who are in `entered`, by the code they entered.
    Its id_tokens have the `changed_claims`.
    """

    def __init__(self, service: Service) -> None:
        super().__init__(service)
        self.entered: dict[str, str] = {}
        self.changed_claims: dict[str, Any] = {}
        self._codes: dict[str, dict[str, str]] = {}
        self._refreshes: dict[str, str] = {}
        endpoints = {"authorization": "authorize", "registration": "register", "device_authorization": "device"}
        named = {**endpoints, "token": "token", "revocation": "revoke"}
        self._metadata = {
            "issuer": self.url,
            **{f"{name}_endpoint": f"{self.url}/{path}" for name, path in named.items()},
            "jwks_uri": f"{self.url}/jwks",
            "response_types_supported": ["code"],
            "scopes_supported": ["openid"],
            "id_token_signing_alg_values_supported": ["ES256"],
            "authorization_response_iss_parameter_supported": True,
        }
        service.routes |= {
            "/.well-known/oauth-authorization-server": Reply(self._metadata),
            "/register": self._register,
            "/authorize": self._authorize,
            "/device": self._device,
            "/token": self._token,
            "/revoke": Reply({}),
        }

    def publish_scopes(self, *scopes: str) -> None:
        """Support these scopes."""
        metadata = {**self._metadata, "scopes_supported": list(scopes)}
        self.service.routes["/.well-known/oauth-authorization-server"] = Reply(metadata)

    def _register(self, got: Received) -> Reply:
        return Reply({**got.json(), "client_id": f"client-{self.service.count('/register')}"}, 201)

    def _authorize(self, got: Received) -> Reply:
        asked = dict(parse_qsl(got.query))
        user = got.headers.get("cookie", "").partition("user=")[2].partition(";")[0]
        user = user or dict(parse_qsl(got.body.decode())).get("login", "")
        if not user:
            return Reply('<form method="post"><input name="login"><input type="password" name="password"></form>')
        given = {"state": asked["state"], "iss": self.url}
        if user == "nobody":
            given["error"] = "access_denied"
        else:
            given["code"] = f"code-{secrets.token_hex(8)}"
            self._codes[given["code"]] = {**asked, "user": user}
        return Reply(status=302, headers={"Location": f"{asked['redirect_uri']}?{urlencode(given)}"})

    def _device(self, _: Received) -> Reply:
        code = f"CODE-{self.service.count('/device')}"
        codes = {"device_code": f"device-{code}", "user_code": code, "verification_uri": f"{self.url}/enter"}
        return Reply({**codes, "expires_in": 600})

    def _token(self, got: Received) -> Reply:
        form = dict(parse_qsl(got.body.decode()))
        if form["grant_type"] == "refresh_token":
            user = self._refreshes.pop(form["refresh_token"], "")
            return self._granted(user, {}) if user else Reply({"error": "invalid_grant"}, 400)
        if "device_code" in form:
            user = self.entered.get(form["device_code"].removeprefix("device-"), "")
            return self._granted(user, {}) if user else Reply({"error": "authorization_pending"}, 400)
        asked = self._codes.pop(form["code"], {})
        digest = sha256(form["code_verifier"].encode()).digest()
        expected = {"code_challenge": base64.urlsafe_b64encode(digest).decode().rstrip("=")}
        expected["redirect_uri"] = form["redirect_uri"]
        is_right = expected.items() <= asked.items()
        return self._granted(asked["user"], asked) if is_right else Reply({"error": "invalid_grant"}, 400)

    def _granted(self, user: str, asked: Mapping[str, str]) -> Reply:
        refresh = f"refresh-{user}-{secrets.token_hex(4)}"
        self._refreshes[refresh] = user
        tokens = {"access_token": f"access-{user}-{secrets.token_hex(4)}", "refresh_token": refresh}
        if "openid" in asked.get("scope", "").split():
            claims: dict[str, Any] = {"aud": asked["client_id"], "nonce": asked["nonce"], "sub": user, "scope": None}
            tokens["id_token"] = self.token({"typ": "JWT"}, **{**claims, **self.changed_claims})
        return Reply({**tokens, "token_type": "Bearer", "expires_in": 3600})


@contextmanager
def running_open_issuer() -> Generator[OpenIssuer]:
    """An issuer on a port of its own."""
    with running_service() as service:
        yield OpenIssuer(service)
