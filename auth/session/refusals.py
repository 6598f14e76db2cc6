"""What services have said of our tokens, remembered for the renewals and the sign-ins that come after."""

from __future__ import annotations

import contextlib
import hashlib
from collections.abc import Callable, Sequence

from ..errors import AuthError
from ..records import Record, Tokens, late
from ..store.record_store import Store
from .messages import Sentences

_MOST = 3
_COUNT = 60.0
_MOST_SCOPES = 50


class Refusals:
    """The refusals that one sign-in has met; all of it blocks."""

    def __init__(self, store: Store, sentences: Sentences, clock: Callable[[], float]) -> None:
        self._store = store
        self._say = sentences
        self._clock = clock
        self._last: tuple[str, float] = ("", 0.0)

    def of_new_token(self, token: str, obtained_at: float) -> None:
        """A service did not take a token that had just been issued; calls that it refuses together count as one."""
        if (token, obtained_at) != self._last:
            self._last = (token, obtained_at)
            now = self._clock()
            self._change(lambda record: {"refusals": (*late(record.refusals, now, _COUNT), now)})

    def for_good(self, token: str) -> None:
        """A service did not take a token that cannot be renewed, whatever its clock says."""
        self._change(lambda _: {"dead": _fingerprint(token)})

    def of_scopes(self, scopes: Sequence[str]) -> None:
        """A service missed permissions, which a sign-in by hand is to ask for as well."""
        self._change(lambda record: {"missed": tuple(dict.fromkeys((*record.missed, *scopes)))[-_MOST_SCOPES:]})

    def check(self) -> None:
        """Renewing for a service that takes no token at all would go on with every call.

        Raises:
            PersonNeeded: it was tried often enough for now.
        """
        if len(late(self._store.read().refusals, self._clock(), _COUNT)) >= _MOST:
            raise self._say.no_token_taken(_MOST, _COUNT)

    def _change(self, changes: Callable[[Record], dict[str, object]]) -> None:
        with contextlib.suppress(AuthError), self._store.lock():
            record = self._store.read()
            self._store.write(record.model_copy(update=changes(record)))


def is_dead(record: Record, tokens: Tokens) -> bool:
    """Whether a service refused this token for good."""
    return record.dead == _fingerprint(tokens.access_token)


def _fingerprint(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
