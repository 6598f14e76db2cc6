"""The HTTP client for authorization servers: bounded, without redirects, never to an insecure URL."""

from __future__ import annotations

import json
import logging
import re
import ssl
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from functools import cache
from itertools import islice
from typing import cast
from urllib.parse import parse_qsl

import anyio
import httpx2

from ..background import within
from ..urls import is_loopback_host, is_safe, keep_queries_out_of_logs, with_query

logger = logging.getLogger(__name__)

# Nothing was decided: the server is busy or broken, or (0) did not answer.
BUSY = frozenset({0, 408, 425, 429, *range(500, 600)})
_SCOPE = re.compile(r"[!#-\[\]-~]{1,200}")
_MOST_SCOPES, _MOST_SHOWN = 500, 20
_MAX_BYTES = 256 * 1024
_SLACK = 0.5
# The deadline limits the rest.
_TIMEOUT = httpx2.Timeout(None, connect=3.0)


@dataclass(frozen=True, slots=True)
class Request:
    """A request to an authorization server, with a form, a JSON document, or neither.

    `query` is added to the URL only when it is sent, so that no log or error shows it.
    """

    url: str
    form: Mapping[str, str] | None = field(default=None, repr=False)
    document: Mapping[str, object] | None = None
    headers: Mapping[str, str] = field(default_factory=dict[str, str], repr=False)
    method: str = "POST"
    query: Mapping[str, str] | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Response:
    """A response; `body` is its JSON object or its form, None if it has neither."""

    status: int
    body: Mapping[str, object] | None = field(default=None, repr=False)
    headers: Mapping[str, str] = field(default_factory=dict[str, str], repr=False)

    def text(self, name: str) -> str:
        """A string member of the body, or an empty string."""
        value = (self.body or {}).get(name)
        return value if isinstance(value, str) else ""

    def texts(self, name: str) -> tuple[str, ...]:
        """The strings in a list member of the body."""
        value = (self.body or {}).get(name)
        items = cast(list[object], value) if isinstance(value, list) else []
        return tuple(item for item in items if isinstance(item, str))

    @property
    def is_busy(self) -> bool:
        """Whether the server is busy or broken, so that trying again later may help."""
        return self.status in BUSY

    @property
    def summary(self) -> str:
        """The status for a message, with the redirect's target, which may be what was meant."""
        location = cleaned(re.sub(r"[?#].*|(?<=//)[^/@]*@", "", self.headers.get("location", "")))[:200]
        return f"HTTP {self.status}, which redirects to {location}" if location else f"HTTP {self.status}"

    def retry_after(self, now: float) -> float | None:
        """How many seconds to wait before the next request (RFC 9110 §10.2.3), None if not given."""
        value = self.headers.get("retry-after", "").strip()
        if value.isascii() and value.isdecimal():
            return float(value[:10])
        try:
            time = parsedate_to_datetime(value)
        except ValueError:
            return None
        return max(0.0, time.timestamp() - now) if time.tzinfo else None


class NoResponseError(Exception):
    """No usable response; the text says why, without the URL's query."""


@cache
def certificates() -> ssl.SSLContext:
    """The machine's certificates, which take 20 ms to load.

    Raises:
        OSError: SSL_CERT_FILE or SSL_CERT_DIR is set to a file that does not exist.
    """
    return httpx2.create_ssl_context()


class HttpClient:
    """Sends requests from threads; never used on the event loop."""

    def __init__(self, *, trust_env: bool) -> None:
        self._trust_env = trust_env
        keep_queries_out_of_logs()

    def send(self, request: Request, deadline: float = 12.0) -> Response:
        """Send a request and read the response within `deadline` seconds.

        Raises:
            NoResponseError: the URL is not secure, or no usable response came in time.
        """
        # An event loop of its own, because only that bounds the whole exchange: a peer that sends one byte at a time
        # renews a socket's timeout with each byte, while we hold a lock. A thread of its own, because the end of a
        # loop waits for name resolution, which has no time limit.
        try:
            return within(deadline + _SLACK, lambda: anyio.run(self._send, request, deadline))
        except TimeoutError:
            raise NoResponseError(f"no response within {deadline:.0f} seconds") from None

    async def _send(self, request: Request, deadline: float) -> Response:
        url = httpx2.URL(request.url)
        if not is_safe(url):
            raise NoResponseError(f"{url.host} does not use https")
        try:
            with anyio.fail_after(deadline):
                response = await self._exchange(request, url)
        except httpx2.RequestError as error:
            # `from None`: the error contains the request with its whole URL.
            raise NoResponseError(str(error).strip().rstrip(".")[:200] or "the connection broke") from None
        logger.debug("%s %s: %s", request.method, request.url.split("?")[0], response.status)
        return response

    async def _exchange(self, request: Request, url: httpx2.URL) -> Response:
        if request.query is not None:
            url = with_query(url, request.query)
        async with (
            httpx2.AsyncClient(
                timeout=_TIMEOUT,
                follow_redirects=False,
                # No proxy for services on this machine.
                trust_env=self._trust_env and not is_loopback_host(url.host),
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
                    raise NoResponseError("the response is too large")
        headers = {name.lower(): value for name, value in response.headers.items()}
        members = json_object(bytes(body))
        return Response(response.status_code, headers=headers, body=_form(bytes(body)) if members is None else members)


def _form(body: bytes) -> Mapping[str, object] | None:
    """The form that a body contains, whatever its content type: some servers send forms as text or HTML."""
    try:
        form = dict(parse_qsl(body.decode().strip(), strict_parsing=True, max_num_fields=100))
    except ValueError:
        return None
    return form if form and all(map(str.isidentifier, form)) else None


def json_object(body: bytes) -> Mapping[str, object] | None:
    """The JSON object that a body contains, None if it is something else."""
    try:
        value: object = json.loads(body)
        json.dumps(value, ensure_ascii=False).encode()  # lone surrogates can be read but not stored
    except (ValueError, RecursionError):
        return None
    return cast(Mapping[str, object], value) if isinstance(value, dict) else None


def valid_scopes(names: Iterable[str]) -> tuple[str, ...]:
    """The names that may be scopes (RFC 6749 §3.3), neither long nor too many: no others are shown or requested."""
    return tuple(islice(filter(_SCOPE.fullmatch, names), _MOST_SCOPES))


def scopes_in(text: str) -> str:
    """The scopes in a response, separated by spaces, where some servers have commas."""
    return " ".join(valid_scopes(text.replace(",", " ").split()))


def shown_scopes(names: Collection[str]) -> str:
    """Scopes for a message, at most twenty."""
    more = len(names) - _MOST_SHOWN
    return " ".join((*islice(names, _MOST_SHOWN), *([f"and {more} more"] if more > 0 else ())))


def cleaned(text: str) -> str:
    """A server's text, printable and not too long."""
    return "".join(character if character.isprintable() else " " for character in text[:300])
