"""A user's machine: one home folder, one browser with a person in front of it, and processes that come and go."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import time
from collections.abc import Generator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from urllib.parse import urlsplit

from closient_mcp.auth.oauth.redirects import start_url

from .child import Child, ChildError
from .late_tokens import LateTokens
from .service import Service, environment
from .wire import Session

_SECONDS = 120.0
_HOURS = 36_000.0
_BROWSER = Path(__file__).parents[1] / "tests" / "fakes" / "approving_browser.py"
_CALL = {"name": "account_whoami", "arguments": dict[str, Any]()}


@dataclass(frozen=True, slots=True)
class Process:
    """One server of ours, as a host runs it."""

    child: Child
    session: Session

    def begin(self) -> int:
        """Send a call that needs a sign-in, and return the request id."""
        return self.session.begin("tools/call", _CALL)

    def went_well(self, asked: int) -> bool:
        """Whether the call succeeded."""
        return not self.session.result(asked).get("isError")


@dataclass(frozen=True, slots=True)
class Machine:
    """`service` is the sandbox that is signed in at, `tokens` its token endpoint, `home` our folder."""

    service: Service
    tokens: LateTokens
    home: Path

    @contextmanager
    def processes(self, number: int, button: str | None = "allow") -> Generator[Sequence[Process]]:
        """Start `number` servers and wait until they are ready.

        The simulated user presses `button`, or nothing if it is "none"; with None no browser opens.
        """
        with ExitStack() as stack:
            # All at once: a start is most of what there is to wait for.
            children = [stack.enter_context(self._child(button)) for _ in range(number)]
            yield [Process(child, Session(child, "2025-11-25")) for child in children]

    def _child(self, button: str | None) -> Child:
        command = [sys.executable, "-m", "closient_mcp.server", "serve", "--log-level", "error"]
        screen = {"BROWSER": f"{sys.executable} {_BROWSER} %s {button}" if button else ""}
        return Child(
            command, environment={**environment(str(self.home)), "TABS": self._journal, **screen}, limit=_HOURS
        )

    @property
    def _journal(self) -> str:
        return str(self.home / "tabs")

    def tabs(self) -> int:
        """How many tabs were opened and have come to rest."""
        journal = Path(self._journal)
        return len(journal.read_text(encoding="utf-8").splitlines()) if journal.exists() else 0

    def registrations(self) -> int:
        """How many registrations the sandbox was asked for."""
        return self.service.count("POST", "/oauth/register/")

    def record(self) -> dict[str, Any]:
        """What is kept of the sign-in; nothing where there is no file."""
        found = list((self.home / "credentials").glob("*.json"))
        return dict(json.loads(found[0].read_text(encoding="utf-8"))) if found else {}

    def until_pending(self) -> str:
        """The short URL of a sign-in that waits for a person, once a tab is open.

        Raises:
            ChildError: there is none for too long.
        """
        until = time.monotonic() + _SECONDS
        while time.monotonic() < until:
            pending = self.record().get("pending")
            if pending and pending["opened"] and self.tabs():
                return start_url(str(pending["redirect_uri"]), str(pending["state"]))
            time.sleep(0.05)
        raise ChildError("no sign-in was begun")

    def approve(self, url: str) -> bool:
        """Let the person finish the sign-in in the tab that is open; return whether a process was listening there.

        Raises:
            SubprocessError: it did not work.
        """
        until = time.monotonic() + _SECONDS
        while not _is_listening(url):
            if time.monotonic() > until:
                return False
            time.sleep(0.05)
        command = [sys.executable, str(_BROWSER), url]
        subprocess.run(command, check=True, timeout=_SECONDS, stderr=subprocess.DEVNULL)  # noqa: S603 (our own)
        return True

    def sign_in(self) -> None:
        """Sign in, by a call of a process that then ends.

        Raises:
            ChildError: it did not work.
        """
        with self.processes(1) as (process,):
            if not process.went_well(process.begin()):
                raise ChildError("the first sign-in failed")


def _is_listening(url: str) -> bool:
    try:
        socket.create_connection(("127.0.0.1", urlsplit(url).port or 0), timeout=_SECONDS).close()
    except OSError:
        return False
    return True


@contextmanager
def machine(service: Service, tokens: LateTokens) -> Generator[Machine]:
    """A machine on which no user is signed in, at a sandbox in its first state."""
    service.reset()
    tokens.refreshes, tokens.lifetime = 0, None
    with TemporaryDirectory(prefix="closient-bench-") as home:
        endpoint = f'credential = {{ grant = "authorization_code", token_endpoint = "{tokens.endpoint}" }}\n'
        settings = f'[systems.closient]\nsite = "{service.url}"\n{endpoint}'
        Path(home, "closient-mcp.toml").write_text(settings, encoding="utf-8")
        yield Machine(service, tokens, Path(home))
