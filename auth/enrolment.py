"""Becoming a client: finding the authorization server, and having a registration that it still knows."""

from __future__ import annotations

import secrets
from collections.abc import Callable

from .discovery import NoServer, discover
from .profile import Profile
from .records import Client, Server
from .registration import NotRegistered, read_registration, registration_request, wants_a_secret
from .sentences import Sentences
from .tokens import refresh_request
from .wire import Answer, Call, NoAnswer, Wire


class Enrolment:
    """Finds the server of one profile, and a client for it."""

    def __init__(self, profile: Profile, wire: Wire, sentences: Sentences, clock: Callable[[], float]) -> None:
        self._profile = profile
        self._wire = wire
        self._say = sentences
        self._clock = clock

    def server(self) -> Server:
        """The authorization server as it describes itself now.

        Raises:
            PersonNeeded, Unavailable: there is none, or it does not answer.
        """
        issuer = self._profile.issuer
        try:
            return discover(issuer, self._wire)
        except NoServer as error:
            if error.lasting:
                raise self._say.failure(f"{issuer} cannot be signed in to: {error}", "Use an API key.") from None
            raise self._say.unavailable(f"{issuer} cannot be signed in to right now: {error}") from None

    def client(self, known: Client | None, server: Server, redirect_uri: str) -> Client:
        """The configured client, the registered one if the server still knows it, or a new registration.

        Raises:
            PersonNeeded, Unavailable: the server registers nobody, or not us, or not now.
        """
        if self._profile.client_id:
            # Without its secret, which stays where it is configured and is never written.
            return Client(client_id=self._profile.client_id, redirect_uri=redirect_uri, source="configured")
        if known and known.source == "registered" and self._is_known(known, server):
            return known
        return self._register(server, redirect_uri)

    def _is_known(self, client: Client, server: Server) -> bool:
        """Whether the server still knows a registration; a person sent there with a dead one is stuck on its page.

        Asked with a refresh token that cannot be one: only servers that know the client find fault with that.
        """
        if 0 < client.secret_expires_at <= self._clock() + 60:
            return False
        try:
            answer = self._wire.send(refresh_request(server, client, secrets.token_urlsafe(24)))
        except NoAnswer:
            return True
        return answer.text("error") not in ("invalid_client", "unauthorized_client")

    def _register(self, server: Server, redirect_uri: str) -> Client:
        issuer, version = self._profile.issuer, self._profile.version
        if server.registration_endpoint is None:
            raise self._say.failure(
                f"{issuer} lets no application register itself",
                "Register one by hand and set CLOSIENT_CLIENT_ID, or use an API key.",
            )
        try:
            answer = self._send(registration_request(server, redirect_uri, version))
            if wants_a_secret(answer):
                answer = self._send(registration_request(server, redirect_uri, version, "client_secret_basic"))
            return read_registration(answer, redirect_uri)
        except NotRegistered as error:
            raise self._say.failure(f"{issuer} did not register this application: {error}", error.next_step) from None

    def _send(self, call: Call) -> Answer:
        try:
            return self._wire.send(call)
        except NoAnswer as error:
            raise self._say.unavailable(f"{self._profile.issuer} did not answer ({error})") from None
