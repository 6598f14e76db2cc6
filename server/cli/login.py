"""`closient-mcp login` and `logout`."""

from __future__ import annotations

import getpass
import sys
import threading
from collections.abc import Callable
from functools import partial

import anyio
import anyio.to_thread

from ...auth import background
from ...auth.errors import AuthError
from ...auth.secrets.redaction import Redaction
from ...auth.session.renewal import Session
from ...auth.sign_in.attempt import SignInAttempt
from ...auth.sign_in.login import Login
from ...auth.sign_in.sign_out import sign_out
from ..bridge.composition import Bridge, open_bridge
from ..logs import start_log
from ..settings.model import ApiKey, NoCredential, Settings, SystemSettings
from ..signals import end_on_signals
from .terminal import GREEN, RED, Terminal, restorer, stderr_terminal


def login(settings: Settings, *, browser: bool, device: bool, bare: bool) -> int:
    """Sign in now, to each system in turn that has a sign-in; 0 if all of that worked."""
    terminal = stderr_terminal(bare=bare)

    async def run(redaction: Redaction) -> int:
        async with open_bridge(settings, redaction) as bridge:
            if not bridge.sessions:
                for system in settings.systems:
                    terminal.say(_no_sign_in(system))
                return 1
            await bridge.loader.load(terminal.bar)
            there = [system for system in settings.systems if system.name in bridge.sessions]
            codes = [await _sign_in(bridge, system, terminal, browser, device) for system in there]
            return max(codes)

    return _run(settings, terminal, run)


def _no_sign_in(system: SystemSettings) -> str:
    if isinstance(system.credential, NoCredential):
        return f"There is nothing to sign in to: {system.name} is used without a credential."
    return (
        f"There is nothing to sign in to: {system.name} uses the API key from {system.credential.source}, "
        "which goes before a sign-in."
    )


async def _sign_in(bridge: Bridge, system: SystemSettings, terminal: Terminal, browser: bool, device: bool) -> int:
    if system.name not in bridge.logins:
        try:
            refresh = partial(bridge.sessions[system.name].refresh, by_hand=True)
            await anyio.to_thread.run_sync(background.start(refresh).result)
        except AuthError as error:
            terminal.say(f"{terminal.paint(error.message, RED)} {error.next_step}")
            return 1
        terminal.say(terminal.paint(f"Signed in to {system.name} ({system.site}).", GREEN))
        return 0
    used = bridge.logins[system.name]
    attempt = used.start(bridge.tools.scopes_to_ask(system.name), browser=browser, by_hand=True, device=device)
    await anyio.to_thread.run_sync(_lead, used, attempt, terminal, browser, system.site)
    return _report(attempt, terminal, system.site)


def logout(settings: Settings, *, forget: bool, bare: bool) -> int:
    """Revoke each sign-in and drop it; 0 also where nobody was signed in, 1 where one could not be dropped."""
    terminal = stderr_terminal(bare=bare)

    async def run(redaction: Redaction) -> int:
        async with open_bridge(settings, redaction) as bridge:
            codes = [await _sign_out(used, terminal, forget) for used in bridge.sessions.values()]
            for system in settings.systems:
                if isinstance(system.credential, ApiKey):
                    said = f"{system.name}: nobody is signed in; the API key from {system.credential.source} is used."
                    terminal.say(f"{said} Take it out there to stop that.")
        return max(codes, default=0)

    return _run(settings, terminal, run)


async def _sign_out(used: Session, terminal: Terminal, forget: bool) -> int:
    try:
        terminal.say(await anyio.to_thread.run_sync(partial(sign_out, used, forget=forget)))
    except AuthError as error:
        terminal.say(f"{terminal.paint(error.message, RED)} {error.next_step}")
        return 1
    return 0


def _run(settings: Settings, terminal: Terminal, command: Callable[[Redaction], object]) -> int:
    # Where a URL is pasted nothing is shown, and who waits for that is not told when the sign-in is over.
    restore = restorer()
    end_on_signals(restore)
    redaction = Redaction()
    start_log(settings.log_level, settings.log_file, redaction)
    try:
        return anyio.run(command, redaction)  # type: ignore[arg-type]
    except AuthError as error:
        terminal.say(f"{error.message} {error.next_step}")
        return 1
    finally:
        restore()


def _lead(used: Login, attempt: SignInAttempt, terminal: Terminal, browser: bool, site: str) -> None:
    """Say where to go, and wait; without a browser take the redirected URL back."""
    attempt.ready.wait()
    if attempt.done.is_set():
        return
    if attempt.server:
        terminal.say(f"You sign in with {attempt.server}, which {site} names for it.")
    if attempt.user_code:
        terminal.say(f"Open this URL on any device and sign in:\n\n  {attempt.url}\n")
        terminal.say(f"Your code is {attempt.user_code}. This waits until you are done.")
        attempt.done.wait()
        return
    if attempt.opened and browser:
        terminal.say(f"Your browser was opened. If you see nothing, open {attempt.url} on this machine.")
        attempt.done.wait()
        return
    if browser:
        terminal.say("No browser can be opened from here.")
    terminal.say(f"Open this URL in any browser and sign in:\n\n  {attempt.authorize_url}\n")
    terminal.say("If the browser then cannot connect, copy the whole URL that it shows and paste it here.")
    # A thread of its own: the browser may come back by itself, and then nobody pastes anything.
    threading.Thread(target=_take_pasted, args=(used, attempt, terminal), daemon=True).start()
    attempt.done.wait()


def _take_pasted(used: Login, attempt: SignInAttempt, terminal: Terminal) -> None:
    while not attempt.done.is_set():
        try:
            # Without an echo: the URL holds the code.
            text = getpass.getpass("URL: ") if sys.stdin.isatty() else sys.stdin.readline()
        except EOFError:
            return
        if not text:
            return
        if not used.paste(attempt, text):
            terminal.say("That is not the URL of this sign-in. Copy the whole line from the browser.")


def _report(attempt: SignInAttempt, terminal: Terminal, site: str) -> int:
    if error := attempt.outcome():
        terminal.say(f"{terminal.paint(error.message, RED)} {error.next_step}")
        return 1
    terminal.say(terminal.paint(f"Signed in to {site}.", GREEN))
    return 0
