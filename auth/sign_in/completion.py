"""The result of a sign-in: its identity is verified, then everything is saved at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress

from ..oauth import id_token
from ..oauth.http import NoResponseError
from ..oauth.rejections import cleaned
from ..oauth.tokens import Granted, revoke_requests
from ..records import Device, Pending, Record, Tokens
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
    claims: Mapping[str, object] = {}
    if granted.id_token and verifiable:
        claims = _verified_claims(session, granted, begun, nonce)
    user = _first(claims, "email", "preferred_username", "name", "sub") or session.profile.user_in(tokens.details)
    account = _first(claims, "sub") or _first(tokens.details, "user_id", "sub")
    if organization := _first(claims, "organization_name", "organization", "organization_id", "org_id"):
        tokens = tokens.model_copy(update={"details": {**tokens.details, "organization": organization}})
    record = session.store.read_file()
    if _is_another(record, account, tokens):
        _revoke(session, begun, tokens)
        raise session.messages.another_user(user, record.user)
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
        account=account,
        pending=None,
        device=None,
        spare=None if record.spare and record.spare.client_id == begun.client.client_id else record.spare,
        asked=requested,
        history=record.history.after_sign_in(requested, withheld, None if additional else session.clock()),
    )


def _verified_claims(
    session: Session, granted: Granted, begun: Pending | Device, nonce: str | None
) -> Mapping[str, object]:
    server, client = begun.server, begun.client
    try:
        return id_token.verify(granted.id_token, server, client.client_id, nonce, session.http)
    except id_token.WrongClockError as error:
        # Nothing is revoked: some servers would revoke an earlier sign-in of the same user too.
        raise session.messages.failure(str(error), "Set the clock of this machine, and sign in again.") from None
    except id_token.IdTokenError as error:
        _revoke(session, begun, granted.tokens)
        reason = f"the identity that {server.issuer} returned cannot be verified"
        if isinstance(error, id_token.NoKeysError):
            next_step = "You are not signed in; try again later."
            raise session.messages.unavailable(f"{reason} now ({error})", next_step) from None
        raise session.messages.failure(f"{reason} ({error})", "You are not signed in.") from None


def _revoke(session: Session, begun: Pending | Device, tokens: Tokens) -> None:
    """Revoke tokens that are not saved."""
    client = session.credentials.complete(begun.client, begun.server)
    for revocation in revoke_requests(begun.server, client, tokens):
        with suppress(NoResponseError):
            session.http.send(revocation)


def _first(values: Mapping[str, object], *names: str) -> str:
    """The first of these values that is text, without what cannot be shown."""
    texts = (cleaned(text)[:_LONGEST_NAME].strip() for name in names if isinstance(text := values.get(name), str))
    return next(filter(None, texts), "")


def _is_another(record: Record, account: str, tokens: Tokens) -> bool:
    """Whether another account or organization is signed in already, as far as the server says."""
    if record.tokens is None and not record.seal:
        return False
    known = record.tokens.details if record.tokens else {}
    pairs = [(record.account, account)]
    pairs += [(known.get(name, ""), tokens.details.get(name, "")) for name in ("organization", "organization_id")]
    return any(before and after and before != after for before, after in pairs)


def _withheld(earlier: Sequence[str], requested: Sequence[str], granted: str) -> tuple[str, ...]:
    """The scopes ever requested that the server did not grant, if it says what it granted."""
    given = set(granted.split() or requested) | _NO_PERMISSIONS
    return tuple(scope for scope in dict.fromkeys((*earlier, *requested)) if scope not in given)
