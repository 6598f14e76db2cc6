"""Which regular expressions every host can read: those that mean the same in ECMA-262 (with its flag `u`) and here."""

from __future__ import annotations

import re
import warnings

_LONGEST = 200
# What one engine knows and the other does not, or reads differently.
_FOREIGN = re.compile(r"\(\?(?![:=!]|<[=!])|[*+?}]\+")
_ESCAPE = re.compile(r"\\(?:[dDwWsSbBtnvfr0^$\\.*+?()\[\]{}|/]|x[0-9A-Fa-f]{2}|u[0-9A-Fa-f]{4})")
_CLASS = re.compile(r"\[(?:\\.|[^\]\\])*\]", re.DOTALL)
_QUANTIFIER = re.compile(r"\{[0-9]+(?:,[0-9]*)?\}")


def is_portable(pattern: str) -> bool:
    """Whether a pattern is short, and valid in both dialects."""
    if len(pattern) > _LONGEST:
        return False
    outside = _CLASS.sub("x", pattern)
    inside = "".join(_CLASS.findall(pattern)).replace("\\-", "")
    if "\\" in _ESCAPE.sub("", outside) or "\\" in _ESCAPE.sub("", inside):
        return False
    bare = _ESCAPE.sub("", outside)
    if _FOREIGN.search(bare) or set("{}]") & set(_QUANTIFIER.sub("", bare)):
        return False
    try:
        with warnings.catch_warnings(action="ignore"):
            re.compile(pattern)
    except (re.error, OverflowError, RecursionError):
        return False
    return True
