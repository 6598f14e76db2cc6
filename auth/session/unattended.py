"""Tokens that need no person: for a password, or for the client itself."""

from __future__ import annotations

import logging
from collections.abc import Callable

from ..errors import UserActionRequired
from ..oauth.http import HttpClient
from ..oauth.registration import Purpose
from ..oauth.retrying import ask, ask_patiently
from ..oauth.tokens import Denied, Granted, TokenRequestOptions, Verdict, client_credentials_request, password_request
from ..profile import Profile
from ..records import Client, Record, Server
from ..store.record_store import Store
from .client_setup import ClientSetup
from .credentials import Credentials
from .messages import Messages

logger = logging.getLogger(__name__)

_OF_PASSWORD = ("invalid_grant", "access_denied", "unauthorized")
_NOT_OF_PASSWORD = ("invalid_client", "unauthorized_client", "invalid_scope", "unsupported_grant_type")


class Unattended:
    """Fetches the tokens of one profile whose grant is `password` or `client_credentials`."""

    def __init__(
        self,
        profile: Profile,
        store: Store,
        http: HttpClient,
        messages: Messages,
        credentials: Credentials,
        client_setup: ClientSetup,
        clock: Callable[[], float],
    ) -> None:
        self._profile = profile
        self._store = store
        self._http = http
        self._messages = messages
        self._credentials = credentials
        self._client_setup = client_setup
        self._clock = clock

    def fetch(self, record: Record, *, interactive: bool) -> Record:
        """The record with fresh tokens, still to be written; called under its lock.

        Credentials that were refused once are not sent again, by no process, until they change: a few more tries
        lock the account.

        Raises:
            UserActionRequired: the credentials are refused, or were.
            UnavailableError: the server does not response as it should.
        """
        if self._credentials.match(record.history.bad_credentials):
            raise self._messages.password_refused()
        server = self._client_setup.server(record.server)
        record, verdict = self._ask(record, server, interactive)
        if isinstance(verdict, Denied) and verdict.ends_client and record.client and not record.client.is_own:
            logger.info("%s no longer knows this client (%s)", record.site, verdict.error)
            record, verdict = self._ask(record.model_copy(update={"client": None}), server, interactive)
        if isinstance(verdict, Granted):
            return self._kept(record, verdict)
        if isinstance(verdict, Denied):
            raise self._refused(record, verdict)
        if self._profile.grant == "password" and verdict.is_refused:
            raise self._refused(record, Denied("unknown_error", verdict.reason))
        raise self._messages.unavailable(f"{server.issuer} gave no token ({verdict.reason})")

    def _ask(self, record: Record, server: Server, interactive: bool) -> tuple[Record, Verdict]:
        purpose = Purpose(self._profile.grant, scopes=self._profile.scopes or ())
        ensure_client = self._client_setup.ensure_client(
            record, server, purpose, self._store.write, interactive=interactive
        )
        if ensure_client != record:
            # A registration is kept before it is used: registering over and over is what servers forbid.
            ensure_client = self._store.write(ensure_client)
        assert ensure_client.client
        return ensure_client, self._verdict(server, self._credentials.complete(ensure_client.client, server))

    def _verdict(self, server: Server, client: Client) -> Verdict:
        scopes = self._profile.scopes or ()
        options = TokenRequestOptions(self._profile.resource, self._profile.in_query)
        if self._profile.grant == "client_credentials":
            request = client_credentials_request(server, client, scopes, options)
            return ask_patiently(self._http, request, self._clock)
        username, password = self._credentials.user()
        # Once: whoever counts failed attempts may have counted one whose answer was lost.
        return ask(self._http, password_request(server, client, username, password, scopes, options), self._clock)

    def _kept(self, record: Record, granted: Granted) -> Record:
        tokens = granted.tokens
        asked = self._profile.scopes or ()
        changes: dict[str, object] = {}
        if not tokens.scope:  # RFC 6749 §5.1: left out where it is as asked for
            changes["scope"] = " ".join(asked)
        if self._profile.grant == "client_credentials":
            changes["refresh_token"] = None  # RFC 6749 §4.4.3: there should be none, and the client needs none
        kept = tokens.model_copy(update=changes)
        history = record.history.model_copy(update={"bad_credentials": ""})
        return record.model_copy(update={"tokens": kept, "asked": asked, "history": history})

    def _refused(self, record: Record, denied: Denied) -> UserActionRequired:
        said = f" ({denied.description})" if denied.description else ""
        # Whatever else it is called: a password that is sent again and again locks the account.
        if self._profile.grant == "password" and denied.error not in _NOT_OF_PASSWORD:
            history = record.history.model_copy(update={"bad_credentials": self._credentials.fingerprint()})
            self._store.write(record.model_copy(update={"tokens": None, "history": history}))
            return self._messages.password_refused(said, certain=denied.error in _OF_PASSWORD)
        if denied.ends_client:
            own = record.client is None or record.client.is_own
            return self._messages.client_rejected(said) if own else self._messages.client_unknown(said)
        return self._messages.failure(
            f'{self._profile.issuer} answered "{denied.error[:80]}"{said} when it was asked for a token',
            "Check the grant, the scopes and the client in the credential's settings.",
        )
