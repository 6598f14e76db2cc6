"""Our server, which at SIGUSR1 writes what it holds to a file: `python -m bench.observed_server FILE serve ...`."""

from __future__ import annotations

import asyncio
import gc
import json
import signal
import sys
from collections import Counter
from pathlib import Path
from types import FrameType

from closient_mcp.server.cli.main import main


def observe(file: Path) -> None:
    """From now on, write at each SIGUSR1 how many tasks there are, and how many objects of each type."""

    def write(number: int, frame: FrameType | None) -> None:
        gc.collect()
        objects = Counter(f"{type(value).__module__}.{type(value).__qualname__}" for value in gc.get_objects())
        text = json.dumps({"tasks": len(asyncio.all_tasks()), "objects": objects})
        unfinished = file.with_suffix(".new")
        unfinished.write_text(text, encoding="utf-8")
        unfinished.replace(file)

    signal.signal(signal.SIGUSR1, write)


if __name__ == "__main__":
    observe(Path(sys.argv[1]))
    sys.exit(main(sys.argv[2:]))
