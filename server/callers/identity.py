"""An authenticated caller, and why a token is not accepted."""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha256
from typing import Protocol

# Of an ASGI scope: the identity of the authenticated caller.
SCOPE_KEY = "closient_mcp.identity"


@dataclass(frozen=True, slots=True)
class Identity:
    """A caller; `subject` is shown, and `expires_at` is when its token does, in Unix time.

    `id` (from `stable_id`) is the same for all tokens of the caller, across restarts and changes of the settings.
    """

    subject: str
    expires_at: float
    id: str
    scopes: frozenset[str] = frozenset()
    groups: frozenset[str] = frozenset()


def stable_id(issuer: str, subject: str) -> str:
    """What identifies a subject of an issuer: 32 hexadecimal digits."""
    return sha256(f"{issuer.rstrip('/')}\n{subject}".encode()).hexdigest()[:32]


class InvalidTokenError(Exception):
    """The token is not accepted; the text says why, without quotes and without anything of the token."""


class IssuerUnavailableError(Exception):
    """Whether the token is valid cannot be found out now; the text says why."""


class Verifier(Protocol):
    """Finds out whose token it is."""

    async def verify(self, token: str) -> Identity:
        """The caller that a token belongs to.

        Raises:
            InvalidTokenError: it is not valid here.
            IssuerUnavailableError: that cannot be found out now.
        """
        ...
