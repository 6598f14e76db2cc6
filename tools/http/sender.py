"""The one place from which requests go out: limits, pace, repetition, redirects.

The client is handed in; it carries the credential (in its `auth`), never follows redirects itself, and sends
nothing to other origins.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass, field, replace

import anyio
import httpx2

from ..errors import InvalidArgumentsError, RefusedError, UnreachableError
from ..formats.media_types import essence
from ..formats.sniffing import EVENTS, LINES
from ..formats.text import one_line
from ..formats.urls import InvalidUrlError, has_origin, redact_url, resolve
from .messages import IDEMPOTENT, PERHAPS_DONE, Request, Response, lower_case, read_capped
from .rate_limits import Pace, seconds_to_wait

logger = logging.getLogger(__name__)

MAX_BYTES = 16 * 1024 * 1024
MAX_REDIRECTS = 4
LONGEST_WAIT = 5.0
_QUEUE_SECONDS = 8.0
_ATTEMPTS = 3
_REDIRECTS = {301, 302, 303, 307, 308}
_SAFE = {"GET", "HEAD", "OPTIONS"}
# Streams may never end: what has come by then is the answer.
_STREAMING = {EVENTS, *LINES, "multipart/x-mixed-replace"}
_STREAM_SECONDS = 10.0
_STREAM_BYTES = 1024 * 1024


@dataclass(slots=True)
class Sender:
    """Sends requests to one system: to its origins only, paced, a bounded number at a time."""

    client: httpx2.AsyncClient
    origins: frozenset[str]
    name: str
    pace: Pace = field(default_factory=Pace)
    _slots: anyio.CapacityLimiter = field(default_factory=lambda: anyio.CapacityLimiter(8), init=False)

    async def send(self, request: Request) -> Response:
        """Send one request and read its answer, whatever its status.

        Raises:
            RefusedError: the URL, or one that a redirect named, is not the system's.
            UnreachableError: no answer within the request's time.
        """
        # Waiting for a slot is no part of the request's time: what waited was not sent.
        try:
            with anyio.fail_after(_QUEUE_SECONDS):
                await self._slots.acquire()
        except TimeoutError:
            raise UnreachableError(
                f"{self.name} is busy with other calls.",
                "Nothing was sent; try again when some of them have come back.",
                {"url": redact_url(request.url), "reason": "queue"},
            ) from None
        try:
            return await self._send_in_time(request)
        finally:
            self._slots.release()

    async def _send_in_time(self, request: Request) -> Response:
        try:
            with anyio.fail_after(request.timeout):
                return await self._follow(request)
        except TimeoutError:
            raise UnreachableError(
                f"{self._who(request.url)} did not answer within {request.timeout:.0f} seconds.",
                _unanswered(request),
                {"url": redact_url(request.url), "reason": "timeout"},
            ) from None

    async def _follow(self, request: Request) -> Response:
        for _ in range(MAX_REDIRECTS + 1):
            self._check(request.url)
            response = await self._repeat(request)
            location = response.headers.get("location")
            if response.status not in _REDIRECTS or not location:
                return response
            target = self._target(response, location)
            if target is None:
                return response
            request = _redirected(request, response.status, target)
        raise RefusedError(
            f"{self._who(request.url)} redirected more than {MAX_REDIRECTS} times.",
            "Nothing to be done from here: the service's own URLs lead in a circle.",
            {"url": redact_url(request.url)},
        )

    def _check(self, url: str) -> None:
        if not has_origin(url, self.origins):
            raise RefusedError(
                f"{redact_url(url)[:200]} is not a URL of {self.name}.",
                "Calls go to the system's own URLs only.",
                {"url": redact_url(url)[:200]},
            )

    def _target(self, response: Response, location: str) -> str | None:
        """Where a redirect leads, if it stays inside the system; else the redirect itself is the answer."""
        try:
            target = resolve(response.url, location)
        except InvalidUrlError:
            return None
        return target if has_origin(target, self.origins) else None

    async def _repeat(self, request: Request) -> Response:
        """Send, and again only where that is safe: the server said that it did nothing, or asking twice is harmless."""
        waited = 0.0
        for attempt in range(1, _ATTEMPTS + 1):
            if 0 < (delay := self.pace.delay(request.group)) <= LONGEST_WAIT:
                waited += delay
                await anyio.sleep(delay)
            try:
                response = await self._once(request, waited)
            except (httpx2.InvalidURL, UnicodeError) as error:
                raise InvalidArgumentsError(
                    f"The URL that these arguments make is none: {one_line(str(error), 200)}.",
                    "Shorten them, or leave out unusual characters. Nothing was sent.",
                    {"url": redact_url(request.url)[:200]},
                ) from None
            except httpx2.RequestError as error:
                if attempt == _ATTEMPTS or not _is_repeatable(request) or _is_final(error):
                    raise self._unreachable(request, error) from error
                await anyio.sleep(0.2 * attempt)
                continue
            self.pace.note(response.headers, request.group)
            wait = seconds_to_wait(response.headers) if response.status in (429, 503) else None
            if wait is None or wait > LONGEST_WAIT or attempt == _ATTEMPTS:
                return response
            if response.status == 503 and "retry-after" not in response.headers:
                return response
            waited += wait
            await anyio.sleep(wait)
        raise AssertionError("unreachable: the last attempt returns or raises")

    async def _once(self, request: Request, waited: float) -> Response:
        async with self.client.stream(
            request.method,
            request.url,
            headers=dict(request.headers),
            content=request.content,
            follow_redirects=False,
            extensions={"scopes": request.scopes, "may_ask": request.may_ask},
        ) as answer:
            streaming = essence(answer.headers.get("content-type", "")) in _STREAMING
            body, cut = await (read_stream(answer) if streaming else read_capped(answer, MAX_BYTES))
            logger.debug("%s %s: %s", request.method, redact_url(request.url), answer.status_code)
            headers = lower_case(answer)
            return Response(answer.status_code, headers, body, request.url, cut, waited, request.method)

    def _unreachable(self, request: Request, error: httpx2.RequestError) -> UnreachableError:
        reason = _reason(error)
        return UnreachableError(
            f"{self._who(request.url)} cannot be reached: {reason}.",
            "Check the network and the URL, then try again."
            if isinstance(error, httpx2.ConnectError | httpx2.ConnectTimeout)
            else _unanswered(request),
            {"url": redact_url(request.url), "reason": reason},
        )

    def _who(self, url: str) -> str:
        return f"{self.name} ({httpx2.URL(url).host})"


async def read_stream(answer: httpx2.Response) -> tuple[bytes, bool]:
    """What a stream gives within some seconds, up to a size, and whether it went on."""
    body = bytearray()
    try:
        with anyio.move_on_after(_STREAM_SECONDS) as time:
            async for chunk in answer.aiter_bytes():
                body += chunk[: _STREAM_BYTES - len(body)]
                if len(body) == _STREAM_BYTES:
                    return bytes(body), True
    except httpx2.TransportError:
        # What came before the connection broke is worth having.
        if not body:
            raise
        return bytes(body), True
    return bytes(body), time.cancelled_caught


def _redirected(request: Request, status: int, target: str) -> Request:
    """The request that follows a redirect (RFC 9110 §15.4): 303, and POST at 301 or 302, become GET."""
    if status == 303 or (status in (301, 302) and request.method == "POST"):
        method = "HEAD" if request.method == "HEAD" else "GET"
        headers = {k: v for k, v in request.headers.items() if not k.lower().startswith("content-")}
        return replace(request, method=method, url=target, headers=headers, content=None)
    return replace(request, url=target)


def _is_final(error: httpx2.RequestError) -> bool:
    """Whether trying again at once is pointless: an unknown name, a bad certificate, a refused connection."""
    return isinstance(error, httpx2.ConnectError | httpx2.UnsupportedProtocol | httpx2.LocalProtocolError)


def _reason(error: httpx2.RequestError) -> str:
    if isinstance(error, httpx2.ConnectTimeout):
        return "no connection in time"
    if isinstance(error, httpx2.TimeoutException):
        return "no answer in time"
    text = str(error).strip().rstrip(".")
    return text[:200] or type(error).__name__


def _is_repeatable(request: Request) -> bool:
    """Whether asking twice does what asking once does (RFC 9110 §9.2.2); not of a GET that says it changes things."""
    changes = request.tier is not None and request.tier != "read"
    return request.method in IDEMPOTENT and not (changes and request.method in _SAFE)


def _unanswered(request: Request) -> str:
    return "Try again." if request.tier == "read" or _is_repeatable(request) else PERHAPS_DONE
