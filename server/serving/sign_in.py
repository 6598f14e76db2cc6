"""Signs the user in while a tool call waits."""

from __future__ import annotations

import time
from functools import partial
from typing import TYPE_CHECKING

import anyio

from ...auth.errors import SignInRequired
from ...auth.sign_in.attempt import Destination, SignInAttempt
from ..bridge.composition import Bridge
from .link_sign_in import sign_in_by_link
from .user_channel import Elicitor, UserChannel

if TYPE_CHECKING:
    from ...auth.sign_in.login import Login

# Hosts give up on a call at 60 seconds.
WAIT_SECONDS = 45.0
_POLL = 0.1
_DISMISSED_SECONDS = 60.0


async def sign_in(bridge: Bridge, needed: SignInRequired, channel: UserChannel) -> SignInRequired | None:
    """Start the sign-in that a call needs and wait for it; return the error to report if it is not finished in time.

    Raises:
        AuthError: the sign-in failed, or the user declined.
        InputRequired: the client has to ask the user first.
    """
    connection = bridge.connections[needed.system]
    login = connection.login
    assert login, "only a system with a login asks for a sign-in"
    if connection.settings.per_caller and not login.uses_device:
        assert connection.session
        return await sign_in_by_link(connection.session, needed, channel)
    if channel.is_remote and not login.uses_device:
        return _sign_in_at_server(needed)
    scopes = bridge.tools.scopes_to_request(needed.system, needed.scopes)
    attempt = await anyio.to_thread.run_sync(partial(login.start, scopes, browser=channel.elicitor is None))
    until = time.monotonic() + WAIT_SECONDS
    reported = 0.0
    has_asked = False
    while not attempt.done.is_set():
        if (
            channel.elicitor
            and attempt.ready.is_set()
            and not (has_asked or attempt.opened or _just_dismissed(attempt))
        ):
            has_asked = True
            await _ask(channel.elicitor, needed, login, attempt, until)
        elif time.monotonic() > until or (attempt.ready.is_set() and not _user_is_informed(attempt, channel)):
            return _unfinished(needed, attempt, channel)
        if attempt.ready.is_set() and not reported:
            reported = True
            await channel.report(f"Waiting for you to sign in to {needed.system} at {_where(attempt)}")
        await anyio.sleep(_POLL)
    if error := attempt.report():
        raise error
    if channel.elicitor:
        await channel.elicitor.finished()
    return None


async def _ask(elicitor: Elicitor, needed: SignInRequired, login: Login, attempt: SignInAttempt, until: float) -> None:
    """Have the client send the user to the sign-in page; record the answer in the attempt."""
    destination = attempt.destination
    how = f" and enter the code {destination.user_code}" if destination.user_code else ", through a URL on this machine"
    message = (
        f"{_reason(needed, destination)} Open your browser to sign in with {destination.server or needed.url}{how}."
    )
    # `authorize_url` contains the state, so an answer to an earlier sign-in is not taken for one to this.
    about = f"{destination.authorize_url} {destination.url} {message}"
    action = await elicitor.ask(message, destination.url, about, attempt.done.is_set, until)
    if action == "decline":
        await anyio.to_thread.run_sync(login.decline, attempt)
    elif action == "accept":
        attempt.opened = True
    elif action == "cancel":
        attempt.dismissed_at = time.monotonic()


def _just_dismissed(attempt: SignInAttempt) -> bool:
    """Whether the user dismissed the question a moment ago: a repeated call should not ask again."""
    return time.monotonic() - attempt.dismissed_at < _DISMISSED_SECONDS


def _user_is_informed(attempt: SignInAttempt, channel: UserChannel) -> bool:
    """Whether the user knows where to sign in; if not, the result has to say so, and waiting is no use."""
    return attempt.opened or (bool(attempt.destination.user_code) and channel.progress_shown)


def _where(attempt: SignInAttempt) -> str:
    destination = attempt.destination
    code = f", with the code {destination.user_code}" if destination.user_code else ""
    return f"{destination.url}{code}"


def _reason(needed: SignInRequired, destination: Destination) -> str:
    """For which system and why the user signs in, and who gets their password if they could not expect that."""
    reason = f"{needed.system}: {needed.message}"
    if not destination.server:
        return reason
    return f"{reason} {needed.url} wants you to sign in at {destination.server}, its authorization server."


def _sign_in_at_server(needed: SignInRequired) -> SignInRequired:
    """What the model tells a user who cannot open a page of the server's machine."""
    command = f"`closient-mcp login {needed.system} --no-browser`"
    next_step = f"Have {command} run on the machine of this server, then repeat the request."
    return SignInRequired(f"{needed.system}: {needed.message}", next_step, system=needed.system, url=needed.url)


def _unfinished(needed: SignInRequired, attempt: SignInAttempt, channel: UserChannel) -> SignInRequired:
    """What the model tells the user; the URL is short and contains no secret."""
    destination = attempt.destination
    if not attempt.ready.is_set():
        next_step = f"The sign-in is still being prepared because {needed.url} is slow. Repeat the request."
    elif destination.user_code:
        attempt.opened = True
        next_step = (
            f"Open {destination.url} on any device and enter the code {destination.user_code} there. "
            "Finish signing in, then repeat the request."
        )
    elif channel.elicitor and not attempt.opened:
        next_step = f"The sign-in was not confirmed. Open {destination.url} on this machine, then repeat the request."
    elif attempt.opened:
        opened = f"{'Your client' if channel.elicitor else 'I'} opened your browser; if you see nothing"
        if attempt.opened_elsewhere:
            opened = "Your browser was opened for this sign-in before; if the page is gone"
        again = f"If it shows an error, run `closient-mcp login {needed.system}` in a terminal."
        next_step = (
            f"{opened}, open {destination.url} on this machine. {again} Finish signing in, then repeat the request."
        )
    else:
        why = "If you trust that server, do this." if destination.server else "No browser can be opened from here."
        place = f"Open {destination.url} on this machine, or run" if channel.keeps_running else "Run"
        command = f"login {needed.system}{'' if destination.server else ' --no-browser'}"
        next_step = f"{why} {place} `closient-mcp {command}` in a terminal; then repeat the request."
    return SignInRequired(_reason(needed, destination), next_step, system=needed.system, url=needed.url)
