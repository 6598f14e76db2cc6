"""Has a caller sign in at a page of this server while their tool call waits, or after it."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import anyio
import anyio.to_thread

from ...auth.errors import SignInRequired
from .user_channel import UserChannel

if TYPE_CHECKING:
    from ...auth.records import Record
    from ...auth.session.renewal import Session

# Hosts give up on a call at 60 seconds.
_WAIT_SECONDS = 45.0
_POLL = 0.5


async def sign_in_by_link(session: Session, needed: SignInRequired, channel: UserChannel) -> SignInRequired | None:
    """Show the caller a link; if their client opens it, wait. Return the error to report if they have not signed in.

    Raises:
        AuthError: the caller declined, a moment ago or now.
        InputRequired: the client has to ask the caller first.
    """
    assert channel.link, "callers sign in for themselves only where there are links"
    before = await anyio.to_thread.run_sync(session.store.read)
    if before.history.recently_declined(session.clock()):
        raise session.messages.declined(before.history.declined)
    url = channel.link(needed.system, needed.scopes)
    reason = f"{needed.system}: {needed.message}"
    if channel.elicitor:
        until = time.monotonic() + _WAIT_SECONDS
        # Each call has another link, and the answer to any of them counts.
        about = f"{needed.system} {before.caller} {' '.join(needed.scopes)}"
        message = f"{reason} Open your browser to sign in there with your own account."
        action = await channel.elicitor.ask(message, url, about, lambda: False, until)
        if action == "decline":
            error = session.messages.declined()
            await anyio.to_thread.run_sync(session.record_failure, error)
            raise error
        if action == "accept" and await _wait_for_sign_in(session, before, until):
            return None
    next_step = (
        f"Show the user this link, which is for them only: {url} . They open it in a browser, sign in, and then repeat "
        "the request."
    )
    return SignInRequired(reason, next_step, system=needed.system, url=needed.url)


def signed_in_since(before: Record, now: Record) -> bool:
    """Whether a sign-in by a link ended successfully between two states of a record; a refresh is none."""
    has_begun = before.pending is not None or now.history.links != before.history.links
    return has_begun and now.pending is None and now.tokens is not None and now.tokens != before.tokens


async def _wait_for_sign_in(session: Session, before: Record, until: float) -> bool:
    """Wait for a sign-in, in this process or another one."""
    while time.monotonic() < until:
        if signed_in_since(before, await anyio.to_thread.run_sync(session.store.read)):
            return True
        await anyio.sleep(_POLL)
    return False
