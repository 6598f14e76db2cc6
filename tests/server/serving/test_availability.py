"""Health checks, and what the end of the server does to streams."""

from __future__ import annotations

import anyio
import httpx2
import pytest
from starlette.requests import Request

from closient_mcp.server.serving.asgi import Message, Receive, Scope, Send
from closient_mcp.server.serving.availability import Availability

from ...fakes.limits import SECONDS


async def stream(scope: Scope, receive: Receive, send: Send) -> None:
    """A stream that lasts until its client hangs up, and then just returns."""
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b"hello", "more_body": True})
    while (await receive())["type"] != "http.disconnect":
        pass


async def status(availability: Availability, path: str) -> int:
    async with httpx2.AsyncClient(
        transport=httpx2.ASGITransport(availability), base_url="http://any.example"
    ) as client:
        return (await client.get(path)).status_code


async def test_it_is_ready_once_the_documents_are_read_and_until_it_stops() -> None:
    loaded: list[bool] = []
    availability = Availability(stream, lambda: bool(loaded))
    assert [await status(availability, path) for path in ("/healthz", "/readyz")] == [200, 503]
    loaded.append(True)
    assert await status(availability, "/readyz") == 200
    availability.stop()
    with anyio.fail_after(SECONDS):
        async with anyio.create_task_group() as group:
            group.start_soon(availability.noticed)
            assert [await status(availability, path) for path in ("/healthz", "/readyz")] == [200, 503]


async def test_without_a_load_balancer_the_end_is_not_delayed() -> None:
    availability = Availability(stream, lambda: True)
    availability.stop()
    with anyio.fail_after(SECONDS):
        await availability.noticed()


async def test_a_client_that_hangs_up_in_its_request_is_no_error() -> None:
    async def application(scope: Scope, receive: Receive, send: Send) -> None:
        await Request(scope, receive).body()

    async def receive() -> Message:
        return {"type": "http.disconnect"}

    async def send(_: Message) -> None:
        raise AssertionError("nobody is there to get an answer")

    scope: Scope = {"type": "http", "method": "POST", "path": "/mcp", "headers": []}
    await Availability(application, lambda: True)(scope, receive, send)


async def test_a_stream_ends_completely_when_the_server_stops() -> None:
    availability = Availability(stream, lambda: True)
    sent: list[Message] = []
    arrived = anyio.Event()

    async def send(message: Message) -> None:
        sent.append(message)
        if message.get("body"):
            arrived.set()

    async def receive() -> Message:
        await anyio.sleep_forever()
        pytest.fail("nothing arrives")

    with anyio.fail_after(SECONDS):
        async with anyio.create_task_group() as group:
            group.start_soon(availability, {"type": "http", "method": "GET", "path": "/mcp"}, receive, send)
            await arrived.wait()
            availability.stop()
    assert [bool(message.get("more_body")) for message in sent[1:]] == [True, False]
