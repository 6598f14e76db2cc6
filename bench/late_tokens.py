"""A token endpoint in front of the sandbox's, whose answers come late and whose tokens live as long as is wanted.

In between the server has rotated the refresh token and the client does not know the new one yet: a client that is
interrupted then, and does not write what arrives, has lost the sign-in.
"""

from __future__ import annotations

import http.client
import json
import threading
import time
from collections.abc import Generator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import cast
from urllib.parse import parse_qs, urlsplit

_SECONDS = 30.0
TOKEN = "/oauth/token/"  # noqa: S105 (a path)


class LateTokens(ThreadingHTTPServer):
    """`late` is how many seconds an answer is held back, `lifetime` what it says instead of the server's own.

    `refreshes` counts the requests with a refresh token that the server knew, `held` the answers held back now.
    """

    daemon_threads = True
    request_queue_size = 128

    def __init__(self, sandbox: str) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.host = urlsplit(sandbox).netloc
        self.endpoint = f"http://127.0.0.1:{self.server_port}{TOKEN}"
        self.late = 0.15
        self.lifetime: int | None = None
        self.refreshes = 0
        self.held = 0
        self.guard = threading.Lock()

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that was killed is what this is for."""


class _Handler(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        """Ask the sandbox, and keep its answer for a while."""
        server = cast(LateTokens, self.server)
        body = self.rfile.read(int(self.headers.get("content-length") or 0))
        status, answer = _asked(server.host, body, self.headers.get("content-type") or "")
        granted = "access_token" in answer
        with server.guard:
            server.refreshes += granted and parse_qs(body.decode()).get("grant_type") == ["refresh_token"]
            server.held += granted
        if granted:
            time.sleep(server.late)
            if server.lifetime is not None:
                answer["expires_in"] = server.lifetime
        with server.guard:
            server.held -= granted
        content = json.dumps(answer).encode()
        self.send_response(status)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *args: object) -> None:
        """Nothing: stdout is for the figures."""


def _asked(host: str, body: bytes, kind: str) -> tuple[int, dict[str, object]]:
    connection = http.client.HTTPConnection(host, timeout=_SECONDS)
    try:
        connection.request("POST", TOKEN, body, {"content-type": kind})
        response = connection.getresponse()
        return response.status, json.loads(response.read())
    finally:
        connection.close()


@contextmanager
def running_late_tokens(sandbox: str) -> Generator[LateTokens]:
    """Such an endpoint for the length of the block."""
    server = LateTokens(sandbox)
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
