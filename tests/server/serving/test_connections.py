"""Connections over HTTP that do nothing are closed; those with a request under way are not."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, ExitStack, asynccontextmanager

import httpx2
import pytest
from starlette.types import Receive, Scope, Send
from uvicorn.server import ServerState

from closient_mcp.server.serving import connections
from closient_mcp.server.serving.connections import HttpConnection, HttpServer, most_connections
from closient_mcp.server.serving.listening import ListenAddress, listen
from closient_mcp.server.serving.streamable_http import configuration
from closient_mcp.server.settings.http_model import HttpSettings

from ...fakes.limits import SECONDS

REQUEST = b"GET / HTTP/1.1\r\nHost: LocalHost\r\n\r\n"


class Application:
    """Answers each request with its Host, once `released` is set."""

    def __init__(self) -> None:
        self.arrived = asyncio.Semaphore(0)
        self.released = asyncio.Event()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.arrived.release()
        await self.released.wait()
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"9")]})
        await send({"type": "http.response.body", "body": dict(scope["headers"])[b"host"]})


class Upload(Application):
    """Waits for the end of the request."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.arrived.release()
        while (await receive())["type"] != "http.disconnect":
            pass


@asynccontextmanager
async def served(application: Application) -> AsyncGenerator[int]:
    """The port of a server."""
    config = configuration(application, HttpSettings())
    config.lifespan = "off"
    server = HttpServer(config)
    with listen(ListenAddress("127.0.0.1")) as listener:
        serving = asyncio.create_task(server.serve(sockets=[listener]))
        yield listener.getsockname()[1]
        application.released.set()
        server.should_exit = True
        await serving


@asynccontextmanager
async def connected(port: int, sent: bytes) -> AsyncGenerator[asyncio.StreamReader]:
    """What the server answers to these bytes."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(sent)
    yield reader
    writer.close()


async def answer(reader: asyncio.StreamReader) -> bytes:
    """What arrives until the connection is closed, or the body of a complete response; empty if it was aborted."""
    try:
        async with asyncio.timeout(SECONDS):
            return (await reader.readuntil(b"\r\n\r\n") + await reader.readexactly(9)).split(b"\r\n\r\n")[1]
    except (asyncio.IncompleteReadError, ConnectionResetError):
        return b""


@pytest.mark.parametrize(
    "sent", [b"", b"POST / HTTP/1.1\r\nHost: x\r\nX-A: ", b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n{"]
)
async def test_a_connection_without_a_complete_request_is_closed(monkeypatch: pytest.MonkeyPatch, sent: bytes) -> None:
    monkeypatch.setattr(connections, "REQUEST_SECONDS", 0)
    async with served(Application()) as port, connected(port, sent) as reader:
        assert await answer(reader) == b""


async def test_the_connection_that_waits_longest_makes_room_for_a_new_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections, "most_connections", lambda: 2)
    application = Application()
    async with served(application) as port, connected(port, REQUEST) as busy:
        await application.arrived.acquire()
        async with connected(port, b"") as idle, connected(port, REQUEST) as new:
            assert await answer(idle) == b""
            application.released.set()
            assert [await answer(busy), await answer(new)] == [b"LocalHost"] * 2


async def test_a_new_connection_is_closed_if_all_others_have_a_request(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections, "most_connections", lambda: 1)
    application = Application()
    async with served(application) as port, connected(port, REQUEST) as busy:
        await application.arrived.acquire()
        async with connected(port, b"") as new:
            assert await answer(new) == b""
        application.released.set()
        assert await answer(busy) == b"LocalHost"


class Slow(asyncio.Transport):
    """A transport whose client reads so that these numbers of bytes are left, one after the other."""

    def __init__(self, *unsent: int) -> None:
        super().__init__()
        self.unsent = list(unsent)
        self.closed = asyncio.Event()

    def get_write_buffer_size(self) -> int:
        """How much the client has not read."""
        return self.unsent.pop(0)

    def abort(self) -> None:
        """Close the connection."""
        self.closed.set()


@pytest.mark.parametrize(
    "unsent",
    [(0, 0), (90_000, 89_000), (90_000, 90_000), (90_000, 60_000, 59_000), (90_000, 30_000, 5_000, 0, 0)],
    ids=["nothing to read", "too slow", "not at all", "slower and slower", "everything"],
)
async def test_a_client_that_reads_a_long_response_is_waited_for(
    monkeypatch: pytest.MonkeyPatch, unsent: tuple[int, ...]
) -> None:
    monkeypatch.setattr(connections, "REQUEST_SECONDS", 0)
    config = configuration(Application(), HttpSettings())
    config.load()
    transport, connection = Slow(*unsent), HttpConnection(config, ServerState(), {})
    connection.connection_made(transport)
    await transport.closed.wait()
    assert transport.unsent == []


async def test_a_request_that_is_not_complete_does_not_delay_the_end(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(connections, "REQUEST_SECONDS", 3_600)
    sent, upload = b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n{", Upload()
    async with AsyncExitStack() as stack:
        async with served(upload) as port:
            reader = await stack.enter_async_context(connected(port, sent))
            await upload.arrived.acquire()
        assert await answer(reader) == b""
    assert caplog.messages == []  # no request was cancelled because it took too long


async def test_many_clients_connect_at_once_while_the_server_is_busy() -> None:
    application = Application()
    application.released.set()
    async with served(application) as port, connected(port, REQUEST) as reader:
        assert await answer(reader) == b"LocalHost"
        with ExitStack() as stack:
            for _ in range(100):  # nothing is accepted meanwhile, for this waits without the event loop
                stack.enter_context(socket.create_connection(("127.0.0.1", port), SECONDS))


async def test_after_a_request_with_two_lengths_nothing_more_is_read() -> None:
    application = Application()
    application.released.set()
    two_lengths = b"POST / HTTP/1.1\r\nHost: first\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"
    async with served(application) as port, connected(port, two_lengths + REQUEST) as reader:
        async with asyncio.timeout(SECONDS):
            answers = await reader.read()
    assert answers.count(b"HTTP/1.1 200 OK") == 1


def test_an_idle_connection_is_kept_longer_than_clients_would_use_it() -> None:
    expiry = httpx2.Limits().keepalive_expiry
    assert expiry
    assert configuration(Application(), HttpSettings()).timeout_keep_alive > expiry


def test_accepted_connections_send_small_writes_at_once() -> None:
    with listen(ListenAddress("127.0.0.1")) as listener:
        assert listener.proto == socket.IPPROTO_TCP  # asyncio sets TCP_NODELAY for no other


@pytest.mark.parametrize(("limit", "expected"), [(16, 8), (128, 32), (1024, 928), (10**6, 1000)])
def test_descriptors_are_left_for_everything_else(monkeypatch: pytest.MonkeyPatch, limit: int, expected: int) -> None:
    def limits(_: int) -> tuple[int, int]:
        return limit, limit

    monkeypatch.setattr(pytest.importorskip("resource"), "getrlimit", limits)
    assert most_connections() == expected
