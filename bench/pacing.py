"""How 100 calls at once get through a limit of 20 requests in 5 seconds, by what the service says of its limit.

`python -m bench.pacing [--json]`. The calls are of one caller, then of five: one has 60 and four have 10 each. A
refusal is avoidable if its request was sent after a response had forbidden it. The lead is the number of answers by
which a caller was ahead of another that still waited.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import anyio
import httpx2

from closient_mcp.tools.caller import Caller, caller
from closient_mcp.tools.errors import ToolError
from closient_mcp.tools.http.messages import Request
from closient_mcp.tools.http.sender import Sender

from .limited_service import CLOSED_UNTIL, KINDS, LIMIT, WINDOW, Headers, LimitedService, serving

_CALLERS = ({"a": 100}, {"a": 60, "b": 10, "c": 10, "d": 10, "e": 10})


@dataclass(frozen=True, slots=True)
class Figures:
    """What became of the calls of some callers to a service that states its limit in one way."""

    callers: int
    stated: str
    calls_answered: int
    requests: int
    refused: int
    avoidable: int
    lead: int
    seconds: float

    def line(self) -> str:
        """The figures in a row."""
        counts = f"{self.calls_answered:>8} {self.requests:>8} {self.refused:>7} {self.avoidable:>9} {self.lead:>4}"
        return f"{self.callers:>7} {self.stated:<28} {counts} {self.seconds:>7.0f}"


@dataclass(slots=True)
class _Refusals:
    """Counts the refusals of requests that were sent although a response had forbidden them."""

    avoidable: int = 0
    _closed_until: float = 0.0

    async def on_request(self, request: httpx2.Request) -> None:
        request.extensions["forbidden"] = time.monotonic() < self._closed_until

    async def on_response(self, response: httpx2.Response) -> None:
        self._closed_until = max(self._closed_until, float(response.headers.get(CLOSED_UNTIL, 0)))
        self.avoidable += response.status_code == 429 and response.request.extensions["forbidden"]


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and report."""
    parser = argparse.ArgumentParser(prog="python -m bench.pacing", description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--json", action="store_true", help="the figures as JSON")
    given = parser.parse_args(arguments)
    measured = anyio.run(_measure_all)
    if given.json:
        print(json.dumps([asdict(figures) for figures in measured], indent=2))
        return 0
    print(f"100 calls at once, {LIMIT} requests in {WINDOW:.0f} s allowed")
    print(f"callers {'limit stated by':<28} answered requests refused avoidable lead seconds")
    print("\n".join(figures.line() for figures in measured))
    return 0


async def _measure_all() -> list[Figures]:
    """All kinds at the same time: most of it is waiting."""
    measured: dict[tuple[int, str], Figures] = {}

    async def measure(calls: Mapping[str, int], stated: str, headers: Headers) -> None:
        with serving(headers) as service:
            measured[len(calls), stated] = await _measure(calls, stated, service)

    async with anyio.create_task_group() as group:
        for calls in _CALLERS:
            for stated, headers in KINDS.items():
                group.start_soon(measure, calls, stated, headers)
    return [measured[len(calls), stated] for calls in _CALLERS for stated in KINDS]


async def _measure(calls: Mapping[str, int], stated: str, service: LimitedService) -> Figures:
    answered, refusals = 0, _Refusals()
    began = anyio.current_time()

    async def call(name: str) -> None:
        nonlocal answered
        caller.set(Caller(queue=name))
        try:
            response = await sender.send(Request("GET", f"{service.url}/{name}"))
            answered += response.status == 200
        except ToolError:
            return

    hooks: dict[str, list[Callable[..., Any]]] = {"request": [refusals.on_request], "response": [refusals.on_response]}
    async with httpx2.AsyncClient(trust_env=False, event_hooks=hooks) as client:
        sender = Sender(client, frozenset({service.url}), "limited")
        async with anyio.create_task_group() as group:
            for name, number in calls.items():
                for _ in range(number):
                    group.start_soon(call, name)
    return Figures(
        callers=len(calls),
        stated=stated,
        calls_answered=answered,
        requests=len(service.answered) + service.refused,
        refused=service.refused,
        avoidable=refusals.avoidable,
        lead=_lead(calls, service.answered),
        seconds=round(anyio.current_time() - began, 1),
    )


def _lead(calls: Mapping[str, int], paths: Sequence[str]) -> int:
    """The most answers by which a caller was ahead of another that still waited."""
    had: Counter[str] = Counter()
    lead = 0
    for path in paths:
        had[path.strip("/")] += 1
        waiting = [had[name] for name, number in calls.items() if had[name] < number]
        lead = max(lead, had[path.strip("/")] - min(waiting, default=had[path.strip("/")]))
    return lead


if __name__ == "__main__":
    sys.exit(main())
