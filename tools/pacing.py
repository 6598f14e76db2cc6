"""Keeping to a service's own pace (`RateLimit-*`, `Retry-After`)."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

_ITEM = re.compile(r"(?:^|;)\s*([rt])=(\d{1,9})")


def seconds_to_wait(headers: Mapping[str, str], now: datetime | None = None) -> float | None:
    """What `Retry-After` asks for, in seconds: a number or a date (RFC 9110 §10.2.3); else `RateLimit-Reset`."""
    value = headers.get("retry-after", "").strip()
    if re.fullmatch(r"\d{1,9}(\.\d{1,3})?", value):
        return float(value)
    if value:
        try:
            moment = parsedate_to_datetime(value)
        except ValueError:
            return None
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=UTC)
        return max(0.0, (moment - (now or datetime.now(UTC))).total_seconds())
    return limit_of(headers)[1]


def limit_of(headers: Mapping[str, str]) -> tuple[int | None, float | None]:
    """How many requests are left, and the seconds until there are more, by either syntax of the headers.

    `RateLimit-Remaining` and `RateLimit-Reset` of the older drafts, or one `RateLimit: ...;r=..;t=..`.
    """
    remaining, reset = headers.get("ratelimit-remaining", ""), headers.get("ratelimit-reset", "")
    if remaining.isdecimal() and remaining.isascii():
        return int(remaining[:9]), float(reset[:9]) if reset.isdecimal() and reset.isascii() else None
    items = dict(_ITEM.findall(headers.get("ratelimit", "")))
    return (
        int(items["r"]) if "r" in items else None,
        float(items["t"]) if "t" in items else None,
    )


@dataclass(slots=True)
class Pace:
    """When the next request to one service may go out, by what its last answers said."""

    clock: Callable[[], float] = time.monotonic
    _not_before: float = field(default=0.0, init=False)

    def delay(self) -> float:
        """Seconds that a request sent now should wait first."""
        return max(0.0, self._not_before - self.clock())

    def note(self, headers: Mapping[str, str]) -> None:
        """Take in what an answer said about the limit."""
        remaining, reset = limit_of(headers)
        if remaining == 0 and reset:
            self._not_before = self.clock() + reset
        elif remaining:
            self._not_before = 0.0
