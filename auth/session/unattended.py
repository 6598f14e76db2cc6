"""Tokens for grants without a user: for a password, or for the client itself."""

from __future__ import annotations

import logging

from ..errors import AuthError
from ..oauth.registration import Purpose
from ..oauth.rejections import Meaning, Rejection, RequestKind
from ..oauth.tokens import Granted, Verdict
from ..records import Record, Server
from ..store.record_store import Store
from .client_setup import ClientSetup
from .token_endpoint import TokenEndpoint

logger = logging.getLogger(__name__)

_PASSWORD_ERRORS = ("invalid_grant", "access_denied", "unauthorized")


class Unattended:
    """Fetches the tokens of one profile whose grant is `password` or `client_credentials`."""

    def __init__(self, store: Store, client_setup: ClientSetup, token_endpoint: TokenEndpoint) -> None:
        self._store = store
        self._client_setup = client_setup
        self._token_endpoint = token_endpoint
        self._profile = client_setup.profile
        self._messages = client_setup.messages
        self._credentials = client_setup.credentials
        self._scopes = client_setup.profile.scopes or ()

    def fetch(self, record: Record, *, interactive: bool) -> Record:
        """The record with new tokens, not saved yet; call it under the record's lock.

        Rejected credentials are not sent again, by any process, until they change: repeated attempts lock the account.

        Raises:
            UserActionRequired: the credentials are rejected, or were before.
            UnavailableError: the server does not answer as it should.
        """
        if not interactive and self._credentials.match(record.history.bad_credentials):
            raise self._messages.password_rejected()
        server = self._client_setup.server(record.server)
        record, verdict = self._request(record, server, interactive)
        gone = isinstance(verdict, Rejection) and verdict.meaning is Meaning.CLIENT_INVALID
        if gone and self._profile.registers:
            logger.info("%s no longer knows this client", record.site)
            record, verdict = self._request(record.model_copy(update={"client": None}), server, interactive)
        if isinstance(verdict, Granted):
            return self._with_tokens(record, verdict)
        raise self._error(record, verdict)

    def _request(self, record: Record, server: Server, interactive: bool) -> tuple[Record, Verdict]:
        purpose = Purpose(self._profile.grant, scopes=self._scopes)
        change_history = self._store.change_history_locked
        client = self._client_setup.ensure_client(record, server, purpose, change_history, interactive=interactive)
        before = self._store.read()
        record = before.model_copy(update={"server": server, "client": client})
        if record != before:
            record = self._store.write(record)  # before its use, so that no registration is repeated
        kind: RequestKind = "password" if self._profile.grant == "password" else "client_credentials"
        form = {"scope": " ".join(self._scopes)}
        if kind == "password":
            form["username"], form["password"] = self._credentials.user()
        return record, self._token_endpoint.request(kind, server, client, form)

    def _with_tokens(self, record: Record, granted: Granted) -> Record:
        changes: dict[str, object] = {}
        if not granted.tokens.scope:  # RFC 6749 §5.1: as requested
            changes["scope"] = " ".join(self._scopes)
        if self._profile.grant == "client_credentials":
            changes["refresh_token"] = None  # RFC 6749 §4.4.3: there should be none, and none is needed
        tokens = granted.tokens.model_copy(update=changes)
        history = record.history.model_copy(update={"bad_credentials": ""})
        user = self._profile.user_in(tokens.details)
        return record.model_copy(update={"tokens": tokens, "user": user, "asked": self._scopes, "history": history})

    def _error(self, record: Record, rejection: Rejection) -> AuthError:
        if rejection.meaning is Meaning.SIGN_IN_INVALID:
            history = record.history.model_copy(update={"bad_credentials": self._credentials.fingerprint()})
            self._store.write(record.model_copy(update={"tokens": None, "history": history}))
            certain = rejection.error in _PASSWORD_ERRORS
            return self._messages.password_rejected(rejection.detail if certain else f": {rejection.reason}", certain)
        return self._messages.rejected(rejection, self._scopes)
