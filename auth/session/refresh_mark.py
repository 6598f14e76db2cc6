"""The mark in a record that a refresh token was sent, for processes that cannot tell whether its sender still runs.

It is written before the request and removed by the write of its answer. A process that finds it, and holds the lock,
knows that the sender lost the lock first: the server may have replaced the token, and would take a second use for theft
(RFC 9700 §4.14.2).
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from secrets import token_hex

from ..records import Record, Tokens


def new_mark(refresh_token: str) -> str:
    """A mark for this request alone."""
    return f"{token_hex(8)}:{_digest(refresh_token)}"


def is_marked(record: Record, refresh_token: str) -> bool:
    """Whether the token was sent, and the answer not stored."""
    return record.refreshing.endswith(f":{_digest(refresh_token)}")


@dataclass(frozen=True, slots=True)
class Answer:
    """The tokens that are valid after a refresh with the token `sent`; `mark` is that of the request, '' without."""

    sent: str = field(repr=False)
    tokens: Tokens
    mark: str = ""

    def belongs_to(self, record: Record) -> bool:
        """Whether the record still waits for it, also if the sign-in was given up only because it did not come."""
        if record.tokens is None:
            return bool(self.mark) and record.refreshing == self.mark
        # A refresh token that was not replaced may have been used again since.
        is_older = self.tokens.refresh_token == self.sent and self.tokens.obtained_at < record.tokens.obtained_at
        return record.tokens.refresh_token == self.sent and record.refreshing in ("", self.mark) and not is_older


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
