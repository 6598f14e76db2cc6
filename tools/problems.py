"""Problems of catalogs and documents, as values."""

from __future__ import annotations

from dataclasses import dataclass

from .formats.text import one_line


@dataclass(frozen=True, slots=True)
class Problem:
    """A part of a catalog or document that could not be used.

    `subject` is its URL or name, `pointer` a JSON pointer into it (RFC 6901), `effect` the consequence for the user.
    """

    subject: str
    reason: str
    effect: str
    pointer: str = ""

    def __post_init__(self) -> None:
        # The text comes from documents, and is shown in terminals and to models.
        for name, limit in (("subject", 300), ("reason", 400), ("pointer", 300)):
            object.__setattr__(self, name, one_line(getattr(self, name), limit))


class UnusableError(ValueError):
    """An operation cannot become a tool."""
