"""A server process as a host starts it: each line of its stdout is a frame, or the test fails."""

from __future__ import annotations

import json
import os
import queue
import subprocess
import sys
import tempfile
import threading
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from .limits import SECONDS

BIN = Path(sys.executable).parent


def host_environment(**members: str) -> dict[str, str]:
    """What hosts pass on: no more than this, and PATH for `mcp.json`'s command."""
    kept = {name: os.environ[name] for name in ("HOME", "LOGNAME", "SHELL", "TERM", "USER") if name in os.environ}
    return {**kept, "PATH": os.pathsep.join([str(BIN), "/usr/bin", "/bin"]), **members}


@dataclass
class Process:
    """A server process: each line of its stdout is a frame or the test fails."""

    popen: subprocess.Popen[str]
    frames: queue.Queue[dict[str, Any]]
    errors: IO[str]

    def send(self, method: str, id: int | None = None, **params: Any) -> None:
        assert self.popen.stdin
        frame = {"jsonrpc": "2.0", "method": method, "params": params} | ({} if id is None else {"id": id})
        self.popen.stdin.write(json.dumps(frame) + "\n")
        self.popen.stdin.flush()

    def answer(self, id: int) -> dict[str, Any]:
        while (frame := self.frames.get(timeout=SECONDS)).get("id") != id:
            pass
        return frame

    def shake_hands(self) -> dict[str, Any]:
        client = {"name": "test", "version": "1"}
        self.send("initialize", 1, protocolVersion="2025-11-25", capabilities={}, clientInfo=client)
        answer = self.answer(1)
        self.send("notifications/initialized")
        return answer

    def finish(self) -> tuple[int, str]:
        """Close its input, and return the exit code and all its output on stderr."""
        assert self.popen.stdin
        self.popen.stdin.close()
        code = self.popen.wait(SECONDS)
        self.errors.seek(0)
        return code, self.errors.read()


@contextmanager
def started(*arguments: str, **environment: str) -> Generator[Process]:
    command = [sys.executable, "-m", "closient_mcp.server", "serve", *arguments]
    pipe = subprocess.PIPE
    with (
        # No pipe, which a long log would fill.
        tempfile.TemporaryFile("w+", encoding="utf-8") as errors,
        subprocess.Popen(
            command, stdin=pipe, stdout=pipe, stderr=errors, text=True, env=host_environment(**environment)
        ) as popen,
    ):
        frames: queue.Queue[dict[str, Any]] = queue.Queue()

        def read() -> None:
            assert popen.stdout
            for line in popen.stdout:
                frames.put(json.loads(line))

        reader = threading.Thread(target=read, daemon=True)
        reader.start()
        try:
            yield Process(popen, frames, errors)
        finally:
            popen.kill()
            popen.wait(SECONDS)
            reader.join(SECONDS)
            assert all(frame["jsonrpc"] == "2.0" for frame in frames.queue)
