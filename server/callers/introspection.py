"""Callers with access tokens that the issuer validates by introspection (RFC 7662)."""

from __future__ import annotations

import time

import anyio.to_thread

from ...auth.oauth.http import HttpClient, NoResponseError, Response
from ...auth.oauth.tokens import identified
from ...auth.records import Client
from ...auth.secrets.redaction import Redaction
from ...auth.secrets.references import SecretError
from ..settings.http_model import Introspection, OAuth
from .claims import identity_of
from .identity import Identity, InvalidTokenError, IssuerUnavailableError

_SECONDS = 10.0
# Anyone can send tokens: the threads that everything else needs are not spent on them.
_MAX_REQUESTS = 10


class IntrospectedTokens:
    """Accepts access tokens that the issuer calls active and that are for us."""

    def __init__(self, settings: OAuth, introspection: Introspection, http: HttpClient, redaction: Redaction) -> None:
        self._settings = settings
        self._introspection = introspection
        self._http = http
        self._redaction = redaction
        self._limiter = anyio.CapacityLimiter(_MAX_REQUESTS)

    async def verify(self, token: str) -> Identity:
        """The caller that a token was issued to.

        Raises:
            InvalidTokenError: the token is not active, or is for another audience.
            IssuerUnavailableError: the introspection endpoint does not answer, or answers with an error.
        """
        try:
            response = await anyio.to_thread.run_sync(self._introspect, token, limiter=self._limiter)
        except (NoResponseError, SecretError) as error:
            raise IssuerUnavailableError(f"token introspection failed: {error}") from None
        active = (response.body or {}).get("active")
        if response.status != 200 or not isinstance(active, bool):
            raise IssuerUnavailableError(f"token introspection failed: {response.summary}")
        if not active:
            raise InvalidTokenError("it is not active")
        settings = self._settings
        return identity_of(response.body or {}, settings.issuer, settings.audiences, time.time(), essential=("aud",))

    def _introspect(self, token: str) -> Response:
        client_id = self._introspection.client_id.open(self._redaction).reveal()
        secret = self._introspection.client_secret.open(self._redaction).reveal()
        client = Client(client_id=client_id, client_secret=secret, auth_method="client_secret_basic")
        form = {"token": token, "token_type_hint": "access_token"}
        return self._http.send(identified(self._introspection.endpoint, client, form), _SECONDS)
