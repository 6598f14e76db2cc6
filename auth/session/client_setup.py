"""Discovery of the authorization server, and a client registration that it accepts."""

from __future__ import annotations

import logging
import secrets
from collections.abc import Callable
from typing import TypeAlias

import httpx2

from ..errors import AuthError
from ..history import REGISTRATIONS
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
from ..oauth.rejections import Meaning, read_rejection
from ..oauth.tokens import refresh_request
from ..profile import Profile
from ..records import Client, Record, Server
from ..urls import origin
from .credentials import Credentials
from .messages import Messages

logger = logging.getLogger(__name__)

Save: TypeAlias = Callable[[Record], Record]


class ClientSetup:
    """The server and client of one profile; `challenge` is the service's last one that names its metadata."""

    def __init__(
        self,
        profile: Profile,
        http: HttpClient,
        messages: Messages,
        credentials: Credentials,
        clock: Callable[[], float],
    ) -> None:
        self.profile = profile
        self.http = http
        self.messages = messages
        self.credentials = credentials
        self.clock = clock
        self.challenge: Challenge | None = None

    def server(self, known: Server | None = None) -> Server:
        """The authorization server, from the settings, else `known`, else discovered.

        Raises:
            UserActionRequired, UnavailableError: there is none, or it does not answer.
        """
        issuer, endpoints = self.profile.issuer, self.profile.endpoints
        try:
            if self._is_configured():
                return configured_server(issuer, endpoints)
            server = known or discover(self._issuer(), self.http, endpoints)
        except ServerMetadataError as error:
            if error.lasting:
                raise self.messages.no_server(str(error)) from None
            raise self.messages.unavailable(f"cannot sign in at {issuer} right now: {error}") from None
        if self.profile.grant == "device_code":
            if not server.device_authorization_endpoint:
                raise self.messages.no_server("its metadata has no device_authorization_endpoint")
        elif not server.authorization_endpoint and not self.profile.unattended:
            raise self.messages.no_server("its metadata has no authorization_endpoint")
        return server

    def _issuer(self) -> str:
        """The issuer that the service names, else the one in the settings."""
        profile = self.profile
        named = find_issuer(profile.issuer, self.challenge, self.http) if profile.finds_issuer else None
        if named is None:
            return profile.issuer
        own = {origin(httpx2.URL(profile.issuer)), *profile.origins}
        if (profile.client_secret or profile.password) and origin(httpx2.URL(named)) not in own:
            raise self.messages.failure(
                f"{profile.issuer} names {named} as its authorization server, which is not in the settings",
                f'If you trust it with the secret, add issuer = "{named}" to the credential of {profile.system}.',
            )
        return named

    def _is_configured(self) -> bool:
        """Whether the settings name every endpoint that a sign-in needs."""
        given = self.profile.endpoints
        needed = {"authorization_code": given.authorization, "device_code": given.device_authorization}
        if not given.token or not needed.get(self.profile.grant, "none"):
            return False
        return bool(given.registration) or self.profile.client_id is not None or self.profile.grant == "password"

    def ensure_client(
        self, record: Record, server: Server, purpose: Purpose, save: Save, *, interactive: bool = False
    ) -> Record:
        """The record with this server and a client: configured, registered before, or registered now; not saved yet.

        `save` stores what is to be remembered even if the registration fails.

        Raises:
            UserActionRequired, UnavailableError: the server does not register us, or not now.
        """
        client = self._usable_client(record.client, server, purpose)
        if client is None or not purpose.suits(client):
            spare = record.spare if record.spare and purpose.suits(record.spare) else None
            if spare and (usable := self._usable_client(spare, server, purpose)):
                client = usable
            else:
                try:
                    record, client = self._register(record, server, purpose, save, interactive)
                except AuthError as error:
                    if client is None:
                        raise
                    # Its port is taken. Most servers allow any port (RFC 8252 §7.3).
                    logger.info("keeping the registration at %s, whose port is taken: %s", server.issuer, error.message)
        return record.model_copy(update={"server": server, "client": client})

    def _usable_client(self, known: Client | None, server: Server, purpose: Purpose) -> Client | None:
        if own := self.credentials.own_client(purpose.redirect_uri):
            if is_document(own.client_id) and server.client_documents is False:
                raise self.messages.failure(
                    f"{server.issuer} does not read client metadata documents, and {own.client_id} is the URL of one",
                    "Leave client_id out to register, or set one that was registered there.",
                )
            return own
        if known is None or known.is_configured:
            return None
        suits = (known.grant == "device_code") == (purpose.grant == "device_code")
        return known if suits and self._is_known(known, server) else None

    def _is_known(self, client: Client, server: Server) -> bool:
        """Whether the server still knows a registration; with an unknown one, users are stuck on its page.

        Tested with an invalid refresh token: servers that know the client complain about that only. A client that acts
        for itself is tested by its token request.
        """
        if 0 < client.secret_expires_at <= self.clock() + 60:
            return False
        if self.profile.unattended:
            return True
        try:
            response = self.http.send(refresh_request(server, client, secrets.token_urlsafe(24)))
        except NoResponseError:
            return True
        return read_rejection("probe", response, self.clock()).meaning is not Meaning.CLIENT_GONE

    def _register(
        self, record: Record, server: Server, purpose: Purpose, save: Save, interactive: bool
    ) -> tuple[Record, Client]:
        issuer, now, history = self.profile.issuer, self.clock(), record.history
        if server.registration_endpoint is None:
            raise self.messages.failure(f"{issuer} does not allow applications to register", REGISTER_YOURSELF)
        if 0 < history.register_after - now <= LONGEST_PAUSE:
            raise self.messages.no_registration_yet(history.register_after)
        if history.reached(REGISTRATIONS, now) and not interactive:
            raise self.messages.stopped(REGISTRATIONS, history.count(REGISTRATIONS, now))
        # Before the attempt: without saving it is not made.
        record = save(record.model_copy(update={"history": history.after(REGISTRATIONS, now)}))
        try:
            request = registration_request(server, purpose, self.profile.version)
            response = self._send(request)
            if second := second_request(request, response):
                response = self._send(second)
            return record, read_registration(response, purpose, self.clock())
        except RegistrationError as error:
            if error.pause is None:
                reason = f"{issuer} did not register this application: {error}"
                raise self.messages.failure(reason, error.next_step) from None
            after = record.history.model_copy(update={"register_after": now + error.pause})
            save(record.model_copy(update={"history": after}))
            raise self.messages.no_registration_yet(now + error.pause) from None

    def _send(self, request: Request) -> Response:
        try:
            return self.http.send(request)
        except NoResponseError as error:
            raise self.messages.no_response(error) from None
