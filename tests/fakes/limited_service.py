"""A service that answers a number of requests in a window of time, and refuses the others."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from email.utils import formatdate

import anyio
import httpx2

URL = "https://h.example"
EPOCH = 1_800_000_000

Headers = Callable[[int, float, bool], Mapping[str, str]]


def ietf(remaining: int, reset: float, refused: bool) -> Mapping[str, str]:
    """`RateLimit` on all responses, `Retry-After` on refusals."""
    retry = {"Retry-After": f"{int(reset) + 1}"} if refused else {}
    return {"RateLimit": f"limit=20, remaining={remaining}, reset={int(reset)}", **retry}


def epoch(remaining: int, reset: float, refused: bool) -> Mapping[str, str]:
    """`X-RateLimit-*`, with the reset in seconds since 1970."""
    moment = EPOCH + anyio.current_time()
    return {
        "X-RateLimit-Limit": "20",
        "X-RateLimit-Remaining": str(remaining),
        "X-RateLimit-Reset": str(int(moment + reset) + 1),
        "Date": formatdate(moment, usegmt=True),
    }


def on_refusal(remaining: int, reset: float, refused: bool) -> Mapping[str, str]:
    """`Retry-After` on refusals only."""
    return {"Retry-After": f"{int(reset) + 1}"} if refused else {}


def silent(remaining: int, reset: float, refused: bool) -> Mapping[str, str]:
    """Nothing."""
    return {}


@dataclass
class LimitedService:
    """The transport of a client; `answered` and `refused` are paths with times."""

    headers: Headers
    limit: int = 20
    window: float = 5.0
    answered: list[tuple[str, float]] = field(default_factory=list[tuple[str, float]])
    refused: list[tuple[str, float]] = field(default_factory=list[tuple[str, float]])
    _ends_at: float = 0.0
    _left: int = 0

    async def answer(self, request: httpx2.Request) -> httpx2.Response:
        """Count a request, and answer after 50 milliseconds."""
        now = anyio.current_time()
        if now >= self._ends_at:
            self._ends_at, self._left = now + self.window, self.limit
        refused = self._left == 0
        self._left = max(0, self._left - 1)
        (self.refused if refused else self.answered).append((request.url.path, now))
        headers = self.headers(self._left, self._ends_at - now, refused)
        await anyio.sleep(0.05)
        return httpx2.Response(429 if refused else 200, headers=headers, json={})

    def client(self) -> httpx2.AsyncClient:
        """A client of this service."""
        return httpx2.AsyncClient(transport=httpx2.MockTransport(self.answer))
