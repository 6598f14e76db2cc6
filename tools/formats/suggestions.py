"""The nearest valid name for an unknown one."""

from __future__ import annotations

import difflib
from collections.abc import Iterable


def did_you_mean(name: str, choices: Iterable[str]) -> str:
    """Return `; did you mean X?` for the nearest choice, or nothing if none is near."""
    near = difflib.get_close_matches(name, sorted(choices), n=1)
    return f"; did you mean {near[0]}?" if near else ""
