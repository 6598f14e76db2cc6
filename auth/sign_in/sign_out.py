"""The end of a sign-in: revoked at the server (RFC 7009), and dropped here whatever becomes of that."""

from __future__ import annotations

import contextlib

from ..errors import UnavailableError, UserActionRequired
from ..oauth.discovery import same_origin
from ..oauth.http import NoResponseError
from ..oauth.registration import deregistration_request
from ..oauth.tokens import revoke_request
from ..records import Record
from ..session.renewal import Session


def sign_out(session: Session, *, forget: bool = False) -> str:
    """Revoke a sign-in and drop it; with `forget` the registration too. Gives what is to be said of it.

    Raises:
        UserActionRequired, UnavailableError: it cannot be dropped.
    """
    with session.store.lock():
        try:
            record = session.store.read()
            said = _revoke(session, record)
        except UnavailableError as error:  # of the keyring: signing out is the way out of that
            record = session.store.read_file().model_copy(update={"client": None})
            said = f"Signed out of {session.profile.issuer} here, and not there. {error.message}"
        changes: dict[str, object] = {"pending": None, "device": None, "person": "", "warning": ""}
        changes["history"] = record.history.signed_out()
        if forget:
            _deregister(session, record)
            changes |= {"client": None, "server": None, "spare": None}
        session.drop(record, **changes)
    return said


def _deregister(session: Session, record: Record) -> None:
    if record.client and record.server and (request := deregistration_request(record.client, record.server)):
        with contextlib.suppress(NoResponseError):  # a registration that nobody uses any more does no harm
            session.http.send(request)


def _revoke(session: Session, record: Record) -> str:
    host = session.profile.issuer
    if record.tokens is None:
        return f"Nobody was signed in to {host}."
    if record.server is None or record.client is None:
        return f"Signed out of {host} here."
    server = record.server
    if session.profile.endpoints.revocation:
        server = server.model_copy(update={"revocation_endpoint": session.profile.endpoints.revocation})
    elif not same_origin(server.revocation_endpoint or "", server.token_endpoint):
        server = server.model_copy(update={"revocation_endpoint": None})
    try:
        request = revoke_request(server, session.credentials.complete(record.client, server), record.tokens)
        if request is None:
            return f"Signed out of {host} here; it offers no way to revoke the sign-in there."
        response = session.http.send(request)
    except UserActionRequired as error:
        reason = error.message.rstrip(".")
    except NoResponseError as error:
        reason = str(error)
    else:
        if response.status == 200:
            return f"Signed out of {host}: the sign-in is revoked."
        reason = response.summary
    return f"Signed out here, but {host} did not confirm it ({reason}); remove the application in its settings too."
