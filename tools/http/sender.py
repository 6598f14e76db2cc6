"""Sending requests to a system: limits, rate limits, retries and redirects.

The client that is passed in does not follow redirects itself.
"""

from __future__ import annotations

import logging
import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import count
from typing import TYPE_CHECKING

import anyio
import anyio.to_thread
import httpx2

from ..errors import InvalidArgumentsError, RefusedError, UnreachableError
from ..formats.json_values import JsonObject
from ..formats.media_types import essence
from ..formats.sniffing import EVENTS, LINES
from ..formats.text import one_line
from ..formats.urls import InvalidUrlError, has_origin, redact_url, resolve
from .messages import (
    IDEMPOTENT,
    MAY_HAVE_SUCCEEDED,
    REDIRECTS,
    BrokenOffError,
    Client,
    Request,
    Response,
    has_answer,
    headers_of,
    read_capped,
    reason_of,
)

if TYPE_CHECKING:
    from .governor import Governor, NoTurnError, Turn

logger = logging.getLogger(__name__)

MAX_BYTES = 16 * 1024 * 1024
MAX_REDIRECTS = 4
_LONG = 100_000
# Hosts give up on a call at 60 seconds.
MAX_WAIT = 30.0
_CALL_SECONDS = 50.0
_ATTEMPTS = 3
# Before a request whose response was lost is repeated: as many seconds times the attempts so far.
_PAUSE = 0.2
_REFUSED_ATTEMPTS = 5
_SAFE = {"GET", "HEAD", "OPTIONS"}
# Streams may never end, so only their beginning is read.
_STREAMING = {EVENTS, *LINES, "multipart/x-mixed-replace"}
_STREAM_SECONDS = 10.0


@dataclass
class Sender:
    """Sends requests to the origins of one system, with limited rate and concurrency.

    `per_caller`: the service limits each caller separately. `hide` masks what a service repeats of our secrets in an
    error, which is cut later: a secret where it is cut could not be recognized any more.
    """

    client: Client
    origins: frozenset[str]
    name: str
    per_caller: bool = False
    hide: Callable[[str], str] = str

    @cached_property
    def governor(self) -> Governor:
        """Decides when a request may be sent."""
        from .governor import Governor

        return Governor(self.name, self.per_caller)

    async def send(self, request: Request) -> Response:
        """Send a request and return its response, whatever its status.

        Waits up to 30 seconds for a rate limit, which are not part of the request's timeout.

        Raises:
            InvalidArgumentsError: the URL is invalid.
            RefusedError: the URL does not belong to the system, or there are too many redirects.
            UnreachableError: no response within the request's timeout, or no turn within the limits.
        """
        start = anyio.current_time()
        try:
            return await self._follow_redirects(request, start)
        except TimeoutError:
            seconds = min(request.timeout, _CALL_SECONDS)
            message = f"{self._label(request.url)} did not respond within {seconds:.0f} seconds."
            raise UnreachableError(message, _retry_hint(request), _details(request.url, "timeout")) from None

    async def _follow_redirects(self, request: Request, start: float) -> Response:
        waited = 0.0
        for _ in range(MAX_REDIRECTS + 1):
            if not has_origin(request.url, self.origins):
                raise RefusedError(
                    f"{redact_url(request.url)[:200]} is not a URL of {self.name}.",
                    "Requests are sent to the system's own URLs only.",
                    _details(request.url),
                )
            response = await self._send_with_retries(request, start, waited)
            waited = response.waited
            location = response.headers.get("location")
            if response.status not in REDIRECTS or not location:
                return response
            try:
                target = resolve(response.url, location)
                httpx2.URL(target)
            except (InvalidUrlError, httpx2.InvalidURL):
                return response
            if not has_origin(target, self.origins):
                return response
            request = _redirected(request, response.status, target)
        raise RefusedError(
            f"{self._label(request.url)} redirected more than {MAX_REDIRECTS} times.",
            "This is probably a redirect loop, which only the service's operator can fix.",
            _details(request.url),
        )

    async def _send_with_retries(self, request: Request, start: float, waited: float) -> Response:
        """Retry only what the server did not process, and idempotent requests."""
        from .governor import NoTurnError

        refused: Response | None = None
        queue_number: float | None = None
        for attempt in count(1):
            try:
                async with self.governor.turn(request.group, MAX_WAIT - waited, queue_number) as turn:
                    queue_number = turn.queue_number
                    waited += turn.waited
                    active = anyio.current_time() - start - waited
                    left = min(request.timeout - active, _CALL_SECONDS - active - waited)
                    with anyio.fail_after(left):
                        response = await self._send_once(request, turn, waited)
            except NoTurnError as error:
                if refused:
                    return refused
                raise self._no_turn(request, error) from None
            except (httpx2.InvalidURL, UnicodeError) as error:
                raise InvalidArgumentsError(
                    f"The arguments result in an invalid URL: {one_line(str(error), 200).rstrip('.')}.",
                    "Shorten them or remove unusual characters. Nothing was sent.",
                    _details(request.url),
                ) from None
            except httpx2.RequestError as error:
                if attempt >= _ATTEMPTS or not _is_repeatable(request) or _is_final(error):
                    raise self._unreachable(request, error) from error
                await anyio.sleep(_PAUSE * attempt)
                continue
            too_long = MAX_WAIT - waited < self.governor.limits.delay(request.group) < math.inf
            if not _is_refused(response) or too_long or attempt >= _attempts(response):
                return response
            refused = response
        raise AssertionError("unreachable: counting does not end")

    async def _send_once(self, request: Request, turn: Turn, waited: float) -> Response:
        async with self.client.stream(
            request.method,
            request.url,
            headers=dict(request.headers),
            content=request.content,
            follow_redirects=False,
            extensions={"scopes": request.scopes, "may_ask": request.may_ask},
        ) as response:
            headers = headers_of(response)
            turn.record(response.status_code, headers)  # before the body, which may take long
            streaming = essence(headers.get("content-type", "")) in _STREAMING
            try:
                body, cut = await (read_stream(response) if streaming else read_capped(response, MAX_BYTES))
            except (httpx2.RemoteProtocolError, httpx2.ReadError) as error:
                raise BrokenOffError(response.num_bytes_downloaded, headers.get("content-length", "")) from error
            if logger.isEnabledFor(logging.DEBUG):
                logger.debug("%s %s: %s", request.method, redact_url(request.url), response.status_code)
            if response.status_code >= 400:
                text = body.decode("latin-1")  # which every byte survives
                # With the secrets of hundreds of callers, a long text takes so long that others would wait.
                hidden = await anyio.to_thread.run_sync(self.hide, text) if len(text) > _LONG else self.hide(text)
                body = hidden.encode("latin-1")
            return Response(response.status_code, headers, body, request.url, cut, waited, request.method)

    def _no_turn(self, request: Request, error: NoTurnError) -> UnreachableError:
        details = _details(request.url, "rate limit")
        if error.seconds is None:
            message = f"{self.name} is busy with other calls: no free slot within {MAX_WAIT:.0f} seconds."
            return UnreachableError(message, "Nothing was sent. Try again when some of them have finished.", details)
        seconds = math.ceil(error.seconds)
        message = f"The rate limit of {self.name} is used up for the next {seconds} seconds."
        next_step = f"Nothing was sent. Wait {seconds} seconds, then try again."
        return UnreachableError(message, next_step, {**details, "retry_after_seconds": seconds})

    def _unreachable(self, request: Request, error: httpx2.RequestError) -> UnreachableError:
        reason, next_step = reason_of(error), _retry_hint(request)
        if isinstance(error, httpx2.ConnectError | httpx2.ConnectTimeout):
            next_step = "Check the network and the URL, then try again."
        failure = "failed" if has_answer(error) else "cannot be reached"
        message = f"{self._label(request.url)} {failure}: {reason}."
        return UnreachableError(message, next_step, _details(request.url, reason))

    def _label(self, url: str) -> str:
        return f"{self.name} ({httpx2.URL(url).host})"


async def read_stream(response: httpx2.Response) -> tuple[bytes, bool]:
    """The beginning of a stream, limited in time and size, and whether it continued."""
    body = bytearray()
    try:
        with anyio.move_on_after(_STREAM_SECONDS) as scope:
            async for chunk in response.aiter_bytes():
                body += chunk[: MAX_BYTES - len(body)]
                if len(body) == MAX_BYTES:
                    return bytes(body), True
    except httpx2.TransportError:
        if not body:
            raise
        return bytes(body), True
    return bytes(body), scope.cancelled_caught


def _details(url: str, reason: str = "") -> JsonObject:
    return {"url": redact_url(url)[:200], **({"reason": reason} if reason else {})}


def _redirected(request: Request, status: int, target: str) -> Request:
    """The request that follows a redirect: after 303, and POST after 301 or 302, a GET (RFC 9110 §15.4)."""
    if status == 303 or (status in (301, 302) and request.method == "POST"):
        method = "HEAD" if request.method == "HEAD" else "GET"
        headers = {k: v for k, v in request.headers.items() if not k.lower().startswith("content-")}
        return replace(request, method=method, url=target, headers=headers, content=None)
    return replace(request, url=target)


def _is_refused(response: Response) -> bool:
    """Whether the service did nothing and the request may be sent again later (RFC 6585 §4, RFC 9110 §15.6.4)."""
    return response.status == 429 or (response.status == 503 and "retry-after" in response.headers)


def _attempts(response: Response) -> int:
    return _REFUSED_ATTEMPTS if response.status == 429 else _ATTEMPTS


def _is_final(error: httpx2.RequestError) -> bool:
    """Whether retrying is pointless: an unknown host, a bad certificate, a refused connection."""
    return isinstance(error, httpx2.ConnectError | httpx2.UnsupportedProtocol | httpx2.LocalProtocolError)


def _is_repeatable(request: Request) -> bool:
    """Whether the request is idempotent (RFC 9110 §9.2.2); a GET with side effects is not."""
    changes = request.tier is not None and request.tier != "read"
    return request.method in IDEMPOTENT and not (changes and request.method in _SAFE)


def _retry_hint(request: Request) -> str:
    return "Try again." if request.tier == "read" or _is_repeatable(request) else MAY_HAVE_SUCCEEDED
