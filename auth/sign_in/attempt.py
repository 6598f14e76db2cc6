"""A sign-in under way, as seen by those who wait for it."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, field

from ..errors import AuthError

# Seconds for which an error that was not reported is kept for the next call.
_UNREPORTED = 60.0
_NEVER = -1e9


@dataclass(frozen=True, slots=True)
class Destination:
    """Where the user signs in: at `url`, which is short and contains no state, or directly at `authorize_url`.

    Without a `url`, the user has to paste the URL of the response. With a `user_code`, `url` is for any device, and the
    user enters the code there. `server` is where users enter their password, if the settings do not name it: show it
    before a browser opens (`Login.open_browser`).
    """

    url: str = ""
    user_code: str = ""
    server: str = ""
    authorize_url: str = field(default="", repr=False)


@dataclass(slots=True)
class SignInAttempt:
    """One attempt to sign in.

    `ready` is set once `destination` is known, `done` at the end. `opened`: the user was sent there, by a browser, by
    their client, or by a result that contained the code; `opened_elsewhere`: by another process, which may have ended,
    so that the page may be gone. `dismissed_at` (monotonic) is when the user dismissed a
    client's question about it, `ended_at` when it ended, with `error` if it failed. `reported`: a caller has seen that.
    """

    destination: Destination = Destination()
    opened: bool = False
    opened_elsewhere: bool = False
    dismissed_at: float = _NEVER
    error: AuthError | None = None
    ended_at: float | None = None
    reported: bool = False
    ready: threading.Event = field(default_factory=threading.Event)
    done: threading.Event = field(default_factory=threading.Event)
    guard: threading.Lock = field(default_factory=threading.Lock)

    @property
    def has_ended(self) -> bool:
        """Whether it succeeded or failed; those who wait may not have been released yet."""
        return self.ended_at is not None

    def show(self, destination: Destination) -> None:
        """Set where the user signs in."""
        self.destination = destination
        self.ready.set()

    def finish(self, error: AuthError | None = None) -> None:
        """End it, and release everyone who waits for it."""
        self.conclude(error)
        self.release()

    def conclude(self, error: AuthError | None) -> None:
        """Record how it ended, unless it has ended before."""
        if not self.has_ended:
            self.error, self.ended_at = error, time.monotonic()

    def release(self) -> None:
        """Release everyone who waits, if it has ended."""
        if self.has_ended:
            self.ready.set()
            self.done.set()

    def report(self) -> AuthError | None:
        """The error, if any, which then counts as reported."""
        self.reported = True
        return self.error

    def has_unreported_error(self) -> bool:
        """Whether it failed a moment ago, between two calls, and no caller has seen the error."""
        if self.ended_at is None or self.error is None or self.reported:
            return False
        return time.monotonic() - self.ended_at < _UNREPORTED
