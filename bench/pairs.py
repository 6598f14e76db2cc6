"""Two ways of doing the same, measured in turn.

A machine gets faster and slower under a measurement. Both sides of one pair meet the same machine, so the
ratio within a pair is steadier than either side, and the median over the pairs is what is reported.
"""

from __future__ import annotations

import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

Quantity: TypeAlias = Literal["cpu", "wall", "memory"]
JsonObject: TypeAlias = dict[str, "str | int | float | JsonObject"]

_NAMES: dict[Quantity, str] = {"cpu": "CPU time", "wall": "wall time", "memory": "peak memory"}


@dataclass(frozen=True, slots=True)
class Sample:
    """What one run took: `cpu` (user and system) and `wall` in seconds, `memory` at its peak in bytes."""

    cpu: float
    wall: float
    memory: int


Run: TypeAlias = Callable[[], Sample]


@dataclass(frozen=True, slots=True)
class Spread:
    """Where a set of values lies."""

    least: float
    lower: float
    median: float
    upper: float
    most: float

    @classmethod
    def of(cls, values: Sequence[float]) -> Spread:
        """The spread of one value or more."""
        if len(values) == 1:
            return cls(*[values[0]] * 5)
        lower, median, upper = statistics.quantiles(values, n=4, method="inclusive")
        return cls(min(values), lower, median, upper, max(values))


@dataclass(frozen=True, slots=True)
class Comparison:
    """The samples of A and of B, pair by pair, and what they come to. `names` are those of A and B."""

    a: tuple[Sample, ...]
    b: tuple[Sample, ...]
    names: tuple[str, str] = ("A", "B")

    def ratio(self, quantity: Quantity) -> Spread:
        """The spread of A/B over the pairs."""
        return Spread.of([_value(a, quantity) / _value(b, quantity) for a, b in zip(self.a, self.b, strict=True)])

    def medians(self, quantity: Quantity) -> tuple[float, float]:
        """The median of A, and that of B."""
        return (
            statistics.median(_value(sample, quantity) for sample in self.a),
            statistics.median(_value(sample, quantity) for sample in self.b),
        )

    def report(self) -> str:
        """A line for each quantity, and one that says how to read them."""
        lines = [f"{self.names[0]} over {self.names[1]}, median of {len(self.a)} pairs:"]
        for quantity, name in _NAMES.items():
            ratio, (a, b) = self.ratio(quantity), self.medians(quantity)
            spread = f"min {ratio.least:.2f}, quartiles {ratio.lower:.2f} and {ratio.upper:.2f}, max {ratio.most:.2f}"
            medians = f"{_show(a, quantity)} and {_show(b, quantity)}"
            lines.append(f"  {name:<12}{ratio.median:.2f} times  ({spread}); medians {medians}")
        return "\n".join(lines)

    def as_json(self) -> JsonObject:
        """The figures as JSON, in seconds and bytes."""
        reply: JsonObject = {"a": self.names[0], "b": self.names[1], "pairs": len(self.a)}
        for quantity in _NAMES:
            ratio, (a, b) = self.ratio(quantity), self.medians(quantity)
            reply[quantity] = {
                "ratio": ratio.median,
                "min": ratio.least,
                "lower_quartile": ratio.lower,
                "upper_quartile": ratio.upper,
                "max": ratio.most,
                "median_a": a,
                "median_b": b,
            }
        return reply


def measure_pairs(a: Run, b: Run, *, pairs: int, warm_up: int = 2, names: tuple[str, str] = ("A", "B")) -> Comparison:
    """Run A and B in turn, first `warm_up` pairs that don't count; every other pair begins with B."""
    if pairs < 1:
        raise ValueError("there must be at least one pair")
    measured = [_pair(a, b, b_first=turn % 2 == 1) for turn in range(warm_up + pairs)][warm_up:]
    return Comparison(tuple(first for first, _ in measured), tuple(second for _, second in measured), names)


def _pair(a: Run, b: Run, *, b_first: bool) -> tuple[Sample, Sample]:
    if b_first:
        second = b()
        return a(), second
    return a(), b()


def _value(sample: Sample, quantity: Quantity) -> float:
    match quantity:
        case "cpu":
            return sample.cpu
        case "wall":
            return sample.wall
        case "memory":
            return sample.memory


def _show(value: float, quantity: Quantity) -> str:
    return f"{value / 1e6:.1f} MB" if quantity == "memory" else f"{value * 1000:.0f} ms"
