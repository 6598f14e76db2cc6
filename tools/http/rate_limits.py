"""Rate limits that services announce (`RateLimit-*`, `Retry-After`)."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

_NUMBER = r"(\d{1,9}(?:\.\d{1,9})?)"
# `limit=100, remaining=50, reset=5`, with commas or semicolons, and `"policy";r=50;t=5` in later drafts.
_ITEM = re.compile(rf"(?:^|[;,])\s*(remaining|reset|r|t)\s*=\s*{_NUMBER}\s*(?=$|[;,])", re.ASCII)


def seconds_to_wait(headers: Mapping[str, str], now: datetime | None = None) -> float | None:
    """Return the seconds in `Retry-After`, a number or a date (RFC 9110 §10.2.3), else until the limit resets.

    If `Retry-After` is the reset rounded up, the more exact reset is returned.
    """
    value = headers.get("retry-after", "").strip()
    reset = rate_limit(headers)[1]
    if not value:
        return reset
    if re.fullmatch(r"\d{1,9}(\.\d{1,3})?", value, re.ASCII):
        seconds = float(value)
        return reset if reset is not None and seconds - 1 < reset <= seconds else seconds
    try:
        date = parsedate_to_datetime(value)
    except ValueError:
        return None
    date = date if date.tzinfo else date.replace(tzinfo=UTC)
    return max(0.0, (date - (now or datetime.now(UTC))).total_seconds())


def rate_limit(headers: Mapping[str, str]) -> tuple[int | None, float | None]:
    """Return the remaining requests and the seconds until the reset.

    `RateLimit` is preferred to `RateLimit-Remaining` and `RateLimit-Reset`, as it is more exact. `X-RateLimit-*` is
    ignored: its reset is a duration in some services and a date in others.
    """
    limits = [_limit(policy) for policy in _policies(headers.get("ratelimit", ""))]
    known = [(left, reset) for left, reset in limits if left is not None]
    if known:
        # Of several policies, the most restrictive.
        return min(known, key=lambda limit: (limit[0], -(limit[1] or 0)))
    remaining, reset = _number(headers.get("ratelimit-remaining", "")), _number(headers.get("ratelimit-reset", ""))
    return (None, None) if remaining is None else (int(remaining), reset)


def _policies(value: str) -> list[str]:
    # Commas separate named policies, or the items of a single unnamed one.
    return re.split(r",\s*(?=\")", value) if value.lstrip().startswith('"') else [value]


def _limit(policy: str) -> tuple[int | None, float | None]:
    items = {name: float(number) for name, number in _ITEM.findall(policy)}
    remaining, reset = items.get("remaining", items.get("r")), items.get("reset", items.get("t"))
    return (None if remaining is None else int(remaining)), reset


def _number(value: str) -> float | None:
    return float(value) if re.fullmatch(_NUMBER, value.strip(), re.ASCII) else None


@dataclass(slots=True)
class RateLimiter:
    """Delays requests by the limits in previous responses, separately for each group.

    Headers don't say whether a limit applies to an endpoint or to a whole API key. Assuming the former costs one 429
    per group at worst; assuming the latter, one exhausted endpoint would block the whole system.
    """

    clock: Callable[[], float] = time.monotonic
    _not_before: dict[str, float] = field(default_factory=dict[str, float], init=False)

    def delay(self, group: str = "") -> float:
        """Return the seconds to wait before the next request of this group."""
        return max(0.0, self._not_before.get(group, 0.0) - self.clock())

    @property
    def waiting(self) -> int:
        """The number of delayed groups; expired ones are removed when another is added."""
        return len(self._not_before)

    def update(self, headers: Mapping[str, str], group: str = "") -> None:
        """Record the limit in a response to a request of this group."""
        remaining, reset = rate_limit(headers)
        if remaining == 0 and reset:
            now = self.clock()
            self._not_before = {name: time for name, time in self._not_before.items() if time > now}
            self._not_before[group] = now + reset
        elif remaining:
            self._not_before.pop(group, None)
