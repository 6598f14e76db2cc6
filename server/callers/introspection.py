"""Callers with access tokens that the issuer is asked about (RFC 7662)."""

from __future__ import annotations

import base64
import time
from urllib.parse import quote_plus

import anyio.to_thread

from ...auth.oauth.http import HttpClient, NoResponseError, Request, Response
from ...auth.secrets.redaction import Redaction
from ...auth.secrets.references import SecretError
from ..settings.http_model import Introspection, OAuth
from .claims import identity_of
from .identity import Identity, InvalidTokenError, IssuerUnavailableError

_SECONDS = 10.0


class IntrospectedTokens:
    """Accepts access tokens that the issuer calls active and that are for us."""

    def __init__(self, settings: OAuth, introspection: Introspection, http: HttpClient, redaction: Redaction) -> None:
        self._settings = settings
        self._introspection = introspection
        self._http = http
        self._redaction = redaction

    async def verify(self, token: str) -> Identity:
        """The caller that a token was issued to.

        Raises:
            InvalidTokenError: the token is not active, or is for another audience.
            IssuerUnavailableError: the issuer does not answer, or rejects the question.
        """
        try:
            response = await anyio.to_thread.run_sync(self._ask, token)
        except (NoResponseError, SecretError) as error:
            raise IssuerUnavailableError(f"the issuer cannot be asked about the token: {error}") from None
        active = (response.body or {}).get("active")
        if response.status != 200 or not isinstance(active, bool):
            raise IssuerUnavailableError(f"the issuer answers {response.summary} to the question about the token")
        if not active:
            raise InvalidTokenError("it is not active")
        settings = self._settings
        return identity_of(response.body or {}, settings.issuer, settings.audiences, time.time(), essential=("aud",))

    def _ask(self, token: str) -> Response:
        names = (self._introspection.client_id, self._introspection.client_secret)
        # Encoded like a form first (RFC 6749 §2.3.1).
        client = ":".join(quote_plus(reference.open(self._redaction).reveal()) for reference in names)
        credential = base64.b64encode(client.encode()).decode()
        form = {"token": token, "token_type_hint": "access_token"}
        request = Request(self._introspection.endpoint, form, headers={"authorization": f"Basic {credential}"})
        return self._http.send(request, _SECONDS)
