"""Documents as they were fetched, and the ways in which fetching fails."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from ..formats.text import one_line

MAX_BYTES = 32 * 1024 * 1024
_SENDABLE = re.compile(r"[ -~]{1,500}")


class FetchError(Exception):
    """A document could not be had; the text says why."""


class GoneError(FetchError):
    """The service says that there is no such document (any more), or it is known to be none that can be used."""


class NotCachedError(FetchError):
    """The document was never kept, and the network was not to be asked."""


class ConnectionFailedError(FetchError):
    """Nobody answers there."""


@dataclass(frozen=True, slots=True)
class Document:
    """What was fetched: the body, and the URL that it finally came from.

    `confirmed` is when it was last known to be what is there (seconds since 1970). `stale` says why it is a kept copy
    although the service was asked. Without `validators` it may not be kept.
    """

    body: bytes
    url: str
    confirmed: float = 0.0
    stale: str = ""
    validators: Validators | None = None


@dataclass(frozen=True, slots=True)
class Validators:
    """The validators that came with a body, and the `Accept` that it was the answer to."""

    accept: str
    etag: str = ""
    modified: str = ""

    def conditions(self) -> dict[str, str]:
        """The headers that ask for the body only if it is another one; both, as RFC 9111 §4.3.1 wants it."""
        both = {"if-none-match": self.etag, "if-modified-since": self.modified}
        return {name: value for name, value in both.items() if _SENDABLE.fullmatch(value)}

    def agrees_with(self, etag: str) -> bool:
        """Whether a 304 that says this `ETag`, or none, is about the same body (RFC 9111 §4.3.4)."""
        return not etag or not self.etag or etag.removeprefix("W/") == self.etag.removeprefix("W/")


def validators_of(headers: Mapping[str, str], accept: str) -> Validators | None:
    """The validators in an answer's headers (lower-case names); nothing where it may not be stored."""
    directives = {directive.strip().lower() for directive in headers.get("cache-control", "").split(",")}
    if "no-store" in directives:  # RFC 9111 §5.2.2.5
        return None
    return Validators(accept, headers.get("etag", ""), headers.get("last-modified", ""))


@dataclass(frozen=True, slots=True)
class Stale:
    """A document as it was at a time (seconds since 1970), and why it is not as it is now."""

    url: str
    confirmed: float
    why: str

    @property
    def moment(self) -> str:
        """The time, for people and programs."""
        return datetime.fromtimestamp(self.confirmed, UTC).isoformat(timespec="seconds")


def staleness(document: Document) -> tuple[Stale, ...]:
    """What there is to say of a document that is a kept copy; nothing of one that was confirmed."""
    if not document.stale:
        return ()
    return (Stale(document.url, document.confirmed, one_line(document.stale, 300)),)
