"""The request that a sign-in begins with, and the listener that its answer comes back to."""

from __future__ import annotations

import logging
from dataclasses import dataclass

import httpx2

from ..oauth import authorization
from ..oauth.device import DeviceFlowError, device_request, read_device
from ..oauth.http import NoResponseError
from ..oauth.redirects import checked_redirect
from ..oauth.registration import Purpose
from ..records import Client, Device, Pending, Record, Server
from ..session.messages import Messages
from ..session.renewal import Session
from ..urls import origin
from .callback_server import CallbackServer

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Started:
    """A request that is out, and the listener that its answer comes back to; one that was left behind is not new."""

    listener: CallbackServer
    pending: Pending
    is_new: bool


class AuthorizationRequest:
    """Takes over the request of a process that died, or makes a new one. For whoever holds the login lock."""

    def __init__(self, session: Session, messages: Messages) -> None:
        self._session = session
        self._profile = session.profile
        self._store = session.store
        self._clock = session.clock
        self._client_setup = session.client_setup
        self._messages = messages

    def resumed(self, record: Record) -> Started | None:
        """The request that a dead owner left behind, if its port is free: the tab that is open still works."""
        pending = record.pending
        if pending is None or self._clock() >= pending.expires_at:
            return None
        if self._profile.redirect_uri not in (None, pending.redirect_uri):
            return None
        try:
            return Started(CallbackServer(pending.redirect_uri), pending, is_new=False)
        except OSError:
            logger.info("the port of the pending sign-in is taken; starting anew")
            return None

    def create(self, record: Record, scopes: tuple[str, ...], interactive: bool) -> Started:
        """A new request, saved before anybody is sent anywhere."""
        profile = self._profile
        known, server = self._found(record, interactive)
        listener = self._listener(known.client, known.spare)
        try:
            wanted = self._wanted(known, server, scopes)
            purpose = Purpose("authorization_code", listener.redirect_uri, wanted)
            client = self._client(record, known, server, purpose, interactive)
            pending = authorization.begin(
                server,
                client,
                listener.redirect_uri,
                wanted,
                self._clock(),
                exactly=profile.scopes is not None,
                pkce=profile.pkce,
                resource=profile.resource,
            )
            self._store.change(pending=pending, device=None)
        except BaseException:
            listener.close()
            raise
        return Started(listener, pending, is_new=True)

    def create_for_device(self, record: Record, scopes: tuple[str, ...], interactive: bool) -> Device:
        """A code for another device, saved before anybody is told of it (RFC 8628 §3.1)."""
        known, server = self._found(record, interactive)
        if server.device_authorization_endpoint is None:
            raise self._messages.not_on_device("it publishes no device_authorization_endpoint")
        wanted = tuple(dict.fromkeys(self._wanted(known, server, scopes)))
        if "offline_access" in server.scopes_supported and self._profile.scopes is None:
            wanted = tuple(dict.fromkeys((*wanted, "offline_access")))
        client = self._client(record, known, server, Purpose("device_code", scopes=wanted), interactive)
        complete = self._session.credentials.complete(client, server)
        try:
            response = self._session.http.send(device_request(server, complete, wanted, self._profile.resource))
            device = read_device(response, server, client, wanted, self._clock())
        except NoResponseError as error:
            raise self._messages.unavailable(f"{server.issuer} did not answer ({error})") from None
        except DeviceFlowError as error:
            if error.lasting:
                raise self._messages.not_on_device(str(error)) from None
            raise self._messages.unavailable(f"{server.issuer} gave no code for another device: {error}") from None
        self._store.change(pending=None, device=device)
        return device

    def _client(self, record: Record, known: Record, server: Server, purpose: Purpose, interactive: bool) -> Client:
        def save(tried: Record) -> Record:
            self._store.remember(lambda history: history.with_registrations(tried.history))
            return tried

        client = self._client_setup.ensure_client(known, server, purpose, save, interactive=interactive).client
        assert client
        # Whoever is signed in stays so until the person comes back, who may not: their client is not changed yet.
        if record.tokens is None:
            self._store.change(server=server, client=client)
        elif not client.is_own and client != record.client:
            self._store.change(spare=client)
        return client

    def _found(self, record: Record, interactive: bool) -> tuple[Record, Server]:
        """The server as it is now, and the record without what belongs to another."""
        server = self._client_setup.server()
        if record.server and _token_origin(record.server) != _token_origin(server):
            if not interactive:
                raise self._messages.moved(_token_origin(record.server), _token_origin(server))
            # What one token endpoint gave never goes to another: no old client, no old tokens.
            record = record.model_copy(update={"client": None, "spare": None, "tokens": None})
        return record, server

    def _wanted(self, record: Record, server: Server, scopes: tuple[str, ...]) -> tuple[str, ...]:
        """What to ask for: what the settings say, else what is wanted now together with what there is already."""
        if self._profile.scopes is not None:
            return self._profile.scopes
        granted = record.tokens.scope.split() if record.tokens else ()
        supported = server.scopes_supported
        return tuple(scope for scope in (*scopes, *granted) if not supported or scope in supported)

    def _listener(self, *clients: Client | None) -> CallbackServer:
        """On the registered port: some servers want the very same address again, and by hand it is the only one."""
        fixed = self._profile.redirect_uri
        reason = ""
        registered = [client.redirect_uri for client in clients if client and client.redirect_uri]
        for redirect_uri in (fixed,) if fixed else (*registered, None):
            try:
                return CallbackServer(redirect_uri)
            except OSError as error:
                reason = error.strerror or str(error)
        if fixed:
            raise self._messages.port_taken(checked_redirect(fixed).port, reason)
        raise self._messages.failure(
            f"no local port can be opened for the sign-in ({reason})",
            "Allow programs to listen on 127.0.0.1, or use an API key.",
        )


def _token_origin(server: Server) -> str:
    return origin(httpx2.URL(server.token_endpoint))
