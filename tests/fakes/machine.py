"""A user's machine: one home folder, one browser, and the commands that run there."""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from closient_mcp.auth.store import private_files

from .command_line import CommandResult, Conversation, run, run_process, talking_to
from .paths import APPROVING_BROWSER
from .service import Sandbox
from .tabs import Tabs, reported_tabs

_DAY = 86_400.0


@dataclass
class Machine:
    """A user's machine: one home folder, one browser, and the commands that run there."""

    sandbox: Sandbox
    home: Path
    _tabs: Tabs
    button: str = "allow"
    username: str = "alice"

    @property
    def environment(self) -> dict[str, str]:
        browser = f"{sys.executable} {APPROVING_BROWSER} %s {self.button} {self.username}"
        return {"CLOSIENT_MCP_HOME": str(self.home), "BROWSER": browser, "TABS": str(self._tabs.path)}

    @property
    def process_environment(self) -> dict[str, str]:
        """The whole environment of a process that is started here."""
        return {**os.environ, **self.environment, "CLOSIENT_SITE": self.sandbox.url}

    def run(self, *arguments: str, stdin: str = "", **more: str) -> CommandResult:
        return run(*arguments, site=self.sandbox.url, stdin=stdin, **{**self.environment, **more})

    def run_process(self, *arguments: str) -> CommandResult:
        return run_process(*arguments, site=self.sandbox.url, **self.environment)

    @contextmanager
    def talking_to(self, *arguments: str) -> Generator[Conversation]:
        with talking_to(*arguments, site=self.sandbox.url, **self.environment) as conversation:
            yield conversation

    def call(self, tool: str, **arguments: Any) -> CommandResult:
        return self.run("call", tool, json.dumps(arguments))

    def whoami(self) -> CommandResult:
        return self.call("account_whoami")

    def whoami_process(self) -> CommandResult:
        return self.run_process("call", "account_whoami")

    def tabs(self, expected: int = 1) -> list[str]:
        """What each tab that was opened showed last."""
        return self._tabs.shown(expected)

    def file(self) -> Path:
        (found,) = (self.home / "credentials").glob("*.json")
        return found

    def record(self) -> dict[str, Any]:
        return dict(json.loads(self.file().read_text()))

    def change(self, **tokens: Any) -> None:
        record = self.record()
        record["tokens"] |= tokens
        self.write(record)

    def expire(self) -> None:
        """Let the access token have been issued and have ended long ago, however fast or slow the machine is."""
        now = time.time()
        self.change(obtained_at=now - 2 * _DAY, expires_at=now - _DAY)

    def write(self, record: dict[str, Any]) -> None:
        private_files.write(self.file(), json.dumps(record))  # at once, as a process may be reading it


@contextmanager
def machine_of(sandbox: Sandbox, home: Path) -> Generator[Machine]:
    """A machine whose user signs in at the sandbox."""
    home.mkdir(exist_ok=True)
    with reported_tabs(home.parent) as tabs:
        yield Machine(sandbox, home, tabs)


def result_of(ran: CommandResult) -> Any:
    """The result of a successful call."""
    assert ran.code == 0, ran.out + ran.err
    return json.loads(ran.json()["content"][0]["text"])
