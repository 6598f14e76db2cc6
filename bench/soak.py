"""Many calls, and what the server holds before and after them: `python -m bench.soak [--calls N]`.

Over stdio 16 calls at a time, of every kind; over HTTP 256 clients of either protocol version that come, call and go,
some of them before the answer. Exit code 1 where memory grows with the calls, or a file, socket, thread or task is
left. It writes `bench/results/soak.json` and its part of `docs/performance.md`, and reads `/proc`, so Linux only.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
import time
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import count, cycle, islice
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from . import page
from .child import Child, ChildError
from .held import Held, Slope, held_by, listed, memory_of
from .http_load import CallError, abandon, measure
from .listening import listening
from .results import Results
from .service import environment
from .wire import PROTOCOL_VERSIONS, Session

_SECONDS = 7200.0
# Longer than an idle connection to a service is kept; the next call then closes it.
_SECONDS_TO_REST = 8.0
_BLOCK_SECONDS = 300
_AT_ONCE = 16
_TOOL = "bench_get_thing"
_CALLERS = 256
_READINGS = 40
_LARGE_EVERY, _SMALL = 200, 5
_WARM_UP_BLOCKS = 10
# So many long results are kept.
_KEPT = 50


@dataclass(frozen=True, slots=True)
class Soak:
    """A soak: what was held before and after its calls, and how memory grew with them."""

    name: str
    calls: int
    before: Held
    after: Held
    slope: Slope

    def went_well(self) -> bool:
        """Whether nothing more is held, and memory does not grow as far as can be seen."""
        before, after = self.before.counts(), self.after.counts()
        return self.slope.lower <= 0 and all(after[name] <= before[name] for name in before)

    def report(self) -> str:
        """The figures for a person."""
        slope = f"{self.slope.mean:+.1f} bytes a call (95 %: {self.slope.lower:+.1f} to {self.slope.upper:+.1f})"
        return (
            f"{self.name}, {self.calls:,} calls: memory {slope}\n"
            f"  before: {self.before.counts()}\n  after:  {self.after.counts()}\n"
            f"  objects: {listed(self.after.more_than(self.before))}"
        )

    def as_json(self) -> dict[str, Any]:
        """The figures as JSON."""
        return {
            "name": self.name,
            "calls": self.calls,
            "before": self.before.counts(),
            "after": self.after.counts(),
            "bytes_a_call": [self.slope.mean, self.slope.lower, self.slope.upper],
        }


def main(arguments: Sequence[str] | None = None) -> int:
    """Soak and report; 0 if nothing leaks."""
    parser = argparse.ArgumentParser(prog="python -m bench.soak", description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--calls", type=int, default=100_000, metavar="N", help="of each kind (default: 100,000)")
    given = parser.parse_args(arguments)
    if given.calls < _READINGS * _CALLERS:
        parser.error(f"--calls must be {_READINGS * _CALLERS} or more")
    if sys.platform != "linux":
        print("bench.soak: skipped: it needs Linux")
        return 0
    soaks: list[Soak] = []
    try:
        for soak in (_stdio, _http):
            soaks.append(soak(given.calls))
            print(soaks[-1].report(), flush=True)
    except (ChildError, CallError, OSError) as error:
        print(f"bench.soak: {error or 'a call was not answered in time'}", file=sys.stderr)
        return 1
    page.SOAKS.write_text(json.dumps([soak.as_json() for soak in soaks], indent=1) + "\n", encoding="utf-8")
    page.write(Results.read())
    return 0 if all(soak.went_well() for soak in soaks) else 1


def _stdio(calls: int) -> Soak:
    with ExitStack() as stack:
        command, file, home = _prepared(stack, "--expose", "core")
        child = stack.enter_context(Child(command, environment=environment(home), limit=_SECONDS))
        session = Session(child, "2025-11-25")
        _call_all(session, range(0, _KEPT * _LARGE_EVERY, _LARGE_EVERY))
        numbers = count(1)
        return _soak(
            "stdio",
            calls,
            (child.pid, file),
            block=lambda size: _call_all(session, islice(numbers, size)),
            once=lambda: _call_all(session, [_SMALL]),
        )


def _http(calls: int) -> Soak:
    with ExitStack() as stack:
        command, file, home = _prepared(stack, "--http", "0")
        url, pid = stack.enter_context(listening(command, home))
        versions = cycle(PROTOCOL_VERSIONS)

        async def call(callers: int, calls: int, abandoned: int) -> None:
            version = next(versions)
            async with asyncio.timeout(_BLOCK_SECONDS):
                await measure(url, version, _TOOL, callers=callers, calls=calls)
                await abandon(url, version, _TOOL, callers=abandoned)

        return _soak(
            f"HTTP with {_CALLERS} clients",
            calls,
            (pid, file),
            block=lambda size: asyncio.run(call(_CALLERS, size, _AT_ONCE)),
            once=lambda: asyncio.run(call(1, 1, 0)),
        )


def _prepared(stack: ExitStack, *options: str) -> tuple[list[str], Path, str]:
    """A command that serves a service on this machine, the file for what it holds, and its folder."""
    home = stack.enter_context(TemporaryDirectory(prefix="closient-bench-"))
    service, _ = stack.enter_context(listening([sys.executable, "-m", "bench.thing_service", "5"]))
    settings = Path(home, "closient-mcp.toml")
    settings.write_text(f'[systems.bench]\ndescription = "{service}/openapi.json"\n', encoding="utf-8")
    file = Path(home, "held.json")
    return [sys.executable, "-m", "bench.observed_server", str(file), "serve", *options], file, home


def _soak(
    name: str, calls: int, server: tuple[int, Path], *, block: Callable[[int], None], once: Callable[[], None]
) -> Soak:
    """Make calls in blocks: some that aren't counted, then all others, with a reading of the memory after each.

    `server` is its process's id and the file for what it holds; `once` makes one call of the service.
    """
    size = calls // _READINGS
    for _ in range(_WARM_UP_BLOCKS):
        block(size)
    before = _held_at_rest(server, once)
    memory = [memory_of(server[0])]
    for _ in range(_READINGS):
        block(size)
        memory.append(memory_of(server[0]))
    return Soak(name, size * _READINGS, before, _held_at_rest(server, once), Slope.of(memory, size))


def _held_at_rest(server: tuple[int, Path], once: Callable[[], None]) -> Held:
    """What is held when no connection is kept for the next call."""
    time.sleep(_SECONDS_TO_REST)
    once()
    return held_by(*server)


def _call_all(session: Session, numbers: Iterable[int]) -> None:
    """Make a call for each number, some at a time, and check every answer."""
    asked: deque[tuple[int, bool]] = deque()
    for number in numbers:
        call, succeeds = _call(number)
        asked.append((session.begin("tools/call", call), succeeds))
        if number % 100 == 3:
            session.cancel(asked.pop()[0])
        if len(asked) == _AT_ONCE:
            _check(session, *asked.popleft())
    while asked:
        _check(session, *asked.popleft())


def _check(session: Session, asked: int, succeeds: bool) -> None:
    answer = session.result(asked)
    if bool(answer.get("isError")) is succeeds:
        raise ChildError(f"request {asked} was answered with {json.dumps(answer)[:300]}")


def _call(number: int) -> tuple[dict[str, Any], bool]:
    """A call, and whether it succeeds: of 200, one with a large answer, five that fail, and some searches."""
    if number % _LARGE_EVERY == 0:
        return _reading("bench_get_things"), True
    if number % 40 == 1:
        return {"name": "read_operation", "arguments": {"name": _TOOL, f"wrong{number}": 1}}, False
    if number % 50 == 2:
        return {"name": "find_operations", "arguments": {"query": f"thing {number}"}}, True
    if number % 100 == 4:
        return {"name": "describe_operation", "arguments": {"name": _TOOL}}, True
    return _reading(_TOOL), True


def _reading(name: str) -> dict[str, Any]:
    return {"name": "read_operation", "arguments": {"name": name}}


if __name__ == "__main__":
    sys.exit(main())
