"""The servers that are measured over stdio: ours, the least that the SDK needs, and others where they are installed."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeAlias

from .child import Child
from .pairs import Quantity
from .service import environment
from .wire import Era, Session

ROOT = Path(__file__).parents[1]
CLIENTS = ROOT / ".venv-clients" / "bin"
FASTMCP = CLIENTS / "python"
MCPIFY = CLIENTS / "mcpify"
_SECONDS = 600.0

Taken: TypeAlias = dict[Quantity, float]


@dataclass(frozen=True, slots=True)
class Program:
    """A server: its name in the results, and how it is started.

    With `asks_anew`, the client declares a capability that no client declared before, so that no answer can be one
    that was kept from an earlier start.
    """

    name: str
    command: tuple[str, ...]
    environment: Mapping[str, str] = field(default_factory=lambda: dict(os.environ))
    asks_anew: bool = False

    def run(self, until: Callable[[Session], object], era: Era = "2025-11-25") -> Taken:
        """What it takes from the start of the process until something was done in a session with it.

        Raises:
            ChildError: it did not work.
        """
        with Child(self.command, environment=self.environment, limit=_SECONDS, quiet=True) as child:
            until(self._session(child, era))
            sample = child.kill()
        return {"cpu": sample.cpu, "wall": sample.wall, "memory": sample.memory}

    def ask(self, question: Callable[[Session], Any]) -> Any:
        """The answer to a question in a session of its own, for what doesn't count.

        Raises:
            ChildError: it did not work.
        """
        with Child(self.command, environment=self.environment, limit=_SECONDS, quiet=True) as child:
            return question(self._session(child, "2025-11-25"))

    def _session(self, child: Child, era: Era) -> Session:
        return Session(child, era, {"experimental": {os.urandom(8).hex(): {}}} if self.asks_anew else None)


def ours(home: Path, *options: str, name: str = "closient-mcp", asks_anew: bool = False, **settings: str) -> Program:
    """Our server as hosts start it, with the settings and the cache in a folder."""
    command = (str(Path(sys.executable).with_name("closient-mcp")), "serve", *options)
    return Program(name, command, environment(str(home), **settings), asks_anew)


def bare(folder: Path, tools: Sequence[Mapping[str, Any]], urls: Mapping[str, str]) -> Program:
    """The SDK's low-level server with a list of tools; `urls` says what a call of a tool gets."""
    file = folder / "bare.json"
    file.write_text(json.dumps({"tools": tools, "urls": urls}), encoding="utf-8")
    return Program("the bare SDK", (sys.executable, "-P", str(ROOT / "bench" / "bare_server.py"), str(file)))


def fastmcp(document: Path, *options: str) -> Program:
    """FastMCP with a document."""
    return Program("FastMCP", (str(FASTMCP), "-P", str(ROOT / "bench" / "fastmcp_server.py"), str(document), *options))


def mcpify(document: Path, *options: str) -> Program:
    """The package mcpify-openapi with a document."""
    return Program("mcpify", (str(MCPIFY), "serve", str(document), *options))
