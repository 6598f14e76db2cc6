"""The nearest valid names for an unknown one."""

from __future__ import annotations

from collections.abc import Iterable


def did_you_mean(name: str, choices: Iterable[str], *, most: int = 1, cutoff: float = 0.6) -> str:
    """`; did you mean X?` for the nearest choice, or `X or Y` for up to `most`; '' if none is near."""
    import difflib

    near = difflib.get_close_matches(name, sorted(choices), n=most, cutoff=cutoff)
    return f"; did you mean {' or '.join(near)}?" if near else ""
