"""From the start of our server to an answered `tools/list`, over that of the bare SDK's.

`python -m bench.start [--pairs N] [--json]`. The sandbox stands for the service; the first start reads all its
documents, and is among the starts that don't count.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from .child import Child, ChildError
from .pairs import Comparison, Run, Sample, measure_pairs
from .service import Service, environment, running_sandbox
from .wire import ERAS, Era, Session

_BARE = [sys.executable, "-m", "bench.bare_server"]
_OUR_IMPORTS = "import closient_mcp.server.cli.main, closient_mcp.server.serving.stdio"
_BARE_IMPORTS = "import bench.bare_server"
_NAMES = ("closient-mcp", "the bare SDK")


@dataclass(frozen=True, slots=True)
class Figures:
    """All that is measured here. `tools` and `size` are those of our list, the size in bytes of JSON."""

    tools: int
    size: int
    starts: Mapping[Era, Comparison]
    imports: Comparison

    def report(self) -> str:
        """The figures for a person."""
        lines = [f"Start to an answered tools/list ({self.tools} tools of ours, {self.size / 1000:.0f} kB; 1 bare)"]
        for era, comparison in self.starts.items():
            lines += ["", f"MCP {era}: {comparison.report()}"]
        ours, bare = self.imports.medians("cpu")
        lines += [
            "",
            f"Imports alone: {self.imports.report()}",
            f"  They are {self._share(0):.0%} of our start's CPU time and {self._share(1):.0%} of the bare SDK's; "
            f"ours import for {(ours - bare) * 1000:.0f} ms longer.",
        ]
        return "\n".join(lines)

    def as_json(self) -> dict[str, Any]:
        """The same for programs."""
        return {
            "tools": self.tools,
            "list_bytes": self.size,
            "starts": {era: comparison.as_json() for era, comparison in self.starts.items()},
            "imports": self.imports.as_json(),
        }

    def _share(self, side: int) -> float:
        return self.imports.medians("cpu")[side] / self.starts["2025-11-25"].medians("cpu")[side]


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and report; 0 if all went well."""
    parser = argparse.ArgumentParser(prog="python -m bench.start", description="Our start over the bare SDK's.")
    parser.add_argument("--pairs", type=int, default=10, metavar="N", help="pairs that count (default: 10)")
    parser.add_argument("--json", action="store_true", help="as JSON")
    given = parser.parse_args(arguments)
    if given.pairs < 1:
        parser.error("--pairs must be 1 or more")
    try:
        with running_sandbox() as service, tempfile.TemporaryDirectory(prefix="closient-bench-") as home:
            figures = _measure(service, home, given.pairs)
    except (ChildError, OSError) as error:
        print(f"bench.start: {error}", file=sys.stderr)
        return 1
    print(json.dumps(figures.as_json(), indent=2) if given.json else figures.report())
    return 0


def _measure(service: Service, home: str, pairs: int) -> Figures:
    ours = [sys.executable, "-m", "closient_mcp.server", "serve", "--site", service.url]
    settings = environment(home, CLOSIENT_API_KEY=service.api_key)
    with Child(ours, environment=settings) as child:
        tools = Session(child, "2025-11-25").ask("tools/list")["tools"]

    def start(command: Sequence[str], era: Era, expected: int) -> Run:
        def run() -> Sample:
            service.reset()
            return _start(command, settings, era, expected)

        return run

    return Figures(
        tools=len(tools),
        size=len(json.dumps(tools, separators=(",", ":")).encode()),
        starts={
            era: measure_pairs(start(ours, era, len(tools)), start(_BARE, era, 1), pairs=pairs, names=_NAMES)
            for era in ERAS
        },
        imports=measure_pairs(
            _imports(_OUR_IMPORTS, settings), _imports(_BARE_IMPORTS, settings), pairs=pairs, names=_NAMES
        ),
    )


def _start(command: Sequence[str], settings: Mapping[str, str], era: Era, expected: int) -> Sample:
    with Child(command, environment=settings) as child:
        listed = len(Session(child, era).ask("tools/list")["tools"])
        sample = child.kill()
    if listed != expected:
        raise ChildError(f"{' '.join(command[1:])} listed {listed} tools, not {expected}")
    return sample


def _imports(statement: str, settings: Mapping[str, str]) -> Run:
    def run() -> Sample:
        program = f"{statement}; print(flush=True); input()"
        with Child([sys.executable, "-c", program], environment=settings) as child:
            child.read_line()
            return child.kill()

    return run


if __name__ == "__main__":
    sys.exit(main())
