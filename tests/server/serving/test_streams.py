"""How many streams of notifications a caller may hold."""

from __future__ import annotations

import json
import math

import anyio
import pytest

from closient_mcp.server.callers.identity import SCOPE_KEY, Identity
from closient_mcp.server.serving import streams
from closient_mcp.server.serving.asgi import Message, Receive, Scope, Send, respond
from closient_mcp.server.serving.streams import Streams

LISTEN = "subscriptions/listen"


class Application:
    """Answers requests once `ending` is set; `arrived` counts them."""

    def __init__(self) -> None:
        self.arrived = 0
        self.ending = anyio.Event()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.arrived += 1
        await self.ending.wait()
        await respond(send, 200, {})


async def requested(app: Streams, caller: str, mcp_method: str) -> tuple[int, str]:
    """The status and body of the answer to a request of this caller."""
    sent: list[Message] = []

    async def receive() -> Message:
        return {"type": "http.request"}

    async def send(message: Message) -> None:
        sent.append(message)

    headers = [(b"mcp-method", mcp_method.encode())]
    identity = Identity(caller, math.inf, caller)
    await app({"type": "http", "method": "POST", "headers": headers, SCOPE_KEY: identity}, receive, send)
    return sent[0]["status"], sent[1]["body"].decode()


async def test_a_caller_may_hold_some_streams_and_does_not_take_those_of_others(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(streams, "most_connections", lambda: 20)
    application = Application()
    app = Streams(application)
    async with anyio.create_task_group() as group:
        for caller, method in (("ann", LISTEN), ("ann", LISTEN), ("ann", "tools/call"), ("bob", LISTEN)):
            group.start_soon(requested, app, caller, method)
        await anyio.wait_all_tasks_blocked()
        assert application.arrived == 4
        status, body = await requested(app, "ann", LISTEN)
        assert (status, application.arrived) == (429, 4)
        assert "You have 2 subscriptions" in json.loads(body)["error"]
        application.ending.set()
    assert await requested(app, "ann", LISTEN) == (200, "{}")
