"""Running `closient-mcp` as a person or a script does."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from dataclasses import dataclass
from typing import Any

from .limits import SECONDS


@dataclass(frozen=True)
class Ran:
    """What a command printed, and its exit code."""

    code: int
    out: str
    err: str

    def json(self) -> Any:
        """What was printed, read as JSON."""
        return json.loads(self.out)


def run(*arguments: str, site: str = "http://127.0.0.1:9", stdin: str = "", **environment: str) -> Ran:
    """Run a command to its end; a traceback is never an answer."""
    done = subprocess.run(
        [sys.executable, "-m", "closient_mcp.server", *arguments],
        env={**os.environ, "CLOSIENT_SITE": site, **environment},
        input=stdin,
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )
    assert "Traceback" not in done.stderr
    return Ran(done.returncode, done.stdout, done.stderr)


def error_of(ran: Ran) -> str:
    """The text of the tool error that `call` printed."""
    assert ran.code == 1 and ran.json()["isError"] is True
    return str(ran.json()["content"][0]["text"])


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
