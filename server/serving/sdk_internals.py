"""Uses of MCP SDK internals, which may change without notice (mcp 2.3)."""

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
    """A server that declares `listChanged` to clients of 2025-11-25.

    The transports create these options themselves, so overriding is the only way.
    """

    def create_initialization_options(
        self,
        notification_options: NotificationOptions | None = None,
        experimental_capabilities: dict[str, dict[str, Any]] | None = None,
        extensions: dict[str, dict[str, Any]] | None = None,
    ) -> InitializationOptions:
        """The SDK's options, with `listChanged` for tools."""
        options = notification_options or NotificationOptions(tools_changed=True)
        return super().create_initialization_options(options, experimental_capabilities, extensions)


class ListChanged:
    """Notifies every client that the list of tools changed, as its protocol version has it.

    Clients of 2026-07-28 listen on `bus`. For those of 2025-11-25 the SDK keeps no register of sessions, so this
    middleware keeps one, from `notifications/initialized` to the end of the connection.
    """

    def __init__(self) -> None:
        self.bus = InMemorySubscriptionBus()
        self._sessions: set[ServerSession] = set()

    async def __call__(self, ctx: ServerRequestContext[Any, Any], call_next: CallNext) -> HandlerResult:
        """Remember the session of a request that ends a handshake."""
        if ctx.method == "notifications/initialized":
            session = ctx.session
            self._sessions.add(session)
            # The only hook for the end of a connection.
            session._connection.exit_stack.callback(self._sessions.discard, session)  # pyright: ignore[reportPrivateUsage]
        return await call_next(ctx)

    async def announce(self) -> None:
        """Send `notifications/tools/list_changed` to all clients."""
        await self.bus.publish(ToolsListChanged())
        for session in list(self._sessions):
            try:
                await session.send_tool_list_changed()
            except Exception:  # a closed session must not affect the others
                logger.debug("could not notify a session that the list changed", exc_info=True)
                self._sessions.discard(session)
