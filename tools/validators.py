"""What an answer is recognized by, so that it is sent again only when it is another one (RFC 9110 §8.8, §13.1)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

_SENDABLE = re.compile(r"[ -~]{1,500}")


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
