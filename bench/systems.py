"""What a catalog of 6,000 entries, and systems that fail, cost a start.

`python -m bench.systems [--pairs N] [--json]`. Each pair starts the server twice with nothing kept, up to an
answered `tools/list`: with the long catalog and with one of 60 entries; with three failing systems (down, slow,
HTML) in addition to a good one and with the good one alone.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .child import Child, ChildError
from .pairs import Comparison, Run, Sample, measure_pairs
from .service import environment
from .wire import Era, Session

_SECONDS = 3600.0
_ERA: Era = "2025-11-25"
_LONG, _SHORT = 6000, 60


@dataclass(frozen=True, slots=True)
class Figures:
    """All that is measured here; `documents` are those that a start with the long catalog asked for."""

    documents: int
    long: Comparison
    failing: Comparison

    def report(self) -> str:
        """The figures for a person."""
        return (
            f"A catalog of {_LONG:,} entries, of which a start reads {self.documents}: {self.long.report()}\n\n"
            f"A system that is down, one that takes 20 s and one that serves HTML: {self.failing.report()}"
        )

    def as_json(self) -> dict[str, Any]:
        """The same for programs."""
        return {"documents": self.documents, "long": self.long.as_json(), "failing": self.failing.as_json()}


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and report; 0 if all went well."""
    parser = argparse.ArgumentParser(prog="python -m bench.systems", description="What catalogs and failures cost.")
    parser.add_argument("--pairs", type=int, default=8, metavar="N", help="pairs that count (default: 8)")
    parser.add_argument("--json", action="store_true", help="as JSON")
    given = parser.parse_args(arguments)
    if given.pairs < 1:
        parser.error("--pairs must be 1 or more")
    try:
        with Child([sys.executable, "-m", "bench.catalog_service"], limit=_SECONDS) as service:
            figures = _measure(service, service.read_line().decode().strip(), given.pairs)
    except (ChildError, OSError) as error:
        print(f"bench.systems: {error}", file=sys.stderr)
        return 1
    print(json.dumps(figures.as_json(), indent=2) if given.json else figures.report())
    return 0


def _measure(service: Child, url: str, pairs: int) -> Figures:
    good = {"good": f"{url}/catalog/{_SHORT}"}
    bad = {"down": "http://127.0.0.1:9/catalog", "slow": f"{url}/slow", "html": f"{url}/html"}
    _documents(service)
    _start({"good": f"{url}/catalog/{_LONG}"})
    documents = _documents(service)
    return Figures(
        documents,
        measure_pairs(
            _run({"good": f"{url}/catalog/{_LONG}"}), _run(good), pairs=pairs, names=(f"{_LONG:,}", f"{_SHORT}")
        ),
        measure_pairs(_run({**good, **bad}), _run(good), pairs=pairs, names=("with them", "without")),
    )


def _documents(service: Child) -> int:
    service.write(b"\n")
    return int(service.read_line())


def _run(catalogs: Mapping[str, str]) -> Run:
    return lambda: _start(catalogs)


def _start(catalogs: Mapping[str, str]) -> Sample:
    """One start with these systems and nothing kept, up to the answer to `tools/list`."""
    with tempfile.TemporaryDirectory(prefix="closient-bench-") as home:
        tables = [f'[systems.{name}]\ncatalog = "{url}"\n' for name, url in catalogs.items()]
        Path(home, "closient-mcp.toml").write_text("".join(tables), encoding="utf-8")
        with Child([sys.executable, "-m", "closient_mcp.server", "serve"], environment=environment(home)) as child:
            Session(child, _ERA).ask("tools/list")
            return child.kill()


if __name__ == "__main__":
    sys.exit(main())
