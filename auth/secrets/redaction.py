"""Keeps secrets from being shown by accident."""

from __future__ import annotations

import json
import threading
from urllib.parse import quote, quote_plus

MASK = "[secret]"
_SHORTEST = 6


class Secret:
    """A value that `repr`, `str` and formatting mask; only `reveal` returns it."""

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value

    def reveal(self) -> str:
        """Return the value, to send or store it."""
        return self._value

    @property
    def ending(self) -> str:
        """The last four characters, so that the user can tell which secret it is; empty if it is short."""
        return self._value[-4:] if len(self._value) >= 16 else ""

    def __repr__(self) -> str:
        return MASK

    __str__ = __repr__

    def __format__(self, _: str) -> str:
        return MASK

    def __reduce__(self) -> str:
        raise TypeError("secrets cannot be pickled")


class Redaction:
    """Knows every secret in use, and masks them in text that leaves the process."""

    def __init__(self) -> None:
        self._known: frozenset[str] = frozenset()
        self._lock = threading.Lock()

    def add(self, secret: Secret) -> None:
        """Mask this secret from now on, plain and as encoded in URLs and JSON; short values are ignored."""
        value = secret.reveal()
        if len(value) >= _SHORTEST:
            with self._lock:
                in_json = json.dumps(value)[1:-1]
                self._known |= {value, quote(value, safe=""), quote_plus(value), in_json}

    def hide(self, text: str) -> str:
        """Return the text with each known secret masked."""
        for value in sorted(self._known, key=len, reverse=True):
            if value in text:
                text = text.replace(value, MASK)
        return text
