"""The figures of `docs/performance.md` and its plots, made of the results of `bench.performance` and `bench.soak`.

`python -m bench.page` writes them; with `--check` it only says whether they agree.
"""

from __future__ import annotations

import argparse
import json
import math
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from .held import COUNTED
from .pairs import Quantity
from .plot import Bar, bars
from .programs import OURS, ROOT
from .ratios import AIMS, GROWTH, Ratio
from .results import Results, Side

PAGE = ROOT / "docs" / "performance.md"
SOAKS = ROOT / "bench" / "results" / "soak.json"
_IMAGES = ROOT / "docs" / "images"
_BEGIN = "<!-- generated: python -m bench.page -->\n\n"
_MISSED = "**no**"
_NAMES: Mapping[Quantity, str] = {"wall": "wall time", "cpu": "CPU time", "memory": "peak memory"}
# By file: the scene, the quantity and the title.
_PLOTS: Mapping[str, tuple[str, Quantity, str]] = {
    "performance-start.svg": ("sandbox: list", "wall", "Start to tools/list, the sandbox's tools, wall time"),
    "performance-stripe.svg": ("Stripe: all", "wall", "Start to tools/list, all of Stripe's operations, wall time"),
    "performance-call.svg": ("small call", "wall", "A small call, wall time"),
    "performance-answer.svg": ("2 MB answer", "wall", "A JSON answer of 2 MB, wall time"),
    "performance-memory.svg": ("1,200 operations", "memory", "Start with 1,200 operations, peak memory"),
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Write or check; 0 if the page now agrees with the results."""
    parser = argparse.ArgumentParser(prog="python -m bench.page", description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--check", action="store_true", help="write nothing; exit code 1 if something differs")
    given = parser.parse_args(arguments)
    results = Results.read()
    if not given.check:
        write(results)
        return 0
    differing = [file.name for file, text in _files(results) if file.read_text(encoding="utf-8") != text]
    for name in differing:
        print(f"{name} does not agree with bench/results: run python -m bench.page", file=sys.stderr)
    return 1 if differing else 0


def write(results: Results) -> None:
    """Write the plots, and the page's part after the line that says it is generated."""
    for file, text in _files(results):
        file.write_text(text, encoding="utf-8")


def _files(results: Results) -> Iterator[tuple[Path, str]]:
    plots = {name: _plot(results, *plot) for name, plot in _PLOTS.items()}
    yield from ((_IMAGES / name, text) for name, text in plots.items() if text)
    images = "".join(f"![{_PLOTS[name][2]}](images/{name})\n\n" for name, text in plots.items() if text)
    introduction, _, _ = PAGE.read_text(encoding="utf-8").partition(_BEGIN)
    yield PAGE, introduction + _BEGIN + (markdown(results, images) + soaks()).rstrip() + "\n"


def markdown(results: Results, images: str = "") -> str:
    """The tables, with the plots between them."""
    machine = results.machine
    versions = ", ".join(text for name, text in machine.items() if name not in ("date", "cores", "system"))
    measured = f"Measured on {machine['date']} with {machine['cores']} cores, {machine['system']}, {versions}"
    aims = [(*_ratio_cells(results, aim), *_reached(results, aim)) for aim in AIMS]
    missed = sum(row[-1] == _MISSED for row in aims)
    skipped = "".join(f"Not measured: {name}: {reason}\n\n" for name, reason in results.skipped.items())
    return "".join(
        [
            f"{measured}; {results.rounds()} rounds.\n\n{_about_quartiles(results.rounds())}\n\n{skipped}",
            _table(("what", "compared with", *_NAMES.values(), "aim", "reached"), aims),
            f"{missed} of {len(aims)} aims are still open. [Figures](#figures) explains the differences.\n\n"
            * (missed > 0),
            images,
            "### With much to read\n\n",
            _table(("what", "compared with", *_NAMES.values()), (_ratio_cells(results, ratio) for ratio in GROWTH)),
            "### All medians\n\n",
            _table(
                ("scene", "program", *_NAMES.values(), "rounds"),
                (_median_cells(results, side) for side in results.samples),
            ),
        ]
    )


def _about_quartiles(rounds: int) -> str:
    """Whether the quartiles are the limits of a confidence interval."""
    confidence = _confidence(rounds)
    if confidence < 0.95:
        return f"{rounds} rounds are too few for the quartiles to be the limits of a 95 % confidence interval."
    return (
        f"The quartiles of {rounds} rounds are also the limits of a {100 * confidence:.0f} % confidence interval for "
        "the median; with fewer rounds, the confidence is lower."
    )


def _confidence(samples: int) -> float:
    """How likely the true median is between the quartiles: so many of the samples are then below it."""
    lowest = 1 + math.ceil((samples - 1) / 4)
    return sum(math.comb(samples, below) for below in range(lowest, samples - lowest + 1)) / 2.0**samples


def soaks() -> str:
    """A table of what was held before and after many calls; empty without a result of `bench.soak`."""
    if not SOAKS.exists():
        return ""
    rows: list[tuple[str, ...]] = []
    for soak in json.loads(SOAKS.read_text(encoding="utf-8")):
        held = (f"{soak['before'][name]}, {soak['after'][name]}" for name in COUNTED)
        mean, lower, upper = soak["bytes_a_call"]
        rows.append((soak["name"], f"{soak['calls']:,}", *held, f"{mean:+.1f} ({lower:+.1f} to {upper:+.1f})"))
    return "### After many calls\n\n" + _table(("over", "calls", *COUNTED, "bytes of memory a call"), rows)


def _table(header: Sequence[str], rows: Iterable[Iterable[str]]) -> str:
    lines = [header, ["---"] * len(header), *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines) + "\n"


def _ratio_cells(results: Results, ratio: Ratio) -> Iterator[str]:
    yield ratio.what
    yield ratio.over
    for quantity in _NAMES:
        spread = results.ratio(ratio.a, ratio.b, quantity, ratio.without)
        yield f"{_ratio(spread.median)} ({_ratio(spread.lower)} to {_ratio(spread.upper)})" if spread else ""


def _reached(results: Results, aim: Ratio) -> Iterator[str]:
    assert aim.most
    yield f"{_NAMES[aim.quantity]} ≤ {aim.most:g}"
    spread = results.ratio(aim.a, aim.b, aim.quantity, aim.without)
    yield "not measured" if spread is None else "yes" if spread.median <= aim.most else _MISSED


def _median_cells(results: Results, side: Side) -> Iterator[str]:
    yield from side
    for quantity in _NAMES:
        spread = results.spread(side, quantity)
        yield _value(spread.median, quantity) if spread else ""
    yield str(sum(taken is not None for taken in results.samples[side]))


def _ratio(value: float) -> str:
    return f"{value:.2f}" if value >= 0.1 else f"{value:.3f}"


def _value(value: float, quantity: Quantity) -> str:
    if quantity == "memory":
        return f"{value / 1e6:.0f} MB"
    return f"{value:.1f} s" if value >= 1 else f"{value * 1000:.{0 if value >= 0.02 else 2}f} ms"


def _plot(results: Results, scene: str, quantity: Quantity, title: str) -> str:
    """The plot of a scene; empty where nothing of it was measured."""
    spreads = {program: results.spread((name, program), quantity) for name, program in results.samples if name == scene}
    shown = [
        Bar(program, spread, _value(spread.median, quantity), program == OURS)
        for program, spread in spreads.items()
        if spread
    ]
    return bars(title, shown) if shown else ""


if __name__ == "__main__":
    sys.exit(main())
