from __future__ import annotations

import gzip
import json
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing, asynccontextmanager
from typing import Any

import anyio
import httpx2
import pytest
from anyio.abc import SocketAttribute, SocketStream

from closient_mcp.tools.calls.requests import build_request
from closient_mcp.tools.errors import InvalidArgumentsError, RefusedError, UnreachableError
from closient_mcp.tools.http.messages import MAY_HAVE_SUCCEEDED, Request
from closient_mcp.tools.http.sender import Sender
from closient_mcp.tools.openapi.operation import Source
from closient_mcp.tools.openapi.operations import read_operations
from closient_mcp.tools.tiers.tier import Tier

from ...fakes.service import Received, Reply, Service, document, operation, running_service


@pytest.fixture
async def sender(service: Service) -> AsyncIterator[Sender]:
    async with httpx2.AsyncClient(headers={"x-api-key": "key"}, trust_env=False, verify=False) as client:
        yield Sender(client, frozenset({service.url}), "acme")


def get(service: Service, path: str, **members: Any) -> Request:
    return Request("GET", service.url + path, **members)


def in_turn(*replies: Reply) -> Any:
    rest = list(replies)

    def answer(_: Received) -> Reply:
        return rest.pop(0) if len(rest) > 1 else rest[0]

    return answer


async def test_a_request_is_sent_and_its_response_returned(service: Service, sender: Sender) -> None:
    service.routes["/a"] = Reply({"ok": True}, headers={"ETag": "x"})
    response = await sender.send(
        Request("POST", f"{service.url}/a?q=1", {"content-type": "application/json"}, b'{"n":1}')
    )
    (got,) = service.received
    assert (got.method, got.path, got.query, got.json()) == ("POST", "/a", "q=1", {"n": 1})
    assert (response.status, json.loads(response.body), response.headers["etag"]) == (200, {"ok": True}, "x")


@pytest.mark.parametrize(("status", "shown"), [(500, b"[secret] \xff"), (200, b"the-api-key \xff")])
async def test_rule_1_a_secret_that_an_error_repeats_is_hidden_before_it_can_be_cut(
    service: Service, sender: Sender, status: int, shown: bytes
) -> None:
    service.routes["/a"] = Reply(b"the-api-key \xff", status)
    sender.hide = lambda text: text.replace("the-api-key", "[secret]")
    assert (await sender.send(get(service, "/a"))).body == shown


async def test_rule_1_another_origin_is_never_called(sender: Sender) -> None:
    with running_service() as other:
        with pytest.raises(RefusedError, match="not a URL of acme"):
            await sender.send(Request("GET", f"{other.url}/a"))
        assert other.received == []


async def test_rule_1_a_redirect_to_another_origin_is_not_followed(service: Service, sender: Sender) -> None:
    with running_service({"/a": Reply({})}) as other:
        service.routes["/a"] = Reply(status=302, headers={"Location": f"{other.url}/a"})
        response = await sender.send(get(service, "/a"))
        assert (response.status, response.headers["location"]) == (302, f"{other.url}/a")
        assert other.received == []


@pytest.mark.parametrize(
    ("status", "method", "then"),
    [
        (301, "GET", "GET"),
        (302, "POST", "GET"),
        (303, "PUT", "GET"),
        (307, "POST", "POST"),
        (308, "PUT", "PUT"),
    ],
)
async def test_a_redirect_inside_the_system_is_followed(
    service: Service, sender: Sender, status: int, method: str, then: str
) -> None:
    service.routes |= {"/a": Reply(status=status, headers={"Location": "/b"}), "/b": Reply({"at": "b"})}
    request = Request(method, f"{service.url}/a", content=None if method == "GET" else b"{}")
    assert json.loads((await sender.send(request)).body) == {"at": "b"}
    assert [(got.method, got.path) for got in service.received] == [(method, "/a"), (then, "/b")]
    assert service.received[1].body == (b"{}" if then != "GET" else b"")


async def test_a_redirect_loop_ends(service: Service, sender: Sender) -> None:
    service.routes["/a"] = Reply(status=302, headers={"Location": "/a"})
    with pytest.raises(RefusedError, match="more than 4 times"):
        await sender.send(get(service, "/a"))


@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_rule_4_a_429_with_a_short_wait_is_retried(service: Service, sender: Sender, method: str) -> None:
    service.routes["/a"] = in_turn(Reply(status=429, headers={"Retry-After": "0"}), Reply({"ok": 1}))
    response = await sender.send(Request(method, f"{service.url}/a"))
    assert (response.status, len(service.received)) == (200, 2)


async def test_a_429_with_a_long_wait_is_returned(service: Service, sender: Sender) -> None:
    service.routes["/a"] = Reply(status=429, headers={"Retry-After": "60"})
    assert (await sender.send(get(service, "/a"))).status == 429
    assert len(service.received) == 1


@pytest.mark.parametrize(("headers", "times"), [({"Retry-After": "0"}, 3), ({}, 1)])
async def test_rule_4_a_503_is_retried_only_with_retry_after(
    service: Service, sender: Sender, headers: dict[str, str], times: int
) -> None:
    service.routes["/a"] = Reply(status=503, headers=headers)
    assert (await sender.send(Request("POST", f"{service.url}/a"))).status == 503
    assert len(service.received) == times


@pytest.mark.parametrize("status", [500, 502, 504])
async def test_rule_4_a_failed_write_is_never_retried(service: Service, sender: Sender, status: int) -> None:
    service.routes["/a"] = Reply(status=status)
    await sender.send(Request("POST", f"{service.url}/a"))
    assert len(service.received) == 1


class Dropping(httpx2.AsyncBaseTransport):
    """Loses the connection after sending, a given number of times."""

    def __init__(self, times: int) -> None:
        self.times = times
        self.sent: list[httpx2.Request] = []

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        self.sent.append(request)
        if len(self.sent) <= self.times:
            raise httpx2.ReadError("connection lost")
        return httpx2.Response(200, json={"ok": True})


@pytest.mark.parametrize(("method", "tries"), [("GET", 3), ("PUT", 3), ("DELETE", 3), ("POST", 1), ("PATCH", 1)])
async def test_rule_4_only_idempotent_methods_are_retried(method: str, tries: int) -> None:
    transport = Dropping(times=10)
    async with httpx2.AsyncClient(transport=transport) as client:
        sender = Sender(client, frozenset({"https://h.example"}), "acme")
        with pytest.raises(UnreachableError) as caught:
            await sender.send(Request(method, "https://h.example/a?token=hidden"))
    assert len(transport.sent) == tries
    assert ("check before you repeat it" in caught.value.next_step) == (tries == 1)
    assert caught.value.details["url"] == "https://h.example/a"


@pytest.mark.parametrize(
    ("method", "tier", "tries", "may_be_done"),
    [
        ("POST", "read", 1, False),
        ("POST", "create", 1, True),
        ("GET", "read", 3, False),
        ("GET", "destructive", 1, True),
        ("PUT", "destructive", 3, False),
        ("PATCH", "destructive", 1, True),
    ],
)
async def test_rule_4_the_next_step_after_a_lost_response_depends_on_the_tier(
    method: str, tier: Tier, tries: int, may_be_done: bool
) -> None:
    transport = Dropping(times=10)
    async with httpx2.AsyncClient(transport=transport) as client:
        sender = Sender(client, frozenset({"https://h.example"}), "acme")
        with pytest.raises(UnreachableError) as caught:
            await sender.send(Request(method, "https://h.example/a", tier=tier))
    assert len(transport.sent) == tries
    assert caught.value.next_step == (MAY_HAVE_SUCCEEDED if may_be_done else "Try again.")


class Hanging(httpx2.AsyncBaseTransport):
    """Never answers."""

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        await anyio.sleep_forever()
        raise AssertionError


@pytest.mark.parametrize(("tier", "may_be_done"), [("read", False), ("create", True), (None, True)])
async def test_rule_4_a_post_of_tier_read_has_no_effect_to_check(tier: Tier | None, may_be_done: bool) -> None:
    async with httpx2.AsyncClient(transport=Hanging()) as client:
        sender = Sender(client, frozenset({"https://h.example"}), "acme")
        with pytest.raises(UnreachableError) as caught:
            await sender.send(Request("POST", "https://h.example/a", timeout=0.05, tier=tier))
    assert caught.value.next_step == (MAY_HAVE_SUCCEEDED if may_be_done else "Try again.")


def test_rule_4_a_request_has_the_tier_of_its_operation() -> None:
    host = "https://h.example"
    paths = {"/things/search": {"post": operation()}, "/things": {"post": operation()}}
    found, _ = read_operations(document(paths), Source("acme", (), "", host, host, frozenset({host})))
    assert [build_request(one, {}).tier for one in found] == ["read", "create"]


@asynccontextmanager
async def streaming(*chunks: bytes, content_type: str, ends: bool = False) -> AsyncGenerator[Sender]:
    """A service that sends these chunks, and then leaves the connection open or breaks it."""

    async def answer(stream: SocketStream) -> None:
        async with stream:
            await stream.receive()
            head = f"HTTP/1.1 200 OK\r\nContent-Type: {content_type}\r\nTransfer-Encoding: chunked\r\n\r\n"
            await stream.send(head.encode())
            for chunk in chunks:
                await stream.send(f"{len(chunk):x}\r\n".encode() + chunk + b"\r\n")
            if not ends:
                await anyio.sleep_forever()

    async with (
        await anyio.create_tcp_listener(local_host="127.0.0.1") as listener,
        httpx2.AsyncClient(trust_env=False, verify=False) as client,
        anyio.create_task_group() as group,
    ):
        group.start_soon(listener.serve, answer)
        port = listener.extra(SocketAttribute.local_port)
        yield Sender(client, frozenset({f"http://127.0.0.1:{port}"}), "acme")
        group.cancel_scope.cancel()


@pytest.mark.parametrize("content_type", ["text/event-stream", "application/x-ndjson", "multipart/x-mixed-replace"])
async def test_an_endless_stream_returns_its_beginning(monkeypatch: pytest.MonkeyPatch, content_type: str) -> None:
    monkeypatch.setattr("closient_mcp.tools.http.sender._STREAM_SECONDS", 0.05)

    class Endless(httpx2.AsyncByteStream):
        """Gives both parts at once, so that no time can pass between them, and then nothing for ever."""

        async def __aiter__(self) -> AsyncIterator[bytes]:
            yield b"data: 1\n\n"
            yield b"data: 2\n\n"
            await anyio.sleep_forever()

    def answer(_: httpx2.Request) -> httpx2.Response:
        return httpx2.Response(200, headers={"Content-Type": content_type}, stream=Endless())

    async with httpx2.AsyncClient(transport=httpx2.MockTransport(answer)) as client:
        sender = Sender(client, frozenset({"https://h.example"}), "acme")
        response = await sender.send(Request("GET", "https://h.example/a"))
    assert (response.body, response.cut) == (b"data: 1\n\ndata: 2\n\n", True)


async def test_rule_2_a_stream_is_limited_in_size(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("closient_mcp.tools.http.sender.MAX_BYTES", 12)
    async with streaming(b"data: 1\n\n", b"data: 2\n\n", content_type="text/event-stream") as sender:
        (origin,) = sender.origins
        response = await sender.send(Request("GET", f"{origin}/a"))
        assert (response.body, response.cut) == (b"data: 1\n\ndat", True)


async def test_a_broken_stream_returns_its_beginning() -> None:
    async with streaming(b"data: 1\n\n", content_type="text/event-stream", ends=True) as sender:
        (origin,) = sender.origins
        response = await sender.send(Request("GET", f"{origin}/a"))
        assert (response.body, response.cut) == (b"data: 1\n\n", True)


async def test_a_stream_that_breaks_without_content_is_an_error() -> None:
    async with streaming(content_type="text/event-stream", ends=True) as sender:
        (origin,) = sender.origins
        with pytest.raises(UnreachableError):
            await sender.send(Request("POST", f"{origin}/a"))


async def test_a_finished_stream_is_complete(service: Service, sender: Sender) -> None:
    service.routes["/a"] = Reply("data: 1\n\n", headers={"Content-Type": "text/event-stream; charset=utf-8"})
    response = await sender.send(get(service, "/a"))
    assert (response.body, response.cut) == (b"data: 1\n\n", False)


async def test_an_unreachable_service_is_reported_by_name() -> None:
    async with httpx2.AsyncClient(trust_env=False, verify=False) as client:
        sender = Sender(client, frozenset({"http://127.0.0.1:9"}), "acme")
        with pytest.raises(UnreachableError, match=r"acme \(127\.0\.0\.1\) cannot be reached"):
            await sender.send(Request("POST", "http://127.0.0.1:9/a"))


async def test_a_timeout_is_an_error() -> None:
    async with httpx2.AsyncClient(transport=Hanging()) as client:
        sender = Sender(client, frozenset({"https://h.example"}), "acme")
        with pytest.raises(UnreachableError, match="did not respond within 0 seconds"):
            await sender.send(Request("GET", "https://h.example/a", timeout=0.05))


async def test_rule_2_a_large_response_is_truncated(
    service: Service, sender: Sender, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("closient_mcp.tools.http.sender.MAX_BYTES", 1000)
    service.routes["/a"] = Reply(b"x" * 5000)
    response = await sender.send(get(service, "/a"))
    assert (len(response.body), response.cut) == (1000, True)


async def test_rule_2_a_compressed_bomb_is_limited(
    service: Service, sender: Sender, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("closient_mcp.tools.http.sender.MAX_BYTES", 1_000_000)
    bomb = gzip.compress(b"0" * 50_000_000)
    service.routes["/a"] = Reply(bomb, headers={"Content-Encoding": "gzip"})
    response = await sender.send(get(service, "/a"))
    assert (len(response.body), response.cut) == (1_000_000, True)


async def test_a_response_has_the_method_of_its_request(service: Service, sender: Sender) -> None:
    service.routes["/a"] = Reply({})
    assert (await sender.send(Request("DELETE", f"{service.url}/a"))).method == "DELETE"


async def test_cookies_from_the_service_are_not_sent_back(service: Service) -> None:
    from closient_mcp.auth.secrets.redaction import Redaction
    from closient_mcp.server.bridge.stored_sign_ins import StoredSignIns
    from closient_mcp.server.bridge.system_clients import SystemClients
    from closient_mcp.server.settings.loading import load_settings
    from closient_mcp.server.settings.model import Options

    service.routes["/a"] = Reply({}, headers={"Set-Cookie": "sessionid=1; Path=/"})
    settings = load_settings(Options(site=service.url), {})
    (system,) = settings.systems
    sign_ins = StoredSignIns(settings, Redaction())
    async with aclosing(SystemClients(system, settings, Redaction(), sign_ins)) as clients:
        sender = Sender(clients.api, system.origins, "closient")
        await sender.send(get(service, "/a"))
        await sender.send(get(service, "/a"))
    assert all("cookie" not in got.headers for got in service.received)


@pytest.mark.parametrize("path", ["/a\x01", "/" + "x" * 70_000])
async def test_an_invalid_url_is_an_error_of_the_arguments(service: Service, sender: Sender, path: str) -> None:
    with pytest.raises(InvalidArgumentsError, match="invalid URL"):
        await sender.send(get(service, path))


async def test_rule_4_a_503_without_retry_after_is_not_retried(service: Service, sender: Sender) -> None:
    headers = {"RateLimit-Remaining": "0", "RateLimit-Reset": "0"}
    service.routes["/a"] = Reply(status=503, headers=headers)
    assert (await sender.send(get(service, "/a"))).status == 503
    assert len(service.received) == 1


async def test_a_refused_connection_is_not_retried() -> None:
    tried: list[httpx2.Request] = []

    def refuse(request: httpx2.Request) -> httpx2.Response:
        tried.append(request)
        raise httpx2.ConnectError("refused")

    async with httpx2.AsyncClient(transport=httpx2.MockTransport(refuse)) as client:
        sender = Sender(client, frozenset({"https://h.example"}), "acme")
        with pytest.raises(UnreachableError):
            await sender.send(Request("GET", "https://h.example/a"))
    assert len(tried) == 1


async def test_a_redirect_to_get_drops_the_content_type(service: Service, sender: Sender) -> None:
    service.routes |= {"/a": Reply(status=303, headers={"Location": "/b"}), "/b": Reply({})}
    headers = {"content-type": "application/json", "x-kept": "1"}
    await sender.send(Request("POST", f"{service.url}/a", headers, b"{}"))
    assert "content-type" not in service.received[1].headers
    assert service.received[1].headers["x-kept"] == "1"


@pytest.mark.parametrize(
    ("reply", "reason"),
    [
        (b"HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\nabcd", "failed: its answer broke off after 4 of 500 bytes."),
        (
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nabcd\r\n",
            "failed: its answer broke off after 4 bytes.",
        ),
        (b"NOT HTTP AT ALL\r\n\r\n", "failed: its answer is not valid HTTP."),
        (b"HTTP/1.1 200 OK\r\nX: " + b"y" * 200_000 + b"\r\n\r\n", "failed: a header of its answer is too long."),
        (b"", "cannot be reached: Server disconnected without sending a response."),
    ],
    ids=["cut", "cut-chunks", "not-http", "long-header", "nothing"],
)
async def test_an_invalid_answer_is_told_from_none(reply: bytes, reason: str) -> None:
    async def answer(stream: SocketStream) -> None:
        async with stream:
            await stream.receive()
            await stream.send(reply)

    async with (
        await anyio.create_tcp_listener(local_host="127.0.0.1") as listener,
        httpx2.AsyncClient(trust_env=False, verify=False) as client,
        anyio.create_task_group() as group,
    ):
        group.start_soon(listener.serve, answer)
        url = f"http://127.0.0.1:{listener.extra(SocketAttribute.local_port)}"
        with pytest.raises(UnreachableError) as caught:
            await Sender(client, frozenset({url}), "acme").send(Request("POST", url))
        assert caught.value.message == f"acme (127.0.0.1) {reason}"
        assert caught.value.next_step == MAY_HAVE_SUCCEEDED
        group.cancel_scope.cancel()
