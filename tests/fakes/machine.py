"""Somebody's machine: one home folder, one browser, and processes that come and go."""

from __future__ import annotations

import json
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .command_line import Ran, run
from .limits import SECONDS
from .paths import APPROVING_BROWSER
from .service import Sandbox

_DAY = 86_400.0


@dataclass
class Machine:
    """Somebody's machine: one home folder, one browser, and processes that come and go."""

    sandbox: Sandbox
    home: Path
    button: str = "allow"
    username: str = "alice"

    @property
    def environment(self) -> dict[str, str]:
        browser = f"{sys.executable} {APPROVING_BROWSER} %s {self.button} {self.username}"
        return {"CLOSIENT_MCP_HOME": str(self.home), "BROWSER": browser, "TABS": str(self.home / "tabs")}

    def run(self, *arguments: str, stdin: str = "", **more: str) -> Ran:
        return run(*arguments, site=self.sandbox.address, stdin=stdin, **{**self.environment, **more})

    def call(self, tool: str, **arguments: Any) -> Ran:
        return self.run("call", tool, json.dumps(arguments))

    def whoami(self) -> Ran:
        return self.call("account_whoami")

    def tabs(self, expected: int = 1) -> list[str]:
        """What each tab that was opened showed last. The last may still be closing when the call returns."""
        journal, shown = self.home / "tabs", list[str]()
        until = time.monotonic() + SECONDS
        while len(shown) < expected and time.monotonic() < until:
            shown = journal.read_text().splitlines() if journal.exists() else []
        return shown

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
        self.file().write_text(json.dumps(record))


def well(ran: Ran) -> Any:
    assert ran.code == 0, ran.out + ran.err
    return json.loads(ran.json()["content"][0]["text"])
