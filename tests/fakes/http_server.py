"""Our server over HTTP, without a socket, and requests to it."""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import anyio
import httpx2

from closient_mcp.auth.secrets.redaction import Redaction
from closient_mcp.server.bridge.composition import Bridge, open_bridge
from closient_mcp.server.callers.credentials import for_callers
from closient_mcp.server.serving.asgi import AsgiApplication, Message
from closient_mcp.server.serving.authentication import verifier_of
from closient_mcp.server.serving.listening import ListenAddress, parse_listen_address
from closient_mcp.server.serving.protocol import McpBridge
from closient_mcp.server.serving.streamable_http import application, links_for
from closient_mcp.server.settings.loading import load_settings
from closient_mcp.server.settings.model import Options, Settings

_META: dict[str, Any] = {
    "io.modelcontextprotocol/protocolVersion": "2026-07-28",
    "io.modelcontextprotocol/clientCapabilities": {"elicitation": {"url": {}}},
}
_ACCEPT = {"Accept": "application/json, text/event-stream"}


class Requests:
    """Sends requests of both protocol versions to our server."""

    def __init__(self, client: httpx2.AsyncClient) -> None:
        self.client = client

    async def request(self, method: str, headers: Mapping[str, str] | None = None, **params: Any) -> httpx2.Response:
        """What a client of 2026-07-28 sends, and the answer."""
        own = {**_ACCEPT, "MCP-Protocol-Version": "2026-07-28", "Mcp-Method": method}
        named = {"Mcp-Name": params["name"]} if "name" in params else {}
        return await self._post(method, {**own, **named, **(headers or {})}, {**params, "_meta": _META})

    async def legacy(self, method: str, headers: Mapping[str, str] | None = None, **params: Any) -> httpx2.Response:
        """What a client of 2025-11-25 sends, and the answer."""
        return await self._post(method, {**_ACCEPT, "MCP-Protocol-Version": "2025-11-25", **(headers or {})}, params)

    async def _post(self, method: str, headers: Mapping[str, str], params: Mapping[str, Any]) -> httpx2.Response:
        body = {"jsonrpc": "2.0", "id": 1, "method": method, "params": params}
        return await self.client.post("/mcp", json=body, headers=headers)

    async def tools(self, token: str) -> set[str]:
        """The names of the tools that are listed for a caller."""
        answer = await self.request("tools/list", bearer(token))
        assert answer.status_code == 200, answer.text
        return {tool["name"] for tool in answer.json()["result"]["tools"]}

    async def call(self, token: str, name: str, /, **arguments: Any) -> tuple[bool, str]:
        """Whether a call succeeded, and its text or the message of its error."""
        answer = (await self.request("tools/call", bearer(token), name=name, arguments=arguments)).json()
        if "error" in answer:
            return False, answer["error"]["message"]
        return not answer["result"].get("isError"), answer["result"]["content"][0]["text"]

    async def legacy_call(self, token: str, name: str, /, **arguments: Any) -> tuple[bool, str]:
        """As `call`, by a client of 2025-11-25, which has no way to open a link."""
        answer = await self.legacy("tools/call", bearer(token), name=name, arguments=arguments)
        (event,) = [line for line in answer.text.splitlines() if line.startswith("data: ")]
        result = json.loads(event.removeprefix("data: "))["result"]
        return not result.get("isError"), result["content"][0]["text"]


class HttpServer(Requests):
    """Our server in this process."""

    def __init__(self, client: httpx2.AsyncClient, bridge: Bridge) -> None:
        super().__init__(client)
        self.bridge = bridge


def bearer(token: str) -> dict[str, str]:
    """The header with a token."""
    return {"Authorization": f"Bearer {token}"}


def settings_in(home: Path, text: str, **environ: str) -> Settings:
    """The settings with this file."""
    file = home / "closient-mcp.toml"
    file.write_text(text, encoding="utf-8")
    return load_settings(Options(config=str(file)), {"CLOSIENT_MCP_HOME": str(home), **environ})


@asynccontextmanager
async def serving(settings: Settings, address: str = "127.0.0.1:8000") -> AsyncGenerator[HttpServer]:
    """Our server, with the documents of its systems loaded."""
    redaction, where = Redaction(), parse_listen_address(address)
    auth = settings.http.auth
    verifier = verifier_of(auth, redaction) if auth else None
    settings = for_callers(settings)
    async with open_bridge(settings, redaction) as bridge:
        await bridge.loader.load()
        is_remote, links = bool(settings.http.public_url), links_for(bridge)
        app = application(McpBridge(bridge, is_remote=is_remote, links=links), where, bridge, verifier, links)
        async with _started(app), _client(app, where) as client:
            yield HttpServer(client, bridge)


def _client(app: AsgiApplication, address: ListenAddress) -> httpx2.AsyncClient:
    transport = httpx2.ASGITransport(app, client=("127.0.0.1", 40_000))
    return httpx2.AsyncClient(transport=transport, base_url=f"http://{address}")


@asynccontextmanager
async def _started(app: AsgiApplication) -> AsyncGenerator[None]:
    """The application between the events of its lifespan, as ASGI defines them."""
    begun, over = anyio.Event(), anyio.Event()
    events = iter(("lifespan.startup", "lifespan.shutdown"))

    async def receive() -> Message:
        event = next(events)
        if event == "lifespan.shutdown":
            await over.wait()
        return {"type": event}

    async def send(_: Message) -> None:
        begun.set()

    async def run() -> None:
        await app({"type": "lifespan", "state": {}}, receive, send)

    async with anyio.create_task_group() as group:
        group.start_soon(run)
        await begun.wait()
        yield
        over.set()
