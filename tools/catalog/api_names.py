"""What an API is called in tool names, by its URL alone."""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Sequence
from urllib.parse import urlsplit

_VERSION = re.compile(r"v?\d+([.-]\d+)*", re.IGNORECASE)
_EXTENSION = re.compile(r"\.(json|ya?ml|html?)$", re.IGNORECASE)
_DIGITS = re.compile(r"(?=.*\d)[0-9a-f-]{12,}", re.IGNORECASE)  # UUIDs and the like tell a person nothing
_UNTELLING = {"api", "apis", "rest", "openapi", "swagger", "spec", "latest", "public"}
_HOSTS = {"www", "api", "apis", "localhost"}
_LONGEST_WORD = 20


def api_words(urls: Sequence[str]) -> list[str]:
    """A short word for each API, by its base path alone: `/search/api/v1/` is `search`.

    Where several would share it, each takes what tells it apart: its version, then more of its path, at last a
    digest of its URL; so no word depends on the order of the URLs.
    """
    choices = [_choices(url) for url in urls]
    counts = [Counter(level) for level in zip(*choices, strict=True)]
    words = [_first_alone(own, counts) for own in choices]
    taken = Counter(words)
    return [word if taken[word] == 1 else own[-1] for word, own in zip(words, choices, strict=True)]


def _first_alone(own: tuple[str, ...], counts: list[Counter[str]]) -> str:
    return next((word for word, count in zip(own, counts, strict=True) if count[word] == 1), own[-1])


def _choices(url: str) -> tuple[str, ...]:
    """The words that an API could have, the shortest first, the last one its own whatever the others are."""
    parts = urlsplit(url)
    segments = [_EXTENSION.sub("", s) for s in parts.path.split("/") if s]
    versions = [s for s in segments if _VERSION.fullmatch(s)]
    telling = _words([s for s in segments if not _VERSION.fullmatch(s) and not _is_untelling(s)])
    telling = telling or _words([s for s in (parts.hostname or "").split(".")[:1] if s.isalpha() and s not in _HOSTS])
    telling = telling or ["api"]
    version = _words(versions[-1:])
    last = telling[-1][:_LONGEST_WORD].strip("_")
    digest = hashlib.sha256(url.encode(errors="replace")).hexdigest()
    return (
        last,
        "_".join([last, *version]),
        "_".join(telling[-2:])[-2 * _LONGEST_WORD :].strip("_"),
        "_".join([*telling, *version])[-2 * _LONGEST_WORD :].strip("_"),
        f"{last}_{digest[:4]}",
        f"{last}_{digest[:12]}",
    )


def _is_untelling(segment: str) -> bool:
    return segment.lower() in _UNTELLING or bool(_DIGITS.fullmatch(segment))


def _words(segments: Sequence[str]) -> list[str]:
    return [word for s in segments if (word := re.sub(r"[^a-z0-9]+", "_", s[:200].lower()).strip("_"))]
