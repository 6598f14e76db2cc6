"""A process of ours, spoken to over its pipes, and what it used."""

from __future__ import annotations

import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from types import TracebackType
from typing import Self

from .pairs import Sample

_SECONDS = 60.0


class ChildError(Exception):
    """A process did not do what it should: which, what it did instead, and after how long."""


class Child:
    """A process whose standard input and output are in our hands; it ends with the block, whatever happens.

    Everything waits until `limit` seconds after its start, and no longer. Its peak memory counts from what
    the starting process held at that moment, so a program that measures should itself be small. If it is `quiet`,
    what it writes to standard error is dropped.
    """

    def __init__(
        self,
        command: Sequence[str],
        *,
        environment: Mapping[str, str] | None = None,
        limit: float = _SECONDS,
        quiet: bool = False,
    ) -> None:
        self._command = command
        self._buffer = bytearray()
        self._over = False
        self._began = time.perf_counter()
        self._deadline = self._began + limit
        self._process = subprocess.Popen(  # noqa: S603 (the bench's own commands)
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL if quiet else None,
            env=environment,
            bufsize=0,
        )
        assert self._process.stdin
        assert self._process.stdout
        self._input, self._output = self._process.stdin, self._process.stdout

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if not self._over:
            self.kill()

    @property
    def pid(self) -> int:
        """The id of the process."""
        return self._process.pid

    def elapsed(self) -> float:
        """Seconds since just before its start."""
        return time.perf_counter() - self._began

    def write(self, data: bytes) -> None:
        """Give it `data`, which must be short enough for a pipe to hold.

        Raises:
            ChildError: it no longer reads.
        """
        try:
            self._input.write(data)
        except BrokenPipeError:
            raise self._failure("stopped reading") from None

    def read_line(self) -> bytes:
        """The next line of its output.

        Raises:
            ChildError: its output ended, or the time is up.
        """
        searched = 0
        while (end := self._buffer.find(b"\n", searched)) < 0:
            searched = len(self._buffer)
            part = self._read()
            if not part:
                raise self._failure("ended its output")
            self._buffer += part
        line = bytes(self._buffer[:end])
        del self._buffer[: end + 1]
        return line

    def finish(self) -> Sample:
        """Close its input, wait for its end, and tell what the whole of it took.

        Raises:
            ChildError: its exit code is not 0, or the time is up.
        """
        self._input.close()
        while self._read():
            pass
        sample = self._reap()  # its output has ended, and with that itself
        if self._process.returncode != 0:
            raise self._failure(f"ended with exit code {self._process.returncode}")
        return sample

    def end(self, number: int | None = None) -> int:
        """Ask it to end, by a signal or by the end of its input, and wait for that; return its exit code.

        Raises:
            ChildError: the time is up.
        """
        if number is None:
            self._input.close()
        else:
            os.kill(self._process.pid, number)  # Popen's own would reap it where it has ended
        while self._read():
            pass
        self._reap()
        return self._process.returncode

    def kill(self) -> Sample:
        """End it at once, and tell what it took until now; an orderly end would be counted."""
        wall = self.elapsed()
        os.kill(self._process.pid, signal.SIGKILL)  # Popen's own would first look for its end, and so take it from us
        return self._reap(wall)

    def _read(self) -> bytes:
        left = max(0.0, self._deadline - time.perf_counter())
        if not select.select([self._output], [], [], left)[0]:
            raise self._failure("took too long")
        return self._output.read(65_536)

    def _reap(self, wall: float | None = None) -> Sample:
        _, status, used = os.wait4(self._process.pid, 0)
        sample = Sample(
            cpu=used.ru_utime + used.ru_stime,
            wall=self.elapsed() if wall is None else wall,
            memory=used.ru_maxrss * (1 if sys.platform == "darwin" else 1024),
        )
        self._over = True
        self._process.returncode = os.waitstatus_to_exitcode(status)  # Popen would otherwise wait for it too
        self._input.close()
        self._output.close()
        return sample

    def _failure(self, what: str) -> ChildError:
        return ChildError(f"{' '.join(self._command[1:])} {what} after {self.elapsed():.1f} s")
