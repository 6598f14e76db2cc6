"""Becoming a client: finding the authorization server, and having a registration that it still knows."""

from __future__ import annotations

import logging
import secrets
from collections.abc import Callable
from typing import TypeAlias

import httpx2

from ..errors import AuthError
from ..history import REGISTRATIONS_COUNT
from ..oauth.discovery import ServerMetadataError, configured_server, discover
from ..oauth.http import HttpClient, NoResponseError, Request, Response
from ..oauth.protected_resource import Challenge, find_issuer
from ..oauth.registration import (
    LONGEST_PAUSE,
    REGISTER_YOURSELF,
    Purpose,
    RegistrationError,
    is_document,
    read_registration,
    registration_request,
    second_request,
)
from ..oauth.tokens import refresh_request
from ..profile import Profile
from ..records import Client, Record, Server
from ..urls import origin
from .credentials import Credentials
from .messages import Messages

logger = logging.getLogger(__name__)

Save: TypeAlias = Callable[[Record], Record]

# A server that forgets us again and again is not asked again and again: Closient's takes ten an hour from a URL.
_MOST_REGISTRATIONS = 5


class ClientSetup:
    """Finds the server of one profile, and a client for it; `challenge` is what the service said of it last."""

    def __init__(
        self,
        profile: Profile,
        http: HttpClient,
        messages: Messages,
        credentials: Credentials,
        clock: Callable[[], float],
    ) -> None:
        self._profile = profile
        self._http = http
        self._messages = messages
        self._credentials = credentials
        self._clock = clock
        self.challenge: Challenge | None = None

    def server(self, known: Server | None = None) -> Server:
        """The authorization server: as the settings describe it, else as it is `known`, else as it does itself.

        Raises:
            UserActionRequired, UnavailableError: there is none, or it does not response.
        """
        issuer, given = self._profile.issuer, self._profile.endpoints
        try:
            if self._is_described():
                return configured_server(issuer, given)
            server = known or discover(self._issuer(), self._http, given)
        except ServerMetadataError as error:
            if error.lasting:
                raise self._messages.no_server(str(error)) from None
            raise self._messages.unavailable(f"{issuer} cannot be signed in to right now: {error}") from None
        if self._profile.grant == "device_code":
            if not server.device_authorization_endpoint:
                raise self._messages.no_server("its metadata has no device_authorization_endpoint")
        elif not server.authorization_endpoint and not self._profile.unattended:
            raise self._messages.no_server("its metadata has no authorization_endpoint")
        return server

    def _issuer(self) -> str:
        """Whom people are sent to: the issuer of the settings, else the one that the service names."""
        profile = self._profile
        named = find_issuer(profile.issuer, self.challenge, self._http) if profile.finds_issuer else None
        if named is None:
            return profile.issuer
        own = {origin(httpx2.URL(profile.issuer)), *profile.origins}
        if (profile.client_secret or profile.password) and origin(httpx2.URL(named)) not in own:
            raise self._messages.failure(
                f"{profile.issuer} names {named} as the server that signs people in, and the settings do not",
                f'If you trust it with the secret, add issuer = "{named}" to the credential of {profile.system}.',
            )
        return named

    def _is_described(self) -> bool:
        """Whether the settings name every endpoint that a sign-in needs."""
        given = self._profile.endpoints
        needed = {"authorization_code": given.authorization, "device_code": given.device_authorization}
        if not given.token or not needed.get(self._profile.grant, "none"):
            return False
        return bool(given.registration) or self._profile.client_id is not None or self._profile.grant == "password"

    def ensure_client(
        self, record: Record, server: Server, purpose: Purpose, save: Save, *, interactive: bool = False
    ) -> Record:
        """The record with this server, and the configured client, the registered one if that is still of use, or a
        new registration for this purpose; still to be written.

        `save` writes what is to be remembered of a registration whatever comes of it.

        Raises:
            UserActionRequired, UnavailableError: the server registers nobody, or not us, or not now.
        """
        client = self._client_at_hand(record.client, server, purpose)
        if client and purpose.suits(client):
            return record.model_copy(update={"server": server, "client": client})
        if (
            record.spare
            and purpose.suits(record.spare)
            and (spare := self._client_at_hand(record.spare, server, purpose))
        ):
            return record.model_copy(update={"server": server, "client": spare})
        try:
            return self._registered(record, server, purpose, save, interactive)
        except AuthError as error:
            if client is None:
                raise
            # Its port is taken. Most servers take any (RFC 8252 §7.3); registering anew is for those that do not.
            logger.info("keeping the registration at %s, whose port is taken: %s", server.issuer, error.message)
            return record.model_copy(update={"server": server, "client": client})

    def _client_at_hand(self, known: Client | None, server: Server, purpose: Purpose) -> Client | None:
        if own := self._credentials.own_client(purpose.redirect_uri):
            if is_document(own.client_id) and server.client_documents is False:
                raise self._messages.failure(
                    f"{server.issuer} reads no client metadata documents, and {own.client_id} is the URL of one",
                    "Leave client_id out to register, or set one that was registered there.",
                )
            return own
        if known is None or known.source != "registered":
            return None
        suits = (known.grant == "device_code") == (purpose.grant == "device_code")
        return known if suits and self._is_known(known, server) else None

    def _is_known(self, client: Client, server: Server) -> bool:
        """Whether the server still knows a registration; a person sent there with a dead one is stuck on its page.

        Asked with a refresh token that cannot be one: only servers that know the client find fault with that. A
        client that acts for itself finds out when it asks for its token.
        """
        if 0 < client.secret_expires_at <= self._clock() + 60:
            return False
        if self._profile.unattended:
            return True
        try:
            response = self._http.send(refresh_request(server, client, secrets.token_urlsafe(24)))
        except NoResponseError:
            return True
        return response.text("error") != "invalid_client"

    def _registered(self, record: Record, server: Server, purpose: Purpose, save: Save, interactive: bool) -> Record:
        if server.registration_endpoint is None:
            raise self._messages.failure(
                f"{self._profile.issuer} lets no application register itself", REGISTER_YOURSELF
            )
        now = self._clock()
        history = record.history
        if 0 < history.register_after - now <= LONGEST_PAUSE:
            raise self._messages.no_registration_yet(history.register_after)
        earlier = history.recent_registrations(now)
        if earlier >= _MOST_REGISTRATIONS and not interactive:
            raise self._messages.stopped(earlier, "registrations", REGISTRATIONS_COUNT)
        # Before it is tried: what cannot be kept is not asked for.
        record = save(record.model_copy(update={"history": history.registered(now)}))
        try:
            client = self._register(server, purpose)
        except RegistrationError as error:
            if error.pause is None:
                issuer = self._profile.issuer
                told = f"{issuer} did not register this application: {error}"
                raise self._messages.failure(told, error.next_step) from None
            after = record.history.model_copy(update={"register_after": now + error.pause})
            save(record.model_copy(update={"history": after}))
            raise self._messages.no_registration_yet(now + error.pause) from None
        return record.model_copy(update={"server": server, "client": client})

    def _register(self, server: Server, purpose: Purpose) -> Client:
        request = registration_request(server, purpose, self._profile.version)
        response = self._send(request)
        if second := second_request(request, response):
            response = self._send(second)
        return read_registration(response, purpose, self._clock())

    def _send(self, request: Request) -> Response:
        try:
            return self._http.send(request)
        except NoResponseError as error:
            raise self._messages.unavailable(f"{self._profile.issuer} did not answer ({error})") from None
