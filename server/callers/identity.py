"""An authenticated caller, and why a token is not accepted."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

# Of an ASGI scope: the identity of the authenticated caller.
SCOPE_KEY = "closient_mcp.identity"


@dataclass(frozen=True, slots=True)
class Identity:
    """A caller; `subject` is unique among all callers, and `expires_at` is when its token does, in Unix time."""

    subject: str
    expires_at: float
    scopes: frozenset[str] = frozenset()
    groups: frozenset[str] = frozenset()


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
