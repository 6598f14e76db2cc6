"""What could not be used, told as values."""

from __future__ import annotations

from dataclasses import dataclass

from .formats.text import one_line


@dataclass(frozen=True, slots=True)
class Problem:
    """A part of a catalog or document that could not be used.

    `subject` is the URL or name of the thing, `pointer` a JSON pointer into it (RFC 6901) where there
    is one, `reason` what is wrong, and `effect` what that means for the person.
    """

    subject: str
    reason: str
    effect: str
    pointer: str = ""

    def __post_init__(self) -> None:
        # Most of it is somebody's document, and it goes to terminals and models.
        for name, limit in (("subject", 300), ("reason", 400), ("pointer", 300)):
            object.__setattr__(self, name, one_line(getattr(self, name), limit))


class UnusableError(ValueError):
    """Why one operation cannot become a tool."""
