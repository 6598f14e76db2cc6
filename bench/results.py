"""The samples of a run of `bench.performance`, and their file."""

from __future__ import annotations

import json
import os
import platform
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from importlib.metadata import version
from pathlib import Path
from typing import Any, TypeAlias

from .pairs import Quantity, Spread
from .programs import FASTMCP_PYTHON, ROOT, Taken

RESULTS = ROOT / "bench" / "results" / "performance.json"
_SYSTEMS = {"darwin": "macOS", "linux": "Linux", "win32": "Windows"}
_QUANTITIES: tuple[Quantity, ...] = ("wall", "cpu", "memory")

# A scene and a program.
Side: TypeAlias = tuple[str, str]


@dataclass(slots=True)
class Results:
    """What was taken, by scene and program: a value for each round, or None where the program did not take part.

    `machine` says where it was measured and with which versions, `skipped` what was not measured, and why.
    """

    machine: dict[str, str]
    skipped: dict[str, str] = field(default_factory=dict[str, str])
    samples: dict[Side, list[Taken | None]] = field(default_factory=dict["Side", "list[Taken | None]"])

    @classmethod
    def read(cls, file: Path = RESULTS) -> Results:
        """The results of an earlier run."""
        values: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
        samples = {(entry["scene"], entry["program"]): entry["samples"] for entry in values["measured"]}
        return cls(values["machine"], values["skipped"], samples)

    def write(self, file: Path = RESULTS) -> None:
        """Write them with their medians, a line for each scene and program."""
        lines: list[str] = []
        for (scene, program), samples in self.samples.items():
            spreads = {quantity: self.spread((scene, program), quantity) for quantity in _QUANTITIES}
            medians = {quantity: spread.median for quantity, spread in spreads.items() if spread}
            entry = {"scene": scene, "program": program, "medians": medians, "samples": samples}
            lines.append(json.dumps(entry))
        head = json.dumps({"machine": self.machine, "skipped": self.skipped}, indent=1)
        text = head.removesuffix("\n}") + ',\n "measured": [\n  ' + ",\n  ".join(lines) + "\n ]\n}\n"
        file.parent.mkdir(exist_ok=True)
        file.write_text(text, encoding="utf-8")

    def add(self, side: Side, taken: Taken | None) -> None:
        """Add what was taken in the next round, to the microsecond."""
        rounded = taken and {quantity: round(value, 6) for quantity, value in taken.items()}
        self.samples.setdefault(side, []).append(rounded)

    def rounds(self) -> int:
        """How many rounds there were."""
        return max(map(len, self.samples.values()), default=0)

    def spread(self, side: Side, quantity: Quantity) -> Spread | None:
        """Where the values lie; None if there are none."""
        return _spread(self._values(side, quantity))

    def ratio(self, a: Side, b: Side, quantity: Quantity, without: Side | None = None) -> Spread | None:
        """Where A/B lies over the rounds that have both; (A - C)/(B - C) with `without`, which is C."""
        sides = [self._values(side, quantity) for side in (a, b, without or a)]
        ratios: list[float | None] = []
        for x, y, z in zip(*sides, strict=False):
            if x is not None and y is not None and z is not None:
                ratios.append((x - z) / (y - z) if without else x / y)
        return _spread(ratios)

    def _values(self, side: Side, quantity: Quantity) -> list[float | None]:
        return [None if taken is None else taken.get(quantity) for taken in self.samples.get(side, [])]


def _spread(values: Sequence[float | None]) -> Spread | None:
    known = [value for value in values if value is not None]
    return Spread.of(known) if known else None


def this_machine() -> dict[str, str]:
    """What the figures depend on, without what would identify the machine."""
    return {
        "date": date.today().isoformat(),
        "cores": str(os.cpu_count()),
        "system": _SYSTEMS.get(sys.platform, sys.platform),
        "Python": f"Python {platform.python_version()}",
        "the bare SDK": f"mcp {version('mcp')}",
        **_installed({"FastMCP": "fastmcp", "mcpify": "mcpify-openapi"}),
    }


def _installed(packages: dict[str, str]) -> dict[str, str]:
    """The version of each of the other programs that is installed."""
    if not FASTMCP_PYTHON.exists():
        return {}
    program = "import importlib.metadata as m, json; print(json.dumps({d.name: d.version for d in m.distributions()}))"
    done = subprocess.run([FASTMCP_PYTHON, "-c", program], capture_output=True, check=True)  # noqa: S603 (our own)
    versions: dict[str, str] = json.loads(done.stdout)
    return {name: f"{package} {versions[package]}" for name, package in packages.items() if package in versions}
