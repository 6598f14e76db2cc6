"""All documents of a folder made into tools, by us over FastMCP's `from_openapi`, from the same parsed document.

`python -m bench.documents [FOLDER] [--pairs N] [--only NAME] [--json]`. Both sides read a JSON file that was made of
the document before; the CPU time is that of the conversion up to a serialised list, the memory the whole process's.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .child import Child, ChildError
from .pairs import Comparison, Quantity, Run, Sample, measure_pairs
from .programs import CLIENTS, FASTMCP_PYTHON

_SECONDS = 600.0
_NAMES = ("closient-mcp", "FastMCP")


@dataclass(frozen=True, slots=True)
class Document:
    """One document, and what both sides made of it; `comparison` is missing where one refuses it."""

    name: str
    size: int
    load: float
    safe_load: float | None
    ours: dict[str, Any]
    theirs: dict[str, Any]
    lost: tuple[int, int]
    comparison: Comparison | None

    def ratio(self, quantity: Quantity) -> float | None:
        """The median of our share of FastMCP's."""
        return self.comparison.ratio(quantity).median if self.comparison else None

    def bytes_ratio(self) -> float | None:
        """Our list's size over FastMCP's."""
        return self.ours["bytes"] / self.theirs["bytes"] if self.comparison and self.theirs["tools"] else None

    def line(self) -> str:
        """The figures in a row."""
        tools = f"{self.ours.get('tools', '-'):>5} {self.theirs.get('tools', '-'):>5}"
        took = f"{self.ours['cpu'] * 1e9 / self.size:>7.0f}" if "cpu" in self.ours else f"{'-':>7}"
        ratios = " ".join(
            f"{'-' if ratio is None else f'{ratio:.3f}':>7}"
            for ratio in (self.ratio("cpu"), self.ratio("memory"), self.bytes_ratio())
        )
        lost = f"{self.lost[0]:>5} {self.lost[1]:>5}" if self.comparison else f"{self.lost[0]:>5}     -"
        refused = self.theirs.get("refused") or self.ours.get("refused")
        note = f"  refused: {' '.join(refused.split())[:60]}" if refused else ""
        return f"{self.name[:32]:<32} {tools} {took} {ratios} {lost}{note}"

    def as_json(self) -> dict[str, Any]:
        """The figures as JSON."""
        reply = {side: {k: v for k, v in made.items() if k != "required"} for side, made in
                (("ours", self.ours), ("fastmcp", self.theirs))}  # fmt: skip
        return {
            "name": self.name,
            "bytes": self.size,
            "load_seconds": self.load,
            "safe_load_seconds": self.safe_load,
            **reply,
            "required_lost": {"ours": self.lost[0], "fastmcp": self.lost[1]},
            "comparison": self.comparison.as_json() if self.comparison else None,
        }


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and report; 0 if all went well, also where there is nothing to measure with."""
    parser = argparse.ArgumentParser(prog="python -m bench.documents", description=(__doc__ or "").split("\n")[0])
    parser.add_argument(
        "folder", nargs="?", type=Path, default=os.environ.get("OPENAPI_DOCUMENTS"), help="default: $OPENAPI_DOCUMENTS"
    )
    parser.add_argument("--pairs", type=int, default=3, metavar="N", help="pairs that count (default: 3)")
    parser.add_argument("--only", metavar="NAME", default="", help="documents whose name holds this")
    parser.add_argument("--json", action="store_true", help="as JSON")
    given = parser.parse_args(arguments)
    if given.pairs < 1:
        parser.error("--pairs must be 1 or more")
    if given.folder is None:
        print("bench.documents: skipped: OPENAPI_DOCUMENTS is not set to a folder of documents")
        return 0
    files = sorted(file for file in given.folder.glob("*") if file.suffix in (".json", ".yaml", ".yml"))
    files = [file for file in files if given.only in file.name]
    if missing := _missing(given.folder, files):
        print(f"bench.documents: skipped: {missing}")
        return 0
    try:
        with tempfile.TemporaryDirectory(prefix="closient-bench-") as folder:
            documents: list[Document] = []
            for number, file in enumerate(files, 1):
                print(f"{number} of {len(files)}: {file.name}", file=sys.stderr, flush=True)
                documents.append(_measure(file, Path(folder) / "document.json", given.pairs))
    except (ChildError, OSError) as error:
        print(f"bench.documents: {error}", file=sys.stderr)
        return 1
    print(json.dumps([one.as_json() for one in documents], indent=2) if given.json else report(documents))
    return 0


def _missing(folder: Path, files: Sequence[Path]) -> str:
    if not files:
        return f"there are no documents in {folder}"
    return "" if FASTMCP_PYTHON.exists() else f"FastMCP is not installed in {CLIENTS.parent} (make bench does)"


def _measure(file: Path, parsed: Path, pairs: int) -> Document:
    load, _ = _told([sys.executable, "-m", "bench.parsing", str(file), str(parsed)])
    ours = [sys.executable, "-m", "bench.converting_ours", str(parsed)]
    theirs = [str(FASTMCP_PYTHON), "bench/converting_fastmcp.py", str(parsed)]
    # The runs that check warm the files up, and count for nothing else.
    our_check, their_check = (_told([*command, "check"])[0] for command in (ours, theirs))
    comparison = None
    if "refused" not in our_check and "refused" not in their_check:
        comparison = measure_pairs(_run(ours), _run(theirs), pairs=pairs, warm_up=0, names=_NAMES)
    lost = tuple(_lost(load["required"], made.get("required", {})) for made in (our_check, their_check))
    return Document(
        file.name,
        load["bytes"],
        load["ours"],
        load["safe_load"],
        our_check,
        their_check,
        (lost[0], lost[1]),
        comparison,
    )


def _run(command: Sequence[str]) -> Run:
    def run() -> Sample:
        reply, whole = _told(command)
        return Sample(reply["cpu"], reply["wall"], whole.memory)

    return run


def _told(command: Sequence[str]) -> tuple[dict[str, Any], Sample]:
    with Child(command, limit=_SECONDS) as child:
        reply: dict[str, Any] = json.loads(child.read_line())
        return reply, child.finish()


def _lost(required: dict[str, list[list[str]]], made: dict[str, list[list[str]]]) -> int:
    """How many required arguments of the operations that became tools are not required of the agent."""
    there = {operation: {tuple(one) for one in arguments} for operation, arguments in made.items()}
    return sum(
        tuple(one) not in there[operation]
        for operation, arguments in required.items()
        for one in arguments
        if operation in there
    )


def report(documents: Sequence[Document]) -> str:
    """The figures for a person."""
    head = f"{'':<32} {'tools':>11} {'ours':>7} {'ours over FastMCP':^23} {'required lost':>13}"
    measures = f"{'ms/MB':>7} {'CPU':>7} {'memory':>7} {'bytes':>7}"
    names = f"{'document':<32} {'ours':>5} {'FastM':>5} {measures} {'ours':>5} {'FastM':>5}"
    lines = [head, names, *(document.line() for document in documents), ""]
    both = [document for document in documents if document.comparison]
    for name, ratios in (
        ("CPU time", [one.ratio("cpu") for one in both]),
        ("peak memory", [one.ratio("memory") for one in both]),
        ("bytes of tools/list", [one.bytes_ratio() for one in both]),
    ):
        known = [ratio for ratio in ratios if ratio is not None]
        if known:
            spread = f"min {min(known):.3f}, max {max(known):.3f}"
            lines.append(
                f"{name}: {statistics.median(known):.3f} of FastMCP's, median of {len(known)} documents ({spread})"
            )
    if both:
        lines.append(f"all together: {_together(both)}")
    yaml = [(one.load, one.safe_load) for one in documents if one.safe_load is not None]
    if yaml:
        ours, theirs = sum(load for load, _ in yaml), sum(load for _, load in yaml)
        lines.append(f"YAML, loaded apart: {ours:.1f} s for {len(yaml)} documents; yaml.safe_load {theirs:.1f} s")
    return "\n".join(lines)


def _together(both: Sequence[Document]) -> str:
    reply: list[str] = []
    sums = [[one.comparison.medians("cpu") for one in both if one.comparison]]
    ours, theirs = (sum(pair[side] for pair in sums[0]) for side in (0, 1))
    reply.append(f"{ours:.2f} s and {theirs:.2f} s of CPU ({ours / theirs:.3f})")
    sizes = [(one.ours["bytes"], one.theirs["bytes"]) for one in both]
    ours, theirs = (sum(pair[side] for pair in sizes) / 1e6 for side in (0, 1))
    reply.append(f"{ours:.2f} MB and {theirs:.2f} MB of tools/list ({ours / theirs:.3f})")
    reply.append(f"required arguments lost: {sum(one.lost[0] for one in both)} and {sum(one.lost[1] for one in both)}")
    return ", ".join(reply)


if __name__ == "__main__":
    sys.exit(main())
