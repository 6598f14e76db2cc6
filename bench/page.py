"""The figures of `docs/performance.md` and its plots, made of the results of `bench.performance`.

`python -m bench.page` writes them; with `--check` it only says whether they agree.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from .aims import AIMS, OURS, Aim
from .pairs import Quantity
from .plot import Bar, bars
from .programs import ROOT
from .results import Results, Side

PAGE = ROOT / "docs" / "performance.md"
_IMAGES = ROOT / "docs" / "images"
_BEGIN = "<!-- generated: python -m bench.page -->\n\n"
_QUANTITIES: tuple[Quantity, ...] = ("wall", "cpu", "memory")
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
    yield PAGE, introduction + _BEGIN + markdown(results, images)


def markdown(results: Results, images: str = "") -> str:
    """The tables, with the plots between them."""
    machine = results.machine
    versions = ", ".join(text for name, text in machine.items() if name not in ("date", "cores", "system"))
    measured = (
        f"Measured on {machine['date']} with {machine['cores']} cores, {machine['system']}, {versions}; "
        f"{results.rounds()} rounds."
    )
    aims = "".join(f"| {' | '.join(_aim_cells(results, aim))} |\n" for aim in AIMS)
    scenes = "".join(f"| {' | '.join(_scene_cells(results, side))} |\n" for side in results.samples)
    skipped = "".join(f"\nNot measured: {name}: {reason}\n" for name, reason in results.skipped.items())
    return (
        f"{measured}\n\n"
        "| what | over | wall time | CPU time | peak memory | aim | reached |\n"
        f"|---|---|---|---|---|---|---|\n{aims}\n{images}"
        "| scene | program | wall time | CPU time | peak memory | rounds |\n"
        f"|---|---|---|---|---|---|\n{scenes}{skipped}"
    )


def _aim_cells(results: Results, aim: Aim) -> Iterator[str]:
    spreads = {quantity: results.ratio(aim.a, aim.b, quantity, aim.without) for quantity in _QUANTITIES}
    yield aim.what
    yield aim.over
    for spread in spreads.values():
        yield f"{_ratio(spread.median)} ({_ratio(spread.lower)} to {_ratio(spread.upper)})" if spread else ""
    yield f"{_NAMES[aim.quantity]} ≤ {aim.most:g}"
    aimed = spreads[aim.quantity]
    yield "not measured" if aimed is None else "yes" if aimed.median <= aim.most else "**no**"


def _scene_cells(results: Results, side: Side) -> Iterator[str]:
    yield from side
    for quantity in _QUANTITIES:
        spread = results.spread(side, quantity)
        yield _value(spread.median, quantity) if spread else ""
    yield str(sum(taken is not None for taken in results.samples[side]))


def _ratio(value: float) -> str:
    return f"{value:.2f}" if value >= 0.1 else f"{value:.3f}"


def _value(value: float, quantity: Quantity) -> str:
    if quantity == "memory":
        return f"{value / 1e6:.0f} MB"
    return f"{value:.1f} s" if value >= 10 else f"{value * 1000:.{0 if value >= 0.02 else 2}f} ms"


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
