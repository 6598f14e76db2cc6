"""A service on loopback that answers a number of requests in a window of time, and says so in one of several ways."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from math import ceil
from typing import TypeAlias, cast

LIMIT = 20
WINDOW = 5.0
_WORK_SECONDS = 0.05
# On a response that says that no more requests are allowed: until when, by `time.monotonic`. Only the bench reads it.
CLOSED_UNTIL = "Bench-Closed-Until"

# The headers for the requests left, the seconds until the window ends, and whether the request is refused.
Headers: TypeAlias = Callable[[int, float, bool], Mapping[str, str]]


def _ratelimit(left: int, reset: float, refused: bool) -> Mapping[str, str]:
    return {"RateLimit": f"limit={LIMIT}, remaining={left}, reset={ceil(reset)}"}


def _policies(left: int, reset: float, refused: bool) -> Mapping[str, str]:
    return {"RateLimit": f'"burst";r={left};t={ceil(reset)}, "day";r=90000;t=70000'}


def _three_headers(left: int, reset: float, refused: bool) -> Mapping[str, str]:
    return {"RateLimit-Limit": f"{LIMIT}", "RateLimit-Remaining": f"{left}", "RateLimit-Reset": f"{ceil(reset)}"}


def _epoch(left: int, reset: float, refused: bool) -> Mapping[str, str]:
    return {
        "X-RateLimit-Limit": f"{LIMIT}",
        "X-RateLimit-Remaining": f"{left}",
        "X-RateLimit-Reset": f"{ceil(time.time() + reset)}",
    }


def _retry_after(left: int, reset: float, refused: bool) -> Mapping[str, str]:
    return {"Retry-After": f"{ceil(reset)}"} if refused else {}


def _retry_date(left: int, reset: float, refused: bool) -> Mapping[str, str]:
    return {"Retry-After": formatdate(ceil(time.time() + reset), usegmt=True)} if refused else {}


def _retry_milliseconds(left: int, reset: float, refused: bool) -> Mapping[str, str]:
    return {"retry-after-ms": f"{ceil(reset * 1000)}"} if refused else {}


def _nothing(left: int, reset: float, refused: bool) -> Mapping[str, str]:
    return {}


# The first four on every response, the others on refusals only.
KINDS: Mapping[str, Headers] = {
    "RateLimit": _ratelimit,
    "RateLimit, several policies": _policies,
    "RateLimit-*": _three_headers,
    "X-RateLimit-*, since 1970": _epoch,
    "Retry-After, seconds": _retry_after,
    "Retry-After, date": _retry_date,
    "retry-after-ms": _retry_milliseconds,
    "nothing": _nothing,
}


@dataclass(slots=True)
class LimitedService:
    """`answered` are the paths of requests in order, `refused` is the number of those that came beyond the limit."""

    headers: Headers
    url: str = ""
    answered: list[str] = field(default_factory=list[str])
    refused: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _ends_at: float = 0.0
    _left: int = 0

    def admit(self, path: str) -> tuple[int, Mapping[str, str]]:
        """Count a request; return the status and headers of its response."""
        with self._lock:
            now = time.monotonic()
            if now >= self._ends_at:
                self._ends_at, self._left = now + WINDOW, LIMIT
            refused = self._left == 0
            if refused:
                self.refused += 1
            else:
                self._left -= 1
                self.answered.append(path)
            headers = self.headers(self._left, self._ends_at - now, refused)
            if headers and self._left == 0:
                headers = {**headers, CLOSED_UNTIL: f"{self._ends_at}"}
            return 429 if refused else 200, headers


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def __init__(self, service: LimitedService) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.service = service


class _Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        """Answer."""
        status, headers = cast(_Server, self.server).service.admit(self.path)
        time.sleep(_WORK_SECONDS)
        self.send_response(status)
        for name, value in {**headers, "Content-Length": "2", "Content-Type": "application/json"}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(b"{}")

    def log_message(self, format: str, *args: object) -> None:
        """Log nothing."""


@contextmanager
def serving(headers: Headers) -> Generator[LimitedService]:
    """Serve for the length of the block."""
    service = LimitedService(headers)
    server = _Server(service)
    service.url = f"http://127.0.0.1:{server.server_port}"
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield service
    finally:
        server.shutdown()
        server.server_close()
