"""API keys, sent with each request to the system's own origins only."""

from __future__ import annotations

import asyncio
import base64
import re
from collections.abc import AsyncGenerator, Generator
from typing import Literal, TypeAlias

import httpx2

from .errors import UserActionRequired
from .oauth.http import shown_scopes
from .oauth.protected_resource import read_challenge
from .oauth.rejections import read_sentence
from .profile import KeyHints
from .secrets.redaction import Redaction, Secret
from .secrets.references import SecretError, SecretReference, secret_missing
from .urls import keep_queries_out_of_logs, may_send_to, with_query

KeyLocation: TypeAlias = Literal["header", "basic", "query"]


_NO_HINTS = KeyHints()


class ApiKeyAuth(httpx2.Auth):
    """Sends an API key: in the header or query parameter `name`, or as the username of HTTP Basic.

    In the header `Authorization` the key is the whole value, scheme included; for Basic it may be `name:password`.

    Requests raise UserActionRequired if the key is not where the settings say, the service rejects it (401), or, unless
    `may_ask` is false in their extensions, it lacks a scope (RFC 6750 §3.1). A key is never retried.
    """

    def __init__(
        self,
        system: str,
        reference: SecretReference,
        *,
        location: KeyLocation,
        name: str,
        origins: frozenset[str],
        redaction: Redaction,
        hints: KeyHints = _NO_HINTS,
    ) -> None:
        self._system = system
        self._reference = reference
        self._location = location
        self._name = name
        self._origins = origins
        self._redaction = redaction
        self._hints = hints
        self._key: Secret | None = None
        if location == "query":
            keep_queries_out_of_logs()

    async def async_auth_flow(self, request: httpx2.Request) -> AsyncGenerator[httpx2.Request, httpx2.Response]:
        """Attach the key if the URL is one of the system's; explain a rejection."""
        if not may_send_to(request.url, self._origins):
            yield request
            return
        if self._key is None:
            # In a thread: a keyring or a command may be slow.
            self._key = await asyncio.to_thread(self._open)
        url = request.url
        self._attach(request, self._key)
        try:
            response = yield request
        finally:
            request.url = url  # so that a log of the request contains no key
        if error := self._error(response, self._key):
            error.quote(await read_sentence(response, self._redaction.hide))
            raise error

    def sync_auth_flow(self, request: httpx2.Request) -> Generator[httpx2.Request, httpx2.Response]:
        """Unsupported: the key is read in a thread that the event loop waits for."""
        raise RuntimeError("ApiKeyAuth is for AsyncClient")
        yield request

    def _open(self) -> Secret:
        try:
            key = self._reference.open(self._redaction)
            # The whole value of `Authorization` includes a scheme: `Bearer ...`.
            whole = self._location == "header" and self._name.lower() == "authorization"
            if not re.fullmatch(r"[!-~]+( [!-~]+)*" if whole else r"[!-~]+", key.reveal()):
                reason = f"{self._reference.location} contains a space or a character that keys cannot contain"
                raise SecretError(reason, "Copy it again.")
        except SecretError as error:
            raise secret_missing(error, self._system, min(self._origins, default="")) from None
        if self._location == "basic":
            self._redaction.add(Secret(key.reveal().partition(":")[2]))
        if whole:
            self._redaction.add(Secret(key.reveal().rpartition(" ")[2]))
        return key

    def _attach(self, request: httpx2.Request, key: Secret) -> None:
        if self._location == "header":
            request.headers[self._name] = key.reveal()
        elif self._location == "basic":
            request.headers["authorization"] = f"Basic {_basic(key)}"
        else:
            url = request.url
            url = url.copy_remove_param(self._name) if self._name in url.params else url
            request.url = with_query(url, {self._name: key.reveal()})

    def _error(self, response: httpx2.Response, key: Secret) -> UserActionRequired | None:
        """What is wrong with the key, None if the service accepted it."""
        request, host = response.request, response.request.url.host
        which = f" ending in …{key.ending}" if key.ending else ""
        if response.status_code == 401:
            message = f"{host} rejected the API key{which} (401). {self._hints.fault(key.reveal())}".rstrip()
            check = "Check that you copied all of it, and that it belongs to this environment and was not revoked."
            next_step = f"{check} {self._hints.source}".rstrip()
            return UserActionRequired(message, next_step, system=self._system, url=host)
        challenge = read_challenge(response.headers.get("www-authenticate", ""), request.url)
        may_ask = response.status_code == 403 and request.extensions.get("may_ask", True)
        if not may_ask or challenge.error != "insufficient_scope":
            return None
        lacking = f' the scope "{shown_scopes(challenge.scope.split())}"' if challenge.scope else " a scope"
        message = f"The API key{which} lacks{lacking}, which {host} requires for this (403)."
        alternative = (
            f"Or remove the key ({self._reference.location}) and sign in: an API key takes precedence over a sign-in."
        )
        next_step = " ".join(filter(None, ("Use a key that has it.", self._hints.source, alternative)))
        return UserActionRequired(message, next_step, system=self._system, url=host)

    def __repr__(self) -> str:
        return f"ApiKeyAuth({self._system!r}, {self._location!r}, {self._name!r})"


def _basic(key: Secret) -> str:
    """The key as credentials of RFC 7617: `name:password`, or a username with an empty password."""
    text = key.reveal()
    return base64.b64encode((text if ":" in text else f"{text}:").encode()).decode()
