"""Finding entries of a large catalog by words, before their documents are read."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from urllib.parse import urlsplit

from ..formats.words import words_of
from .entries import Entry


class EntryIndex:
    """The words of a catalog's entries: of their APIs, titles and URLs."""

    def __init__(self, entries: Sequence[Entry]) -> None:
        self.entries = entries
        self._words = [_words(entry) for entry in entries]
        self._count = Counter(word for words in self._words for word in words)

    def search(self, query: str, most: int) -> list[Entry]:
        """The entries that share the rarest words with a query, the best first."""
        wanted = {_folded(word) for word in words_of(query)} & self._count.keys()
        rarity = {word: math.log(1 + len(self.entries) / self._count[word]) for word in wanted}
        scored = (
            (sum(rarity[word] for word in wanted & words), entry)
            for words, entry in zip(self._words, self.entries, strict=True)
        )
        ranked = sorted(((score, entry) for score, entry in scored if score), key=lambda s: (-s[0], s[1].api))
        return [entry for _, entry in ranked[:most]]


def _words(entry: Entry) -> frozenset[str]:
    text = f"{entry.api} {urlsplit(entry.anchor).path} {' '.join(entry.titles)}"
    return frozenset(_folded(word) for word in words_of(text))


def _folded(word: str) -> str:
    return word[:-1] if len(word) > 3 and word.endswith("s") else word
