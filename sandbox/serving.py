"""Start the sandbox, print how to reach it, and run until stopped."""

import json
import os
import signal
import socket
import sys
import threading
from collections.abc import Generator, Sequence
from contextlib import contextmanager, suppress
from importlib.util import find_spec
from types import FrameType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from uvicorn import Server

HOST = "127.0.0.1"
DEFAULT_PORT = 8000


def serve(
    port: int = DEFAULT_PORT, variants: Sequence[str] = (), *, as_json: bool = False, until_eof: bool = False
) -> int:
    """Run the sandbox until SIGINT or SIGTERM, and with `until_eof` until standard input ends.

    Returns the exit code: 0 after a clean stop, 1 if it cannot start.
    """
    if any(find_spec(name) is None for name in ("django", "ninja", "oauth2_provider")):
        print("The sandbox needs Django: pip install 'closient-mcp[sandbox]'", file=sys.stderr)
        return 1
    try:
        listener = _listen(port)
    except OSError as error:
        print(f"The sandbox cannot listen on {HOST}:{port}: {error.strerror}. Choose another --port.", file=sys.stderr)
        return 1
    with listener, suppress(_Stopped), _stopping_by_signal():
        url = f"http://{HOST}:{listener.getsockname()[1]}"
        server = _prepared_server(url, variants, as_json)
        if until_eof:
            threading.Thread(target=_stop_at_eof, args=[server], daemon=True).start()
        server.run(sockets=[listener])
    return 0


class _Stopped(BaseException):
    """Raised by a signal; a BaseException, so that nothing catches it."""


@contextmanager
def _stopping_by_signal() -> Generator[None]:
    """Handle signals before and after the server does; the server raises them again when it ends."""

    def stop(number: int, frame: FrameType | None) -> None:
        raise _Stopped

    before = {number: signal.signal(number, stop) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _listen(port: int) -> socket.socket:
    # asyncio disables Nagle's algorithm only for sockets created with IPPROTO_TCP.
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    # On POSIX this reuses a port in TIME_WAIT; on Windows it would let two processes listen.
    if os.name == "posix":
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((HOST, port))
        listener.listen(128)
    except BaseException:
        listener.close()
        raise
    return listener


def _prepared_server(url: str, names: Sequence[str], as_json: bool) -> "Server":
    import django

    from .settings import configure

    configure(url, names)
    django.setup()

    from .data import database
    from .gateway import variants

    variants.restore()

    import uvicorn
    from asgiref.sync import sync_to_async

    from .application import Protocol, application

    config = uvicorn.Config(
        application(),
        http=Protocol,
        ws="none",
        lifespan="off",
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=1,
    )

    class AnnouncingServer(uvicorn.Server):
        async def startup(self, sockets: list[socket.socket] | None = None) -> None:
            await sync_to_async(database.create)()
            await super().startup(sockets=sockets)
            _announce(url, names, as_json)

    return AnnouncingServer(config)


def _announce(url: str, variants: Sequence[str], as_json: bool) -> None:
    from .data.accounts import KEYS, USERS

    if as_json:
        line = {"url": url, "api_key": KEYS["business"], "keys": KEYS, "users": USERS}
        print(json.dumps(line), flush=True)
        return
    print(f"The Closient sandbox runs at {url}")
    print(f"  Users:    {', '.join(USERS)} (password: {USERS['alice']['password']})")
    print(f"  API key:  {KEYS['business']}")
    if variants:
        print(f"  Variants: {', '.join(variants)}")
    print("  Stop it with Ctrl+C.", flush=True)


def _stop_at_eof(server: "Server") -> None:
    while sys.stdin.buffer.read(4096):
        pass
    server.should_exit = True
