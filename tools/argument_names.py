"""The names under which an agent gives an operation's parameters."""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Iterable

from .bodies import BODY
from .property_names import ACCEPTED

Key = tuple[str, str]
_LONGEST = 64


def argument_names(keys: Iterable[Key]) -> dict[Key, str]:
    """For each parameter, by its place and name, a name that every host accepts and that is its alone.

    Parameters of one name in several places are told apart by their places, names that read the same by a digest.
    None depends on the order of the parameters.
    """
    keys = list(keys)
    times = Counter(name for _, name in keys)
    names = {(place, name): _argument(place, name, shared=times[name] > 1) for place, name in keys}
    taken = Counter(names.values())
    return {key: name if taken[name] == 1 or name == key[1] else _distinct(name, key) for key, name in names.items()}


def _argument(place: str, name: str, *, shared: bool) -> str:
    plain = _plain(name)
    if not plain:
        return _distinct(place, (place, name))
    if shared or plain == BODY:
        return f"{plain[: _LONGEST - 1 - len(place)]}_{place}"
    return plain


def _plain(name: str) -> str:
    if ACCEPTED.fullmatch(name):
        return name
    return re.sub(r"[^A-Za-z0-9_.-]+", "_", name).strip("_")[:_LONGEST]


def _distinct(name: str, key: Key) -> str:
    digest = hashlib.sha256(" ".join(key).encode(errors="replace")).hexdigest()[:6]
    return f"{name[: _LONGEST - 7]}_{digest}"
