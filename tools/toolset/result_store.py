"""Where long results are kept for `read_result`: a protocol, and the memory of this process."""

from __future__ import annotations

import secrets
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple, Protocol

KEPT_SECONDS = 3_600.0
_MOST, _MOST_BYTES = 50, 64 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class KeptResult:
    """A whole result as UTF-8: CSV, JSON or other text."""

    content: bytes
    csv: bool


class ResultStoreError(Exception):
    """Results cannot be kept or found now; the message is the reason."""


class ResultStore(Protocol):
    """Keeps the most recent results for an hour, within limits.

    Both methods raise ResultStoreError if the results are elsewhere and cannot be reached.
    """

    async def keep(self, owner: str, result: KeptResult) -> str:
        """Keep a result of this caller under the name that is returned, which cannot be guessed."""
        ...

    async def find(self, owner: str, name: str) -> KeptResult | None:
        """The result with this name, None if it is no longer kept or belongs to another caller."""
        ...


class Entry(NamedTuple):
    """A kept result in short: its name, owner and size in bytes."""

    name: str
    owner: str
    size: int


def new_name() -> str:
    """A name of 128 random bits."""
    return secrets.token_urlsafe(16)


def excess(kept: Sequence[Entry], new: Entry, most: int, most_bytes: int) -> list[str]:
    """The names of those to drop, so that at most `most` of `most_bytes` in all are kept; `kept` has the oldest first.

    The oldest result of the caller that keeps most goes first, so that a caller cannot push out all others.
    """
    left, dropped = list(kept), list[str]()
    sizes: Counter[str] = Counter()
    for entry in (*left, new):
        sizes[entry.owner] += entry.size
    while left and (len(left) + 1 > most or sizes.total() > most_bytes):
        owners = {entry.owner for entry in left}
        largest = max(owners, key=lambda owner: sizes[owner])
        oldest = next(entry for entry in left if entry.owner == largest)
        left.remove(oldest)
        sizes[largest] -= oldest.size
        dropped.append(oldest.name)
    return dropped


@dataclass(slots=True)
class MemoryResultStore:
    """Keeps results in the memory of this process: at most 50 of 64 MiB in all."""

    clock: Callable[[], float] = time.monotonic
    _kept: dict[str, tuple[str, KeptResult, float]] = field(
        default_factory=dict[str, tuple[str, KeptResult, float]], init=False
    )

    async def keep(self, owner: str, result: KeptResult) -> str:
        """Keep a result; if that is too much, drop others."""
        now, name = self.clock(), new_name()
        current = {key: kept for key, kept in self._kept.items() if kept[2] >= now}
        entries = [Entry(key, of, len(kept.content)) for key, (of, kept, _) in current.items()]
        for dropped in excess(entries, Entry(name, owner, len(result.content)), _MOST, _MOST_BYTES):
            del current[dropped]
        self._kept = {**current, name: (owner, result, now + KEPT_SECONDS)}
        return name

    async def find(self, owner: str, name: str) -> KeptResult | None:
        """The result with this name, None if it is no longer kept or belongs to another caller."""
        of, result, until = self._kept.get(name, ("", None, 0.0))
        return result if of == owner and self.clock() <= until else None
