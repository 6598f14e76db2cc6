"""How a call reaches the user: through progress messages, its result, or a question that the client asks."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Literal, Protocol, TypeAlias

# "accept" means agreed, not finished; "cancel" dismissed, or could not be asked.
Action: TypeAlias = Literal["accept", "decline", "cancel"]
Report = Callable[[str], Awaitable[None]]


class InputRequired(Exception):
    """The client has to ask the user to open a URL, and then call again with the answer (2026-07-28).

    `key` identifies the question among those of a call.
    """

    def __init__(self, key: str, message: str, url: str) -> None:
        super().__init__("input from the user is required")
        self.key, self.message, self.url = key, message, url


class Elicitor(Protocol):
    """Asks the user to open a URL, for one call."""

    async def ask(self, message: str, url: str, about: str, over: Callable[[], bool], until: float) -> Action | None:
        """The user's answer; None if it is `over`, or `until` (monotonic) has passed, before there is one.

        `about` identifies the question; it is not sent.

        Raises:
            InputRequired: the client asks between this call and the next.
        """

    async def finished(self) -> None:
        """Notify the client that the user has finished."""


@dataclass(frozen=True, slots=True)
class UserChannel:
    """How to reach the user: through progress messages, if they are shown, and through the call's result.

    With an `elicitor`, the client opens the sign-in page and we open no browser. `keeps_running`: this process will
    still accept the redirect after the result has been read. `is_remote`: the user may be at another machine. `link`
    makes the URL of a page of this server, where the caller of the call signs in to a system with these scopes.
    """

    report: Report
    progress_shown: bool = False
    keeps_running: bool = True
    elicitor: Elicitor | None = None
    is_remote: bool = False
    link: Callable[[str, tuple[str, ...]], str] | None = None
