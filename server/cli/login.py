"""`closient-mcp login` and `logout`."""

from __future__ import annotations

import getpass
import sys
import threading
from collections.abc import Awaitable, Callable
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
from ..bridge.connection import Connection
from ..process.logs import start_log
from ..process.signals import end_on_signals
from ..settings.model import ApiKey, NoCredential, Settings, SystemSettings, UsageError
from .caller_sign_ins import end_sign_ins, forget_registration
from .terminal import GREEN, RED, Terminal, restorer


def login(settings: Settings, *, browser: bool, device: bool) -> int:
    """Sign in to each system that has a sign-in; the exit code is 0 if all sign-ins succeeded."""
    terminal = Terminal(sys.stderr)

    async def run(redaction: Redaction) -> int:
        async with open_bridge(settings, redaction) as bridge:
            connections = [connection for connection in bridge.connections.values() if connection.session]
            if not connections:
                for system in settings.systems:
                    terminal.say(_no_sign_in(system))
                return 1
            with terminal.progress("Reading the documents") as progress:
                await bridge.loader.load(progress)
            return max([await _sign_in(bridge, each, terminal, browser, device) for each in connections])

    return _run(settings, terminal, run)


def _no_sign_in(system: SystemSettings) -> str:
    if isinstance(system.credential, NoCredential):
        return f"Nothing to sign in to: {system.name} is used without a credential."
    return (
        f"Nothing to sign in to: {system.name} uses the API key from {system.credential.source}, "
        "which takes precedence over a sign-in."
    )


async def _sign_in(bridge: Bridge, connection: Connection, terminal: Terminal, browser: bool, device: bool) -> int:
    system, login = connection.settings, connection.login
    if login is None:
        assert connection.session
        try:
            refresh = partial(connection.session.refresh, interactive=True)
            await anyio.to_thread.run_sync(background.start(refresh).result)
        except AuthError as error:
            terminal.say((error.message, RED), f" {error.next_step}")
            return 1
        await anyio.to_thread.run_sync(_greet, terminal, connection)
        return 0
    attempt = login.start(bridge.tools.scopes_to_request(system.name), browser=browser, interactive=True, device=device)
    await anyio.to_thread.run_sync(_guide, login, attempt, terminal, browser, system.site)
    return await anyio.to_thread.run_sync(_report, attempt, terminal, connection)


def logout_callers(settings: Settings, name: str | None, *, forget: bool) -> int:
    """Revoke and delete the sign-ins of the callers over HTTP who have this name, or of all callers without a name.

    `forget`: delete the registration of their client too, which only works for all callers. The exit code is 1 if no
    caller with the name is signed in, or a sign-in is left.

    Raises:
        UsageError: `forget` with a name.
    """
    if forget and name is not None:
        raise UsageError("--forget deletes a registration that all callers share: use it with --all-callers.")
    terminal = Terminal(sys.stderr)

    async def run(redaction: Redaction) -> int:
        async with open_bridge(settings, redaction) as bridge:
            ended: list[bool] = []
            for connection in bridge.connections.values():
                ended += await end_sign_ins(connection, bridge.sign_ins, name, terminal)
                if forget:
                    await forget_registration(connection)
        if not ended and (name is not None or settings.http.auth):
            whose = "" if name is None else f"with the name {name} "
            terminal.say(f"No caller {whose}is signed in. `closient-mcp status` lists those who are.")
        return 0 if all(ended) and (ended or name is None) else 1

    return _run(settings, terminal, run)


def logout(settings: Settings, *, forget: bool) -> int:
    """Revoke and delete each sign-in; the exit code is 1 if one could not be deleted, else 0."""
    terminal = Terminal(sys.stderr)

    async def run(redaction: Redaction) -> int:
        async with open_bridge(settings, redaction) as bridge:
            sessions = [connection.session for connection in bridge.connections.values() if connection.session]
            codes = [await _sign_out(session, terminal, forget) for session in sessions]
            for system in settings.systems:
                if isinstance(system.credential, ApiKey):
                    source = system.credential.source
                    terminal.say(f"{system.name}: not signed in; it uses the API key from {source}. Remove it there.")
        return max(codes, default=0)

    return _run(settings, terminal, run)


async def _sign_out(session: Session, terminal: Terminal, forget: bool) -> int:
    try:
        message = await anyio.to_thread.run_sync(partial(sign_out, session, forget=forget))
        terminal.say(f"{session.profile.system}: {message}")
    except AuthError as error:
        terminal.say((error.message, RED), f" {error.next_step}")
        return 1
    return 0


def _run(settings: Settings, terminal: Terminal, command: Callable[[Redaction], Awaitable[int]]) -> int:
    # Pasting a URL turns the echo off, and that thread may still be waiting when the sign-in ends.
    restore = restorer()
    end_on_signals(restore)
    redaction = start_log(settings.log_level, settings.log_file)
    try:
        return anyio.run(command, redaction)
    except AuthError as error:
        terminal.say((error.message, RED), f" {error.next_step}")
        return 1
    finally:
        restore()


def _guide(login: Login, attempt: SignInAttempt, terminal: Terminal, browser: bool, site: str) -> None:
    """Tell the user where to sign in, and wait; without a browser, accept the redirected URL."""
    attempt.ready.wait()
    if attempt.done.is_set():
        return
    destination = attempt.destination
    if destination.server:
        terminal.say(f"{site} wants you to sign in at {destination.server}, its authorization server.")
        if browser and destination.url and not destination.user_code and not attempt.opened:
            login.open_browser(attempt)
    if destination.user_code:
        terminal.say(f"Open this URL on any device and sign in:\n\n  {destination.url}\n")
        terminal.say(f"Your code is {destination.user_code}. This waits until you are done.")
        attempt.done.wait()
        return
    if attempt.opened and browser and destination.url:
        terminal.say(f"Your browser was opened. If you see nothing, open {destination.url} on this machine.")
        attempt.done.wait()
        return
    if browser and not attempt.opened:
        terminal.say("No browser can be opened from here.")
    terminal.say(f"Open this URL in any browser and sign in:\n\n  {destination.authorize_url}\n")
    if destination.url:
        terminal.say(f"On this machine, open {destination.url} instead, and this ends by itself.")
    when = "If the browser then cannot connect" if destination.url else "When the page of your redirect_uri opens"
    terminal.say(f"{when}, copy the whole URL that it shows and paste it here.")
    # In a thread: the browser may also reach us by itself.
    threading.Thread(target=_read_pasted, args=(login, attempt, terminal), daemon=True).start()
    attempt.done.wait()


def _read_pasted(login: Login, attempt: SignInAttempt, terminal: Terminal) -> None:
    while not attempt.done.is_set():
        try:
            # Without an echo: the URL contains the code.
            text = getpass.getpass("URL: ") if sys.stdin.isatty() else sys.stdin.readline()
        except EOFError:
            return
        if not text:
            return
        if not login.paste(attempt, text):
            terminal.say("That is not the URL of this sign-in. Copy the whole line from the browser.")


def _greet(terminal: Terminal, connection: Connection) -> None:
    """Tell the user where and who they are signed in as, and what differs from the settings."""
    assert connection.session
    name = f"{connection.settings.name} ({connection.settings.site})"
    record, profile = connection.session.store.read(), connection.session.profile
    details = record.tokens.details if record.tokens else {}
    terminal.say(("Signed in", GREEN), f" to {name}{profile.described(record.user, details)}.")
    if differences := profile.differences(details):
        terminal.say(differences)


def _report(attempt: SignInAttempt, terminal: Terminal, connection: Connection) -> int:
    if error := attempt.report():
        terminal.say((error.message, RED), f" {error.next_step}")
        return 1
    _greet(terminal, connection)
    return 0
