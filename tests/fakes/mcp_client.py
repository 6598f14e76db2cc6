"""MCP clients of both protocol versions, in memory."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any, Literal, TypeAlias

import anyio
import mcp
from mcp import types
from mcp.client.extension import ClientExtension

from closient_mcp.auth.secrets.redaction import Redaction
from closient_mcp.server.bridge.composition import open_bridge
from closient_mcp.server.serving.protocol import McpBridge
from closient_mcp.server.settings.loading import load_settings
from closient_mcp.server.settings.model import Options

from .service import Sandbox, Service

# The modes of `mcp.Client`: "legacy" is MCP 2025-11-25.
ClientMode: TypeAlias = Literal["legacy", "2026-07-28"]
CLIENT_MODES: list[ClientMode] = ["legacy", "2026-07-28"]
KEY = "csb_0123456789abcdef0123456789abcdef_00000000"


@asynccontextmanager
async def connected(
    service: Service | Sandbox,
    mode: ClientMode = "2026-07-28",
    environ: dict[str, str] | None = None,
    extensions: Sequence[ClientExtension] = (),
    **options: Any,
) -> AsyncGenerator[mcp.Client]:
    settings = load_settings(Options(site=service.url, **options), environ or {"CLOSIENT_API_KEY": KEY})
    async with (
        open_bridge(settings, Redaction()) as bridge,
        mcp.Client(McpBridge(bridge).server(), mode=mode, extensions=extensions) as client,
    ):
        yield client


def text_of(result: types.CallToolResult) -> str:
    """What a result says first."""
    (first, *_) = result.content
    assert isinstance(first, types.TextContent)
    return first.text


def listening(client: mcp.Client, mode: ClientMode, changed: anyio.Event) -> AbstractAsyncContextManager[None]:
    """What a client of each protocol version does to hear of changes."""

    @asynccontextmanager
    async def listen() -> AsyncGenerator[None]:
        async with anyio.create_task_group() as group, client.listen(tools_list_changed=True) as events:

            async def wait() -> None:
                async for _ in events:
                    changed.set()

            group.start_soon(wait)
            yield
            group.cancel_scope.cancel()

    @asynccontextmanager
    async def nothing() -> AsyncGenerator[None]:
        yield

    return nothing() if mode == "legacy" else listen()
