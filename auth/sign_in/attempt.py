"""A sign-in under way, as those who wait for it see it."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, field

from ..errors import AuthError

# Seconds for which an error that was not reported is kept for the next call.
_UNREPORTED = 60.0
_NEVER = -1e9


@dataclass(slots=True)
class SignInAttempt:
    """Where the user goes, whether they were sent there, and how it ended.

    `ready` is set once `url` is known, `done` at the end. With a `user_code` the URL is for any device, and
    the code is entered there. `server` is the authorization server where that is not the service itself. `opened`
    says that the user was sent there: by a browser, by their client, or by a result that named the code. `error` says
    why it failed, if it did, `reported` that a caller has seen the error. `dismissed_at` (monotonic) is when the user
    closed a client's question about it.
    """

    url: str = ""
    user_code: str = ""
    server: str = ""
    authorize_url: str = field(default="", repr=False)
    opened: bool = False
    ready: threading.Event = field(default_factory=threading.Event)
    done: threading.Event = field(default_factory=threading.Event)
    error: AuthError | None = None
    ended_at: float | None = None
    reported: bool = False
    dismissed_at: float = _NEVER
    guard: threading.Lock = field(default_factory=threading.Lock)

    @property
    def ended(self) -> bool:
        """Whether it has ended, well or not, though the page that says so may still be on its way."""
        return self.ended_at is not None

    def finish(self, error: AuthError | None = None) -> None:
        """End it, well or with an error, and release everybody who waits for it."""
        self.conclude(error)
        self.release()

    def conclude(self, error: AuthError | None = None) -> None:
        """Record how it ended; the first end counts."""
        if self.ended_at is None:
            self.error, self.ended_at = error, time.monotonic()

    def release(self) -> None:
        """Release everybody who waits, if it has ended."""
        if self.ended:
            self.ready.set()
            self.done.set()

    def outcome(self) -> AuthError | None:
        """Why it failed, if it did; from then on the error counts as reported."""
        self.reported = True
        return self.error

    def unreported(self) -> bool:
        """Whether it failed a moment ago, between two calls, and no caller has seen the error."""
        if self.error is None or self.reported or self.ended_at is None:
            return False
        return time.monotonic() - self.ended_at < _UNREPORTED
