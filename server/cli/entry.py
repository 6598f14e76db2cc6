"""The console script: it imports nothing of ours before it is ready for Ctrl-C."""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Generator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ..serving.replay import Replay


def main() -> int:
    """Run one command; return its exit code, which is 130 after Ctrl-C, also while modules are imported."""
    # Nothing here is meant for plugins of pydantic, and looking for them takes 10 ms.
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")
    try:
        replay = _replay(sys.argv[1:])
        with importing():
            from .main import main as run
        return run(replay=replay)
    except KeyboardInterrupt:
        return 130


def _replay(words: list[str]) -> Replay | None:
    """The replay of a server over stdio, which begins to answer while the rest is imported."""
    if words[:1] not in ([], ["serve"]) or any(word.startswith("--h") for word in words):
        return None
    if sys.stdin is None or sys.stdin.isatty():
        return None
    from ..serving.replay import replay_for

    try:
        replay = replay_for(words, os.environ, os.dup(0), os.dup(1))
    except OSError:
        return None
    if replay:
        replay.start()
    return replay


@contextmanager
def importing() -> Generator[None]:
    """Import without the collector: modules stay, and scanning them takes a tenth of the time of a command."""
    gc.disable()
    try:
        yield
    finally:
        gc.enable()
