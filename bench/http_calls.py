"""Calls over HTTP to a service that answers after 20 ms: ours, the bare SDK's and FastMCP's server in turn.

`python -m bench.http_calls [--rounds N] [--json]`. Ratios are over the bare SDK's throughput in the same round.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import statistics
import sys
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path

from .http_load import Load, measure
from .listening import listening
from .programs import FASTMCP_PYTHON
from .wire import PROTOCOL_VERSIONS

_OURS, _BARE, _OTHER = "closient-mcp", "the bare SDK", "FastMCP"
_TOOLS = {_OURS: "bench_get_thing", _BARE: "bench_get_thing", _OTHER: "get_thing"}
# Callers, and how many calls they make in a round.
_LOADS = {1: 20, 32: 320, 256: 512}


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and report; 0 if all went well."""
    parser = argparse.ArgumentParser(prog="python -m bench.http_calls", description="Calls over HTTP.")
    parser.add_argument("--rounds", type=int, default=7, metavar="N", help="rounds that count (default: 7)")
    parser.add_argument("--json", action="store_true", help="as JSON")
    given = parser.parse_args(arguments)
    with ExitStack() as stack:
        home = stack.enter_context(tempfile.TemporaryDirectory(prefix="closient-bench-"))
        service, _ = stack.enter_context(listening([sys.executable, "-m", "bench.thing_service", "20"]))
        settings = Path(home) / "closient-mcp.toml"
        settings.write_text(f'[systems.bench]\ndescription = "{service}/openapi.json"\n')
        commands = {
            _OURS: [sys.executable, "-m", "closient_mcp.server", "serve", "--http", "0", "--config", str(settings)],
            _BARE: [sys.executable, "-m", "bench.bare_http_server", service],
        }
        if FASTMCP_PYTHON.exists():
            commands[_OTHER] = [str(FASTMCP_PYTHON), "bench/fastmcp_http_server.py", service]
        urls = {name: stack.enter_context(listening(command, home))[0] for name, command in commands.items()}
        figures = asyncio.run(_measure(urls, given.rounds))
    print(json.dumps(figures, indent=2) if given.json else _report(figures))
    return 0


Figures = Mapping[str, Mapping[str, Mapping[str, float]]]


async def _measure(urls: Mapping[str, str], rounds: int) -> Figures:
    """The medians of the figures and ratios by protocol version and number of callers, then by server."""
    figures: dict[str, dict[str, dict[str, float]]] = {}
    for version in PROTOCOL_VERSIONS:
        for callers, calls in _LOADS.items():
            loads: dict[str, list[Load]] = {name: [] for name in urls}
            for turn in range(rounds + 1):
                for name in list(urls)[:: 1 if turn % 2 else -1]:
                    load = await measure(urls[name], version, _TOOLS[name], callers=callers, calls=calls)
                    loads[name] += [load] if turn else []  # the first round warms up
            figures[f"MCP {version}, {callers} callers"] = {
                name: _medians(own, loads[_BARE]) for name, own in loads.items()
            }
    return figures


def _medians(own: Sequence[Load], bare: Sequence[Load]) -> dict[str, float]:
    ratios = [mine.throughput / other.throughput for mine, other in zip(own, bare, strict=True)]
    return {
        "ratio": statistics.median(ratios),
        "least": min(ratios),
        "most": max(ratios),
        "calls_in_a_second": statistics.median(load.throughput for load in own),
        "median_ms": statistics.median(load.median for load in own) * 1000,
        "slow_ms": statistics.median(load.slow for load in own) * 1000,
    }


def _report(figures: Figures) -> str:
    lines = ["Calls over HTTP to a service that answers after 20 ms; ratio over the bare SDK (least to most):"]
    for load, servers in figures.items():
        lines += ["", load]
        for name, took in servers.items():
            ratio = f"{took['ratio']:.2f} ({took['least']:.2f} to {took['most']:.2f})"
            times = f"median {took['median_ms']:.1f} ms, 95 % within {took['slow_ms']:.1f} ms"
            lines.append(f"  {name:<14}{ratio}, {took['calls_in_a_second']:.0f} calls in a second, {times}")
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main())
