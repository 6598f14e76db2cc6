"""`closient-mcp serve --http`: MCP over Streamable HTTP, for clients on this machine."""

from __future__ import annotations

import socket
import sys

import anyio
import anyio.to_thread
import uvicorn

from ...auth import background
from ...auth.secrets.redaction import Redaction
from ..bridge.composition import open_bridge
from ..process.logs import start_log
from ..process.signals import LAST_SECONDS
from ..settings.model import Settings, SettingsError
from .protocol import McpBridge

_LOOPBACK = {"127.0.0.1": socket.AF_INET, "localhost": socket.AF_INET, "[::1]": socket.AF_INET6, "::1": socket.AF_INET6}
_SHUTDOWN_SECONDS = 3


def serve_http(settings: Settings, address: str) -> int:
    """Serve at `[HOST:]PORT` until stopped.

    Raises:
        SettingsError: invalid address, in use, or reachable from other machines.
    """
    host, port = parse_address(address)
    redaction = start_log(settings.log_level, settings.log_file, folder=settings.home)
    with _listen(host, port) as listener:
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


def _listen(host: str, port: int) -> socket.socket:
    name = "127.0.0.1" if host == "localhost" else host.strip("[]")
    listener = socket.socket(_LOOPBACK[host], socket.SOCK_STREAM)
    try:
        if sys.platform != "win32":  # there it would let two servers listen on one port
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((name, port))
        listener.listen(128)  # before the URL is printed
    except OSError as error:
        listener.close()
        raise SettingsError(f"--http {host}:{port}: cannot listen: {error.strerror}.") from error
    return listener


async def _serve(settings: Settings, redaction: Redaction, listener: socket.socket) -> None:
    async with open_bridge(settings, redaction) as bridge:
        # For these hosts the SDK checks Host and Origin, against DNS rebinding.
        app = McpBridge(bridge).server().streamable_http_app(host="127.0.0.1")
        config = uvicorn.Config(
            app, log_config=None, access_log=False, server_header=False, timeout_graceful_shutdown=_SHUTDOWN_SECONDS
        )
        name, port = listener.getsockname()[:2]
        shown = f"[{name}]" if ":" in name else name
        print(f"MCP at http://{shown}:{port}/mcp; stop it with Ctrl+C.", file=sys.stderr, flush=True)
        await _Server(config).serve(sockets=[listener])


class _Server(uvicorn.Server):
    """Ends by the signal, as uvicorn does, but only after token refreshes are finished and saved."""

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        await super().shutdown(sockets)
        await anyio.to_thread.run_sync(background.finish, LAST_SECONDS)
