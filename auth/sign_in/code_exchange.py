"""The response to an authorization request, and the exchange of its code for tokens."""

from __future__ import annotations

from ..oauth import authorization
from ..oauth.authorization import AuthorizationResponse
from ..oauth.discovery import is_alias
from ..oauth.rejections import Rejection
from ..oauth.tokens import Granted
from ..records import Pending
from ..secrets.redaction import Secret
from ..session.renewal import Session
from .completion import save_sign_in


def exchange_code(session: Session, query: str, pending: Pending) -> None:
    """Exchange the code in a redirect's query, and save the tokens.

    Raises:
        AuthError: the server denied the request, the sign-in was cancelled, or its tokens cannot be saved.
    """
    stored = current(session, pending)
    pending, response = _read(session, query, stored or pending)
    if response.error:
        if response.error == "invalid_scope":  # a service may have named a scope that does not exist
            session.store.change_history(lambda history: history.model_copy(update={"missed": ()}))
        raise session.messages.no_code(response, pending.scopes)
    if stored is None:
        raise session.messages.cancelled()
    session.store.redaction.add(Secret(response.code))
    session.store.check_room("then sign in again")
    granted, pending = _request_tokens(session, response.code, pending)
    save_sign_in(session, granted, pending)


def _read(session: Session, query: str, pending: Pending) -> tuple[Pending, AuthorizationResponse]:
    """Read the query; if the issuer is another name, check whether it is the same server."""
    response = authorization.read_callback(query, pending)
    other = response.description if response and response.error == "iss" else ""
    if other and is_alias(other, pending.server, session.http):
        server = pending.server.model_copy(update={"aliases": (*pending.server.aliases, other)})
        pending = pending.model_copy(update={"server": server})
        response = authorization.read_callback(query, pending)
    assert response  # the listener ignores queries without our state
    return pending, response


def _request_tokens(session: Session, code: str, pending: Pending) -> tuple[Granted, Pending]:
    """The tokens, and the sign-in without `resource` if the server accepts none (RFC 8707 §2)."""
    server = pending.server
    form = {"code": code, "redirect_uri": pending.redirect_uri, "code_verifier": pending.verifier}
    verdict = session.token_endpoint.request("exchange", server, pending.client, form)
    if isinstance(verdict, Rejection) and authorization.rejects_resource(verdict.error, server):
        return _request_tokens(session, code, authorization.without_resource(pending))
    if not isinstance(verdict, Granted):
        raise session.messages.rejected(verdict, pending.scopes)
    return verdict, pending


def current(session: Session, pending: Pending) -> Pending | None:
    """This sign-in as it is stored now, None if it is no longer the one under way, or was given up."""
    stored = session.store.read_file().pending
    return stored if stored and stored.state == pending.state and stored.expires_at else None
