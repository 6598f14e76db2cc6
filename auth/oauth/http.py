"""The thin layer that speaks to authorization servers: bounded, never redirected, never to an unsafe URL."""

from __future__ import annotations

import json
import logging
import re
import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from functools import cache
from typing import cast

import anyio
import httpx2

from ..timeouts import within
from ..url_queries import keep_queries_out_of_logs, with_query
from ..urls import is_loopback, is_safe

logger = logging.getLogger(__name__)

_MAX_BYTES = 256 * 1024
_SLACK = 0.5
_TIMEOUT = httpx2.Timeout(6.0, connect=3.0)


@dataclass(frozen=True, slots=True)
class Request:
    """One request to an authorization server: a form, a JSON document, or neither.

    `query` is added to the URL at the last moment, so that no log and no error shows it.
    """

    url: str
    form: Mapping[str, str] | None = field(default=None, repr=False)
    document: Mapping[str, object] | None = None
    headers: Mapping[str, str] = field(default_factory=dict[str, str], repr=False)
    method: str = "POST"
    query: Mapping[str, str] | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Response:
    """What came back: `body` is the JSON object, or nothing where there was none."""

    status: int
    body: Mapping[str, object] | None = field(default=None, repr=False)
    headers: Mapping[str, str] = field(default_factory=dict[str, str], repr=False)

    def text(self, name: str) -> str:
        """A member of the body that is text, or nothing."""
        value = (self.body or {}).get(name)
        return value if isinstance(value, str) else ""

    @property
    def summary(self) -> str:
        """The status for a sentence, and where a redirect leads: that is not followed, but may be what was meant."""
        location = re.sub(r"[?#].*|(?<=//)[^/@]*@", "", self.headers.get("location", ""))[:200]
        return f"HTTP {self.status}, which leads to {location}" if location else f"HTTP {self.status}"

    def retry_after(self, now: float) -> float | None:
        """How many seconds the server wants to be left alone (RFC 9110 §10.2.3), or nothing."""
        value = self.headers.get("retry-after", "").strip()
        if value.isascii() and value.isdecimal():
            return float(value[:10])
        try:
            moment = parsedate_to_datetime(value)
        except ValueError:
            return None
        return max(0.0, moment.timestamp() - now) if moment.tzinfo else None


class NoResponseError(Exception):
    """Nothing came back; the text says why, without the address's query."""


@cache
def certificates() -> ssl.SSLContext:
    """The machine's certificates, which take 20 ms to load.

    Raises:
        OSError: SSL_CERT_FILE or SSL_CERT_DIR names what is not there.
    """
    return httpx2.create_ssl_context()


class HttpClient:
    """Sends calls one at a time; used from threads, never from the event loop."""

    def __init__(self, *, trust_env: bool) -> None:
        self._trust_env = trust_env
        keep_queries_out_of_logs()

    def send(self, request: Request, deadline: float = 12.0) -> Response:
        """Send, and read the answer within `deadline` seconds.

        Raises:
            NoResponseError: the URL is not safe, or nothing usable came back in time.
        """
        # On a loop of its own, because only that bounds the whole: a peer that drips bytes, of the header or of
        # the body, renews a socket's timeout with every drop, and we hold a lock meanwhile. In a thread of its own,
        # because a loop's end waits for the lookup of a name, for which there is no bound at all.
        try:
            return within(deadline + _SLACK, lambda: anyio.run(self._send, request, deadline))
        except TimeoutError:
            raise NoResponseError(f"no answer within {deadline:.0f} seconds") from None

    async def _send(self, request: Request, deadline: float) -> Response:
        url = httpx2.URL(request.url)
        if not is_safe(url):
            raise NoResponseError(f"{url.host} is not https")
        try:
            with anyio.fail_after(deadline):
                response = await self._exchange(request, url)
        except TimeoutError:
            raise NoResponseError(f"no answer within {deadline:.0f} seconds") from None
        except httpx2.RequestError as error:
            # `from None`: the error holds the request, and that its whole URL.
            raise NoResponseError(str(error).strip().rstrip(".")[:200] or type(error).__name__) from None
        logger.debug("%s %s: %s", request.method, request.url.split("?")[0], response.status)
        return response

    async def _exchange(self, request: Request, url: httpx2.URL) -> Response:
        if request.query is not None:
            url = with_query(url, request.query)
        async with (
            httpx2.AsyncClient(
                timeout=_TIMEOUT,
                follow_redirects=False,
                # A proxy is for the way out of this machine, not for a service on it.
                trust_env=self._trust_env and not is_loopback(url.host),
                verify=certificates(),
            ) as client,
            client.stream(
                request.method,
                url,
                data=dict(request.form) if request.form is not None else None,
                json=dict(request.document) if request.document is not None else None,
                headers={"accept": "application/json", **request.headers},
            ) as response,
        ):
            body = bytearray()
            async for chunk in response.aiter_bytes():
                body += chunk
                if len(body) > _MAX_BYTES:
                    raise NoResponseError("the answer is too large")
        headers = {name.lower(): value for name, value in response.headers.items()}
        return Response(response.status_code, headers=headers, body=_object(bytes(body)))


def _object(body: bytes) -> Mapping[str, object] | None:
    try:
        value: object = json.loads(body)
        json.dumps(value, ensure_ascii=False).encode()  # half a character can be read, and not be kept
    except (ValueError, RecursionError):
        return None
    return cast(Mapping[str, object], value) if isinstance(value, dict) else None
