"""Garbage collection of a process that serves many calls."""

from __future__ import annotations

import gc

# A collection starts after this many new objects. With Python's 700, a few simultaneous calls would start one.
_THRESHOLD = 5_000
_YOUNG_COLLECTIONS = 10
# Sessions of callers who no longer call wait for a full collection. Python's 10 would let them take 15 MB.
_MIDDLE_COLLECTIONS = 2


def spare_long_lived() -> None:
    """Exclude everything that exists now from the next collections, which otherwise take a tenth of a call's time.

    Objects that were excluded before and are no longer used are collected first.
    """
    gc.unfreeze()
    gc.collect()
    gc.freeze()
    # The next full collection waits until there are a quarter more objects than after the last one: this collection
    # makes Python count only those that are not excluded.
    gc.collect()
    gc.set_threshold(_THRESHOLD, _YOUNG_COLLECTIONS, _MIDDLE_COLLECTIONS)
