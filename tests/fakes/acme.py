"""A service that requires a sign-in, its authorization server, and our server with both in its settings."""

from __future__ import annotations

import threading
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, parse_qsl

import anyio.to_thread
import httpx2
import mcp

from closient_mcp.auth.records import Record
from closient_mcp.auth.secrets.redaction import Redaction
from closient_mcp.server.bridge.composition import Bridge, open_bridge
from closient_mcp.server.serving.protocol import McpBridge
from closient_mcp.server.settings.loading import load_settings
from closient_mcp.server.settings.model import Options

from .desk import at_rest, leave
from .service import Received, Reply, Service, document, operation

ORDERS = document({"/orders": {"get": operation(operationId="list_orders", summary="Orders")}})


@dataclass
class Acme:
    """`decided` is whether the person has agreed on the other device."""

    service: Service
    home: Path
    scope: str = ""
    decided: threading.Event = field(default_factory=threading.Event)
    polled: threading.Event = field(default_factory=threading.Event)
    challenge: dict[str, str] = field(default_factory=dict[str, str])

    def __post_init__(self) -> None:
        url = self.service.url
        self.metadata: dict[str, Any] = {
            "issuer": url,
            "response_types_supported": ["code"],
            "authorization_endpoint": f"{url}/authorize",
            "token_endpoint": f"{url}/token",
            "registration_endpoint": f"{url}/register",
            "device_authorization_endpoint": f"{url}/device",
        }
        self.service.routes |= {
            "/openapi.json": Reply(ORDERS),
            "/orders": self.orders,
            "/.well-known/oauth-authorization-server": lambda _: Reply(self.metadata),
            "/register": Reply({"client_id": "registered-client"}, 201),
            "/authorize": self.authorize,
            "/token": self.token,
            "/device": Reply(
                {
                    "device_code": "the-device-code",
                    "user_code": "WDJB-MJHT",
                    "verification_uri": f"{url}/enter",
                    "expires_in": 600,
                }
            ),
        }

    def orders(self, got: Received) -> Reply:
        if got.headers.get("authorization", "").startswith("Bearer access-"):
            return Reply([{"order": 1}])
        return Reply({"detail": "who are you?"}, 401, self.challenge)

    def authorize(self, got: Received) -> Reply:
        """Every user agrees at once."""
        asked = {name: values[0] for name, values in parse_qs(got.query).items()}
        back = httpx2.URL(asked["redirect_uri"], params={"code": "a-code", "state": asked["state"]})
        return Reply("", 302, {"location": str(back)})

    def token(self, got: Received) -> Reply:
        form = dict(parse_qsl(got.body.decode()))
        if "device_code" in form:
            self.polled.set()
            if not self.decided.is_set():
                return Reply({"error": "authorization_pending"}, 400)
        granted = {"access_token": "access-1", "refresh_token": "refresh-1", "token_type": "Bearer", "expires_in": 900}
        return Reply({**granted, "scope": self.scope} if self.scope else granted)

    def count(self, path: str) -> int:
        """How often a path was asked for."""
        return sum(got.path == path for got in self.service.received)

    def settings(self, credential: str, more: str = "") -> Path:
        """The settings file for this service, with a credential as TOML writes it."""
        file = self.home / "closient-mcp.toml"
        where = f'[systems.acme]\ndescription = "{self.service.url}/openapi.json"\n'
        file.write_text(f"{where}credential = {credential}\n{more}", encoding="utf-8")
        return file

    @asynccontextmanager
    async def connected(
        self, credential: str = '{ grant = "authorization_code" }', browser: str = "", more: str = "", **client: Any
    ) -> AsyncGenerator[tuple[Bridge, mcp.Client]]:
        """A bridge with a client of it."""
        environment = {"CLOSIENT_MCP_HOME": str(self.home), **({"BROWSER": browser} if browser else {})}
        settings = load_settings(Options(config=str(self.settings(credential, more))), environment)
        async with open_bridge(settings, Redaction()) as bridge:
            await bridge.loader.load()
            async with mcp.Client(McpBridge(bridge).server(), **client) as connected:
                yield bridge, connected
            await anyio.to_thread.run_sync(self.leave_in_order, bridge)

    def leave_in_order(self, bridge: Bridge) -> None:
        """Release every sign-in that still waits for the user."""
        self.decided.set()
        if pending := self.record(bridge).pending:
            leave(pending)
        assert at_rest()

    def record(self, bridge: Bridge) -> Record:
        session = bridge.connections["acme"].session
        assert session
        return session.store.read()
