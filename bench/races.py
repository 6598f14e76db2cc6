"""What becomes of one sign-in that many processes share, that is interrupted, or whose process dies.

`python -m bench.races [--processes 2,4,8,16] [--rounds N] [--interruptions N] [--deaths N] [--late S]
[--json]`. The token endpoint answers so long after it rotated the refresh token. Exit code 1 where a single sign-in or
call was lost.
"""

from __future__ import annotations

import argparse
import json
import random
import signal
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass, field
from subprocess import SubprocessError

from .child import ChildError
from .late_tokens import LateTokens, running_late_tokens
from .machine import Machine, Process, machine
from .service import Service, running_sandbox

_CALLS = 3
_LIFETIME = 6
_MOMENTS = 0.35
_WAYS = ("cancelled", "end of input", "SIGTERM", "SIGHUP")


@dataclass(frozen=True, slots=True)
class Race:
    """`processes` that find their token expired in each of `refreshes`' rounds, at first signed out."""

    processes: int
    refreshes: Sequence[int]
    calls: int
    failed: int
    tabs: int
    registrations: int

    def went_well(self) -> bool:
        """Whether it is as it should be."""
        one_each = set(self.refreshes) == {1} and (self.tabs, self.registrations) == (1, 1)
        return one_each and not self.failed

    def line(self) -> str:
        """A line of the table."""
        each = f"{min(self.refreshes)} to {max(self.refreshes)}"
        return (
            f"{self.processes:>9}{len(self.refreshes):>8}{self.calls:>8}{self.failed:>8}{each:>16}"
            f"{self.tabs:>6}{self.registrations:>15}"
        )


@dataclass(slots=True)
class Interruption:
    """Refreshes interrupted one way: `caught` while the server had rotated and its answer was on its way."""

    way: str
    number: int = 0
    caught: int = 0
    lost: int = 0


@dataclass(slots=True)
class Deaths:
    """Processes killed while they waited for a person, and what the next one made of it."""

    number: int = 0
    finished: int = 0
    same_port: int = 0
    further_tabs: int = 0
    further_registrations: int = 0


@dataclass(frozen=True, slots=True)
class Figures:
    """All that is counted here."""

    races: Sequence[Race] = field(default_factory=list[Race])
    interruptions: Sequence[Interruption] = field(default_factory=list[Interruption])
    deaths: Deaths = field(default_factory=Deaths)

    def went_well(self) -> bool:
        """Whether nothing was lost."""
        deaths = self.deaths
        taken_over = deaths.finished == deaths.same_port == deaths.number
        nothing_twice = not deaths.further_tabs and not deaths.further_registrations
        unhurt = all(race.went_well() for race in self.races) and not any(one.lost for one in self.interruptions)
        return unhurt and taken_over and nothing_twice

    def report(self) -> str:
        """The figures for a person."""
        deaths = self.deaths
        return "\n".join(
            [
                "A cold start of all at once, then rounds with an expiry each, half by the server, half by the clock:",
                "processes  rounds   calls  failed refreshes/round  tabs  registrations",
                *(race.line() for race in self.races),
                "",
                "Refreshes interrupted at a random moment (caught: between the rotation and its answer):",
                *(
                    f"  {one.way:<14}{one.number:>5} times, {one.caught} of them caught, {one.lost} sign-ins lost"
                    for one in self.interruptions
                ),
                "",
                f"The process killed that waits for a person, {deaths.number} times: the next finished it "
                f"{deaths.finished} times, on the same port {deaths.same_port} times, with {deaths.further_tabs} "
                f"further tabs and {deaths.further_registrations} further registrations",
            ]
        )


def main(arguments: Sequence[str] | None = None) -> int:
    """Count and report; 0 if nothing was lost."""
    parser = argparse.ArgumentParser(prog="python -m bench.races", description="One sign-in, many processes.")
    parser.add_argument("--processes", default="2,4", metavar="N,N", help="how many share it (default: 2,4)")
    parser.add_argument("--rounds", type=int, default=4, metavar="N", help="expiries for each (default: 4)")
    parser.add_argument("--interruptions", type=int, default=12, metavar="N", help="refreshes to interrupt (12)")
    parser.add_argument("--deaths", type=int, default=2, metavar="N", help="waiting processes to kill (2)")
    parser.add_argument("--late", type=float, default=0.15, metavar="S", help="seconds to a token's answer (0.15)")
    parser.add_argument("--json", action="store_true", help="as JSON")
    given = parser.parse_args(arguments)
    try:
        sizes = [int(size) for size in given.processes.split(",")]
    except ValueError:
        parser.error("--processes must be numbers with commas between them")
    if min(*sizes, given.rounds) < 1 or min(given.interruptions, given.deaths) < 0:
        parser.error("numbers must be 1 or more")
    try:
        with running_sandbox(limited=False) as service, running_late_tokens(service.url) as tokens:
            tokens.late = given.late
            figures = Figures(
                [_race(service, tokens, size, given.rounds) for size in sizes],
                _interruptions(service, tokens, given.interruptions),
                _deaths(service, tokens, given.deaths),
            )
    except (ChildError, OSError, SubprocessError) as error:
        print(f"bench.races: {error}", file=sys.stderr)
        return 1
    print(json.dumps(asdict(figures), indent=2) if given.json else figures.report())
    return 0 if figures.went_well() else 1


def _race(service: Service, tokens: LateTokens, number: int, rounds: int) -> Race:
    refreshes: list[int] = []
    with machine(service, tokens) as ours, ours.processes(number) as processes:
        failed = _all_call(processes, 1)
        for turn in range(rounds):
            if turn < rounds - rounds // 2:
                service.ask("POST", "expire-tokens")
            else:
                failed += _until_the_clock_is_over(ours, processes)
            before = tokens.refreshes
            failed += _all_call(processes, _CALLS)
            refreshes.append(tokens.refreshes - before)
        calls = number * (1 + rounds * _CALLS)
        return Race(number, refreshes, calls, failed, ours.tabs(), ours.registrations())


def _all_call(processes: Sequence[Process], times: int) -> int:
    """Let all call at once; return how many calls failed."""
    begun = [(process, process.begin()) for process in processes for _ in range(times)]
    return sum(not process.went_well(asked) for process, asked in begun)


def _until_the_clock_is_over(ours: Machine, processes: Sequence[Process]) -> int:
    """Wait for the end of the token's own lifetime; return how many of the calls failed that bring a short one."""
    failed = 0
    if ours.tokens.lifetime is None:
        ours.tokens.lifetime = _LIFETIME
        ours.service.ask("POST", "expire-tokens")
        failed = _all_call(processes, 1)
    time.sleep(max(0.0, ours.record()["tokens"]["expires_at"] - time.time()))
    return failed


def _interruptions(service: Service, tokens: LateTokens, number: int) -> list[Interruption]:
    counted = [Interruption(way) for way in _WAYS]
    chance = random.Random(9207)  # noqa: S311 (moments, not secrets)
    with machine(service, tokens) as ours:
        ours.sign_in()
        for turn in range(number):
            one = counted[turn % len(counted)]
            one.number += 1
            one.caught += _interrupt(ours, one.way, chance.uniform(0, _MOMENTS))
            with ours.processes(1, button=None) as (process,):
                lost = not process.went_well(process.begin())
            if lost:
                one.lost += 1
                ours.sign_in()
    return counted


def _interrupt(ours: Machine, way: str, moment: float) -> bool:
    """Interrupt one refresh; return whether the server had rotated by then and the answer was still on its way."""
    with ours.processes(1, button=None) as (process,):
        ours.service.ask("POST", "expire-tokens")
        asked = process.begin()
        time.sleep(moment)
        caught = ours.tokens.held > 0
        endings: dict[str, Callable[[], object]] = {
            "cancelled": lambda: process.session.cancel(asked),
            "SIGTERM": lambda: process.child.end(signal.SIGTERM),
            "SIGHUP": lambda: process.child.end(signal.SIGHUP),
        }
        endings.get(way, process.child.end)()
        if way == "cancelled":
            process.child.end()
    return caught


def _deaths(service: Service, tokens: LateTokens, number: int) -> Deaths:
    counted = Deaths(number)
    for _ in range(number):
        with machine(service, tokens) as ours, ExitStack() as stack:
            # This person signs in, and has not decided yet whether to allow it.
            (owner,) = stack.enter_context(ours.processes(1, button="none"))
            (heir,) = stack.enter_context(ours.processes(1, button="none"))
            owner.begin()
            url = ours.until_pending()
            owner.child.kill()
            asked = heir.begin()
            counted.same_port += ours.approve(url)
            counted.finished += heir.went_well(asked)
            counted.further_tabs += ours.tabs() - 1
            counted.further_registrations += ours.registrations() - 1
    return counted


if __name__ == "__main__":
    sys.exit(main())
