"""Recently verified tokens."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable
from hashlib import sha256
from weakref import WeakValueDictionary

import anyio

from .identity import Identity, Verifier

# As long as a token is still accepted after it was revoked, or after its key was.
_SECONDS = 30.0
_MOST = 10_000


class RecentTokens:
    """Verifies each token at most every 30 seconds, however many requests have it; expired tokens are not accepted."""

    def __init__(self, verifier: Verifier, clock: Callable[[], float] = time.time) -> None:
        self._verifier = verifier
        self._clock = clock
        # By digest, so that no tokens are kept.
        self._known: OrderedDict[bytes, tuple[Identity, float]] = OrderedDict()
        self._locks: WeakValueDictionary[bytes, anyio.Lock] = WeakValueDictionary()

    async def verify(self, token: str) -> Identity:
        """The caller that a token belongs to.

        Raises:
            InvalidTokenError, IssuerUnavailableError: as the verifier says.
        """
        key = sha256(token.encode()).digest()
        if identity := self._recent(key):
            return identity
        async with self._locks.setdefault(key, anyio.Lock()):
            return self._recent(key) or await self._verify(key, token)

    def _recent(self, key: bytes) -> Identity | None:
        identity, until = self._known.get(key, (None, 0.0))
        return identity if self._clock() < until else None

    async def _verify(self, key: bytes, token: str) -> Identity:
        self._known.pop(key, None)
        identity = await self._verifier.verify(token)
        now = self._clock()
        # Clients may use another token for each call. The oldest are first.
        while self._known and (len(self._known) >= _MOST or next(iter(self._known.values()))[1] <= now):
            self._known.popitem(last=False)
        self._known[key] = identity, min(now + _SECONDS, identity.expires_at)
        return identity
