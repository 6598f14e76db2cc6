"""Checks each system: whether it can be reached, what was skipped, its credential, and this machine's clock."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Iterator
from email.utils import parsedate_to_datetime

import httpx2

from ...auth.errors import AuthError
from ...tools.formats.text import counted
from ..bridge.clients import anonymous_client, client_for
from ..bridge.composition import Bridge
from ..bridge.connection import Connection
from ..bridge.report import skipped_of
from ..settings.model import ApiKey, SignIn, SystemSettings
from .finding import Finding

# Tokens and their id_tokens are refused when clocks differ by minutes.
_CLOCK_SECONDS = 60.0


async def check_systems(bridge: Bridge) -> AsyncIterator[Finding]:
    """All systems of a bridge whose documents were loaded."""
    for connection in bridge.connections.values():
        for finding in _documents(connection, bridge):
            yield finding
        if isinstance(connection.settings.credential, ApiKey):
            yield await _key(connection.settings, bridge)
        elif isinstance(connection.settings.credential, SignIn):
            yield _sign_in(connection)
        if not connection.system.unreachable and (clock := await _clock(connection.settings)):
            yield clock


def _documents(connection: Connection, bridge: Bridge) -> Iterator[Finding]:
    name, system = connection.settings.name, connection.system
    if failure := system.unreachable or system.failure:
        fix = f"Check the network and the site {connection.settings.site}; then run `closient-mcp status`."
        yield Finding("error", name, f"cannot be used: {failure}", fix)
        return
    if skipped := skipped_of(connection.settings, bridge.tools):
        message = f"{counted(len(skipped), 'part')} of its documents or settings skipped"
        yield Finding("warning", name, message, "`closient-mcp status` shows each with its reason.")
    read = sum(not document.failure for document in system.documents.values())
    yield Finding("ok", name, f"{counted(read, 'document')} read, {counted(len(system.operations()), 'operation')}")


def _sign_in(connection: Connection) -> Finding:
    settings, session = connection.settings, connection.session
    assert session
    try:
        record = session.store.read()
    except AuthError as error:
        return Finding("error", settings.name, error.message, error.next_step)
    if record.tokens is None:
        return Finding("ok", settings.name, "not signed in; the first call that needs it signs in")
    who = session.profile.described(record.user, record.tokens.details)
    if differences := session.profile.differences(record.tokens.details):
        return Finding(
            "warning", settings.name, f"signed in{who}; {differences}", f"`closient-mcp login {settings.name}`"
        )
    return Finding("ok", settings.name, f"signed in{who}")


async def _key(settings: SystemSettings, bridge: Bridge) -> Finding:
    """Send the key where the service says that one can be tried."""
    assert isinstance(settings.credential, ApiKey)
    source = settings.credential.source
    if not settings.preset.key_check:
        return Finding("ok", settings.name, f"API key from {source}; not tried, as no harmless request is known")
    try:
        async with client_for(settings, None, bridge.calls.redaction) as client:
            response = await client.get(f"{settings.site}{settings.preset.key_check}")
    except AuthError as error:
        return Finding("error", settings.name, error.message, error.next_step)
    except httpx2.HTTPError as error:
        return Finding("error", settings.name, f"the API key was not tried: {error}", "Check the network.")
    if response.status_code != 200:
        message = f"the API key was not accepted (HTTP {response.status_code})"
        return Finding("error", settings.name, message, f"Check the key in {source}.")
    return Finding("ok", settings.name, f"API key from {source} accepted")


async def _clock(settings: SystemSettings) -> Finding | None:
    try:
        async with anonymous_client(settings.site) as client:
            response = await client.head(settings.site)
    except httpx2.HTTPError:
        return None
    return compare_clocks(response.headers.get("date", ""), time.time(), settings.site)


def compare_clocks(date: str, now: float, site: str) -> Finding | None:
    """Compare our time, in seconds since 1970, with the header `Date` of a site; None if it has none."""
    try:
        ahead = now - parsedate_to_datetime(date).timestamp()
    except ValueError:
        return None
    if abs(ahead) <= _CLOCK_SECONDS:
        return Finding("ok", "clock", f"agrees with that of {site}")
    message = f"{abs(ahead) / 60:.0f} minutes {'ahead of' if ahead > 0 else 'behind'} that of {site}"
    return Finding("error", "clock", message, "Set the clock of this machine; turn on its synchronization.")
