"""Links with which callers sign in to a system, and the cookies that tie a sign-in to the browser that began it."""

from __future__ import annotations

import hashlib
import json
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from ...auth.secrets.sealing import Sealer, UnsealError

PATH = "/sign-in/"
# As long as a person may take from the link to the end.
SECONDS = 600.0


@dataclass(frozen=True, slots=True)
class SignInLink:
    """For whom, to which system and with which scopes a link signs in; `id` tells links apart, each is used once."""

    id: str
    caller: str
    system: str
    scopes: tuple[str, ...]


class SignInLinks:
    """Makes and reads links and cookies, which any replica with the same keys can read.

    A link is no secret: who opens it has to prove that they are the caller. A cookie is known to one browser only.
    """

    def __init__(self, public_url: str, sealer: Sealer, clock: Callable[[], float] = time.time) -> None:
        self.public_url = public_url
        self._sealer = sealer
        self._clock = clock

    def url(self, caller: str, system: str, scopes: tuple[str, ...]) -> str:
        """A new link."""
        members = [secrets.token_hex(8), caller, system, " ".join(scopes), self._clock() + SECONDS]
        return f"{self.public_url}{PATH}{self._seal('sign-in link', members)}"

    def read(self, handle: str) -> SignInLink | None:
        """The link that ends with this handle; None if it is not ours, or expired."""
        members = self._unseal("sign-in link", handle)
        if members is None:
            return None
        id, caller, system, scopes, expires_at = members
        return SignInLink(id, caller, system, tuple(scopes.split())) if self._clock() < expires_at else None

    def cookie(self, kind: str, *values: str) -> str:
        """The value of a cookie of this kind."""
        return self._seal(f"{kind} cookie", [*values, self._clock() + SECONDS])

    def read_cookie(self, kind: str, value: str) -> list[str] | None:
        """The values in a cookie of this kind; None if it is not ours, or expired."""
        members = self._unseal(f"{kind} cookie", value)
        return members[:-1] if members and self._clock() < members[-1] else None

    def cookie_name(self, state: str) -> str:
        """The name of the cookie for a state: of several sign-ins in one browser, each has its own."""
        # Browsers accept this prefix over https only, and then from no other host (RFC 6265bis §4.1.3).
        prefix = "__Host-" if self.is_secure else ""
        return f"{prefix}closient-mcp-{hashlib.sha256(state.encode()).hexdigest()[:16]}"

    @property
    def is_secure(self) -> bool:
        """Whether browsers reach the server over https."""
        return self.public_url.startswith("https:")

    def _seal(self, purpose: str, members: list[Any]) -> str:
        return self._sealer.seal(purpose, json.dumps(members, separators=(",", ":")).encode())

    def _unseal(self, purpose: str, text: str) -> list[Any] | None:
        try:
            members: list[Any] = json.loads(self._sealer.unseal(purpose, text))
        except UnsealError:
            return None
        return members
