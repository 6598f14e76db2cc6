"""What is used although it may have changed, because nothing newer could be had."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from .fetching import Document
from .text import one_line


@dataclass(frozen=True, slots=True)
class Stale:
    """A document as it was at a time (seconds since 1970), and why it is not as it is now."""

    address: str
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
    return (Stale(document.address, document.confirmed, one_line(document.stale, 300)),)
