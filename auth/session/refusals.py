"""What services have said of our tokens, remembered for the renewals and the sign-ins that come after."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Sequence

from ..errors import AuthError
from ..history import MOST_REJECTIONS, REJECTIONS_COUNT, History, fingerprint
from ..store.record_store import Store
from .messages import Messages


class Refusals:
    """The refusals that one sign-in has met; all of it blocks."""

    def __init__(self, store: Store, messages: Messages, clock: Callable[[], float]) -> None:
        self._store = store
        self._messages = messages
        self._clock = clock
        self._last: tuple[str, float] = ("", 0.0)

    def of_new_token(self, token: str, obtained_at: float) -> None:
        """A service did not take a token that had just been issued; calls that it refuses together count as one."""
        if (token, obtained_at) != self._last:
            self._last = (token, obtained_at)
            now = self._clock()
            self._remember(lambda history: history.new_token_rejected(now))

    def for_good(self, token: str) -> None:
        """A service did not take a token that cannot be renewed, whatever its clock says."""
        self._remember(lambda history: history.model_copy(update={"dead_token": fingerprint(token)}))

    def of_scopes(self, scopes: Sequence[str]) -> None:
        """A service missed permissions, which a sign-in by hand is to ask for as well."""
        self._remember(lambda history: history.scopes_missed(scopes))

    def check(self) -> None:
        """Renewing for a service that takes no token at all would go on with every call.

        Raises:
            UserActionRequired: it was tried often enough for now.
        """
        if self._store.read().history.too_many_rejections(self._clock()):
            raise self._messages.no_token_taken(MOST_REJECTIONS, REJECTIONS_COUNT)

    def _remember(self, change: Callable[[History], History]) -> None:
        with contextlib.suppress(AuthError):
            self._store.remember(change)
