"""The tokens of a sign-in in memory, read again where another process may have refreshed, signed in or signed out."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable

from ..errors import UnavailableError
from ..oauth.tokens import is_usable
from ..profile import Profile
from ..records import Record, Tokens
from ..store.record_store import Store
from .unsaved_answer import UnsavedAnswer

# Seconds for which a token counts as just issued.
_NEW = 60.0


class CurrentTokens:
    """The latest tokens of one record that this process knows; a service has just rejected the token `rejected`."""

    def __init__(self, profile: Profile, store: Store, unsaved: UnsavedAnswer, clock: Callable[[], float]) -> None:
        self._profile = profile
        self._store = store
        self._unsaved = unsaved
        self._clock = clock
        self._tokens: Tokens | None = None
        self._stamp: object = None
        self._guard = threading.Lock()

    @property
    def tokens(self) -> Tokens | None:
        """The tokens, None if no one is signed in."""
        return self._tokens

    def replace(self, tokens: Tokens | None) -> None:
        """Use these from now on."""
        with self._guard:
            self._tokens = tokens

    def of(self, record: Record) -> Tokens | None:
        """The record's tokens, unless the settings have other scopes now and no user is needed to request them."""
        changed = self._profile.unattended and set(record.asked) != set(self._profile.scopes or ())
        return None if changed else record.tokens

    async def usable(self, rejected: str | None) -> str | None:
        """An access token that does not expire soon, None if there is none.

        Raises:
            UnavailableError: the record cannot be read, and the last known token has expired.
        """
        tokens, store = self._tokens, self._store
        stamp = await asyncio.to_thread(store.stamp) if store.is_remote else store.stamp()
        changed = stamp != self._stamp and not self._unsaved.exists  # what is unsaved is newer than the record
        if changed or not self.is_good(tokens, rejected):
            try:
                read = self.of(await asyncio.to_thread(store.read))  # in a thread: a keyring may be slow
            except UnavailableError:
                if unexpired := self.unexpired(rejected):
                    return unexpired
                raise
            self._stamp = stamp
            with self._guard:
                if self._tokens is tokens:  # unless a refresh has finished meanwhile
                    self._tokens = read
                tokens = self._tokens
        return tokens.access_token if tokens and self.is_good(tokens, rejected) else None

    def is_good(self, tokens: Tokens | None, rejected: str | None) -> bool:
        """Whether the access token does not expire soon and is not the rejected one."""
        return tokens is not None and is_usable(tokens, self._clock()) and tokens.access_token != rejected

    def unexpired(self, rejected: str | None) -> str | None:
        """The access token unless it is expired or rejected; it may expire soon."""
        tokens = self._tokens
        if tokens is None or tokens.access_token == rejected:
            return None
        expired = tokens.expires_at is not None and self._clock() >= tokens.expires_at
        return None if expired else tokens.access_token

    def obtained_at(self, token: str) -> float:
        """When this access token was issued, 0 if it is not the current one."""
        tokens = self._tokens
        return tokens.obtained_at if tokens and tokens.access_token == token else 0.0

    def is_new(self, token: str) -> bool:
        """Whether this token was just issued, so that another token would not help."""
        return self._clock() - self.obtained_at(token) < _NEW
