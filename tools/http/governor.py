"""When a request may be sent: within the limits that a service states, and in a fair order among callers."""

from __future__ import annotations

import math
from collections import Counter, OrderedDict
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import anyio

from ..caller import caller
from .rate_limits import Limit, Limits

_SLOTS_OF_A_CALLER = 8
_SLOTS = 64
_MOST_CALLERS = 1_000
# Waits that end sooner are not worth a message.
_SHORT = 1.0


class NoTurnError(Exception):
    """There is no turn in time; `seconds` until there is one, None if that is unknown."""

    def __init__(self, seconds: float | None) -> None:
        super().__init__(seconds)
        self.seconds = seconds


@dataclass(slots=True, eq=False)
class _Ticket:
    """A request that waits for its turn, in order of `queue_number`; then it counts in the limits that it `holds`.

    `limits` are those that the service has for it.
    """

    group: str
    limits: Limits
    queue: str
    queue_number: float
    changed: anyio.Event = field(default_factory=anyio.Event)
    holds: tuple[Limit, ...] = ()


@dataclass(frozen=True, slots=True)
class Turn:
    """The permission to send one request: `waited` seconds for it, and `record` for the status and headers.

    A request that is sent again keeps its `queue_number`.
    """

    waited: float
    queue_number: float
    record: Callable[[int, Mapping[str, str]], None]


@dataclass(slots=True)
class Governor:
    """Admits the requests to one system, at most 8 of a caller and 64 in all at a time.

    A request passes when the service's limits let it; `per_caller`: it limits each caller separately. Callers take
    turns: waiting requests are numbered by start-time fair queueing.
    """

    name: str
    per_caller: bool = False
    _limits: OrderedDict[str, Limits] = field(default_factory=OrderedDict[str, Limits], init=False)
    _slots: Counter[str] = field(default_factory=Counter[str], init=False)
    _used: int = field(default=0, init=False)
    _waiting: list[_Ticket] = field(default_factory=list[_Ticket], init=False)
    _next_of: dict[str, float] = field(default_factory=dict[str, float], init=False)
    _number: float = field(default=0.0, init=False)

    @property
    def limits(self) -> Limits:
        """The limits of the call under way; those not used for longest are forgotten."""
        owner = caller.get().id if self.per_caller else ""
        if owner not in self._limits:
            self._limits[owner] = Limits()
        self._limits.move_to_end(owner)
        if len(self._limits) > _MOST_CALLERS:
            self._limits.popitem(last=False)
        return self._limits[owner]

    @asynccontextmanager
    async def turn(self, group: str, patience: float, queue_number: float | None = None) -> AsyncGenerator[Turn]:
        """Wait for a turn, at most `patience` seconds, and hold it; by default with the caller's next queue number.

        Raises:
            NoTurnError: there was none in time, or there will be none.
        """
        start = anyio.current_time()
        ticket = self._ticket(group, queue_number)
        try:
            await self._admission(ticket, start + patience)
            sent = anyio.current_time()
            yield Turn(
                sent - start, ticket.queue_number, lambda status, headers: self._record(ticket, status, headers, sent)
            )
        finally:
            if not ticket.holds:
                self._waiting.remove(ticket)
            else:
                self._used -= 1
                self._slots[ticket.queue] -= 1
                if not self._slots[ticket.queue]:
                    del self._slots[ticket.queue]
            for limit in ticket.holds:
                limit.in_flight -= 1
            self._admit()

    def _ticket(self, group: str, queue_number: float | None) -> _Ticket:
        queue = caller.get().queue
        if queue_number is None:
            # A caller who comes later starts with the first that waits, however many requests others have sent.
            waiting = (ticket.queue_number for ticket in self._waiting if ticket.group == group)
            queue_number = max(min(waiting, default=self._number), self._next_of.get(queue, 0.0))
            self._next_of[queue] = queue_number + 1
        ticket = _Ticket(group, self.limits, queue, queue_number)
        self._waiting.append(ticket)
        return ticket

    async def _admission(self, ticket: _Ticket, until: float) -> None:
        reported = 0.0
        self._admit()
        while not ticket.holds:
            ticket.changed = anyio.Event()
            now, delay = anyio.current_time(), self._delay_of(ticket)
            if delay < math.inf and now + delay > until and not ticket.limits.open_to_try(ticket.group):
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
        is_full = self._slots[ticket.queue] >= _SLOTS_OF_A_CALLER or self._used >= _SLOTS
        return math.inf if is_full else ticket.limits.delay(ticket.group)

    def _admit(self) -> None:
        """Admit the requests whose turn it is."""
        while self._used < _SLOTS and (open_tickets := [t for t in self._waiting if self._delay_of(t) == 0]):
            ticket = min(open_tickets, key=lambda ticket: ticket.queue_number)
            self._waiting.remove(ticket)
            self._number = max(self._number, ticket.queue_number)
            self._used += 1
            self._slots[ticket.queue] += 1
            ticket.holds = ticket.limits.of(ticket.group)
            for limit in ticket.holds:
                limit.in_flight += 1
            ticket.changed.set()
        if not self._waiting:
            self._next_of.clear()

    def _record(self, answered: _Ticket, status: int, headers: Mapping[str, str], sent: float) -> None:
        answered.limits.record(answered.group, status, headers, sent)
        if (
            0 < answered.limits.delay(answered.group) < math.inf
        ):  # requests that wait for a response now wait for a time
            for ticket in self._waiting:
                ticket.changed.set()
