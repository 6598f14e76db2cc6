"""Callers with sign-ins of their own at three servers behind nginx: `python -m bench.callers [--seconds N]`.

The servers share a Redis; half of the callers are clients of each protocol version. Each answer must be the caller's
own data, and another caller's long result must not be readable. Now and then a service rejects a caller's access token
before two of their calls at once; the refresh token must be used once. Exit code 1 where one of these fails, memory
still grows in the second half by 100 bytes a call, or an object for ten calls is left, or a file, socket, thread or
task. It needs Redis and nginx, and reads `/proc`, so Linux only.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import anyio
import httpx2
import pytest

from tests.fakes.http_server import Requests, bearer
from tests.fakes.replicas import LONG_TOOL, Replica, Replicas, client_at, running_replicas

from .held import Held, Slope, held_by, listed, memory_of

_READINGS = 80
# Of the time. Memory is kept that the most calls at a time needed so far, and it takes thousands for that to end.
_WARM_UP_SHARE = 0.5
# One caller makes so many calls a second, which keeps fifty of them below what one core can do.
_CALLS_A_SECOND = 0.6
_LONG_EVERY, _REJECTED_EVERY = 10, 15
# Longer than nginx keeps an idle connection to a server, and a server an idle thread.
_SECONDS_TO_REST = 12.0
_MEGABYTE, _PER_CALLS = 1e6, 10_000
# The growth that is left when memory is nearly what the most calls at a time need; one object a call takes more.
_STEADY_BYTES = 100
_CALLS_PER_OBJECT = 10


@dataclass
class Tally:
    """What was seen: `wrong` are answers that are not the caller's own data, `leaked` are long results of others."""

    calls: int = 0
    foreign_reads: int = 0
    wrong: list[str] = field(default_factory=list[str])
    leaked: list[str] = field(default_factory=list[str])

    def check(self, caller: int, succeeded: bool, text: str) -> None:
        """Count an answer, and keep it if it is not this caller's own data."""
        self.calls += 1
        if not succeeded or _users(text) != {f"user{caller}"}:
            self.wrong.append(f"caller{caller}: {text[:300]}")


@dataclass
class Caller:
    """One of the callers, who calls again and again; even numbers are clients of 2026-07-28."""

    number: int
    of: int
    replicas: Replicas
    client: httpx2.AsyncClient
    tally: Tally

    async def run(self, seconds: float) -> None:
        """Call at the pace of all callers until the time is over."""
        start = time.monotonic() + self.number / self.of / _CALLS_A_SECOND
        for number in count(self.number):
            due = start + (number - self.number) / _CALLS_A_SECOND
            if due > start + seconds:
                return
            await anyio.sleep(max(0.0, due - time.monotonic()))
            if number % _REJECTED_EVERY == 0:
                self.replicas.upstream.reject(f"user{self.number}")
                async with anyio.create_task_group() as group:
                    group.start_soon(self._call)
                    group.start_soon(self._call)
            elif number % _LONG_EVERY == 0:
                await self._call_long()
            else:
                await self._call()

    async def _call(self) -> None:
        self.tally.check(self.number, *await self.replicas.call(self.client, self.number))

    async def _call_long(self) -> None:
        """Get a long result, read on in it, and have the next caller, of the other version, try to read it."""
        token = self.replicas.token(self.number)
        got = await Requests(self.client).request("tools/call", bearer(token), name=LONG_TOOL, arguments={})
        result = got.json().get("result", {})
        succeeded = "content" in result and not result.get("isError")
        self.tally.check(self.number, succeeded, got.text)
        if not succeeded:
            return
        note = result["content"][-1]["text"]
        following, _ = json.JSONDecoder().raw_decode(note, note.index('{"result"'))
        self.tally.check(self.number, *await self._read(self.number, following))
        other = (self.number + 1) % self.of
        self.tally.foreign_reads += 1
        self.tally.calls += 1
        succeeded, text = await self._read(other, following)
        if succeeded or _users(text):
            self.tally.leaked.append(f"caller{other} read of caller{self.number}: {text[:300]}")

    async def _read(self, caller: int, following: dict[str, Any]) -> tuple[bool, str]:
        requests = Requests(self.client)
        call = requests.legacy_call if caller % 2 else requests.call
        return await call(self.replicas.token(caller), "read_result", **following)


@dataclass
class Observed:
    """What one server holds before and after the calls, and the readings of its memory in between."""

    replica: Replica
    readings: list[int] = field(default_factory=list[int])
    held: list[Held] = field(default_factory=list[Held])

    @property
    def pid(self) -> int:
        """Its process."""
        assert self.replica.process
        return self.replica.process.pid

    def went_well(self, calls: int) -> bool:
        """Whether nothing is left of so many calls, and memory no longer grows with them."""
        before, after = self.held
        # Each thread may need a connection to Redis at the same time, and these are kept.
        most = before.counts() | {"sockets": before.sockets + before.threads}
        return (
            self._slopes(calls)[1].lower < _STEADY_BYTES
            and all(number < calls / _CALLS_PER_OBJECT for number in after.more_than(before).values())
            and all(number <= most[name] for name, number in after.counts().items())
        )

    def report(self, calls: int) -> str:
        """The figures for a person; it answered so many calls."""
        before, after = self.held
        middle = self.readings[len(self.readings) // 2]
        memory = ", ".join(f"{of / _MEGABYTE:.1f}" for of in (self.readings[0], middle, self.readings[-1]))
        return (
            f"  memory {memory} MB; per {_PER_CALLS:,} calls {', then '.join(map(_shown, self._slopes(calls)))}\n"
            f"    before: {before.counts()}\n    after:  {after.counts()}\n"
            f"    objects: {listed(after.more_than(before))}"
        )

    def _slopes(self, calls: int) -> tuple[Slope, Slope]:
        """Of the first half and of the second."""
        middle, each = len(self.readings) // 2, calls // (len(self.readings) - 1)
        return Slope.of(self.readings[: middle + 1], each), Slope.of(self.readings[middle:], each)


def _shown(slope: Slope) -> str:
    mean, lower, upper = (value * _PER_CALLS / _MEGABYTE for value in (slope.mean, slope.lower, slope.upper))
    return f"{mean:+.2f} MB (95 %: {lower:+.2f} to {upper:+.2f})"


def main(arguments: Sequence[str] | None = None) -> int:
    """Call and report; 0 if all went well."""
    parser = argparse.ArgumentParser(prog="python -m bench.callers", description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--seconds", type=float, default=600, metavar="N", help="how long (default: 600)")
    parser.add_argument("--callers", type=int, default=50, metavar="N", help="how many at once (default: 50)")
    given = parser.parse_args(arguments)
    if given.callers < 2 or given.callers % 2:
        parser.error("--callers must be an even number")
    if given.seconds * given.callers < _READINGS * 10:
        parser.error(f"--seconds times --callers must be {_READINGS * 10} or more")
    if sys.platform != "linux":
        print("bench.callers: skipped: it needs Linux")
        return 0
    try:
        with (
            TemporaryDirectory(prefix="closient-bench-") as folder,
            running_replicas(Path(folder), module=lambda home: ("bench.observed_server", str(_file(home)))) as replicas,
        ):
            return 0 if anyio.run(_measure, replicas, given.seconds, given.callers) else 1
    except pytest.skip.Exception as missing:
        print(f"bench.callers: skipped: {missing}")
        return 0


async def _measure(replicas: Replicas, seconds: float, callers: int) -> bool:
    """Sign in, call, print the figures; whether all went well."""
    await replicas.sign_in_all(range(callers))
    servers, tally = [Observed(replica) for replica in replicas.servers], Tally()
    await _call_all(replicas, seconds * _WARM_UP_SHARE, callers, tally)
    await _look_at_rest(replicas, servers, callers)
    warm_up = tally.calls
    async with anyio.create_task_group() as group:
        group.start_soon(_read_memory, servers, seconds)
        await _call_all(replicas, seconds, callers, tally)
    await _look_at_rest(replicas, servers, callers)
    upstream, each = replicas.upstream, (tally.calls - warm_up) // len(servers)
    print(f"{callers} callers, {seconds:.0f} seconds: {tally.calls - warm_up:,} calls, and {warm_up:,} to warm up")
    print(f"wrong answers: {len(tally.wrong)}; results of others read: {len(tally.leaked)} of {tally.foreign_reads:,}")
    print(f"refreshes: {upstream.refreshes.total():,}; refresh tokens used twice: {len(upstream.reused)}")
    for problem in (tally.wrong + tally.leaked)[:5]:
        print(f"  {problem}")
    for server in servers:
        print(server.report(each))
    is_safe = not (tally.wrong or tally.leaked or upstream.reused)
    return is_safe and all(server.went_well(each) for server in servers)


async def _call_all(replicas: Replicas, seconds: float, callers: int, tally: Tally) -> None:
    limits = httpx2.Limits(max_connections=2 * callers)
    async with client_at(replicas.url, limits) as client, anyio.create_task_group() as group:
        for number in range(callers):
            group.start_soon(Caller(number, callers, replicas, client, tally).run, seconds)


async def _read_memory(servers: list[Observed], seconds: float) -> None:
    for number in range(_READINGS + 1):
        if number:
            await anyio.sleep(seconds / _READINGS)
        for server in servers:
            server.readings.append(memory_of(server.pid))


async def _look_at_rest(replicas: Replicas, servers: list[Observed], callers: int) -> None:
    """Look at what each server holds, after a call of each caller that closes idle connections, and threads at last."""
    await anyio.sleep(_SECONDS_TO_REST)
    for server in servers:
        await replicas.call_all(range(callers), at=server.replica)
        await replicas.call_all(range(1), at=server.replica, tool=LONG_TOOL)
        server.held.append(held_by(server.pid, _file(server.replica.home)))


def _file(home: Path) -> Path:
    """Where the server with this home folder writes what it holds."""
    return home / "held.json"


def _users(text: str) -> set[str]:
    return set(re.findall(r"user\d+", text))


if __name__ == "__main__":
    sys.exit(main())
