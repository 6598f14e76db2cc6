"""The end of a sign-in: revoked at the server (RFC 7009) and deleted here, even if the revocation fails."""

from __future__ import annotations

from ..errors import UnavailableError, UserActionRequired
from ..oauth.discovery import same_origin
from ..oauth.http import NoResponseError
from ..oauth.registration import deregister
from ..oauth.tokens import revoke_requests
from ..records import Record
from ..session.renewal import Session


def sign_out(session: Session, *, forget: bool = False) -> str:
    """Revoke and delete a sign-in, with `forget` its registration too; return a message for the user.

    Raises:
        UserActionRequired, UnavailableError: it cannot be deleted.
    """
    with session.store.lock():
        try:
            record = session.store.read()
            message = _revoke(session, record)
        except UnavailableError as error:  # of the keyring, which must not prevent the sign-out
            record = session.store.read_file().model_copy(update={"client": None})
            message = f"Signed out of {session.profile.issuer} on this machine only. {error.message}"
        changes: dict[str, object] = {"pending": None, "device": None, "user": "", "account": ""}
        changes["history"] = record.history.after_sign_out()
        if forget:
            if record.client and record.server:
                deregister(record.client, record.server, session.http)
            changes |= {"client": None, "server": None, "spare": None}
        session.delete_tokens(record, **changes)
    return message


def _revoke(session: Session, record: Record) -> str:
    issuer = session.profile.issuer
    if record.tokens is None:
        return f"You were not signed in to {issuer}."
    if record.server is None or record.client is None:
        return f"Signed out of {issuer} on this machine."
    server = record.server
    if session.profile.endpoints.revocation:
        server = server.model_copy(update={"revocation_endpoint": session.profile.endpoints.revocation})
    elif not same_origin(server.revocation_endpoint or "", server.token_endpoint):
        server = server.model_copy(update={"revocation_endpoint": None})
    try:
        requests = revoke_requests(server, session.credentials.complete(record.client, server), record.tokens)
        responses = [session.http.send(request) for request in requests]
    except UserActionRequired as error:
        reason = error.message.rstrip(".")
    except NoResponseError as error:
        reason = str(error)
    else:
        if not responses:
            return f"Signed out of {issuer} on this machine; the server does not support revoking the sign-in."
        # RFC 7009 §2.2.1: access tokens that cannot be revoked expire.
        failed = [r for r in responses if r.status >= 300 and r.text("error") != "unsupported_token_type"]
        if not failed:
            return f"Signed out of {issuer}: the sign-in is revoked."
        reason = failed[0].summary
    return f"Signed out here, but {issuer} did not confirm it ({reason}); remove the application in its settings too."
