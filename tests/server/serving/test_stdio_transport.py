"""Every line gets an answer, and the first request that is no probe settles the protocol version."""

from __future__ import annotations

import json
import os
import threading
from collections import Counter
from collections.abc import AsyncGenerator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import anyio
import anyio.from_thread
import anyio.to_thread
import pytest
from anyio.abc import ObjectReceiveStream, ObjectSendStream
from anyio.lowlevel import current_token
from anyio.streams.memory import MemoryObjectReceiveStream
from hypothesis import given
from hypothesis import strategies as st
from mcp import types
from mcp.shared.message import SessionMessage

from closient_mcp.auth.secrets.redaction import Redaction
from closient_mcp.server.bridge.composition import open_bridge
from closient_mcp.server.serving.descriptors import lines_of
from closient_mcp.server.serving.protocol import McpBridge
from closient_mcp.server.serving.stdio_transport import Inbound, InvalidMessageError, parse_line, serve_lines
from closient_mcp.server.settings.loading import load_settings
from closient_mcp.server.settings.model import Options

from ...fakes.limits import SECONDS

MODERN = {
    "io.modelcontextprotocol/protocolVersion": "2026-07-28",
    "io.modelcontextprotocol/clientCapabilities": {},
    "io.modelcontextprotocol/clientInfo": {"name": "test", "version": "1"},
}
INITIALIZE: dict[str, Any] = {
    "jsonrpc": "2.0",
    "id": 1,
    "method": "initialize",
    "params": {"protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": {"name": "test", "version": "1"}},
}
PING: dict[str, Any] = {"jsonrpc": "2.0", "id": 99, "method": "tools/call", "params": {"name": "ping", "arguments": {}}}
DEEP = '{"jsonrpc":"2.0","id":7,"method":"tools/call","params":{"name":"ping","arguments":{"a":%s}}}'


def discover(id: int = 0) -> dict[str, Any]:
    return {"jsonrpc": "2.0", "id": id, "method": "server/discover", "params": {"_meta": MODERN}}


@dataclass
class Host:
    """The host's end of two pipes."""

    to_server: int
    from_server: int
    unread: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    rest: bytes = b""

    async def send(self, *frames: dict[str, Any] | bytes) -> None:
        data = b"".join((frame if isinstance(frame, bytes) else json.dumps(frame).encode()) + b"\n" for frame in frames)
        while data:
            written = await anyio.to_thread.run_sync(os.write, self.to_server, data)
            data = data[written:]

    async def receive(self) -> dict[str, Any]:
        with anyio.fail_after(SECONDS):
            while b"\n" not in self.rest:
                self.rest += await anyio.to_thread.run_sync(os.read, self.from_server, 65536)
        line, _, self.rest = self.rest.partition(b"\n")
        frame: dict[str, Any] = json.loads(line)
        return frame

    async def answer(self, id: object) -> dict[str, Any]:
        """The answer with this id, other frames kept for later."""
        for number, frame in enumerate(self.unread):
            if frame.get("id") == id and "method" not in frame:
                return self.unread.pop(number)
        while (frame := await self.receive()).get("id") != id or "method" in frame:
            self.unread.append(frame)
        return frame

    async def ask(self, frame: dict[str, Any]) -> dict[str, Any]:
        await self.send(frame)
        return await self.answer(frame["id"])


@asynccontextmanager
async def host() -> AsyncGenerator[Host]:
    """A host at the server, whose only site does not answer."""
    settings = load_settings(Options(site="http://127.0.0.1:9"), {})
    source, to_server = os.pipe()
    from_server, target = os.pipe()
    async with open_bridge(settings, Redaction()) as bridge, anyio.create_task_group() as group:
        server = McpBridge(bridge).server()

        async def run(read: ObjectReceiveStream[Inbound], write: ObjectSendStream[SessionMessage]) -> None:
            await server.run(read, write, server.create_initialization_options())

        group.start_soon(serve_lines, run, lines_of(source), target)
        yield Host(to_server, from_server)
        os.close(to_server)
    for descriptor in (source, from_server, target):
        os.close(descriptor)


@pytest.mark.parametrize(
    ("line", "id", "code", "message"),
    [
        (b'{"jsonrpc":"2.0","id":40,"method":', None, -32700, "Parse error: the line is not valid JSON"),
        (b"not json", None, -32700, "Parse error: the line is not valid JSON"),
        (b"\x00\xff", None, -32700, "Parse error: the line is not valid JSON"),
        (b'{"jsonrpc":"2.0","id":5,"method":"ping","params":{"a":NaN}}', 5, -32700, "not valid JSON"),
        (b'{"jsonrpc":"2.0","id":5,"method":"ping","params":{"a":"\xff"}}', 5, -32700, "not valid JSON"),
        (b"[" * 100_000, None, -32700, "not valid JSON"),
        (b'[{"jsonrpc":"2.0","id":41,"method":"tools/list"}]', None, -32600, "MCP has no batches"),
        (b"[]", None, -32600, "MCP has no batches"),
        (b"null", None, -32600, "expected an object"),
        (b'"text"', None, -32600, "expected an object"),
        (b"{}", None, -32600, 'expected "jsonrpc": "2.0" and a method'),
        (b'{"jsonrpc":"2.0","id":3}', 3, -32600, "and a method"),
        (b'{"jsonrpc":"2.0","id":3,"method":7}', 3, -32600, "and a method"),
        (b'{"jsonrpc":"1.0","id":3,"method":"ping"}', 3, -32600, 'expected "jsonrpc": "2.0"'),
        (b'{"id":"a","method":"ping"}', "a", -32600, 'expected "jsonrpc": "2.0"'),
        (b'{"jsonrpc":"2.0","id":null,"method":"ping"}', None, -32600, "the id must be"),
        (b'{"jsonrpc":"2.0","id":true,"method":"ping"}', None, -32600, "the id must be"),
        (b'{"jsonrpc":"2.0","id":1.5,"method":"ping"}', None, -32600, "the id must be"),
        (b'{"jsonrpc":"2.0","id":{},"method":"ping"}', None, -32600, "the id must be"),
        (b'{"jsonrpc":"2.0","id":6,"method":"ping","params":[1]}', 6, -32602, "Invalid params: expected an object"),
        (b'{"jsonrpc":"2.0","id":6,"method":"ping","params":"x"}', 6, -32602, "Invalid params: expected an object"),
        # An answer with this id could not be written.
        (rb'{"jsonrpc":"2.0","id":"\ud800","method":"ping"}', None, -32700, "Parse error"),
        ((DEEP % ("[" * 250 + "]" * 250)).encode(), 7, -32600, "more than 200 levels of nesting"),
        ((DEEP % (r'["\"]",' + "[" * 5_000 + "]" * 5_001)).encode(), 7, -32600, "more than 200 levels of nesting"),
        ((DEEP % r'"caf\ud83d"').encode(), 7, -32602, "Invalid params: arguments.a has half of a surrogate pair"),
        ((DEEP % r'["b",{"c\udc00":1}]').encode(), 7, -32602, "arguments.a[1] has half of a surrogate pair"),
    ],
)
def test_json_rpc_5_1_a_line_that_is_no_request_is_answered_with_its_id(
    line: bytes, id: object, code: int, message: str
) -> None:
    with pytest.raises(InvalidMessageError) as raised:
        parse_line(line)
    assert raised.value.answer
    assert (raised.value.answer.id, raised.value.answer.error.code) == (id, code)
    assert message in raised.value.answer.error.message


def test_a_byte_order_mark_before_a_message_is_ignored() -> None:
    message = parse_line(b'\xef\xbb\xbf{"jsonrpc":"2.0","id":8,"method":"ping"}\n')
    assert isinstance(message, types.JSONRPCRequest)
    assert message.id == 8


@pytest.mark.parametrize(
    "line",
    [
        b'{"jsonrpc":"2.0","method":"notifications/x","params":[]}',
        b'{"jsonrpc":"1.0","method":"notifications/x"}',
        b'{"jsonrpc":"2.0","id":1,"result":7}',
        b'{"jsonrpc":"2.0","id":[],"error":{"code":1,"message":"m"}}',
        b'{"jsonrpc":"2.0","error":"x"}',
        rb'{"jsonrpc":"2.0","method":"notifications/x","params":{"reason":"caf\ud83d"}}',
        rb'{"jsonrpc":"2.0","id":1,"result":{"content":{"name":"caf\ud83d"}}}',
    ],
)
def test_json_rpc_4_1_malformed_notifications_and_responses_are_not_answered(line: bytes) -> None:
    with pytest.raises(InvalidMessageError) as raised:
        parse_line(line)
    assert raised.value.answer is None


@pytest.mark.parametrize("id", [0, -1, 2**70, "", "a", "\u2028"])
def test_any_string_or_integer_is_an_id(id: object) -> None:
    message = parse_line(json.dumps({"jsonrpc": "2.0", "id": id, "method": "ping"}).encode())
    assert message.model_dump(exclude_unset=True) == {"jsonrpc": "2.0", "id": id, "method": "ping"}


async def test_initialize_is_accepted_after_an_answered_probe() -> None:
    async with host() as client:
        assert "2026-07-28" in (await client.ask(discover()))["result"]["supportedVersions"]
        assert (await client.ask(INITIALIZE))["result"]["protocolVersion"] == "2025-11-25"
        await client.send({"jsonrpc": "2.0", "method": "notifications/initialized"})
        assert (await client.ask(PING))["result"]["structuredContent"] == {"result": "pong"}


async def test_initialize_is_accepted_with_probes_in_the_same_write() -> None:
    cancelled = {"jsonrpc": "2.0", "method": "notifications/cancelled", "params": {"requestId": 0}}
    async with host() as client:
        await client.send(discover(), cancelled, discover(5), INITIALIZE)
        assert (await client.answer(1))["result"]["protocolVersion"] == "2025-11-25"
        assert "result" in await client.answer(5)


async def test_initialize_is_accepted_after_a_probe_without_its_metadata() -> None:
    async with host() as client:
        bare: dict[str, Any] = {"jsonrpc": "2.0", "id": 0, "method": "server/discover", "params": {}}
        assert (await client.ask(bare))["error"]["code"] == -32601
        assert "result" in await client.ask(INITIALIZE)


async def test_initialize_is_refused_after_another_modern_request() -> None:
    async with host() as client:
        await client.ask({"jsonrpc": "2.0", "id": 2, "method": "tools/list", "params": {"_meta": MODERN}})
        assert (await client.ask(INITIALIZE))["error"]["code"] == -32022


async def test_a_probe_of_an_unknown_version_names_the_supported_ones() -> None:
    meta = {**MODERN, "io.modelcontextprotocol/protocolVersion": "2031-01-01"}
    frame = {"jsonrpc": "2.0", "id": 0, "method": "server/discover", "params": {"_meta": meta}}
    async with host() as client:
        error = (await client.ask(frame))["error"]
    assert (error["code"], error["data"]["supported"]) == (-32022, ["2026-07-28"])


async def test_a_line_of_many_megabytes_is_read_in_linear_time() -> None:
    arguments = {"name": "ping", "arguments": {"a": "x" * 2**25}}
    async with host() as client:
        await client.ask(INITIALIZE)
        answer = await client.ask({**PING, "params": arguments})
    assert "there is no `a`" in answer["result"]["content"][0]["text"]


async def test_reading_goes_no_further_ahead_of_a_server_that_is_behind() -> None:
    token, ahead = current_token(), list[int]()
    reads = list[MemoryObjectReceiveStream[Inbound]]()
    is_started, is_sent = threading.Event(), threading.Event()

    def source() -> Iterator[bytes]:
        for number in range(300):
            if number == 200:
                assert is_started.wait(SECONDS)
                anyio.from_thread.run_sync(int, token=token)  # the lines so far have arrived
            if number > 200:
                ahead.append(number - reads[0].statistics().current_buffer_used)
            yield as_line(PING)
        is_sent.set()

    async def run(read: ObjectReceiveStream[Inbound], write: ObjectSendStream[SessionMessage]) -> None:
        assert isinstance(read, MemoryObjectReceiveStream)
        reads.append(read)
        is_started.set()
        assert await anyio.to_thread.run_sync(is_sent.wait, SECONDS)
        async with read, write:
            assert len([message async for message in read]) == 300

    await serve_lines(run, source(), target=-1)
    assert ahead == [0] * 99


@st.composite
def mutated_frames(draw: st.DrawFn) -> bytes:
    """A request some of whose bytes are changed, removed, repeated or preceded by others."""
    data = bytearray(json.dumps({**PING, "id": draw(st.integers(1000, 2000))}).encode())
    pieces = [b'"', b"\\ud800", b"[" * 300, b"NaN", b"\xff", b"{", b"\x00", b"\r", b"9" * 5000, bytes(data)]
    for _ in range(draw(st.integers(1, 3))):
        at, length = draw(st.integers(0, len(data))), draw(st.integers(0, 9))
        data[at : at + length] = draw(st.sampled_from(pieces) | st.binary(max_size=3))
    return bytes(data).replace(b"\n", b" ")


Values: TypeAlias = "st.SearchStrategy[Any]"
JUNK: Values = st.recursive(st.none() | st.booleans() | st.floats() | st.text(max_size=9), st.lists, max_leaves=9)
METHODS: Values = st.sampled_from(
    [
        "ping",
        "tools/list",
        "tools/call",
        "resources/read",
        "prompts/get",
        "logging/setLevel",
        "completion/complete",
        "x",
    ]
)
IDS: Values = st.integers(-1, 3) | st.sampled_from(["", "1", "\u2028", 2**70])
PARAMS: Values = st.dictionaries(st.sampled_from(["name", "arguments", "uri", "_meta", "cursor"]), JUNK)


def frames(required: dict[str, Values], **optional: Values) -> Values:
    return st.fixed_dictionaries({"jsonrpc": st.just("2.0"), **required}, optional=optional)


def as_line(frame: Any) -> bytes:
    return json.dumps(frame).encode()


# Requests, some with the same id; responses to nothing; notifications; batches.
FRAMES = st.one_of(
    frames({"id": IDS, "method": METHODS}, params=PARAMS),
    frames({"id": IDS}, result=JUNK, error=JUNK, method=JUNK),
    frames({"method": METHODS}, params=JUNK),
    st.lists(st.just(PING), max_size=3),
    st.just({**PING, "params": {"name": "ping", "arguments": {"a": "x" * 2**20}}}),
).map(as_line)


@given(lines=st.lists(mutated_frames() | FRAMES, max_size=20))
async def test_each_request_in_any_input_is_answered_once_and_the_session_goes_on(lines: list[bytes]) -> None:
    due = Counter(json.dumps(answered[0]) for line in lines if (answered := _is_answered(line)))
    last = {**PING, "id": "last"}
    async with host() as client, anyio.create_task_group() as group:
        await client.ask(INITIALIZE)
        group.start_soon(client.send, {"jsonrpc": "2.0", "method": "notifications/initialized"}, *lines)
        answers = Counter[str]()
        while answers.total() < due.total():
            frame = await client.receive()
            answers[json.dumps(frame["id"])] += "method" not in frame
        assert answers == due
        assert (await client.ask(last))["result"]["structuredContent"] == {"result": "pong"}
        assert client.unread == []


def _is_answered(line: bytes) -> tuple[object] | None:
    """The id of the answer that is due, in a tuple; None where none is."""
    try:
        message = parse_line(line)
    except InvalidMessageError as error:
        return (error.answer.id,) if error.answer else None
    dumped = message.model_dump(exclude_unset=True)
    return (dumped["id"],) if "id" in dumped and "method" in dumped else None
