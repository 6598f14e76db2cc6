"""The console script: it imports nothing of ours before it is ready for Ctrl-C."""

from __future__ import annotations

import gc
import os
from collections.abc import Generator
from contextlib import contextmanager


def main() -> int:
    """Run one command; gives its exit code, which is 130 after Ctrl-C, also while modules are imported."""
    # Nothing here is meant for plugins of pydantic, and looking for them takes 10 ms.
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")
    try:
        with importing():
            from .main import main as run
        return run()
    except KeyboardInterrupt:
        return 130


@contextmanager
def importing() -> Generator[None]:
    """Import without the collector: modules stay, and scanning them takes a tenth of the time of a command."""
    gc.disable()
    try:
        yield
    finally:
        gc.enable()
