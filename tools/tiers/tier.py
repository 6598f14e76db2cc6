"""The tiers of operations: an operation reads, creates, updates, or destroys."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal, TypeAlias

Tier: TypeAlias = Literal["read", "create", "update", "destructive"]
TIERS: tuple[Tier, ...] = ("read", "create", "update", "destructive")


def tiers_up_to(highest: Tier) -> tuple[Tier, ...]:
    """The tiers up to one, lowest first."""
    return TIERS[: TIERS.index(highest) + 1]


def lowest_tier(tiers: Iterable[Tier]) -> Tier:
    """The lowest of some tiers; `destructive` if there are none."""
    return TIERS[min(map(TIERS.index, tiers), default=-1)]


def highest_tier(tiers: Iterable[Tier]) -> Tier:
    """The highest of some tiers; `read` if there are none."""
    return TIERS[max(map(TIERS.index, tiers), default=0)]
