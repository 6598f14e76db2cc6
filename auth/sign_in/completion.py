"""The result of a sign-in: its identity is verified, then everything is saved at once."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress

from ..oauth import id_token
from ..oauth.http import NoResponseError
from ..oauth.rejections import cleaned
from ..oauth.tokens import Granted, revoke_requests
from ..records import Device, Pending
from ..session.renewal import Session

# Scopes that are not permissions, so no service can miss them.
_LONGEST_NAME = 100
_NO_PERMISSIONS = frozenset({"openid", "offline_access", "profile", "email"})


def save_sign_in(session: Session, granted: Granted, begun: Pending | Device, nonce: str | None) -> None:
    """Save the tokens of a sign-in with their client and server; `nonce` is what an id_token must contain.

    Raises:
        UserActionRequired: the id_token is not valid.
        UnavailableError: it cannot be verified now, or the tokens cannot be saved.
    """
    tokens, requested = granted.tokens, begun.scopes
    # Servers whose endpoints are in the settings may have no keys; then the id_token is ignored.
    verifiable = begun.server.jwks_uri or "openid" in requested
    user = _verified_user(session, granted, begun, nonce) if granted.id_token and verifiable else ""
    record = session.store.read_file()
    withheld = _withheld(record.history.withheld, requested, tokens.scope)
    if not tokens.scope:  # RFC 6749 §5.1: as requested
        tokens = tokens.model_copy(update={"scope": " ".join(requested)})
    # A sign-in for additional scopes has a reason; another one is counted, because the last did not hold.
    additional = not set(requested) <= {*record.asked, *record.history.withheld}
    session.store.replace(
        server=begun.server,
        client=begun.client,
        tokens=tokens,
        user=user,
        pending=None,
        device=None,
        spare=None if record.spare and record.spare.client_id == begun.client.client_id else record.spare,
        asked=requested,
        history=record.history.after_sign_in(requested, withheld, None if additional else session.clock()),
        warning="" if tokens.refresh_token else session.messages.no_refresh_token(),
    )


def _verified_user(session: Session, granted: Granted, begun: Pending | Device, nonce: str | None) -> str:
    server, client = begun.server, begun.client
    try:
        claims = id_token.verify(granted.id_token, server, client.client_id, nonce, session.http)
    except id_token.WrongClockError as error:
        # Nothing is revoked: some servers would revoke an earlier sign-in of the same user too.
        raise session.messages.failure(str(error), "Set the clock of this machine, and sign in again.") from None
    except id_token.IdTokenError as error:
        for revocation in revoke_requests(server, session.credentials.complete(client, server), granted.tokens):
            with suppress(NoResponseError):  # they are not saved in any case
                session.http.send(revocation)
        reason = f"the identity that {server.issuer} returned cannot be verified"
        if isinstance(error, id_token.NoKeysError):
            next_step = "You are not signed in; try again later."
            raise session.messages.unavailable(f"{reason} now ({error})", next_step) from None
        raise session.messages.failure(f"{reason} ({error})", "You are not signed in.") from None
    names = (claims.get(name) for name in ("email", "preferred_username", "name", "sub"))
    return next((cleaned(name)[:_LONGEST_NAME].strip() for name in names if isinstance(name, str) and name), "")


def _withheld(earlier: Sequence[str], requested: Sequence[str], granted: str) -> tuple[str, ...]:
    """The scopes ever requested that the server did not grant, if it says what it granted."""
    given = set(granted.split() or requested) | _NO_PERMISSIONS
    return tuple(scope for scope in dict.fromkeys((*earlier, *requested)) if scope not in given)
