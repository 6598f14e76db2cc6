"""Keeping to a service's own pace (`RateLimit-*`, `Retry-After`)."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

_NUMBER = r"(\d{1,9}(?:\.\d{1,9})?)"
# `limit=100, remaining=50, reset=5`, by commas or semicolons, and the later drafts' `"policy";r=50;t=5`.
_ITEM = re.compile(rf"(?:^|[;,])\s*(remaining|reset|r|t)\s*=\s*{_NUMBER}\s*(?=$|[;,])", re.ASCII)


def seconds_to_wait(headers: Mapping[str, str], now: datetime | None = None) -> float | None:
    """What `Retry-After` asks for, in seconds: a number or a date (RFC 9110 §10.2.3); else the limit's reset.

    Whole seconds may be the reset rounded up: where that is so, the reset is the same moment, more exactly.
    """
    value = headers.get("retry-after", "").strip()
    reset = limit_of(headers)[1]
    if re.fullmatch(r"\d{1,9}(\.\d{1,3})?", value, re.ASCII):
        asked = float(value)
        return reset if reset is not None and asked - 1 < reset <= asked else asked
    if value:
        try:
            moment = parsedate_to_datetime(value)
        except ValueError:
            return None
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=UTC)
        return max(0.0, (moment - (now or datetime.now(UTC))).total_seconds())
    return reset


def limit_of(headers: Mapping[str, str]) -> tuple[int | None, float | None]:
    """How many requests are left, and the seconds until there are more, by whichever syntax is there.

    One `RateLimit` header, which is the more exact, or `RateLimit-Remaining` and `RateLimit-Reset`. The
    `X-RateLimit-*` of older services have no common meaning (Closient's reset is a date) and are not read.
    """
    limits = [_limit(policy) for policy in _policies(headers.get("ratelimit", ""))]
    known = [(left, reset) for left, reset in limits if left is not None]
    if known:
        # Of several policies the one that is used up first, and of those the one that lasts.
        return min(known, key=lambda limit: (limit[0], -(limit[1] or 0)))
    remaining, reset = _number(headers.get("ratelimit-remaining", "")), _number(headers.get("ratelimit-reset", ""))
    return (None, None) if remaining is None else (int(remaining), reset)


def _policies(value: str) -> list[str]:
    # Commas part the policies where they are named, and the items of one where they are not.
    return re.split(r",\s*(?=\")", value) if value.lstrip().startswith('"') else [value]


def _limit(policy: str) -> tuple[int | None, float | None]:
    items = {name: float(number) for name, number in _ITEM.findall(policy)}
    remaining, reset = items.get("remaining", items.get("r")), items.get("reset", items.get("t"))
    return (None if remaining is None else int(remaining)), reset


def _number(value: str) -> float | None:
    return float(value) if re.fullmatch(_NUMBER, value.strip(), re.ASCII) else None


@dataclass(slots=True)
class Pace:
    """When the next request may go out, by what the last answers said, for each group of requests on its own.

    No header says how far a limit reaches: Close counts each endpoint apart, Closient all of a key. Where an
    answer is taken to speak for its own group only, a limit that reaches farther costs each group one 429, which
    is waited for; the other way round, one endpoint that is used up would stop the whole system.
    """

    clock: Callable[[], float] = time.monotonic
    _not_before: dict[str, float] = field(default_factory=dict[str, float], init=False)

    def delay(self, group: str = "") -> float:
        """Seconds that a request of this group sent now should wait first."""
        return max(0.0, self._not_before.get(group, 0.0) - self.clock())

    @property
    def waiting(self) -> int:
        """How many groups have a time to wait for; those whose time is over are dropped when one is added."""
        return len(self._not_before)

    def note(self, headers: Mapping[str, str], group: str = "") -> None:
        """Take in what an answer said about the limit of its group."""
        remaining, reset = limit_of(headers)
        if remaining == 0 and reset:
            now = self.clock()
            self._not_before = {name: moment for name, moment in self._not_before.items() if moment > now}
            self._not_before[group] = now + reset
        elif remaining:
            self._not_before.pop(group, None)
