"""Requests and responses of the services, as values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import httpx2

from ..tiers import Tier

# RFC 9110 §9.2.2, and of QUERY its own draft: asking twice does what asking once does.
IDEMPOTENT = {"GET", "HEAD", "OPTIONS", "PUT", "DELETE", "QUERY"}
PERHAPS_DONE = "It may have been carried out all the same: look before you repeat it."


@dataclass(frozen=True, slots=True)
class Request:
    """An HTTP request without a credential; `timeout` in seconds.

    `scopes` are what its operation wants; `may_ask` says whether a person may be asked to sign in for it.
    Requests of one `group` share a rate limit. `tier` is what its operation does to the service, where that is known.
    """

    method: str
    url: str
    headers: Mapping[str, str] = field(default_factory=dict[str, str])
    content: bytes | None = None
    timeout: float = 40.0
    scopes: tuple[str, ...] = ()
    may_ask: bool = True
    group: str = ""
    tier: Tier | None = None


@dataclass(frozen=True, slots=True)
class Response:
    """An answer, read whole or up to the limit: `cut` says that there was more. Header names are lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    url: str
    cut: bool = False
    waited: float = 0.0
    method: str = "GET"


async def read_capped(answer: httpx2.Response, limit: int) -> tuple[bytes, bool]:
    """The decoded body up to `limit` bytes, and whether there was more; a compressed bomb stops there too."""
    body = bytearray()
    async for chunk in answer.aiter_bytes():
        room = limit - len(body)
        body += chunk[:room]
        if len(chunk) > room:
            return bytes(body), True
    return bytes(body), False


def lower_case(answer: httpx2.Response) -> dict[str, str]:
    """The headers by lower-case name; several of one name are joined by commas (RFC 9110 §5.3)."""
    return {name.lower(): value for name, value in answer.headers.items()}
