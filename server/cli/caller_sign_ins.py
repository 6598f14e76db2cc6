"""The sign-ins of callers over HTTP, for the operator of the server: which there are, and their end."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import anyio.to_thread

from ...auth.errors import AuthError
from ...auth.records import Record
from ...auth.session.renewal import Session
from ...auth.sign_in.sign_out import sign_out
from ...tools.formats.json_values import JsonObject, JsonValue, as_object, as_text
from ...tools.formats.text import counted
from ..bridge.connection import Connection
from ..bridge.stored_sign_ins import StoredSignIns
from ..bridge.user_client import REGISTRATION
from .terminal import Terminal

_MOST_SHOWN = 20


def sign_ins_of(connection: Connection, sign_ins: StoredSignIns) -> list[JsonObject]:
    """The callers who are signed in to a system, and as whom.

    Raises:
        AuthError: where their sign-ins are stored cannot be read.
    """
    records = sign_ins.of_callers(connection.settings)
    return [{"caller": record.caller_name, "id": record.caller, "user": record.user or None} for record in records]


def sign_ins_line(sign_ins: Sequence[JsonValue]) -> str:
    """The callers who are signed in, from `sign_ins_of`, for a line of `status`."""
    members = [as_object(each) for each in sign_ins[:_MOST_SHOWN]]
    shown = [" as ".join(filter(None, (as_text(each["caller"]), as_text(each["user"])))) for each in members]
    more = f" and {len(sign_ins) - _MOST_SHOWN} more" if len(sign_ins) > _MOST_SHOWN else ""
    return f"over HTTP, {counted(len(sign_ins), 'caller')} signed in: {', '.join(shown)}{more}"


async def end_sign_ins(
    connection: Connection, sign_ins: StoredSignIns, name: str | None, terminal: Terminal
) -> list[bool]:
    """Revoke and delete the sign-ins of the callers who have this name or identifier, or of all callers without it.

    Return of each sign-in whether it is ended; a failure does not prevent the others from being ended.

    Raises:
        AuthError: where their sign-ins are stored cannot be read.
    """
    records = await anyio.to_thread.run_sync(sign_ins.of_callers, connection.settings)
    chosen = [record for record in records if name is None or name in (record.caller_name, record.caller)]
    return [await _end_sign_in(connection, record, terminal) for record in chosen]


async def _end_sign_in(connection: Connection, record: Record, terminal: Terminal) -> bool:
    session = connection.clients.of_caller(record.caller).session
    whose = f"{record.system}, {record.caller_name}"
    try:
        if session is None or not _is_same(await anyio.to_thread.run_sync(session.store.read_file), record):
            terminal.say(
                f"{whose}: still signed in, with the grant, client or issuer of earlier settings. Restore these "
                "settings, and repeat the command."
            )
            return False
        terminal.say(f"{whose}: {await _end(session)}")
    except AuthError as error:
        terminal.say(f"{whose}: {error.message} {error.next_step}")
        return False
    return True


def _is_same(current: Record, listed: Record) -> bool:
    """Whether a listed record is that of the current settings, even if it was refreshed since."""
    is_signed_in = current.tokens is not None or current.keyring_id != ""
    return is_signed_in and (current.client, current.server) == (listed.client, listed.server)


async def forget_registration(connection: Connection) -> None:
    """Delete the registration of the client that callers sign in with, if there is one.

    Raises:
        AuthError: it cannot be deleted.
    """
    session = connection.clients.of_caller(REGISTRATION).session
    if session and (await anyio.to_thread.run_sync(session.store.read)).client:
        await _end(session)


async def _end(session: Session) -> str:
    return await anyio.to_thread.run_sync(partial(sign_out, session, forget=True))
