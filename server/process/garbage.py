"""Garbage collection of a process that serves many calls."""

from __future__ import annotations

import gc

# How many objects more than at the last collection cause the next one: a few calls at a time have Python's 700.
_THRESHOLD = 5_000
_YOUNG_COLLECTIONS = 10
# Sessions of callers who no longer call wait for a full collection. Python's 10 would let them take 15 MB.
_MIDDLE_COLLECTIONS = 2


def spare_long_lived() -> None:
    """Exclude everything that exists now from the next collections, which otherwise take a tenth of a call's time.

    What is no longer used of what was excluded before is collected first.
    """
    gc.unfreeze()
    gc.collect()
    gc.freeze()
    # A full collection waits until there are a quarter more objects than the last one left: from now on, of the others.
    gc.collect()
    gc.set_threshold(_THRESHOLD, _YOUNG_COLLECTIONS, _MIDDLE_COLLECTIONS)
