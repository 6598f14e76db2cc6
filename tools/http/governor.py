"""When a request may be sent: within the limits that a service states, and in a fair order among callers."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from http import HTTPStatus

import anyio

from ..caller import caller
from .rate_limits import rate_limit, seconds_to_wait

_SLOTS_OF_A_CALLER = 8
_SLOTS = 64
_FIRST_BACKOFF = 1.0
_LONGEST_BACKOFF = 16.0
_CERTAIN_SECONDS = 60.0
# Waits that end sooner are not worth a message.
_SHORT = 1.0


class NoTurnError(Exception):
    """There is no turn in time; `seconds` until there is one, None if that is unknown."""

    def __init__(self, seconds: float | None) -> None:
        super().__init__(seconds)
        self.seconds = seconds


@dataclass(slots=True, eq=False)
class _Limit:
    """A limit that some requests share: none is sent before `opens_at`, then at most `room` at a time.

    `room` counts those in flight, and is None if it is unknown; at `ends_at` it becomes `size`. Until `certain_until`,
    which is a minute after a refusal, no request tries whether the limit is as stated. If a service states no numbers,
    `capacity` is how many requests passed before it last refused one, and `passed` how many did since.
    """

    opens_at: float = -math.inf
    room: int | None = None
    ends_at: float = math.inf
    size: int | None = None
    certain_until: float = -math.inf
    capacity: int | None = None
    passed: int = 0
    in_flight: int = 0

    def delay(self, now: float) -> float:
        """Return the seconds until the next request may be sent, infinity if that depends on responses."""
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
        """Tell whether the limit says nothing any more."""
        has_window = self.capacity is not None or (self.room is not None and now < self.ends_at < math.inf)
        return not self.in_flight and now >= self.opens_at and not has_window


@dataclass(slots=True, eq=False)
class _Ticket:
    """A request that waits for its turn, the smallest `number` first; then it counts in the limits that it `holds`."""

    group: str
    queue: str
    number: float
    changed: anyio.Event = field(default_factory=anyio.Event)
    holds: tuple[_Limit, ...] = ()


@dataclass(frozen=True, slots=True)
class Turn:
    """The permission to send one request: `waited` seconds for it, and `record` for the status and headers.

    A request that is sent again waits at the `place` in the queue that it had.
    """

    waited: float
    place: float
    record: Callable[[int, Mapping[str, str]], None]


@dataclass(slots=True)
class Governor:
    """Admits the requests to one system with one credential, at most 8 of a caller and 64 in all at a time.

    Headers don't say whether a limit applies to a group of endpoints or to the whole credential. It is taken to apply
    to the group, until a request is refused unexpectedly while another group is closed until the same moment. A refusal
    that states no time (429, RFC 6585 §4) closes the system, each time for twice as long.

    Callers take turns: waiting requests are numbered by start-time fair queueing.
    """

    name: str
    clock: Callable[[], float] = anyio.current_time
    _slots: Counter[str] = field(default_factory=Counter[str], init=False)
    _all: _Limit = field(default_factory=_Limit, init=False)
    _groups: dict[str, _Limit] = field(default_factory=dict[str, _Limit], init=False)
    _is_shared: bool = field(default=False, init=False)
    _backoff: float = field(default=_FIRST_BACKOFF, init=False)
    _backed_off: float = field(default=0.0, init=False)
    _waiting: list[_Ticket] = field(default_factory=list[_Ticket], init=False)
    _next_of: dict[str, float] = field(default_factory=dict[str, float], init=False)
    _number: float = field(default=0.0, init=False)

    @property
    def groups(self) -> int:
        """The number of groups with a limit; those that say nothing any more are removed when another is added."""
        return len(self._groups)

    def delay(self, group: str) -> float:
        """Return the seconds until the next request of a group may be sent, infinity if that depends on responses."""
        now = self.clock()
        return max(limit.delay(now) for limit in self._limits(group))

    @asynccontextmanager
    async def turn(self, group: str, patience: float, place: float | None = None) -> AsyncGenerator[Turn]:
        """Wait for a turn, at most `patience` seconds, and hold it; by default in the caller's next place.

        Raises:
            NoTurnError: there was none in time, or there will be none.
        """
        start = self.clock()
        ticket = self._ticket(group, place)
        try:
            await self._admission(ticket, start + patience)
            sent = self.clock()
            yield Turn(sent - start, ticket.number, lambda status, headers: self._record(group, status, headers, sent))
        finally:
            if not ticket.holds:
                self._waiting.remove(ticket)
            else:
                self._slots[ticket.queue] -= 1
                self._slots = +self._slots
            for limit in ticket.holds:
                limit.in_flight -= 1
            self._admit()

    def _ticket(self, group: str, place: float | None) -> _Ticket:
        queue = caller.get().queue
        if place is None:
            # A caller who comes later starts beside the first that waits, however far others have got.
            waiting = (ticket.number for ticket in self._waiting if ticket.group == group)
            place = max(min(waiting, default=self._number), self._next_of.get(queue, 0.0))
            self._next_of[queue] = place + 1
        ticket = _Ticket(group, queue, place)
        self._waiting.append(ticket)
        return ticket

    async def _admission(self, ticket: _Ticket, until: float) -> None:
        reported = 0.0
        self._admit()
        while not ticket.holds:
            ticket.changed = anyio.Event()
            now, delay = self.clock(), self._delay_of(ticket)
            if delay < math.inf and now + delay > until and not self._open_to_try(ticket.group):
                raise NoTurnError(delay)
            if now >= until:
                raise NoTurnError(None)
            if _SHORT <= delay < math.inf and abs(now + delay - reported) >= _SHORT:
                reported = now + delay
                await caller.get().report(f"Waiting {math.ceil(delay)} s for the rate limit of {self.name}")
            with anyio.move_on_after(min(delay, until - now)):
                await ticket.changed.wait()
            self._admit()
        if reported:
            await caller.get().report(f"Calling {self.name}")

    def _delay_of(self, ticket: _Ticket) -> float:
        is_full = self._slots[ticket.queue] >= _SLOTS_OF_A_CALLER or self._slots.total() >= _SLOTS
        return math.inf if is_full else self.delay(ticket.group)

    def _admit(self) -> None:
        """Admit those whose turn it is."""
        while open_tickets := [ticket for ticket in self._waiting if self._delay_of(ticket) == 0]:
            ticket = min(open_tickets, key=lambda ticket: ticket.number)
            self._waiting.remove(ticket)
            self._number = max(self._number, ticket.number)
            self._slots[ticket.queue] += 1
            ticket.holds = self._limits(ticket.group)
            for limit in ticket.holds:
                limit.in_flight += 1
            ticket.changed.set()
        if not self._waiting:
            self._next_of.clear()

    def _open_to_try(self, group: str) -> bool:
        """Open limits that are closed for longer than a call waits to one request, unless one was refused just now.

        Headers may be misread, and a quota may be raised.
        """
        limits, now = self._limits(group), self.clock()
        closed = [limit for limit in limits if now < limit.opens_at]
        if any(now < limit.certain_until for limit in closed):
            return False
        for limit in closed:
            limit.opens_at = now
        return True

    def _record(self, group: str, status: int, headers: Mapping[str, str], sent: float) -> None:
        self._update(group, status, headers, sent)
        if 0 < self.delay(group) < math.inf:  # those that wait for a response have to wait for a time
            for ticket in self._waiting:
                ticket.changed.set()

    def _update(self, group: str, status: int, headers: Mapping[str, str], sent: float) -> None:
        now, limit = self.clock(), self._limits(group)[-1]
        refused = status == HTTPStatus.TOO_MANY_REQUESTS
        if refused or (status == HTTPStatus.SERVICE_UNAVAILABLE and "retry-after" in headers):
            wait = seconds_to_wait(headers)
            if wait is not None:
                self._is_shared |= refused and now >= limit.opens_at and self._closes_with_another(limit, now + wait)
                limit = self._limits(group)[-1]
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

    def _closes_with_another(self, limit: _Limit, opens_at: float) -> bool:
        return any(other is not limit and abs(other.opens_at - opens_at) < 1 for other in self._groups.values())

    def _limits(self, group: str) -> tuple[_Limit, ...]:
        if self._is_shared:
            return (self._all,)
        if group not in self._groups:
            now = self.clock()
            self._groups = {name: limit for name, limit in self._groups.items() if not limit.is_idle(now)}
            self._groups[group] = _Limit()
        return self._all, self._groups[group]
