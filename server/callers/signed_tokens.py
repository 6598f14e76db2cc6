"""Callers with access tokens that an issuer signed."""

from __future__ import annotations

import asyncio
import logging
import math
import time
from collections.abc import Callable, Mapping
from functools import partial
from typing import TYPE_CHECKING

import anyio
import anyio.to_thread

from ...auth.oauth.discovery import ServerMetadataError, discover, fetch_metadata
from ...auth.oauth.http import HttpClient
from ...auth.records import Server
from ..settings.http_model import OAuth
from .claims import identity_of
from .identity import Identity, IssuerUnavailableError
from .signing_keys import UnknownKeyError, read_keys, signed_claims

if TYPE_CHECKING:
    from .signing_keys import Key

logger = logging.getLogger(__name__)

# The keys are fetched again after this; while that fails, the known ones are used.
_REFRESH_SECONDS = 600.0
# Tokens with unknown keys, which anyone can make, and failures cause no more requests than this.
_PAUSE_SECONDS = 30.0


class SignedTokens:
    """Accepts access tokens that are JWTs, signed by the issuer.

    The issuer's keys are fetched again regularly, and for a token with an unknown key. Meanwhile, and while that
    fails, those that are known are used.
    """

    def __init__(self, settings: OAuth, http: HttpClient, clock: Callable[[], float] = time.monotonic) -> None:
        self._settings = settings
        self._http = http
        self._clock = clock
        self._server: Server | None = None
        self._keys: list[Key] = []
        self._failure = "its keys have not been fetched yet"
        self._tried_at = -math.inf
        self._lock = anyio.Lock()
        self._refreshing: asyncio.Task[None] | None = None  # referenced here, or it could be collected

    async def verify(self, token: str) -> Identity:
        """The caller that a token was issued to.

        Raises:
            InvalidTokenError: the token is not valid here.
            IssuerUnavailableError: there are no keys to verify it with.
        """
        claims = await self._claims(token)
        assert self._server
        issuer, audiences = self._server.issuer, self._settings.audiences
        return identity_of(claims, issuer, audiences, time.time(), essential=("iss", "aud", "exp"))

    async def _claims(self, token: str) -> Mapping[str, object]:
        if not self._keys:
            await self._fetch_unless_tried(_PAUSE_SECONDS)
        elif self._clock() - self._tried_at >= _REFRESH_SECONDS:
            self._refreshing = asyncio.create_task(self._fetch_unless_tried(_REFRESH_SECONDS))
        if not self._keys:
            raise IssuerUnavailableError(self._failure)
        try:
            return signed_claims(token, self._keys)
        except UnknownKeyError:
            await self._fetch_unless_tried(_PAUSE_SECONDS)
            return signed_claims(token, self._keys)

    async def _fetch_unless_tried(self, seconds: float) -> None:
        """Fetch the keys, unless that was tried within the last `seconds`."""
        async with self._lock:
            if self._clock() - self._tried_at < seconds:
                return
            self._tried_at = self._clock()
            try:
                self._server, self._keys = await anyio.to_thread.run_sync(partial(self._fetch, self._server))
            except ServerMetadataError as error:
                self._failure = str(error)
                logger.warning("the keys of %s cannot be fetched: %s", self._settings.issuer, error)

    def _fetch(self, known: Server | None) -> tuple[Server, list[Key]]:
        try:
            # Under no other name: tokens of another tenant at the same origin are not for us.
            server = discover(self._settings.issuer, self._http, renamed=True)
        except ServerMetadataError:
            if known is None:
                raise
            server = known
        if server.jwks_uri is None:
            raise ServerMetadataError("its metadata has no jwks_uri")
        response = fetch_metadata(server.jwks_uri, self._http)
        keys = read_keys(response.body or {}) if response else []
        if not keys:
            raise ServerMetadataError("its jwks_uri has no keys that could sign tokens")
        return server, keys
