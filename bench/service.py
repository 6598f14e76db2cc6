"""A sandbox for a bench to serve from."""

from __future__ import annotations

import http.client
import json
import os
import sys
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from .child import Child

_SECONDS = 3600.0
_SECONDS_TO_RESET = 30.0


@dataclass(frozen=True, slots=True)
class Service:
    """Where the sandbox listens, and a key that it accepts."""

    url: str
    api_key: str

    def reset(self) -> None:
        """Back to its first state, above all its rate limits, which a measurement would otherwise run into.

        Raises:
            OSError: it does not answer.
        """
        self.ask("POST", "reset")

    def count(self, method: str, path: str) -> int:
        """How often a path was asked for since the last reset.

        Raises:
            OSError: it does not answer.
        """
        return sum((entry["method"], entry["path"]) == (method, path) for entry in self.ask("GET", "log"))

    def ask(self, method: str, control: str) -> Any:
        """Use one of the sandbox's own levers, such as `expire-tokens`.

        Raises:
            OSError: it does not answer.
        """
        host = urlsplit(self.url).netloc
        connection = http.client.HTTPConnection(host, timeout=_SECONDS_TO_RESET)
        try:
            connection.request(method, f"/__sandbox__/{control}")
            return json.loads(connection.getresponse().read())
        finally:
            connection.close()


@contextmanager
def running_sandbox(*, limited: bool = True) -> Generator[Service]:
    """A sandbox in a process of its own, for the length of the block, with its rate limits or without.

    Raises:
        ChildError: it did not start, or not end as it should.
    """
    ours = ["closient_mcp.sandbox", "--port", "0", "--json", "--until-eof"]
    command = [sys.executable, "-m", *(ours if limited else ["bench.roomy_sandbox"])]
    with Child(command, limit=_SECONDS) as child:
        reply = json.loads(child.read_line())
        try:
            yield Service(reply["url"], reply["api_key"])
        finally:
            child.finish()


def environment(home: str, **settings: str) -> dict[str, str]:
    """This process's environment with these settings of ours and no others; `home` is a folder that may be filled."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("CLOSIENT_")}
    return {**kept, "CLOSIENT_MCP_HOME": home, **settings}
