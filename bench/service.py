"""A sandbox for a bench to serve from."""

from __future__ import annotations

import http.client
import json
import os
import sys
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from urllib.parse import urlsplit

from .child import Child

_SECONDS = 3600.0
_SECONDS_TO_RESET = 30.0


@dataclass(frozen=True, slots=True)
class Service:
    """Where the sandbox listens, and a key that it accepts."""

    address: str
    api_key: str

    def reset(self) -> None:
        """Back to its first state, above all its rate limits, which a measurement would otherwise run into.

        Raises:
            OSError: it does not answer.
        """
        host = urlsplit(self.address).netloc
        connection = http.client.HTTPConnection(host, timeout=_SECONDS_TO_RESET)
        try:
            connection.request("POST", "/__sandbox__/reset")
            connection.getresponse().read()
        finally:
            connection.close()


@contextmanager
def running_sandbox() -> Generator[Service]:
    """A sandbox in a process of its own, for the length of the block.

    Raises:
        ChildFailed: it did not start, or not end as it should.
    """
    command = [sys.executable, "-m", "closient_mcp.sandbox", "--port", "0", "--json", "--until-eof"]
    with Child(command, limit=_SECONDS) as child:
        told = json.loads(child.read_line())
        try:
            yield Service(told["address"], told["api_key"])
        finally:
            child.finish()


def environment(home: str, **settings: str) -> dict[str, str]:
    """This process's environment with these settings of ours and no others; `home` is a folder that may be filled."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("CLOSIENT_")}
    return {**kept, "CLOSIENT_MCP_HOME": home, **settings}
