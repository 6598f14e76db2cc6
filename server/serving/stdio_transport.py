"""Our stdio transport: every line from the host gets an answer, and a probe does not fix the protocol version.

The SDK's own drops what it cannot parse, so that the host waits for an answer that never comes, and it serves the
protocol version of the first request even if that was only `server/discover`, the compatibility probe of MCP
2026-07-28.
"""

from __future__ import annotations

import asyncio
import codecs
import json
import logging
import math
import re
import select
import threading
from collections.abc import Awaitable, Callable, Iterable
from contextlib import closing, suppress
from typing import Any, Protocol, TypeAlias, cast

import anyio
import anyio.from_thread
import anyio.to_thread
from anyio.abc import ObjectReceiveStream, ObjectSendStream, TaskGroup
from anyio.lowlevel import EventLoopToken, current_token
from anyio.streams.memory import MemoryObjectSendStream
from mcp import types
from mcp.shared.message import SessionMessage
from pydantic import ValidationError
from pydantic_core import PydanticSerializationError, from_json

from .descriptors import write_all

logger = logging.getLogger(__name__)

# A host that goes on sending lines that cannot be read must not fill the log.
_MOST_LOGGED = 20
# With so many messages that the server has not taken, reading waits for the loop at each line.
_LONG_BACKLOG = 100
# A bracket of JSON, or a string, whose brackets do not count.
_BRACKET = re.compile(r'[\[\]{}]|"(?:[^"\\]|\\.)*"')
Inbound = SessionMessage | Exception
# What the host gets of a response with this id and these bytes.
Responded: TypeAlias = Callable[["types.RequestId | None", bytes], Awaitable[bytes]]


class InvalidMessageError(Exception):
    """A line that is no MCP message; `answer` is due to the host, unless the line was no request."""

    def __init__(self, answer: types.JSONRPCError | None) -> None:
        super().__init__(answer.error.message if answer else "a malformed notification or response")
        self.answer = answer


class Run(Protocol):
    """Serves one connection until its input ends, as the SDK's `Server.run`."""

    async def __call__(self, read: ObjectReceiveStream[Inbound], write: ObjectSendStream[SessionMessage], /) -> None:
        """Serve until `read` ends."""
        ...


def parse_line(line: bytes) -> types.JSONRPCMessage:
    """The message in a line.

    Raises:
        InvalidMessageError: there is none. Its answer has the id of the request wherever that can be read, else null
            (JSON-RPC 2.0 §5); notifications and responses are not answered (§4.1).
    """
    try:
        # Some hosts begin with a byte order mark, which parsers may ignore (RFC 8259 §8.1).
        value: Any = from_json(line.removeprefix(codecs.BOM_UTF8), allow_inf_nan=False)
    except ValueError as error:
        raise _unreadable(line, str(error)) from None
    if not isinstance(value, dict):
        batch = "; MCP has no batches, send one message per line" if isinstance(value, list) else ""
        raise _invalid(None, types.INVALID_REQUEST, f"Invalid Request: expected an object{batch}")
    frame = cast(dict[str, Any], value)
    try:
        message = types.jsonrpc_message_adapter.validate_python(frame, by_name=False)
    except ValidationError:
        message = None
    if message is not None and ("id" not in frame or _is_id(frame["id"])):
        return message
    raise _malformed(frame)


def _is_unanswered(frame: dict[str, Any]) -> bool:
    """Whether a frame is a notification or a response."""
    return "id" not in frame if "method" in frame else "result" in frame or "error" in frame


def _malformed(frame: dict[str, Any]) -> InvalidMessageError:
    if _is_unanswered(frame):
        return InvalidMessageError(None)
    request_id = frame.get("id")
    if "id" in frame and not _is_id(request_id):
        return _invalid(None, types.INVALID_REQUEST, "Invalid Request: the id must be a string or an integer")
    if not isinstance(frame.get("method"), str) or frame.get("jsonrpc") != "2.0":
        expected = 'Invalid Request: expected "jsonrpc": "2.0" and a method'
        return _invalid(request_id, types.INVALID_REQUEST, expected)
    return _invalid(request_id, types.INVALID_PARAMS, "Invalid params: expected an object")


def _unreadable(line: bytes, reason: str) -> InvalidMessageError:
    """What to answer to a line that is not strictly JSON; a lenient parser finds its id and what is wrong."""
    text, is_too_deep = line.decode(errors="replace"), "recursion limit" in reason
    try:
        value: Any = json.loads(_outline(text) if is_too_deep else text, parse_constant=str)
    except (ValueError, RecursionError):
        value = None
    frame = cast(dict[str, Any], value) if isinstance(value, dict) else {}
    if _is_unanswered(frame):
        return InvalidMessageError(None)
    request_id = frame.get("id")
    if not _is_id(request_id):
        return _invalid(None, types.PARSE_ERROR, "Parse error: the line is not valid JSON")
    if path := _lone_surrogate(frame.get("params")):
        cut = f"Invalid params: {path} has half of a surrogate pair; the text was cut in the middle of a character"
        return _invalid(request_id, types.INVALID_PARAMS, cut)
    if is_too_deep:
        return _invalid(request_id, types.INVALID_REQUEST, "Invalid Request: more than 200 levels of nesting")
    return _invalid(request_id, types.PARSE_ERROR, "Parse error: the line is not valid JSON")


def _outline(text: str) -> str:
    """The JSON text with each object and list inside the outermost one emptied."""
    kept, start, depth = list[str](), 0, 0
    for token in _BRACKET.finditer(text):
        if token[0] in "[{":
            depth += 1
            if depth == 2:
                kept.append(text[start : token.end()])
                start = len(text)
        elif token[0] in "]}":
            if depth == 2:
                start = token.start()
            depth -= 1
    return "".join((*kept, text[start:]))


def _lone_surrogate(params: object) -> str:
    """The path of a lone surrogate in the parameters, such as `arguments.name`; empty if there is none."""
    left: list[tuple[str, object]] = [("params", params)]
    while left:
        path, value = left.pop()
        if isinstance(value, dict):
            for name, item in cast(dict[str, object], value).items():
                left += [(path, name), (f"{path}.{name}".removeprefix("params."), item)]
        elif isinstance(value, list):
            left += [(f"{path}[{number}]", item) for number, item in enumerate(cast(list[object], value))]
        elif isinstance(value, str) and any("\ud800" <= character <= "\udfff" for character in value):
            return path.encode("ascii", "replace").decode()[:200]
    return ""


def _is_id(value: object) -> bool:
    """Whether a value is an id that an answer can repeat."""
    return isinstance(value, str | int) and not isinstance(value, bool) and not _lone_surrogate(value)


def _invalid(request_id: types.RequestId | None, code: int, message: str) -> InvalidMessageError:
    return InvalidMessageError(_error(request_id, code, message))


def _error(request_id: types.RequestId | None, code: int, message: str) -> types.JSONRPCError:
    return types.JSONRPCError(jsonrpc="2.0", id=request_id, error=types.ErrorData(code=code, message=message))


class _Connection:
    """One host's messages, and the runs that serve them: a second one where `initialize` follows a mere probe."""

    def __init__(self, run: Run, output: MemoryObjectSendStream[SessionMessage], group: TaskGroup) -> None:
        self.ended = anyio.Event()
        self._run = run
        self._output = output
        self._group = group
        self._inputs: list[MemoryObjectSendStream[Inbound]] = []
        self._only_probed = True
        self._rejected = 0
        self._is_closed = False

    def receive(self, line: bytes) -> None:
        """Pass a message on to the server, or answer that it is none."""
        if self._is_closed:
            logger.debug("input after the end of the connection was dropped")
            return
        try:
            message = parse_line(line)
        except InvalidMessageError as error:
            self._log(error)
            if error.answer:
                self._output.send_nowait(SessionMessage(error.answer))
            return
        method = "" if isinstance(message, types.JSONRPCResponse | types.JSONRPCError) else message.method
        if not self._inputs or (method == "initialize" and self._only_probed):
            self._start_run()
        if isinstance(message, types.JSONRPCRequest):
            self._only_probed = self._only_probed and method == "server/discover"
        for run in self._inputs if method == "notifications/cancelled" else self._inputs[-1:]:
            run.send_nowait(SessionMessage(message))

    def _start_run(self) -> None:
        send, receive = anyio.create_memory_object_stream[Inbound](math.inf)
        self._inputs.append(send)
        # A clone for each: the SDK closes the output of a run at its end.
        self._group.start_soon(self._run, receive, self._output.clone())

    def _log(self, error: InvalidMessageError) -> None:
        self._rejected += 1
        if self._rejected <= _MOST_LOGGED:
            logger.warning("the host sent a line that is no MCP message: %s", error)

    @property
    def backlog(self) -> int:
        """How many messages the server has not taken yet."""
        return self._inputs[-1].statistics().current_buffer_used if self._inputs else 0

    def close(self) -> None:
        """End the input of all runs."""
        self._is_closed = True
        for run in self._inputs:
            run.close()


async def serve_lines(run: Run, source: Iterable[bytes], target: int, responded: Responded | None = None) -> None:
    """Serve the host that sends these lines, for which a thread waits, and reads a file descriptor, until they end.

    Raises:
        OSError: the output is closed or full.
    """
    output, written = anyio.create_memory_object_stream[SessionMessage](math.inf)
    async with anyio.create_task_group() as group:
        connection = _Connection(run, output, group)
        # A thread that nothing waits for: reading can't be interrupted, and the process must be able to end.
        threading.Thread(target=_read, args=(source, connection, current_token()), daemon=True).start()
        group.start_soon(_write, target, written, responded)
        with output, closing(connection):
            await connection.ended.wait()


def _read(source: Iterable[bytes], connection: _Connection, token: EventLoopToken) -> None:
    loop = cast(asyncio.AbstractEventLoop, token.native_token)
    try:
        with suppress(OSError):
            for line in source:
                if connection.backlog < _LONG_BACKLOG:  # a task, or waiting for the loop, would take long
                    loop.call_soon_threadsafe(connection.receive, line)
                else:
                    anyio.from_thread.run_sync(connection.receive, line, token=token)
        loop.call_soon_threadsafe(connection.ended.set)
    except RuntimeError:
        logger.debug("input after the end of the loop was dropped")


async def _write(target: int, messages: ObjectReceiveStream[SessionMessage], responded: Responded | None) -> None:
    async with messages:
        async for session_message in messages:
            message = session_message.message
            data = _serialized(message)
            if responded and isinstance(message, types.JSONRPCResponse | types.JSONRPCError):
                data = await responded(message.id, data)
            if _takes(target, data):
                write_all(target, data)
            else:  # in a thread: a host that does not read for a while must not hold up the calls under way
                await anyio.to_thread.run_sync(write_all, target, data)


def _takes(target: int, data: bytes) -> bool:
    """Whether the data can be written without waiting, which select() promises for so little, on Windows for none."""
    return len(data) <= getattr(select, "PIPE_BUF", 0) and bool(select.select((), (target,), (), 0)[1])


def _serialized(message: types.JSONRPCMessage) -> bytes:
    try:
        text = message.model_dump_json(by_alias=True, exclude_unset=True)
    except PydanticSerializationError:
        logger.exception("a message could not be written; this is a bug")
        request_id = getattr(message, "id", None)
        text = _error(request_id, types.INTERNAL_ERROR, "The answer could not be written").model_dump_json()
    return text.encode() + b"\n"
