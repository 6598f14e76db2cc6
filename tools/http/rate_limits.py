"""The rate limits of one system: what its responses state, and when they let the next request pass."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus

import anyio

from .rate_limit_headers import rate_limit, seconds_to_wait

_FIRST_BACKOFF = 1.0
_LONGEST_BACKOFF = 16.0
_CERTAIN_SECONDS = 60.0


@dataclass(slots=True, eq=False)
class Limit:
    """A limit that some requests share; times are those of the event loop."""

    # No request is sent before this time.
    opens_at: float = -math.inf
    # Requests left in the window, those in flight included; None if unknown.
    room: int | None = None
    # When the window ends, and `room` becomes `size`.
    ends_at: float = math.inf
    # Requests per window; None if unknown.
    size: int | None = None
    # Until then (a minute after a refusal) no probe request is sent.
    certain_until: float = -math.inf
    # For a service that states no numbers: requests that passed before it last refused one; None if unknown.
    capacity: int | None = None
    # Requests that passed since then.
    passed: int = 0
    in_flight: int = 0

    def delay(self, now: float) -> float:
        """The seconds until the next request may be sent, infinity if that depends on responses."""
        if now < self.opens_at:
            return self.opens_at - now
        if now >= self.ends_at:
            self.room, self.ends_at = self.size, math.inf
        return math.inf if self.room is not None and self.in_flight >= self.room else 0.0

    def close(self, until: float) -> None:
        """Let nothing pass until then, and afterwards one request, whose response shows whether the limit is over."""
        self.opens_at, self.room, self.ends_at = max(self.opens_at, until), 1, math.inf

    def refuse(self, now: float, until: float) -> None:
        """Close because the service refused a request."""
        if now >= self.opens_at and self.passed:
            self.capacity, self.passed = self.passed, 0
        self.close(until)
        self.certain_until = now + _CERTAIN_SECONDS

    def count(self, now: float) -> None:
        """Count a request that passed, and leave the room that was there last time; beyond that, try one at a time."""
        if now < self.opens_at:
            return
        self.passed += 1
        if self.capacity is not None and self.passed > 2 * self.capacity:
            self.capacity = None
        self.room = None if self.capacity is None else max(1, self.capacity - self.passed)
        self.ends_at = math.inf

    def record(self, headers: Mapping[str, str], now: float) -> None:
        """Note what a response that was not refused states."""
        stated = rate_limit(headers)
        # Whole seconds may be rounded down.
        ends_at = now + (stated.reset or 0) + (stated.reset is not None and stated.reset.is_integer())
        if stated.remaining == 0 and stated.reset is not None:
            self.close(ends_at)
        elif now < self.opens_at:  # sent before the limit closed
            return
        elif stated.remaining and stated.reset is not None:
            # Within a window, responses may arrive in another order than they were made.
            same = self.room is not None and abs(ends_at - self.ends_at) < 1
            self.room = min(self.room or 0, stated.remaining) if same else stated.remaining
            self.ends_at, self.size = ends_at, stated.limit
        else:
            self.count(now)

    def is_idle(self, now: float) -> bool:
        """Whether the limit no longer constrains requests."""
        has_window = self.capacity is not None or (self.room is not None and now < self.ends_at < math.inf)
        return not self.in_flight and now >= self.opens_at and not has_window


@dataclass(slots=True)
class Limits:
    """The limits of one system for one caller, or for all of them: of each group of endpoints, and of all together.

    Headers don't say whether a limit applies to a group of endpoints or to all of them. It is taken to apply to the
    group, until a request is refused unexpectedly while another group is closed until the same moment. A refusal that
    states no time (429, RFC 6585 §4) closes the system, each time for twice as long.
    """

    _all: Limit = field(default_factory=Limit, init=False)
    _groups: dict[str, Limit] = field(default_factory=dict[str, Limit], init=False)
    _is_shared: bool = field(default=False, init=False)
    _backoff: float = field(default=_FIRST_BACKOFF, init=False)
    _backed_off: float = field(default=0.0, init=False)

    @property
    def groups(self) -> int:
        """The number of groups with a limit; those without effect are removed when another is added."""
        return len(self._groups)

    def of(self, group: str) -> tuple[Limit, ...]:
        """The limits that apply to the requests of a group."""
        if self._is_shared:
            return (self._all,)
        if group not in self._groups:
            now = anyio.current_time()
            self._groups = {name: limit for name, limit in self._groups.items() if not limit.is_idle(now)}
            self._groups[group] = Limit()
        return self._all, self._groups[group]

    def delay(self, group: str) -> float:
        """The seconds until the next request of a group may be sent, infinity if that depends on responses."""
        now = anyio.current_time()
        return max(limit.delay(now) for limit in self.of(group))

    def open_to_try(self, group: str) -> bool:
        """Open limits that are closed for longer than a call waits to one request, unless one was refused just now.

        Headers may be misread, and a quota may be raised.
        """
        limits, now = self.of(group), anyio.current_time()
        closed = [limit for limit in limits if now < limit.opens_at]
        if any(now < limit.certain_until for limit in closed):
            return False
        for limit in closed:
            limit.opens_at = now
        return True

    def record(self, group: str, status: int, headers: Mapping[str, str], sent: float) -> None:
        """Note what a response states; its request was sent at `sent`."""
        now, limit = anyio.current_time(), self.of(group)[-1]
        refused = status == HTTPStatus.TOO_MANY_REQUESTS
        if refused or (status == HTTPStatus.SERVICE_UNAVAILABLE and "retry-after" in headers):
            wait = seconds_to_wait(headers)
            if wait is not None:
                self._is_shared |= refused and now >= limit.opens_at and self._closes_with_another(limit, now + wait)
                limit = self.of(group)[-1]
                if refused:
                    limit.refuse(now, now + wait)
                else:
                    limit.close(now + wait)
            elif sent >= self._all.opens_at:  # otherwise this refusal was counted
                self._all.refuse(now, now + self._backoff)
                self._backed_off, self._backoff = self._backoff, min(2 * self._backoff, _LONGEST_BACKOFF)
            return
        if self._backed_off and sent >= self._all.opens_at:
            # The next wait begins with half of what was enough, so that a burst learns the pace.
            self._backoff, self._backed_off = max(_FIRST_BACKOFF, self._backed_off / 2), 0.0
        if limit is not self._all:
            self._all.count(now)
        limit.record(headers, now)

    def _closes_with_another(self, limit: Limit, opens_at: float) -> bool:
        return any(other is not limit and abs(other.opens_at - opens_at) < 1 for other in self._groups.values())
