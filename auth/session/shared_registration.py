"""The client that all callers of a server sign in with, registered once."""

from __future__ import annotations

from ..oauth.discovery import same_origin
from ..oauth.registration import Purpose
from ..records import Client, Record, Server
from ..store.record_store import Store
from .client_setup import ClientSetup


class SharedRegistration:
    """A registered client in a record of its own, `store`: no caller's record, and without tokens."""

    def __init__(self, client_setup: ClientSetup, store: Store) -> None:
        self._client_setup = client_setup
        self._store = store

    def client(self, server: Server, purpose: Purpose) -> Client:
        """The client at this server, registered now if there is none that it still knows.

        It is without what could end the registration, which others use too.

        Raises:
            UserActionRequired, UnavailableError: the server does not register us, or not now.
        """
        # The probe needs no lock: only a registration must not be repeated by others meanwhile.
        client = self._usable(server, purpose).client
        if client is None or not self._client_setup.is_known(client, server, purpose):
            with self._store.lock():
                record = self._usable(server, purpose)
                client = self._client_setup.ensure_client(record, server, purpose, self._store.change_history_locked)
                self._store.write(self._store.read().model_copy(update={"server": server, "client": client}))
        return client.model_copy(update={"registration_uri": None, "registration_token": None})

    def _usable(self, server: Server, purpose: Purpose) -> Record:
        """The record, without a client that another server registered, or for another redirect URI."""
        self._store.stamp()  # a use, which prolongs the record
        record = self._store.read()
        is_same = record.server is not None and same_origin(record.server.token_endpoint, server.token_endpoint)
        if is_same and record.client and purpose.suits(record.client):
            return record
        return record.model_copy(update={"client": None})
