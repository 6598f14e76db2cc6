"""`closient-mcp serve`: MCP over stdio."""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import replace

import anyio
import anyio.to_thread
from anyio.abc import ObjectReceiveStream, ObjectSendStream
from mcp.shared.message import SessionMessage
from mcp.types import RequestId

from ...auth.secrets.redaction import Redaction
from ..bridge.composition import open_bridge
from ..bridge.stored_sign_ins import StoredSignIns
from ..process.logs import start_log
from ..process.signals import end_on_signals
from ..settings.http_model import HttpSettings
from ..settings.model import Settings, SettingsError
from .descriptors import lines_of
from .protocol import McpBridge
from .replay import Replay
from .stdio_transport import Inbound, serve_lines

logger = logging.getLogger(__name__)


def serve(settings: Settings, replay: Replay | None = None) -> int:
    """Serve until stdin is closed; a `replay` has read it from the beginning."""
    try:
        redaction = start_log(settings.log_level, settings.log_file, folder=settings.home)
    except SettingsError as error:
        redaction = start_log(settings.log_level, None, folder=settings.home)
        settings = replace(settings, problems=(*settings.problems, str(error)))
    try:
        StoredSignIns(settings, redaction)
    except SettingsError as error:
        settings = replace(settings, systems=(), http=HttpSettings(), problems=(*settings.problems, str(error)))
    for problem in settings.problems:
        logger.error("%s", problem)
    end_on_signals()
    anyio.run(_serve_stdio, settings, redaction, replay)
    return 0


async def _serve_stdio(settings: Settings, redaction: Redaction, replay: Replay | None) -> None:
    with _own_streams() as (source, target):
        # What is wrong with the machine's settings reaches the host through MCP, as what is wrong with ours does.
        async with open_bridge(settings, redaction, checks_machine=False) as bridge, anyio.create_task_group() as group:
            mcp_bridge = McpBridge(bridge)
            server = mcp_bridge.server()

            async def run(read: ObjectReceiveStream[Inbound], write: ObjectSendStream[SessionMessage]) -> None:
                await server.run(read, write, server.create_initialization_options())

            async def responded(id: RequestId | None, data: bytes) -> bytes:
                assert replay
                sent, is_new = replay.answered(id, data)
                if is_new and mcp_bridge.is_repeatable and (files := settings.local_files.record()):
                    await anyio.to_thread.run_sync(replay.save, files)
                if replay.list_changed:
                    replay.list_changed = False
                    group.start_soon(mcp_bridge.announce)
                return sent

            lines = replay.lines() if replay else lines_of(source)
            await serve_lines(run, lines, target, responded if replay else None)
            group.cancel_scope.cancel()


@contextmanager
def _own_streams() -> Generator[tuple[int, int]]:
    """Our input and output on private descriptors; anything else reads nothing and prints to stderr."""
    source, target = os.dup(0), os.dup(1)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    os.dup2(2, 1)
    try:
        yield source, target
    finally:
        sys.stdout.flush()
        os.dup2(source, 0)
        os.dup2(target, 1)


def explain() -> int:
    """Explain the program to a user who starts it on a terminal."""
    print(
        "closient-mcp is an MCP server: a host such as Claude Desktop starts it.\n"
        "Put it into yours with `closient-mcp install HOST`.\n\n"
        "Here in the terminal, try:\n"
        "  closient-mcp demo            an end-to-end walkthrough, no account, no network\n"
        "  closient-mcp login           sign in now, not at the first call\n"
        "  closient-mcp status          what can be reached, and who is signed in\n"
        '  closient-mcp call validate_gtin \'{"gtin": "09506000134352"}\'\n'
        "  closient-mcp install --help  the hosts\n"
        "  closient-mcp --help          everything else",
        file=sys.stderr,
    )
    return 0
