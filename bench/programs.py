"""The servers that are measured over stdio, ours and others where they are installed, and their measuring."""

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
from .wire import Session

ROOT = Path(__file__).parents[1]
CLIENTS = ROOT / ".venv-clients" / "bin"
FASTMCP_PYTHON = CLIENTS / "python"
# In the results.
OURS, BARE, FASTMCP, MCPIFY = "closient-mcp", "the bare SDK", "FastMCP", "mcpify"
UNREPLAYED = "closient-mcp, nothing to replay"
_SECONDS = 600.0

Taken: TypeAlias = dict[Quantity, float]


@dataclass(frozen=True, slots=True)
class Program:
    """A server: its name in the results, and how it is started.

    With `asks_differently`, the client declares a capability that no client declared before, so that no answer can
    have been kept from an earlier start.
    """

    name: str
    command: tuple[str, ...]
    environment: Mapping[str, str] = field(default_factory=lambda: dict(os.environ))
    asks_differently: bool = False

    def run(self, until: Callable[[Session], object]) -> Taken:
        """What it takes from the start of the process until something was done in a session with it.

        Raises:
            ChildError: it did not work.
        """
        with Child(self.command, environment=self.environment, limit=_SECONDS, quiet=True) as child:
            until(self._session(child))
            sample = child.kill()
        return {"cpu": sample.cpu, "wall": sample.wall, "memory": sample.memory}

    def ask(self, question: Callable[[Session], Any]) -> Any:
        """The answer to a question in a session of its own, which ends in good order and keeps what it read.

        Raises:
            ChildError: it did not work.
        """
        with Child(self.command, environment=self.environment, limit=_SECONDS, quiet=True) as child:
            answer = question(self._session(child))
            child.end()
            return answer

    def _session(self, child: Child) -> Session:
        new: dict[str, Any] = {os.urandom(8).hex(): {}} if self.asks_differently else {}
        return Session(child, "2025-11-25", {"experimental": new})


@dataclass(frozen=True, slots=True)
class Measurement:
    """One program in one scene; it takes part in every `every`-th round."""

    scene: str
    program: str
    run: Callable[[], Taken]
    every: int = 1


def ours(home: Path, *options: str, **settings: str) -> Program:
    """Our server as hosts start it, with its cache in a folder."""
    command = (str(Path(sys.executable).with_name("closient-mcp")), "serve", *options)
    return Program(OURS, command, environment(str(home), **settings))


def ours_with(folder: Path, sources: Mapping[str, str], *options: str) -> Program:
    """Our server with these systems in its settings: by name, where their documents are."""
    file = folder / "closient-mcp.toml"
    tables = [f'[systems.{name}]\n{source}\ncredential = "none"\n' for name, source in sources.items()]
    file.write_text("".join(tables), encoding="utf-8")
    return ours(folder, "--config", str(file), *options)


def ours_with_document(folder: Path, document: str | Path, *options: str) -> Program:
    """Our server with one document in its settings."""
    return ours_with(folder, {"bench": f'description = "{document}"'}, *options)


def bare(folder: Path, tools: Sequence[Mapping[str, Any]], urls: Mapping[str, str]) -> Program:
    """The SDK's low-level server with a list of tools; `urls` says what a call of a tool gets."""
    file = folder / "bare.json"
    file.write_text(json.dumps({"tools": tools, "urls": urls}), encoding="utf-8")
    return Program(BARE, (sys.executable, "-P", str(ROOT / "bench" / "bare_server.py"), str(file)))


def fastmcp(document: Path, *options: str) -> Program:
    """FastMCP with a document."""
    server = str(ROOT / "bench" / "fastmcp_server.py")
    return Program(FASTMCP, (str(FASTMCP_PYTHON), "-P", server, str(document), *options))


def mcpify(document: Path, *options: str) -> Program:
    """The package mcpify-openapi with a document."""
    return Program(MCPIFY, (str(CLIENTS / "mcpify"), "serve", str(document), *options))
