"""Fetched documents, their cache validators, and the errors of fetching."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from ..formats.text import one_line, utc_time

MAX_BYTES = 32 * 1024 * 1024
_SENDABLE = re.compile(r"[ -~]{1,500}")


class FetchError(Exception):
    """The document could not be fetched; the message says why."""


class GoneError(FetchError):
    """The document does not exist, or is known to be unusable."""


class NotCachedError(FetchError):
    """The document is not in the cache, and the network is not to be used."""


class ConnectionFailedError(FetchError):
    """The server cannot be reached."""


@dataclass(frozen=True, slots=True)
class Document:
    """A body, and the URL that it came from after redirects.

    `confirmed` is when it was last known to be current (Unix time). `stale` says why a cached copy was used although
    the server was asked. Without `validators` it may not be cached.
    """

    body: bytes
    url: str
    confirmed: float = 0.0
    stale: str = ""
    validators: Validators | None = None


@dataclass(frozen=True, slots=True)
class Validators:
    """The validators of a response (RFC 9110 §8.8), and the `Accept` of its request."""

    accept: str
    etag: str = ""
    modified: str = ""

    def conditions(self) -> dict[str, str]:
        """The headers of a conditional request (RFC 9111 §4.3.1)."""
        both = {"if-none-match": self.etag, "if-modified-since": self.modified}
        return {name: value for name, value in both.items() if _SENDABLE.fullmatch(value)}

    def matches(self, etag: str) -> bool:
        """Whether a 304 with this `ETag`, or '', selects the same body (RFC 9111 §4.3.4)."""
        return not etag or not self.etag or etag.removeprefix("W/") == self.etag.removeprefix("W/")


def validators_of(headers: Mapping[str, str], accept: str) -> Validators | None:
    """The validators in a response's headers (lower-case names), or None if it must not be stored."""
    directives = {directive.strip().lower() for directive in headers.get("cache-control", "").split(",")}
    if "no-store" in directives:  # RFC 9111 §5.2.2.5
        return None
    return Validators(accept, headers.get("etag", ""), headers.get("last-modified", ""))


@dataclass(frozen=True, slots=True)
class StaleDocument:
    """A cached copy that is used although it may be outdated, with the reason."""

    url: str
    confirmed: float
    reason: str

    @property
    def timestamp(self) -> str:
        """`confirmed` in ISO 8601."""
        return utc_time(self.confirmed)


def staleness(document: Document) -> tuple[StaleDocument, ...]:
    """One entry if the document is stale, else none."""
    if not document.stale:
        return ()
    return (StaleDocument(document.url, document.confirmed, one_line(document.stale, 300)),)
