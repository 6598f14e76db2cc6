"""Starts an entry once, as its host would, and shakes hands with the server."""

from __future__ import annotations

import json
import tempfile
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from subprocess import PIPE
from typing import IO

import anyio
from anyio.abc import Process
from anyio.streams.buffered import BufferedByteReceiveStream

from ...tools.formats.json_values import InvalidJsonError, JsonObject, as_list, as_object, as_text, parse_json
from ...tools.formats.text import one_line
from ..settings.version import VERSION
from .launch import Launch

# For hosts whose own limit is not known; it is what the SDKs wait for an answer.
DEFAULT_SECONDS = 60.0
# The first list waits for the documents.
_LIST_SECONDS = 20.0
_END_SECONDS = 5.0
_MAX_FRAME = 50_000_000
_PROTOCOL = "2025-11-25"


@dataclass(frozen=True, slots=True)
class Started:
    """A server that answered: its name and version, the seconds until then, and how many tools it lists, if known."""

    server: str
    seconds: float
    tools: int | None


@dataclass(frozen=True, slots=True)
class NotStarted:
    """Why a server did not answer."""

    reason: str


async def start(launch: Launch, environment: Mapping[str, str], seconds: float) -> Started | NotStarted:
    """Start a server in this environment and no other, wait so long for its answer, and end it."""
    begin = time.monotonic()
    with tempfile.TemporaryFile() as errors:
        command = [launch.command, *launch.arguments]
        try:
            process = await anyio.open_process(command, stdin=PIPE, stdout=PIPE, stderr=errors, env=environment)
        except OSError as error:
            return NotStarted(f"{launch.command} cannot be started: {error.strerror or error}")
        except ValueError:
            return NotStarted(f"{launch.command!r} cannot be the name of a command")
        try:
            return await _greet(process, begin, seconds)
        except (TimeoutError, anyio.EndOfStream, anyio.IncompleteRead, anyio.BrokenResourceError) as error:
            late = isinstance(error, TimeoutError)
            reason = f"it did not answer within {seconds:.0f} seconds" if late else "it ended without an answer"
            return NotStarted(f"{reason}{_last_line(errors)}")
        except (InvalidJsonError, anyio.DelimiterNotFound):
            return NotStarted("it printed something that is no message of MCP")
        finally:
            with anyio.CancelScope(shield=True):
                await _end(process)


async def _greet(process: Process, begin: float, seconds: float) -> Started:
    assert process.stdout
    frames = BufferedByteReceiveStream(process.stdout)
    # A client of its own each time, so that no answer of an earlier start is given again.
    title = f"closient-mcp, at {time.time_ns()}"
    client = {"name": "closient-mcp", "title": title, "version": VERSION}
    with anyio.fail_after(seconds):
        await _send(process, 1, "initialize", protocolVersion=_PROTOCOL, capabilities={}, clientInfo=client)
        answer = await _answer(frames, 1)
    took = time.monotonic() - begin
    server = as_object(as_object(answer.get("result")).get("serverInfo"))
    name = one_line(f"{as_text(server.get('name'))} {as_text(server.get('version'))}", 100)
    tools = None
    with anyio.move_on_after(_LIST_SECONDS):
        await _send(process, None, "notifications/initialized")
        await _send(process, 2, "tools/list")
        listed = await _answer(frames, 2)
        tools = len(as_list(as_object(listed.get("result")).get("tools")))
    return Started(name, took, tools)


async def _send(process: Process, number: int | None, method: str, **params: object) -> None:
    assert process.stdin
    frame = {"jsonrpc": "2.0", "method": method, "params": params} | ({} if number is None else {"id": number})
    await process.stdin.send(json.dumps(frame).encode() + b"\n")


async def _answer(frames: BufferedByteReceiveStream, number: int) -> JsonObject:
    while True:
        frame = as_object(parse_json(await frames.receive_until(b"\n", _MAX_FRAME)))
        if frame.get("id") == number:
            return frame


async def _end(process: Process) -> None:
    """Close the server's input, which ends it, or else kill it."""
    assert process.stdin
    with suppress(anyio.BrokenResourceError, OSError):
        await process.stdin.aclose()
    with anyio.move_on_after(_END_SECONDS):
        await process.wait()
    if process.returncode is None:
        process.kill()
    await process.aclose()


def _last_line(errors: IO[bytes]) -> str:
    """The last line that the server printed, to explain its end."""
    errors.seek(0, 2)
    errors.seek(max(0, errors.tell() - 4_000))
    lines = [line for line in errors.read().decode("utf-8", "replace").splitlines() if line.strip()]
    return f"; it printed: {one_line(lines[-1], 300)}" if lines else ""
