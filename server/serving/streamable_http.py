"""`closient-mcp serve --http`: MCP over Streamable HTTP, for clients on this machine."""

from __future__ import annotations

import socket
import sys
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any, TypeAlias

import anyio
import anyio.to_thread
import uvicorn

from ...auth import background
from ...auth.secrets.redaction import Redaction
from ..bridge.composition import open_bridge
from ..process.logs import start_log
from ..process.signals import LAST_SECONDS
from ..settings.model import Settings, SettingsError
from .connections import BACKLOG, Connection
from .protocol import McpBridge

# As ASGI defines them.
_Message: TypeAlias = MutableMapping[str, Any]
_Receive: TypeAlias = Callable[[], Awaitable[_Message]]
_Send: TypeAlias = Callable[[_Message], Awaitable[None]]
AsgiApplication: TypeAlias = Callable[[_Message, _Receive, _Send], Awaitable[None]]

_LOOPBACK = {"127.0.0.1": socket.AF_INET, "localhost": socket.AF_INET, "[::1]": socket.AF_INET6, "::1": socket.AF_INET6}
_SHUTDOWN_SECONDS = 3


def serve_http(settings: Settings, address: str) -> int:
    """Serve at `[HOST:]PORT` until stopped.

    Raises:
        SettingsError: invalid address, in use, or reachable from other machines.
    """
    host, port = parse_address(address)
    redaction = start_log(settings.log_level, settings.log_file, folder=settings.home)
    with listen(host, port) as listener:
        anyio.run(_serve, settings, redaction, listener)
    return 0


def parse_address(text: str) -> tuple[str, int]:
    """The host and port in `[HOST:]PORT`; the default host is 127.0.0.1.

    Raises:
        SettingsError: invalid address, or reachable from other machines, which could use the sign-in.
    """
    host, _, port = text.rpartition(":")
    if not port.isdecimal() or not port.isascii() or int(port) > 65535:
        raise SettingsError(f"--http {text[:80]!r}: expected a port, or a host and a port, such as 127.0.0.1:8000.")
    host = host or "127.0.0.1"
    if host not in _LOOPBACK:
        raise SettingsError(
            f"--http {text[:80]!r}: {host} is reachable from other machines, and callers are not authenticated. "
            "Use 127.0.0.1."
        )
    return host, int(port)


def listen(host: str, port: int) -> socket.socket:
    """A listening socket at this port of the loopback interface.

    Raises:
        SettingsError: the port is in use, or may not be used.
    """
    name = "127.0.0.1" if host == "localhost" else host.strip("[]")
    # With the protocol named, asyncio sets TCP_NODELAY on accepted connections.
    listener = socket.socket(_LOOPBACK[host], socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        if sys.platform != "win32":  # there it would let two servers listen on one port
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((name, port))
        listener.listen(BACKLOG)  # before the URL is printed
    except OSError as error:
        listener.close()
        raise SettingsError(f"--http {host}:{port}: cannot listen: {error.strerror}.") from error
    return listener


async def _serve(settings: Settings, redaction: Redaction, listener: socket.socket) -> None:
    async with open_bridge(settings, redaction) as bridge:
        mcp_bridge = McpBridge(bridge)
        # For these hosts the SDK checks Host and Origin, against DNS rebinding.
        app = mcp_bridge.server().streamable_http_app(host="127.0.0.1")
        config = uvicorn.Config(
            with_lowercase_host(app),
            http=Connection,
            ws="none",
            backlog=BACKLOG,
            log_config=None,
            access_log=False,
            server_header=False,
            timeout_graceful_shutdown=_SHUTDOWN_SECONDS,
        )
        name, port = listener.getsockname()[:2]
        shown = f"[{name}]" if ":" in name else name
        shared = "every user of this machine can call it"
        print(f"MCP at http://{shown}:{port}/mcp; {shared}. Stop it with Ctrl+C.", file=sys.stderr, flush=True)
        await _Server(config, mcp_bridge).serve(sockets=[listener])


def with_lowercase_host(app: AsgiApplication) -> AsgiApplication:
    """The application, to which each host is in lower case: hosts do not differ by case (RFC 9110 §4.2.3)."""

    async def lowercase_host(scope: _Message, receive: _Receive, send: _Send) -> None:
        if scope["type"] == "http":
            headers = [(name, value.lower() if name == b"host" else value) for name, value in scope["headers"]]
            scope = {**scope, "headers": headers}
        await app(scope, receive, send)

    return lowercase_host


class _Server(uvicorn.Server):
    """Ends by the signal, as uvicorn does, but ends subscriptions first, and waits until tokens are saved."""

    def __init__(self, config: uvicorn.Config, bridge: McpBridge) -> None:
        super().__init__(config)
        self._bridge = bridge

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self._bridge.end_subscriptions()
        await super().shutdown(sockets)
        await anyio.to_thread.run_sync(background.finish, LAST_SECONDS)
