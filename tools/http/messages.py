"""Requests to services and their responses, as values."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from typing import Any, Protocol

import httpx2

from ..tiers.tier import Tier

# RFC 9110 §9.2.2, and QUERY by its own draft.
IDEMPOTENT = {"GET", "HEAD", "OPTIONS", "PUT", "DELETE", "QUERY"}
_COMPRESSIONS = {"br", "compress", "gzip", "x-gzip", "zstd"}
REDIRECTS = {301, 302, 303, 307, 308}
MAY_HAVE_SUCCEEDED = "The call may have succeeded all the same: check before you repeat it."


class Client(Protocol):
    """What sends requests: an `httpx2.AsyncClient`, or what makes one when it is needed."""

    def stream(
        self,
        method: str,
        url: str,
        *,
        content: bytes | None = None,
        headers: Mapping[str, str] | None = None,
        follow_redirects: bool = False,
        extensions: dict[str, Any] | None = None,
    ) -> AbstractAsyncContextManager[httpx2.Response]:
        """Send a request, and return its response before its body is read."""
        ...


@dataclass(frozen=True, slots=True)
class Request:
    """An HTTP request without credentials; `timeout` in seconds.

    `scopes` are those of its operation; `may_ask` says whether the user may be asked to sign in for it.
    Requests of one `group` share a rate limit. `tier` is that of its operation, if known.
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
    """A response with lower-case header names; `cut` says that the body was longer than the limit."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    url: str
    cut: bool = False
    waited: float = 0.0
    method: str = "GET"


async def read_capped(response: httpx2.Response, limit: int) -> tuple[bytes, bool]:
    """The decompressed body up to `limit` bytes, and whether it was longer.

    Raises:
        httpx2.RequestError: the body breaks off, or is compressed in a way that we did not accept.
    """
    _check_encoding(response)
    body = bytearray()
    async for chunk in response.aiter_bytes():
        room = limit - len(body)
        body += chunk[:room]
        if len(chunk) > room:
            return bytes(body), True
    return bytes(body), False


def _check_encoding(response: httpx2.Response) -> None:
    """Reject what httpx2 would return compressed; other codings, such as `utf-8`, are mistakes of no consequence."""
    codings = {coding.strip().lower() for coding in response.headers.get("content-encoding", "").split(",")}
    for coding in sorted(codings & _COMPRESSIONS):
        if coding not in response.request.headers.get("accept-encoding", ""):
            raise httpx2.DecodingError(f"it is compressed as {coding}, which was not accepted")


class BrokenOffError(httpx2.ReadError):
    """The connection ended inside the body of a response."""

    def __init__(self, received: int, expected: str) -> None:
        of_all = f" of {expected}" if expected.isdecimal() else ""
        super().__init__(f"its answer broke off after {received}{of_all} bytes")


def has_answer(error: httpx2.RequestError) -> bool:
    """Whether the server answered, though with something unusable."""
    return isinstance(error, BrokenOffError | httpx2.DecodingError) or _suggested_status(error) is not None


def _suggested_status(error: BaseException) -> int | None:
    """The status that h11, which reads responses for httpx2, suggests for an invalid one."""
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(status := getattr(cause, "error_status_hint", None), int):
            return status
        cause = cause.__cause__ or cause.__context__
    return None


def reason_of(error: httpx2.RequestError) -> str:
    """Why there was no response."""
    if isinstance(error, httpx2.ConnectTimeout):
        return "no connection in time"
    if isinstance(error, httpx2.TimeoutException):
        return "no response in time"
    if isinstance(error, httpx2.DecodingError):
        return f"its answer cannot be decompressed ({str(error)[:200]})"
    status = None if isinstance(error, BrokenOffError) else _suggested_status(error)
    if status is not None:
        return "a header of its answer is too long" if status == 431 else "its answer is not valid HTTP"
    return str(error).strip().rstrip(".")[:200] or "the connection broke"


def headers_of(response: httpx2.Response) -> dict[str, str]:
    """The headers by lower-case name, repeated ones joined by commas (RFC 9110 §5.3)."""
    return {name.lower(): value for name, value in response.headers.items()}
