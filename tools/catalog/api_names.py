"""Short words for APIs in tool names, derived from their URLs."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from urllib.parse import urlsplit

from ..formats.text import short_digest

_VERSION = re.compile(r"v?\d+([.-]\d+)*", re.IGNORECASE)
_EXTENSION = re.compile(r"\.(json|ya?ml|html?)$", re.IGNORECASE)
_DIGITS = re.compile(r"(?=.*\d)[0-9a-f-]{12,}", re.IGNORECASE)  # UUIDs and the like
_GENERIC = {"api", "apis", "rest", "openapi", "swagger", "spec", "latest", "public"}
_HOSTS = {"www", "api", "apis", "localhost"}
_MAX_WORD = 20


def api_words(urls: Sequence[str]) -> list[str]:
    """A distinct word for each API: `/search/api/v1/` gives `search`.

    APIs with the same word are distinguished by version, then by more of their paths, then by a digest of their URL,
    independently of the order of the URLs.
    """
    choices = [_choices(url) for url in urls]
    counts = [Counter(level) for level in zip(*choices, strict=True)]
    words = [_first_unique(own, counts) for own in choices]
    uses = Counter(words)
    return [word if uses[word] == 1 else own[-1] for word, own in zip(words, choices, strict=True)]


def _first_unique(own: tuple[str, ...], counts: list[Counter[str]]) -> str:
    return next((word for word, count in zip(own, counts, strict=True) if count[word] == 1), own[-1])


def _choices(url: str) -> tuple[str, ...]:
    """The possible words of an API, shortest first, ending with one that is unique."""
    parts = urlsplit(url)
    segments = [_EXTENSION.sub("", s) for s in parts.path.split("/") if s]
    versions = [s for s in segments if _VERSION.fullmatch(s)]
    specific = _words([s for s in segments if not _VERSION.fullmatch(s) and not _is_generic(s)])
    specific = specific or _words([s for s in (parts.hostname or "").split(".")[:1] if s.isalpha() and s not in _HOSTS])
    specific = specific or ["api"]
    version = _words(versions[-1:])
    last = specific[-1][:_MAX_WORD].strip("_")
    return (
        last,
        "_".join([last, *version]),
        "_".join(specific[-2:])[-2 * _MAX_WORD :].strip("_"),
        "_".join([*specific, *version])[-2 * _MAX_WORD :].strip("_"),
        f"{last}_{short_digest(url, 4)}",
        f"{last}_{short_digest(url, 12)}",
    )


def _is_generic(segment: str) -> bool:
    return segment.lower() in _GENERIC or bool(_DIGITS.fullmatch(segment))


def _words(segments: Sequence[str]) -> list[str]:
    return [word for s in segments if (word := re.sub(r"[^a-z0-9]+", "_", s[:200].lower()).strip("_"))]
