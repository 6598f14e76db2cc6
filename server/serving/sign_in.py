"""Signing a person in while an agent's call waits, and on request from the command line."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import partial

import anyio

from ...auth.errors import SignInRequired
from ...auth.sign_in.attempt import SignInAttempt
from ...auth.sign_in.login import Login
from ..bridge.composition import Bridge
from .elicitation import Asker

# Hosts give up on a call at 60 seconds.
WAIT_SECONDS = 45.0
_POLL = 0.1
_PROGRESS_EVERY = 5.0
_CLOSED_HOLDS = 60.0

Progress = Callable[[float, str], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class UserChannel:
    """How the person can be reached whose call it is: by its progress, where that is `heard`, and by its result.

    Where there is an `asker` it sends them to the sign-in, and we open no browser.
    `lives_on` says that this process will still listen for them when the result is read.
    """

    progress: Progress
    heard: bool = False
    lives_on: bool = True
    asker: Asker | None = None


async def sign_in(bridge: Bridge, needed: SignInRequired, reach: UserChannel) -> SignInRequired | None:
    """Open the sign-in that a call needs and wait a while for it; gives what to say if it is not done by then.

    Raises:
        AuthError: it failed, or the person declined.
        InputRequired: the client has to ask them first.
    """
    login = bridge.logins[needed.system]
    scopes = bridge.tools.scopes_to_ask(needed.system, needed.scopes)
    attempt = await anyio.to_thread.run_sync(partial(login.start, scopes, browser=reach.asker is None))
    until = time.monotonic() + WAIT_SECONDS
    told = 0.0
    asked = False
    while not attempt.done.is_set():
        if reach.asker and attempt.ready.is_set() and not (asked or attempt.opened or _just_closed(attempt)):
            asked = True
            await _ask(reach.asker, needed, login, attempt, until)
        elif time.monotonic() > until or (attempt.ready.is_set() and not _can_be_finished(attempt, reach)):
            return _unfinished(needed, attempt, reach)
        if attempt.ready.is_set() and time.monotonic() - told > _PROGRESS_EVERY:
            told = time.monotonic()
            await reach.progress(WAIT_SECONDS - (until - told), f"Waiting for you to sign in at {_where(attempt)}")
        await anyio.sleep(_POLL)
    if error := attempt.outcome():
        raise error
    if reach.asker:
        await reach.asker.finished()
    return None


async def _ask(asker: Asker, needed: SignInRequired, login: Login, attempt: SignInAttempt, until: float) -> None:
    """Have the client send the person to the sign-in; what they say is kept in the attempt."""
    whom = attempt.server or needed.url
    how = f" and enter the code {attempt.user_code}" if attempt.user_code else ", by way of a URL on this machine"
    message = f"{needed.message} Open your browser to sign in with {whom}{how}."
    # Whoever asks between two calls knows an answer again by what was asked: that holds the state of this sign-in.
    action = await asker.ask(message, attempt.url, attempt.authorize_url, attempt.done.is_set, until)
    if action == "decline":
        await anyio.to_thread.run_sync(login.decline, attempt)
    elif action == "accept":
        attempt.opened = True
    elif action == "cancel":
        attempt.closed_at = time.monotonic()


def _just_closed(attempt: SignInAttempt) -> bool:
    """Whether the person closed the question a moment ago: a model that repeats the call is not to repeat that too."""
    return time.monotonic() - attempt.closed_at < _CLOSED_HOLDS


def _can_be_finished(attempt: SignInAttempt, reach: UserChannel) -> bool:
    """Whether the person knows by now where to sign in; else they have to be told first, and nothing is waited for."""
    return attempt.opened or (bool(attempt.user_code) and reach.heard)


def _where(attempt: SignInAttempt) -> str:
    code = f", with the code {attempt.user_code}" if attempt.user_code else ""
    return f"{attempt.url}{code}"


def _unfinished(needed: SignInRequired, attempt: SignInAttempt, reach: UserChannel) -> SignInRequired:
    """The sentence for the model to pass on; the URL is short and holds nothing secret."""
    if not attempt.ready.is_set():
        next_step = f"The sign-in is still being prepared, for {needed.url} takes its time; repeat the request."
    elif attempt.user_code:
        attempt.opened = True
        next_step = (
            f"Open {attempt.url} on any device and enter the code {attempt.user_code} there. "
            "Finish signing in, then repeat the request."
        )
    elif reach.asker and not attempt.opened:
        next_step = f"You were asked, and did not say yes. Open {attempt.url} on this machine, then repeat the request."
    elif attempt.opened:
        who = "Your client" if reach.asker else "I"
        next_step = (
            f"{who} opened your browser; if you see nothing, open {attempt.url} on this machine. "
            "Finish signing in, then repeat the request."
        )
    else:
        place = f"Open {attempt.url} on this machine, or run" if reach.lives_on else "Run"
        next_step = (
            f"No browser can be opened from here. {place} `closient-mcp login --no-browser` in a terminal; "
            "then repeat the request."
        )
    # It is for the person to see whom they trust with their password.
    message = (
        f"{needed.message} You sign in with {attempt.server}, which it names." if attempt.server else needed.message
    )
    return SignInRequired(message, next_step, system=needed.system, url=needed.url)
