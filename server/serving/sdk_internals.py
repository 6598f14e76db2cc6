"""Where we lean on parts of the MCP SDK that it does not promise to keep (mcp 2.3)."""

from __future__ import annotations

import logging
from typing import Any

from mcp.server.context import CallNext, HandlerResult, ServerRequestContext
from mcp.server.lowlevel import NotificationOptions, Server
from mcp.server.models import InitializationOptions
from mcp.server.session import ServerSession
from mcp.server.subscriptions import InMemorySubscriptionBus, ToolsListChanged

logger = logging.getLogger(__name__)


class ListChangingServer(Server[Any]):
    """A server that tells clients of the handshake era that its list of tools may change.

    The transports make these options without asking, so overriding is the one way to say so.
    """

    def create_initialization_options(
        self,
        notification_options: NotificationOptions | None = None,
        experimental_capabilities: dict[str, dict[str, Any]] | None = None,
        extensions: dict[str, dict[str, Any]] | None = None,
    ) -> InitializationOptions:
        """As the SDK's, with `listChanged` for tools."""
        options = notification_options or NotificationOptions(tools_changed=True)
        return super().create_initialization_options(options, experimental_capabilities, extensions)


class ListChanged:
    """Tells every client that the list of tools changed, in the way of its era.

    Clients of 2026-07-28 listen on `bus`. For those of the handshake era the SDK keeps no register of
    sessions, so this is a middleware that remembers them, from `notifications/initialized` to their end.
    """

    def __init__(self) -> None:
        self.bus = InMemorySubscriptionBus()
        self._sessions: set[ServerSession] = set()

    async def __call__(self, ctx: ServerRequestContext[Any, Any], call_next: CallNext) -> HandlerResult:
        if ctx.method == "notifications/initialized":
            session = ctx.session
            self._sessions.add(session)
            # The only hook for the end of a connection.
            session._connection.exit_stack.callback(self._sessions.discard, session)  # pyright: ignore[reportPrivateUsage]
        return await call_next(ctx)

    async def announce(self) -> None:
        """Send `notifications/tools/list_changed` to all."""
        await self.bus.publish(ToolsListChanged())
        for session in list(self._sessions):
            try:
                await session.send_tool_list_changed()
            except Exception:  # a client that just left must not keep the news from the others
                logger.debug("a session could not be told that the list changed", exc_info=True)
                self._sessions.discard(session)
