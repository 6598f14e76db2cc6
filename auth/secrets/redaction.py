"""Secrets, kept from being shown by accident."""

from __future__ import annotations

import json
import threading
from urllib.parse import quote, quote_plus

MASK = "[secret]"
_SHORTEST = 6


class Secret:
    """A value that no `repr`, `str` or format shows; only `reveal` gives it out."""

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value

    def reveal(self) -> str:
        """The value itself, for the one place that sends it."""
        return self._value

    @property
    def ending(self) -> str:
        """The last four characters, by which a person can tell which one it is; none of a short value."""
        return self._value[-4:] if len(self._value) >= 16 else ""

    def __repr__(self) -> str:
        return MASK

    __str__ = __repr__

    def __format__(self, _: str) -> str:
        return MASK

    def __reduce__(self) -> str:
        raise TypeError("a secret is not pickled")


class Redaction:
    """Knows every secret in use, and takes them out of text that leaves the process."""

    def __init__(self) -> None:
        self._known: frozenset[str] = frozenset()
        self._lock = threading.Lock()

    def add(self, secret: Secret) -> None:
        """Hide this secret from now on, plain and as URLs and JSON write it; one too short is not looked for."""
        value = secret.reveal()
        if len(value) >= _SHORTEST:
            with self._lock:
                in_json = json.dumps(value)[1:-1]
                self._known |= {value, quote(value, safe=""), quote_plus(value), in_json}

    def hide(self, text: str) -> str:
        """The text with each known secret masked."""
        for value in sorted(self._known, key=len, reverse=True):
            if value in text:
                text = text.replace(value, MASK)
        return text
