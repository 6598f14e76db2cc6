"""Keeps secrets from being shown by accident."""

from __future__ import annotations

import base64
import json
import re
import threading
import weakref
from collections.abc import Iterator, Sequence
from functools import cached_property
from html.entities import html5
from urllib.parse import quote_plus

MASK = "[secret]"
_SHORTEST = 6
_MOST = 100
# The last two characters of base64, and what URLs have instead.
_IN_URLS = {"+": "-", "/": "_"}


class Secret:
    """A value that `repr`, `str` and formatting mask; only `reveal` returns it."""

    __slots__ = ("__weakref__", "_value")

    def __init__(self, value: str) -> None:
        self._value = value

    def reveal(self) -> str:
        """The value, to send or store it."""
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
    """Knows the secrets in use and those of the last while, and masks them in text that leaves the process."""

    def __init__(self) -> None:
        # In the order in which they were added, so that tokens that were replaced long ago can be forgotten.
        self._known: dict[str, _Value] = {}
        # A secret may contain another.
        self._longest_first: Sequence[_Value] = ()
        self._owners: dict[str, weakref.WeakSet[Secret]] = {}
        self._lock = threading.Lock()

    def add(self, secret: Secret) -> None:
        """Mask this secret from now on, as it is and as URLs, JSON, HTML and base64 encode it, but no short one.

        It is forgotten when no object with this value exists and 100 others that are no longer used were added since.
        """
        value = secret.reveal()
        if len(value) < _SHORTEST:
            return
        with self._lock:
            self._owners.setdefault(value, weakref.WeakSet()).add(secret)
            known = self._known.pop(value, None)
            self._known[value] = known or _Value(value)
            if known is None:
                self._forget()
                self._longest_first = [self._known[value] for value in sorted(self._known, key=len, reverse=True)]

    def _forget(self) -> None:
        unused = [value for value in self._known if not self._owners[value]]
        for value in unused[:-_MOST]:
            del self._known[value], self._owners[value]

    def hide(self, text: str) -> str:
        """The text with each known secret masked."""
        for value in self._longest_first:
            text = value.hide(text)
        return text


class _Value:
    """The value of a secret."""

    def __init__(self, value: str) -> None:
        self._value = value
        literals = (re.split(r"[^A-Za-z0-9]", value), *(re.split(r"[+/]", text) for text in _in_base64(value)))
        # Each match of the pattern contains one: they are looked for in a hundredth of the time.
        self._parts = tuple(max(parts, key=len) for parts in literals)

    @cached_property
    def _pattern(self) -> re.Pattern[str]:
        # Made for the first text that needs it, as few do: it takes fifty times the memory of a token.
        value = self._value
        return re.compile("|".join((_spellings(value), *map(_either_alphabet, _in_base64(value)))))

    def hide(self, text: str) -> str:
        """The text with the value masked in every encoding."""
        return self._pattern.sub(MASK, text) if any(part in text for part in self._parts) else text


def _spellings(value: str) -> str:
    """A pattern for the value with any of its punctuation encoded."""
    return "".join(c if c.isascii() and c.isalnum() else _encoded(c) for c in value)


def _encoded(character: str) -> str:
    code, literal = ord(character), re.escape(character)
    # Text may be encoded more than once.
    in_json = re.escape(json.dumps(character)[1:-1]).replace(r"\\", r"\\+")
    spellings = (
        "".join(rf"(?:%(?:25)*|=|\\+x){byte:02x}" for byte in character.encode()),
        rf"\\+u\{{?0*{code:x}\}}?",
        rf"&(?:amp;)*#(?:0*{code}|x0*{code:x});",
        *(f"&(?:amp;)*{name}" for name, text in html5.items() if text == character and name.endswith(";")),
        in_json,
        rf"\\*{literal}",
        *((r"\+",) if character == " " else ()),
    )
    # Hexadecimal digits are equal in both cases (RFC 3986 §2.1).
    return f"(?i:{'|'.join(spellings)})"


def _in_base64(value: str) -> Iterator[str]:
    """The value anywhere in encoded text, whose characters depend on its distance from the beginning.

    Client secrets are form-encoded before that (RFC 6749 §2.3.1).
    """
    for content in dict.fromkeys((value.encode(), quote_plus(value).encode())):
        for before in range(3):
            # Without the characters that also depend on what is before and after it.
            start, end = -(-before * 8 // 6), (before + len(content)) * 8 // 6
            text = base64.b64encode(b"\0" * before + content).decode()[start:end]
            if len(text) >= _SHORTEST:
                yield text


def _either_alphabet(text: str) -> str:
    """A pattern for base64 in either alphabet (RFC 4648 §4, §5), with any of its punctuation encoded, and its end."""
    return "".join(f"(?:{_IN_URLS[c]}|{_encoded(c)})" if c in _IN_URLS else c for c in text) + r"[\w+/-]{0,3}=*"
