"""What a process holds: memory, files, sockets and threads by the kernel's account, tasks and objects by its own."""

from __future__ import annotations

import json
import math
import os
import signal
import statistics
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

COUNTED = ("files", "sockets", "threads", "tasks")
_SECONDS = 60.0
# Of Student's distribution for 30 values or more; fewer are given less certainty than they claim.
_T = 2.04


@dataclass(frozen=True, slots=True)
class Held:
    """How many of each a process has; `objects` by type."""

    files: int
    sockets: int
    threads: int
    tasks: int
    objects: Mapping[str, int]

    def counts(self) -> dict[str, int]:
        """How many of each there are, without objects."""
        return {name: getattr(self, name) for name in COUNTED}

    def more_than(self, before: Held) -> dict[str, int]:
        """How many objects more there are, of the five types with most."""
        more = Counter(self.objects)
        more.subtract(before.objects)
        return {name: number for name, number in more.most_common(5) if number > 0}


def memory_of(pid: int) -> int:
    """The bytes that a process has in memory."""
    return int(Path(f"/proc/{pid}/statm").read_text(encoding="ascii").split()[1]) * os.sysconf("SC_PAGE_SIZE")


def held_by(pid: int, file: Path) -> Held:
    """What a `bench.observed_server` holds that writes to this file.

    Raises:
        TimeoutError: it does not answer.
    """
    file.unlink(missing_ok=True)
    os.kill(pid, signal.SIGUSR1)
    deadline = time.monotonic() + _SECONDS
    while not file.exists():
        if time.monotonic() > deadline:
            raise TimeoutError(f"process {pid} did not say what it holds")
        time.sleep(0.02)
    own = json.loads(file.read_text(encoding="utf-8"))
    return Held(**kernel_counts(pid), tasks=own["tasks"], objects=own["objects"])


def kernel_counts(pid: int) -> dict[str, int]:
    """How many files, sockets and threads a process has."""
    targets = [str(link.readlink()) for link in Path(f"/proc/{pid}/fd").iterdir() if link.is_symlink()]
    sockets = sum(target.startswith("socket:") for target in targets)
    threads = len(list(Path(f"/proc/{pid}/task").iterdir()))
    return {"files": len(targets) - sockets, "sockets": sockets, "threads": threads}


def listed(objects: Mapping[str, int]) -> str:
    """Numbers of objects, for a person."""
    return ", ".join(f"{number:+} {name}" for name, number in objects.items()) or "no more"


@dataclass(frozen=True, slots=True)
class Slope:
    """Bytes a call: the mean, and the limits of its 95 % confidence interval."""

    mean: float
    lower: float
    upper: float

    @classmethod
    def of(cls, memory: Sequence[int], calls: int) -> Slope:
        """The slope of memory that was read after every so many calls.

        Memory grows in steps that stay, so the differences between readings are independent and not the readings.
        """
        steps = [(after - before) / calls for before, after in pairwise(memory)]
        mean = statistics.mean(steps)
        error = _T * statistics.stdev(steps) / math.sqrt(len(steps))
        return cls(mean, mean - error, mean + error)
