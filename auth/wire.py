"""The thin layer that speaks to authorization servers: bounded, never redirected, never to an unsafe address."""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import cast

import httpx2

from .origins import is_safe

logger = logging.getLogger(__name__)

_MAX_BYTES = 256 * 1024
_TIMEOUT = httpx2.Timeout(6.0, connect=3.0)


@dataclass(frozen=True, slots=True)
class Call:
    """One request to an authorization server: a form, a JSON document, or a GET where there is neither."""

    url: str
    form: Mapping[str, str] | None = field(default=None, repr=False)
    document: Mapping[str, object] | None = None
    headers: Mapping[str, str] = field(default_factory=dict[str, str], repr=False)
    method: str = "POST"


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back: `body` is the JSON object, or nothing where there was none."""

    status: int
    body: Mapping[str, object] | None = field(default=None, repr=False)
    headers: Mapping[str, str] = field(default_factory=dict[str, str], repr=False)

    def text(self, name: str) -> str:
        """A member of the body that is text, or nothing."""
        value = (self.body or {}).get(name)
        return value if isinstance(value, str) else ""


class NoAnswer(Exception):
    """Nothing came back; the text says why, without the address's query."""


class Wire:
    """Sends calls one at a time; used from threads, never from the event loop."""

    def __init__(self, *, trust_env: bool) -> None:
        self._trust_env = trust_env

    def send(self, call: Call, deadline: float = 12.0) -> Answer:
        """Send, and read the answer within `deadline` seconds.

        Raises:
            NoAnswer: the address is not safe, or nothing usable came back in time.
        """
        url = httpx2.URL(call.url)
        if not is_safe(url):
            raise NoAnswer(f"{url.host} is not https")
        until = time.monotonic() + deadline
        try:
            with (
                httpx2.Client(timeout=_TIMEOUT, follow_redirects=False, trust_env=self._trust_env) as client,
                client.stream(
                    call.method,
                    url,
                    data=dict(call.form) if call.form is not None else None,
                    json=dict(call.document) if call.document is not None else None,
                    headers={"accept": "application/json", **call.headers},
                ) as response,
            ):
                body = _read(response, until)
        except httpx2.RequestError as error:
            raise NoAnswer(str(error).strip().rstrip(".")[:200] or type(error).__name__) from error
        logger.debug("%s %s: %s", call.method, call.url.split("?")[0], response.status_code)
        headers = {name.lower(): value for name, value in response.headers.items()}
        return Answer(response.status_code, _object(body), headers)


def _read(response: httpx2.Response, until: float) -> bytes:
    body = bytearray()
    for chunk in response.iter_bytes():
        body += chunk
        # A peer that drips renews the read timeout with every drop.
        if len(body) > _MAX_BYTES or time.monotonic() > until:
            raise NoAnswer("the answer is too large or too slow")
    return bytes(body)


def _object(body: bytes) -> Mapping[str, object] | None:
    try:
        value: object = json.loads(body)
    except (ValueError, RecursionError):
        return None
    return cast(Mapping[str, object], value) if isinstance(value, dict) else None
