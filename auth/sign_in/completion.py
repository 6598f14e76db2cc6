"""The result of a sign-in: its identity is verified, then everything is saved at once."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress

from ..oauth.http import NoResponseError
from ..oauth.id_token import IdTokenError, NoKeysError, WrongClockError
from ..oauth.tokens import Granted, revoke_requests
from ..records import Begun, Record, Tokens
from ..session.renewal import Session
from .identity import Identity, fetch_identity, verified_identity

# Scopes that are not permissions, so no service can miss them.
_NO_PERMISSIONS = frozenset({"openid", "offline_access", "profile", "email"})


def save_sign_in(session: Session, granted: Granted, begun: Begun) -> None:
    """Save the tokens of a sign-in with their client and server.

    Raises:
        UserActionRequired: the id_token is not valid, or the identity is another than that of the sign-in so far.
        UnavailableError: it cannot be verified now, or the tokens cannot be saved.
    """
    tokens, requested = granted.tokens, begun.scopes
    identity = _identity(session, granted, begun)
    record = session.store.read_file()
    if _is_another(record, identity, tokens):
        _revoke(session, begun, tokens)
        raise session.messages.another_user(identity.user, record.user)
    identity = fetch_identity(session, granted, identity)
    if identity.organization:
        tokens = tokens.model_copy(update={"details": {**tokens.details, "organization": identity.organization}})
    withheld = _withheld(record.history.withheld, requested, tokens.scope)
    if not tokens.scope:  # RFC 6749 §5.1: as requested
        tokens = tokens.model_copy(update={"scope": " ".join(requested)})
    # A sign-in for additional scopes has a reason; another one is counted, because the last did not hold.
    additional = not set(requested) <= {*record.asked, *record.history.withheld}
    session.store.replace(
        server=begun.server,
        client=begun.client,
        tokens=tokens,
        user=identity.user,
        account=identity.account,
        pending=None,
        device=None,
        spare=None if record.spare and record.spare.client_id == begun.client.client_id else record.spare,
        asked=requested,
        refreshing="",
        history=record.history.after_sign_in(requested, withheld, None if additional else session.clock()),
    )


def _identity(session: Session, granted: Granted, begun: Begun) -> Identity:
    server = begun.server
    try:
        return verified_identity(session, granted, begun)
    except WrongClockError as error:
        # Nothing is revoked: some servers would revoke an earlier sign-in of the same user too.
        raise session.messages.failure(str(error), "Set the clock of this machine, and sign in again.") from None
    except IdTokenError as error:
        _revoke(session, begun, granted.tokens)
        reason = f"the identity that {server.issuer} returned cannot be verified"
        if isinstance(error, NoKeysError):
            next_step = "You are not signed in; try again later."
            raise session.messages.unavailable(f"{reason} now ({error})", next_step) from None
        raise session.messages.failure(f"{reason} ({error})", "You are not signed in.") from None


def _revoke(session: Session, begun: Begun, tokens: Tokens) -> None:
    """Revoke tokens that are not saved."""
    client = session.credentials.complete(begun.client, begun.server)
    for revocation in revoke_requests(begun.server, client, tokens):
        with suppress(NoResponseError):
            session.http.send(revocation)


def _is_another(record: Record, identity: Identity, tokens: Tokens) -> bool:
    """Whether another account or organization is signed in already, as far as the server says."""
    if record.tokens is None and not record.keyring_id:
        return False
    known = record.tokens.details if record.tokens else {}
    pairs = [
        (record.account, identity.account),
        (known.get("organization"), identity.organization or tokens.details.get("organization")),
        (known.get("organization_id"), tokens.details.get("organization_id")),
    ]
    return any(before and after and before != after for before, after in pairs)


def _withheld(earlier: Sequence[str], requested: Sequence[str], granted: str) -> tuple[str, ...]:
    """The scopes ever requested that the server did not grant, if it says what it granted."""
    given = set(granted.split() or requested) | _NO_PERMISSIONS
    return tuple(scope for scope in dict.fromkeys((*earlier, *requested)) if scope not in given)
