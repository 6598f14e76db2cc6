"""A server process that prints its URL as it starts."""

from __future__ import annotations

import subprocess
from collections.abc import Generator, Sequence
from contextlib import contextmanager

from .programs import ROOT
from .service import environment

_SECONDS = 60


@contextmanager
def listening(command: Sequence[str], home: str = "") -> Generator[tuple[str, int]]:
    """Its URL and its process's id; it ends with the block. `home` is the folder for our settings and cache."""
    stream = subprocess.PIPE
    with subprocess.Popen(  # noqa: S603 (the bench's own commands)
        command, cwd=ROOT, env=environment(home), stdin=stream, stdout=stream, stderr=subprocess.STDOUT, text=True
    ) as process:
        assert process.stdin
        assert process.stdout
        printed: list[str] = []
        # Before its URL, our server may print what is wrong with its settings.
        while "http://" not in (line := process.stdout.readline()):
            printed.append(line)
            assert line, f"{' '.join(command)} ended: {''.join(printed)}"
        # What it prints later must not fill the pipe.
        with subprocess.Popen(["cat"], stdin=process.stdout, stdout=subprocess.DEVNULL):  # noqa: S607
            try:
                yield f"http://{line.split('http://')[1].split(';')[0].strip()}", process.pid
            finally:
                process.stdin.close()
                process.terminate()
                process.wait(_SECONDS)
