"""The answer of an authorization request, and the exchange of its code for tokens."""

from __future__ import annotations

from ..oauth import authorization
from ..oauth.authorization import Code, Failure
from ..oauth.discovery import is_alias
from ..oauth.http import NoResponseError
from ..oauth.tokens import Denied, Granted, TokenRequestOptions, exchange_request, read_tokens
from ..records import Pending
from ..secrets.redaction import Secret
from ..session.messages import Messages
from ..session.renewal import Session
from .completion import SignInCompletion


class CodeExchange:
    """Concludes the sign-ins of one session."""

    def __init__(self, session: Session, messages: Messages) -> None:
        self._session = session
        self._store = session.store
        self._messages = messages
        self._completion = SignInCompletion(session, messages)

    def conclude(self, query: str, pending: Pending) -> None:
        """Exchange the code in a callback's query and save what it gives.

        Raises:
            AuthError: the server refused, the sign-in was given up, or its tokens cannot be saved.
        """
        pending, response = self._read(query, pending)
        if isinstance(response, Failure):
            if response.error == "invalid_scope":  # what a service named may be no scope that there is
                self._store.remember(lambda history: history.model_copy(update={"missed": ()}))
            raise self._messages.refused(response, pending.scopes)
        if not is_kept(self._session, pending):
            raise self._messages.given_up()
        self._store.redaction.add(Secret(response.code))
        self._store.check_room("then sign in again")
        granted = self._exchanged(response, pending)
        self._completion.save(granted, pending, pending.nonce if "openid" in pending.scopes else None)

    def _read(self, query: str, pending: Pending) -> tuple[Pending, Code | Failure]:
        """What came back; a server that calls itself by another name is asked whether it is the same."""
        server = pending.server
        response = authorization.read_callback(query, pending)
        other = response.description if isinstance(response, Failure) and response.error == "iss" else ""
        if other and is_alias(other, server, self._session.http):
            server = server.model_copy(update={"aliases": (*server.aliases, other)})
            pending = pending.model_copy(update={"server": server})
            response = authorization.read_callback(query, pending)
        assert isinstance(response, Code | Failure)  # a stale one comes no further than the listener
        return pending, response

    def _exchanged(self, code: Code, pending: Pending) -> Granted:
        session, server = self._session, pending.server
        client = session.credentials.complete(pending.client, server)
        options = TokenRequestOptions(session.profile.resource)
        try:
            request = exchange_request(server, client, code.code, pending.verifier, pending.redirect_uri, options)
            verdict = read_tokens(session.http.send(request), session.clock())
        except NoResponseError as error:
            raise self._messages.unavailable(f"{server.issuer} did not answer ({error})") from None
        if isinstance(verdict, Denied):
            raise self._messages.not_exchanged(verdict, is_own=client.is_own)
        if not isinstance(verdict, Granted):
            raise self._messages.no_token(verdict, "openid" in pending.scopes)
        return verdict


def is_kept(session: Session, pending: Pending) -> bool:
    """Whether the sign-in is still the one under way."""
    kept = session.store.read_file().pending
    return kept is not None and kept.state == pending.state
