"""Our server, the bare SDK, FastMCP and mcpify, each in turn in the same scenes: `python -m bench.performance`.

It writes `bench/results/performance.json` and `docs/performance.md`. Scenes with Stripe's document need the folder of
documents that `OPENAPI_DOCUMENTS` names. What cannot be measured is skipped, and named.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import sys
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from multiprocessing.connection import Connection
from pathlib import Path

from . import page
from .child import ChildError
from .programs import ROOT, Measurement, Taken
from .results import Results, Side, this_machine
from .scenes import STRIPE, prepare


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and write; 0 if all went well, also where something was skipped."""
    parser = argparse.ArgumentParser(prog="python -m bench.performance", description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--pairs", type=int, default=21, metavar="N", help="rounds that count (default: 21)")
    parser.add_argument(
        "--only", metavar="SCENE", default="", help="only these scenes, by a part of their name; writes nothing"
    )
    given = parser.parse_args(arguments)
    if given.pairs < 1:
        parser.error("--pairs must be 1 or more")
    folder = os.environ.get("OPENAPI_DOCUMENTS")
    results = Results(this_machine())
    if folder is None or not Path(folder, STRIPE).exists():
        results.skipped["Stripe's document"] = f"OPENAPI_DOCUMENTS names no folder with {STRIPE}"
    try:
        with ExitStack() as stack:
            measurements = prepare(stack, Path(folder) if folder else None)
            chosen = [measurement for measurement in measurements if given.only in measurement.scene]
            _measure(chosen, given.pairs, results)
    except (ChildError, OSError) as error:
        print(f"bench.performance: {error}", file=sys.stderr)
        return 1
    if not given.only:
        results.write()
        page.write(results)
    print(page.markdown(results))
    return 0


def _measure(measurements: Sequence[Measurement], rounds: int, results: Results) -> None:
    """Run all in turn, every other round backwards; a first round doesn't count."""
    failed: set[Side] = set()
    for turn in range(rounds + 1):
        print(f"round {turn} of {rounds}", file=sys.stderr, flush=True)
        for measurement in measurements[:: 1 if turn % 2 else -1]:
            side = (measurement.scene, measurement.program)
            if side in failed:
                continue
            taken = None
            if turn % measurement.every == 1 % measurement.every:
                try:
                    taken = _apart(measurement.run)
                except ChildError as error:
                    failed.add(side)
                    results.samples.pop(side, None)
                    results.skipped[f"{measurement.program} ({measurement.scene})"] = str(error)
                    continue
            if turn:
                results.add(side, taken)


def _apart(run: Callable[[], Taken]) -> Taken:
    """Run in a process of its own.

    A large answer makes the process that reads it grow, and a program's peak begins with the size of its parent.

    Raises:
        ChildError: it did not work.
    """
    context = multiprocessing.get_context("fork")
    receiver, sender = context.Pipe(duplex=False)
    process = context.Process(target=_send, args=(run, sender))
    process.start()
    sender.close()
    try:
        taken: Taken | str = receiver.recv()
    except EOFError:
        taken = "the measuring process ended"
    process.join()
    if isinstance(taken, str):
        raise ChildError(taken)
    return taken


def _send(run: Callable[[], Taken], sender: Connection) -> None:
    try:
        sender.send(run())
    except FileNotFoundError:
        sender.send("it is not installed")
    except (ChildError, OSError) as error:
        sender.send(str(error).replace(f"{ROOT}/", ""))


if __name__ == "__main__":
    sys.exit(main())
