"""The time to read product codes, over that of biip's own parsers for the same codes.

`python -m bench.gs1 [--pairs N]`. The codes are the valid ones of the tests' vectors that both sides read,
although biip checks fewer rules.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from biip import ParseError
from biip.gs1_digital_link_uris import GS1DigitalLinkURI
from biip.gs1_messages import GS1Message
from biip.gtin import Gtin

from closient_mcp.tools.gs1.code import read_code
from closient_mcp.tools.gs1.decoding import decode
from closient_mcp.tools.gs1.errors import InvalidCodeError

from .pairs import Comparison, Run, Sample, measure_pairs

_VECTORS = Path(__file__).parent.parent / "tests/vectors/gs1.json"
# So many that a run takes a tenth of a second or more.
_READ = 2_000

Read = Callable[[str], object]


@dataclass(frozen=True, slots=True)
class Form:
    """A form of codes: the kind of its vectors, and the readers of both sides."""

    name: str
    kind: str
    ours: Read
    theirs: Read


_FORMS = (
    Form("GTIN", "gtin", read_code, Gtin.parse),
    Form("in brackets", "ai_bracketed", decode, GS1Message.parse_hri),
    Form("as scanned", "ai_raw", decode, GS1Message.parse),
    Form("Digital Link", "dl_parse", decode, GS1DigitalLinkURI.parse),
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and report; 0 if all went well."""
    parser = argparse.ArgumentParser(prog="python -m bench.gs1", description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--pairs", type=int, default=10, metavar="N", help="pairs that count (default: 10)")
    given = parser.parse_args(arguments)
    if given.pairs < 1:
        parser.error("--pairs must be 1 or more")
    print(f"bench.gs1: CPU time to read a code, over biip's; median of {given.pairs} pairs")
    for form in _FORMS:
        print(_line(form.name, _measure(form, given.pairs)), flush=True)
    return 0


def _measure(form: Form, pairs: int) -> Comparison:
    vectors: list[dict[str, Any]] = json.loads(_VECTORS.read_text(encoding="utf-8"))["vectors"]
    codes = [vector["input"] for vector in vectors if vector["kind"] == form.kind]
    codes = [code for code in codes if _reads(form.ours, code) and _reads(form.theirs, code)]
    codes = (codes * _READ)[:_READ]
    return measure_pairs(_run(form.ours, codes), _run(form.theirs, codes), pairs=pairs)


def _reads(read: Read, code: str) -> bool:
    try:
        read(code)
    except (InvalidCodeError, ParseError):
        return False
    return True


def _run(read: Read, codes: Sequence[str]) -> Run:
    def run() -> Sample:
        began, used = time.perf_counter(), time.process_time()
        for code in codes:
            read(code)
        # Both sides share the process, so its memory says nothing.
        return Sample(time.process_time() - used, time.perf_counter() - began, memory=0)

    return run


def _line(name: str, comparison: Comparison) -> str:
    ratio = comparison.ratio("cpu")
    ours, theirs = (_READ / seconds for seconds in comparison.medians("cpu"))
    spread = f"min {ratio.least:.2f}, quartiles {ratio.lower:.2f} and {ratio.upper:.2f}, max {ratio.most:.2f}"
    return f"  {name:<13}{ratio.median:.2f} times  ({spread}); {ours:,.0f} and {theirs:,.0f} codes per second"


if __name__ == "__main__":
    sys.exit(main())
