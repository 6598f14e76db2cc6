"""What a person's sign-in gave: its identity checked, and all of it written at once."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress

from ..oauth import id_token
from ..oauth.http import NoResponseError
from ..oauth.tokens import Granted, revoke_request
from ..records import Client, Device, Pending, Server
from ..session.messages import Messages
from ..session.renewal import Session

# What a sign-in brings along, and nothing that a service could miss.
_NO_PERMISSIONS = frozenset({"openid", "offline_access", "profile", "email"})


class SignInCompletion:
    """Keeps what one session's sign-ins give."""

    def __init__(self, session: Session, messages: Messages) -> None:
        self._session = session
        self._messages = messages

    def save(self, granted: Granted, create: Pending | Device, nonce: str | None) -> None:
        """Write the tokens that a sign-in came to, with the client and the server that they belong to.

        `nonce` is what an id_token must repeat.

        Raises:
            UserActionRequired: the identity that came with them is not to be believed.
            UnavailableError: they cannot be saved.
        """
        tokens, server, client, asked = granted.tokens, create.server, create.client, create.scopes
        # Where the settings name the endpoints there may be no keys; then nothing in an id_token is looked at.
        checkable = server.jwks_uri or "openid" in asked
        person = self._person(granted, server, client, nonce) if granted.id_token and checkable else ""
        record = self._session.store.read_file()
        withheld = _withheld(record.history.withheld, asked, tokens.scope)
        if not tokens.scope:  # RFC 6749 §5.1: left out where it is as asked for
            tokens = tokens.model_copy(update={"scope": " ".join(asked)})
        # A further permission is a good reason for a further sign-in; without one it is for want of one that holds.
        gained = not set(asked) <= {*record.asked, *record.history.withheld}
        self._session.store.replace(
            server=server,
            client=client,
            tokens=tokens,
            person=person,
            pending=None,
            device=None,
            spare=None if record.spare and record.spare.client_id == client.client_id else record.spare,
            asked=asked,
            history=record.history.signed_in(asked, withheld, None if gained else self._session.clock()),
            warning="" if tokens.refresh_token else self._messages.no_refresh_token(),
        )

    def _person(self, granted: Granted, server: Server, client: Client, nonce: str | None) -> str:
        http = self._session.http
        try:
            claims = id_token.verify(granted.id_token, server, client.client_id, nonce, http)
        except id_token.IdTokenError as error:
            if revocation := revoke_request(server, self._session.credentials.complete(client, server), granted.tokens):
                with suppress(NoResponseError):  # they are not kept here in any case
                    http.send(revocation)
            if isinstance(error, id_token.NoKeysError):
                raise self._messages.unavailable(
                    f"the identity that {server.issuer} returned cannot be verified for now ({error})",
                    "You are not signed in; try again in a while.",
                ) from None
            raise self._messages.failure(
                f"the identity that {server.issuer} returned could not be verified ({error})", "You are not signed in."
            ) from None
        names = (claims.get(name) for name in ("email", "preferred_username", "name", "sub"))
        return next((name for name in names if isinstance(name, str) and name), "")


def _withheld(earlier: Sequence[str], asked: Sequence[str], granted: str) -> tuple[str, ...]:
    """What the server did not grant of all that it was ever asked for, where it says what it granted."""
    given = set(granted.split() or asked) | _NO_PERMISSIONS
    return tuple(scope for scope in dict.fromkeys((*earlier, *asked)) if scope not in given)
