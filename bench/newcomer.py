"""A newcomer's path, from the built wheel to the first answer through a host's entry: each step and its seconds.

`python -m bench.newcomer`. The sandbox stands for the service. Skipped where packages cannot be installed.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path

from release.bundle import ROOT, built_wheel

from .child import Child, ChildError
from .service import environment, running_sandbox
from .wire import Session

_UV = ROOT / ".venv-clients" / "bin" / "uv"
_SECONDS = 600.0
_QUESTION = {"name": "search_products", "arguments": {"query": "peanut butter"}}


class _StepError(Exception):
    """A command of the path failed."""


def main() -> int:
    """Print each step; 0 if the path leads to an answer, or cannot be tried."""
    if not _UV.exists():
        print("bench.newcomer: skipped: uv is not installed (make test-all)")
        return 0
    with tempfile.TemporaryDirectory(prefix="closient-newcomer-") as folder, running_sandbox() as service:
        home = Path(folder)
        given = environment(folder, HOME=folder, CLOSIENT_SITE=service.url, UV_CACHE_DIR=_cache())
        given["PATH"] = os.pathsep.join([str(_UV.parent), str(home / ".local" / "bin"), given["PATH"]])
        try:
            wheel = built_wheel(folder)
            first = _step(1, "uv tool install closient-mcp", ["uv", "tool", "install", "--quiet", str(wheel)], given)
        except (_StepError, subprocess.CalledProcessError) as error:
            print(f"bench.newcomer: skipped: the package cannot be installed here: {error}")
            return 0
        try:
            second = _step(2, "closient-mcp install cursor", ["closient-mcp", "install", "cursor"], given)
            third = _ask(home / ".cursor" / "mcp.json", given)
        except (_StepError, ChildError) as error:
            print(f"bench.newcomer: {error}", file=sys.stderr)
            return 1
    print(f"From nothing to a first answer: 2 commands and a question, {first + second + third:.1f} s")
    return 0


def _cache() -> str:
    """The user's own cache of uv, so that packages are not downloaded at every run."""
    done = subprocess.run([_UV, "cache", "dir"], capture_output=True, text=True, check=True)  # noqa: S603
    return done.stdout.strip()


def _step(number: int, shown: str, command: list[str], given: Mapping[str, str]) -> float:
    """Run a command and print its seconds."""
    begin = time.perf_counter()
    done = subprocess.run(  # noqa: S603
        command, env=given, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=_SECONDS, check=False
    )
    if done.returncode != 0:
        raise _StepError(f"{command[0]} failed: {(done.stderr or done.stdout).strip()[-300:]}")
    seconds = time.perf_counter() - begin
    print(f"{number}. {shown:<40} {seconds:5.1f} s")
    return seconds


def _ask(configuration: Path, given: Mapping[str, str]) -> float:
    """Ask the first question of an agent, through the entry that was written; return the seconds until the answer."""
    entry = json.loads(configuration.read_text(encoding="utf-8"))["mcpServers"]["closient"]
    launch = [entry["command"], *entry["args"]]
    # No more than a host gives: nothing of this shell but its home.
    few = {"HOME": given["HOME"], "PATH": "/usr/bin:/bin", **entry["env"]}
    with Child(launch, environment=few) as child:
        items = Session(child, "2025-11-25").ask("tools/call", _QUESTION)["structuredContent"]["items"]
        seconds = child.elapsed()
        child.end()
    if not items:
        raise _StepError("the answer to the first question has no products")
    print(f"3. the agent asks for peanut butter          {seconds:5.1f} s  {len(items)} products")
    return seconds


if __name__ == "__main__":
    sys.exit(main())
