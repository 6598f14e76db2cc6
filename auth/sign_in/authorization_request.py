"""The request that starts a sign-in, and the listener for its redirect."""

from __future__ import annotations

import logging
import time

import httpx2

from ..oauth import authorization
from ..oauth.device import device_request, read_device
from ..oauth.discovery import ServerMetadataError
from ..oauth.http import NoResponseError
from ..oauth.redirects import PATH, checked_redirect, is_pasted, on_port, path_for
from ..oauth.registration import Purpose
from ..records import Client, Device, Pending, Record, Server
from ..session.renewal import Session
from ..session.shared_registration import SharedRegistration
from ..urls import origin
from .callback_server import LINGER_SECONDS, CallbackServer

logger = logging.getLogger(__name__)

_RETRY_SECONDS = 0.1


class AuthorizationRequest:
    """Takes over the request of a process that died, or makes a new one; for the holder of the login lock.

    With a `registration`, its client is used instead of one that is registered for this sign-in alone.
    """

    def __init__(self, session: Session, registration: SharedRegistration | None) -> None:
        self._session = session
        self._registration = registration
        self._profile = session.profile
        self._store = session.store
        self._messages = session.messages

    def resume(self, record: Record, interactive: bool) -> tuple[CallbackServer, Pending] | None:
        """The request of a dead process, if its port is free: the open tab still works.

        A user who asks for a sign-in gets a new one: the tab may be gone, or show an error.
        """
        pending = record.pending
        if pending is None or self._session.clock() >= pending.expires_at or (interactive and pending.opened):
            return None
        if self._profile.redirect_uri not in (None, pending.redirect_uri):
            return None
        purpose = Purpose("authorization_code", pending.redirect_uri, pending.scopes)
        is_known = self._session.client_setup.is_known
        if self._profile.registers and not is_known(pending.client, pending.server, purpose):
            return None
        try:
            return CallbackServer(pending.redirect_uri), pending
        except OSError:
            logger.info("the port of the pending sign-in is taken; starting again")
            return None

    def create(self, record: Record, scopes: tuple[str, ...], interactive: bool) -> tuple[CallbackServer, Pending]:
        """A new request, saved before the user is sent anywhere."""
        known, server = self._discover(record, interactive)
        # A client of the settings was registered with the path in the documentation.
        path = PATH if self._profile.client_id else path_for(server.issuer)
        listener = self._listener(path, known.client, known.spare)
        try:
            requested = self._scopes(known, server, scopes)
            purpose = Purpose("authorization_code", listener.redirect_uri, requested)
            client = self._client(record, known, server, purpose, interactive)
            if client.redirect_uri and not is_pasted(client.redirect_uri):
                registered = on_port(client.redirect_uri, listener.port)
                if registered != listener.redirect_uri:  # the server spells it differently
                    listener.close()
                    listener = CallbackServer(registered)
            return listener, self._begun(server, client, listener.redirect_uri, requested)
        except BaseException:
            listener.close()
            raise

    def create_at(self, redirect_uri: str, record: Record, scopes: tuple[str, ...]) -> Pending:
        """A new request whose response goes to a page of this server, saved before the user is sent anywhere."""
        known, server = self._discover(record, interactive=False)
        requested = self._scopes(known, server, scopes)
        purpose = Purpose("authorization_code", redirect_uri, requested)
        client = self._client(record, known, server, purpose, interactive=False)
        return self._begun(server, client, redirect_uri, requested)

    def _begun(self, server: Server, client: Client, redirect_uri: str, scopes: tuple[str, ...]) -> Pending:
        pending = authorization.begin(
            server,
            client,
            redirect_uri,
            scopes,
            self._session.clock(),
            pkce=self._profile.pkce,
            resource=self._profile.resource,
        )
        self._store.change(pending=pending, device=None)
        return pending

    def create_for_device(self, record: Record, scopes: tuple[str, ...], interactive: bool) -> Device:
        """A new request for another device, saved before the code is shown (RFC 8628 §3.1)."""
        known, server = self._discover(record, interactive)
        if server.device_authorization_endpoint is None:
            raise self._messages.no_device_flow("its metadata has no device_authorization_endpoint")
        requested = self._scopes(known, server, scopes)
        client = self._client(record, known, server, Purpose("device_code", scopes=requested), interactive)
        complete = self._session.credentials.complete(client, server)
        try:
            response = self._session.http.send(device_request(server, complete, requested, self._profile.resource))
            device = read_device(response, server, client, requested, self._session.clock())
        except NoResponseError as error:
            raise self._messages.no_response(error) from None
        except ServerMetadataError as error:
            if error.lasting:
                raise self._messages.no_device_flow(str(error)) from None
            raise self._messages.unavailable(f"{server.issuer} issued no code for another device: {error}") from None
        self._store.change(pending=None, device=device)
        return device

    def _client(self, record: Record, known: Record, server: Server, purpose: Purpose, interactive: bool) -> Client:
        if self._registration and self._profile.registers:
            client = self._registration.client(server, purpose)
        else:
            ensure, change_history = self._session.client_setup.ensure_client, self._store.change_history
            client = ensure(known, server, purpose, change_history, interactive=interactive)
        # The user may not finish this sign-in: until they do, a signed-in user keeps the client of their tokens.
        if record.tokens is None:
            self._store.change(server=server, client=client)
        elif self._profile.registers and client != record.client:
            self._store.change(spare=client)
        return client

    def _discover(self, record: Record, interactive: bool) -> tuple[Record, Server]:
        """The current server, and the record without what belongs to another one."""
        server = self._session.client_setup.server(before=record.server)
        if record.server and _token_origin(record.server) != _token_origin(server):
            if not interactive:
                raise self._messages.moved(_token_origin(record.server), _token_origin(server))
            # Clients and tokens are never sent to another token endpoint than the one that issued them.
            record = record.model_copy(update={"client": None, "spare": None, "tokens": None})
        return record, server

    def _scopes(self, record: Record, server: Server, scopes: tuple[str, ...]) -> tuple[str, ...]:
        """The scopes to request: those of the settings, else needed now or granted before, else the service's."""
        if self._profile.scopes is not None:
            return tuple(dict.fromkeys(self._profile.scopes))
        granted = record.tokens.scope.split() if record.tokens else ()
        supported, wanted = server.scopes_supported, (*scopes, *granted) or server.resource_scopes
        if supported:
            # Without offline_access, many servers issue no refresh token; without keys, no id_token can be verified.
            identity = self._profile.identity_scopes if server.jwks_uri else ()
            wanted = tuple(scope for scope in (*wanted, *identity, "offline_access") if scope in supported)
        return tuple(dict.fromkeys(wanted))

    def _listener(self, path: str, *clients: Client | None) -> CallbackServer:
        """A listener on the registered port: the only one if configured, and some servers allow no other."""
        fixed = self._profile.redirect_uri
        reason = ""
        registered = [client.redirect_uri for client in clients if client and client.redirect_uri]
        for redirect_uri in (fixed,) if fixed else (*registered, None):
            try:
                return _bound(redirect_uri, path)
            except OSError as error:
                reason = error.strerror or str(error)
        if fixed:
            raise self._messages.port_taken(checked_redirect(fixed).port, reason)
        raise self._messages.failure(
            f"cannot open a local port for the sign-in ({reason})",
            "Allow programs to listen on 127.0.0.1, or use an API key.",
        )


def _bound(redirect_uri: str | None, path: str) -> CallbackServer:
    """A listener on a port that a sign-in which has just ended may still use."""
    until = time.monotonic() + LINGER_SECONDS
    while True:
        try:
            return CallbackServer(redirect_uri, path)
        except OSError:
            if redirect_uri is None or time.monotonic() >= until:
                raise
            time.sleep(_RETRY_SECONDS)


def _token_origin(server: Server) -> str:
    return origin(httpx2.URL(server.token_endpoint))
