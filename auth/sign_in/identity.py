"""Who has signed in, as far as they say: the id_token, the server's userinfo endpoint, or the service itself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import cast

from ..oauth import id_token
from ..oauth.http import NoResponseError, Request, cleaned
from ..oauth.tokens import Granted
from ..records import Begun, Pending
from ..session.renewal import Session

_LONGEST_NAME = 100
# The tokens are not saved yet, and a name is not worth losing them.
_DEADLINE = 5.0


@dataclass(frozen=True, slots=True)
class Identity:
    """A user's name to show, what the server identifies their account by, and their organization; empty if unknown."""

    user: str = ""
    account: str = ""
    organization: str = ""


def verified_identity(session: Session, granted: Granted, begun: Begun) -> Identity:
    """The identity that the server returned with the tokens.

    Raises:
        IdTokenError: its id_token is not valid, or cannot be verified now.
    """
    server, details = begun.server, granted.tokens.details
    nonce = begun.nonce if isinstance(begun, Pending) and "openid" in begun.scopes else None
    claims: Mapping[str, object] = {}
    # Servers whose endpoints are in the settings may have no keys; then the id_token is ignored.
    if granted.id_token and (server.jwks_uri or "openid" in begun.scopes):
        claims = id_token.verify(granted.id_token, server, begun.client.client_id, nonce, session.http)
    user, account = _name(claims) or session.profile.user_in(details), _first(claims, "sub")
    if not user and server.userinfo_endpoint and "openid" in begun.scopes:
        info = _fetch(session, server.userinfo_endpoint, granted)
        # OpenID Connect Core §5.3.2: with another subject it may be about another user.
        account = account or _first(info, "sub")
        user = _name(info) if _first(info, "sub") == account else ""
    organization = _first(claims, "organization_name", "organization", "organization_id", "org_id")
    return Identity(user or account, account or _first(details, "user_id", "sub"), organization)


def fetch_identity(session: Session, granted: Granted, known: Identity) -> Identity:
    """A known identity, with what the service adds to it if the preset knows where to ask."""
    whoami = session.profile.whoami
    if not whoami or (known.user not in ("", known.account) and known.organization):
        return known
    answer = _fetch(session, whoami, granted)
    listed = answer.get("organizations")
    organizations = cast(list[object], listed) if isinstance(listed, list) else []
    only = organizations[0] if len(organizations) == 1 else None  # of several, the token's own is not known
    organization = _first(cast(dict[str, object], only), "name") if isinstance(only, dict) else ""
    user = known.user if known.user != known.account else ""
    return Identity(user or _name(answer) or known.user, known.account, known.organization or organization)


def _fetch(session: Session, url: str, granted: Granted) -> Mapping[str, object]:
    """What a URL answers to the new token; nothing if it does not."""
    headers = {"authorization": f"Bearer {granted.tokens.access_token}"}
    try:
        response = session.http.send(Request(url, headers=headers, method="GET"), _DEADLINE)
    except NoResponseError:
        return {}
    return (response.body or {}) if response.status == 200 else {}


def _name(facts: Mapping[str, object]) -> str:
    return _first(facts, "email", "preferred_username", "name")


def _first(values: Mapping[str, object], *names: str) -> str:
    """The first of these values that is text, without what cannot be shown."""
    texts = (cleaned(text)[:_LONGEST_NAME].strip() for name in names if isinstance(text := values.get(name), str))
    return next(filter(None, texts), "")
