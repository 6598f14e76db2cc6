"""Tokens that were verified a moment ago."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable
from hashlib import sha256

from .identity import Identity, Verifier

# As long as a token is still accepted after it was revoked, or after its key was.
_SECONDS = 30.0
_MOST = 10_000


class RecentTokens:
    """Verifies each token once in a while, and never accepts one that has expired since."""

    def __init__(self, verifier: Verifier, clock: Callable[[], float] = time.time) -> None:
        self._verifier = verifier
        self._clock = clock
        # By digest, so that no tokens are kept.
        self._known: OrderedDict[bytes, tuple[Identity, float]] = OrderedDict()

    async def verify(self, token: str) -> Identity:
        """The caller that a token belongs to.

        Raises:
            InvalidTokenError, IssuerUnavailableError: as the verifier says.
        """
        key = sha256(token.encode()).digest()
        identity, until = self._known.get(key, (None, 0.0))
        if identity is None or self._clock() >= until:
            self._known.pop(key, None)
            identity = await self._verifier.verify(token)
            self._known[key] = identity, min(self._clock() + _SECONDS, identity.expires_at)
            if len(self._known) > _MOST:
                self._known.popitem(last=False)
        return identity
