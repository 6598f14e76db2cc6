"""Discovery of the authorization server, and a client registration that it accepts."""

from __future__ import annotations

import logging
import secrets
from collections.abc import Callable
from dataclasses import asdict
from typing import TypeAlias

from ..errors import AuthError
from ..history import REGISTRATIONS, History
from ..oauth.authorization import begin
from ..oauth.discovery import (
    ServerMetadataError,
    check_not_nearer,
    checked_url,
    configured_server,
    discover,
    same_origin,
)
from ..oauth.http import HttpClient, NoResponseError, Request
from ..oauth.protected_resource import Challenge, find_resource
from ..oauth.registration import (
    LONGEST_PAUSE,
    REGISTER_YOURSELF,
    Purpose,
    RegistrationError,
    deregister,
    register,
)
from ..oauth.rejections import Meaning, read_rejection
from ..oauth.tokens import token_request
from ..profile import Profile
from ..records import Client, Record, Server
from ..urls import is_at, is_client_document, server_at
from .credentials import Credentials
from .messages import Messages

logger = logging.getLogger(__name__)

# Not 403, which programs get that are not a browser.
_DEAD_PAGE = (400, 401, 404, 410, 422)

ChangeHistory: TypeAlias = Callable[[Callable[[History], History]], None]


class ClientSetup:
    """The server and client of one profile; `challenge` is the service's last one with the URL of its metadata."""

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

    def server(self, known: Server | None = None, before: Server | None = None) -> Server:
        """The authorization server, from the settings, else `known`, else discovered, preferably the one `before`.

        Raises:
            UserActionRequired, UnavailableError: there is none, or it does not answer.
        """
        issuer, endpoints = self.profile.issuer, self.profile.endpoints
        try:
            if self._is_configured():
                return configured_server(issuer, endpoints)
            server = known or self._discover(before)
        except ServerMetadataError as error:
            if error.lasting:
                raise self.messages.no_server(str(error)) from None
            raise self.messages.unavailable(f"cannot sign in at {issuer} right now: {error}") from None
        if missing := self._missing(server):
            raise self.messages.no_server(f"its metadata has no {missing}")
        return server

    def _missing(self, server: Server) -> str:
        """The endpoint for users that a sign-in needs and the server does not have, empty if there is none."""
        name = "device_authorization_endpoint" if self.profile.grant == "device_code" else "authorization_endpoint"
        return "" if self.profile.unattended or getattr(server, name) else name

    def _discover(self, before: Server | None) -> Server:
        """The server in the settings, else the first usable one that the service's metadata lists."""
        profile = self.profile
        found = find_resource(profile.issuer, self.challenge, self.http) if profile.finds_issuer else None
        named = (found.issuers if found else ()) or (profile.issuer,)
        issuers = sorted(named, key=lambda issuer: not before or issuer.rstrip("/") != before.issuer.rstrip("/"))
        problems: dict[str, ServerMetadataError] = {}
        unsuitable: Server | None = None
        for issuer in issuers:
            try:
                self._check_trust(issuer, checked_url(issuer, "authorization server", profile.issuer))
                check_not_nearer(issuer, "authorization server", profile.issuer)
                server = discover(issuer, self.http, profile.endpoints)
                self._check_trust(issuer, *_urls_of(server))
            except ServerMetadataError as error:
                problems[issuer] = error
            else:
                is_named = not profile.finds_issuer or profile.resource is not None
                if not is_named and not all(same_origin(url, profile.issuer) for url in _urls_of(server)):
                    server = server.model_copy(update={"resource": found.identifier if found else profile.issuer})
                if found:
                    server = server.model_copy(update={"resource_scopes": found.scopes})
                if not self._missing(server) and (server.registration_endpoint or not profile.registers):
                    return server
                unsuitable = unsuitable or server
        if unsuitable:
            return unsuitable
        reasons = [
            f"{issuer}: {error}" if issuer != profile.issuer else str(error) for issuer, error in problems.items()
        ]
        raise ServerMetadataError("; ".join(reasons), lasting=all(error.lasting for error in problems.values()))

    def _check_trust(self, issuer: str, *urls: str) -> None:
        """Check that users expect to be sent to these URLs, and that no secret of the settings would be.

        Raises:
            ServerMetadataError: they belong to another service, or the settings have a secret and do not name them.
        """
        profile = self.profile
        if not profile.finds_issuer:
            return
        settings = (profile.issuer, *profile.origins, *asdict(profile.endpoints).values())
        others = {server_at(url) for url in urls} - {server_at(url) for url in settings if url}
        owner = next(
            (name for at, name in profile.other_systems.items() if any(is_at(other, at) for other in others)), ""
        )
        if owner:
            reason = f"it is the authorization server of {owner}"
        elif others and (profile.client_secret or profile.password):
            reason = "it is not in the settings, whose secret it would receive"
        else:
            return
        advice = f'if you trust it, add issuer = "{issuer}" to the credential of {profile.system}'
        raise ServerMetadataError(f"{reason}; {advice}")

    def _is_configured(self) -> bool:
        """Whether the settings have every endpoint that a sign-in needs."""
        given = self.profile.endpoints
        needed = {"authorization_code": given.authorization, "device_code": given.device_authorization}
        if not given.token or not needed.get(self.profile.grant, "none"):
            return False
        return bool(given.registration) or not self.profile.registers

    def ensure_client(
        self,
        record: Record,
        server: Server,
        purpose: Purpose,
        change_history: ChangeHistory,
        *,
        interactive: bool = False,
    ) -> Client:
        """A client at this server: of the settings, registered before, or registered now; not saved yet.

        `change_history` changes the stored history, even if the registration fails.

        Raises:
            UserActionRequired, UnavailableError: the server does not register us, or not now.
        """
        if own := self.credentials.own_client(purpose.redirect_uri):
            if is_client_document(own.client_id) and server.client_documents is False:
                raise self.messages.failure(
                    f"{server.issuer} does not read client metadata documents, and {own.client_id} is the URL of one",
                    "Leave client_id out to register, or set one that was registered there.",
                )
            return own
        client, spare = record.client, record.spare
        if client and not self.is_known(client, server, purpose, in_use=record.tokens is not None):
            client = None
        if client and purpose.suits(client) and not self._is_unanswered(record, client):
            return client
        if spare and purpose.suits(spare) and self.is_known(spare, server, purpose):
            return spare
        try:
            return self._register(record.history, server, purpose, change_history, interactive)
        except AuthError as error:
            if client is None:
                raise
            # If its port is taken: most servers allow any port (RFC 8252 §7.3).
            logger.info("keeping the registration at %s: %s", server.issuer, error.message)
            return client

    def is_known(self, client: Client, server: Server, purpose: Purpose, *, in_use: bool = False) -> bool:
        """Whether the server still knows a registration for this; with an unknown one, users are stuck on its page.

        Tested with an invalid refresh token: servers that know the client complain about that only. For a client that
        is not `in_use`, the page is looked at too: some servers say it only there (RFC 6749 §4.1.2.1). A client that
        acts for itself is tested by its token request.
        """
        if (client.grant == "device_code") != (purpose.grant == "device_code"):
            return False
        if 0 < client.secret_expires_at <= self.clock() + 60:
            return False
        if self.profile.unattended:
            return True
        probed = server.model_copy(update={"resource": ""})  # some servers accept none, and would reject that first
        try:
            request = token_request("refresh", probed, client, {"refresh_token": secrets.token_urlsafe(24)})
            response = self.http.send(request)
            if read_rejection("probe", response, self.clock()).meaning is Meaning.CLIENT_INVALID:
                return False
            if in_use or not purpose.redirect_uri or not purpose.suits(client):
                return True
            asked = begin(server, client, purpose.redirect_uri, purpose.scopes, self.clock(), pkce=self.profile.pkce)
            return self.http.send(Request(asked.url, method="GET")).status not in _DEAD_PAGE
        except NoResponseError:
            return True

    def _is_unanswered(self, record: Record, client: Client) -> bool:
        """Whether a browser was sent to the server with this client and never came back; not asked endlessly."""
        pending = record.pending
        if pending is None or not pending.opened or record.history.reached(REGISTRATIONS, self.clock()):
            return False
        return pending.client.client_id == client.client_id

    def _register(
        self, history: History, server: Server, purpose: Purpose, change_history: ChangeHistory, interactive: bool
    ) -> Client:
        issuer, now = self.profile.issuer, self.clock()
        if server.registration_endpoint is None:
            raise self.messages.failure(f"{issuer} does not allow applications to register", REGISTER_YOURSELF)
        if 0 < history.register_after - now <= LONGEST_PAUSE:
            raise self.messages.no_registration_yet(history.register_after)
        if history.unusable and not interactive:
            raise self.messages.failure(
                f"{issuer} did not register this application: {history.unusable}", REGISTER_YOURSELF
            )
        if history.reached(REGISTRATIONS, now) and not interactive:
            raise self.messages.stopped(REGISTRATIONS)
        # Before the attempt: without saving it is not made.
        change_history(lambda history: history.after_registration(now))
        try:
            fixed = self.profile.redirect_uri is not None
            return register(server, purpose, self.profile.version, self.http, now, fixed=fixed)
        except NoResponseError as error:
            raise self.messages.no_response(error) from None
        except RegistrationError as error:
            if error.client:  # another would be the same
                deregister(error.client, server, self.http)
            register_after, unusable = now + (error.pause or 0.0), str(error) if error.client else ""
            change_history(lambda history: history.after_failed_registration(register_after, unusable))
            reason = f"{issuer} did not register this application: {error}"
            if error.pause is None:
                raise self.messages.failure(reason, error.next_step) from None
            if error.pause:
                raise self.messages.no_registration_yet(now + error.pause) from None
            raise self.messages.unavailable(reason) from None


def _urls_of(server: Server) -> tuple[str, ...]:
    """Where users sign in, and where codes and tokens are sent."""
    urls = (server.issuer, server.authorization_endpoint, server.token_endpoint, server.device_authorization_endpoint)
    return tuple(url for url in urls if url)
