"""Finding the words of an index that a misspelt or inflected word stands for."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping
from itertools import takewhile

_MAX_CANDIDATES = 60
_MIN_LENGTH = 4
_MIN_PREFIX = 5


class Spelling:
    """The words of an index, each with its term."""

    def __init__(self, words: Mapping[str, str]) -> None:
        self._words = words
        self._by_pair: dict[str, list[str]] = defaultdict(list)

    def nearest(self, word: str) -> dict[str, float]:
        """The terms of the most similar words, each with its likeness below 1; none for a short word."""
        if len(word) < _MIN_LENGTH:
            return {}
        found: dict[str, float] = {}
        for candidate in self._candidates(word):
            if likeness := _likeness(word, candidate):
                term = self._words[candidate]
                found[term] = max(found.get(term, 0.0), likeness)
        best = max(found.values(), default=0.0)
        return {term: likeness for term, likeness in found.items() if likeness == best}

    def _candidates(self, word: str) -> list[str]:
        if not self._by_pair:
            for known in self._words:
                for pair in _pairs(known):
                    self._by_pair[pair].append(known)
        shared = Counter(known for pair in _pairs(word) for known in self._by_pair.get(pair, ()))
        return [known for known, _ in shared.most_common(_MAX_CANDIDATES)]


def _pairs(word: str) -> set[str]:
    padded = f"^{word}$"
    return {padded[at : at + 2] for at in range(len(padded) - 1)}


def _likeness(word: str, known: str) -> float:
    slips = _distance(word, known)
    if slips <= (1 if len(word) < 8 else 2) and len(known) >= _MIN_LENGTH:
        return 0.9 / slips
    prefix = sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(word, known, strict=False)))
    return 0.4 if prefix >= _MIN_PREFIX and prefix >= 0.6 * max(len(word), len(known)) else 0.0


def _distance(word: str, other: str) -> int:
    """The number of letters to insert, delete, replace or swap (optimal string alignment)."""
    before: list[int] = []
    last = list(range(len(other) + 1))
    for i, letter in enumerate(word, 1):
        row = [i]
        for j, against in enumerate(other, 1):
            cost = min(last[j] + 1, row[j - 1] + 1, last[j - 1] + (letter != against))
            if i > 1 and j > 1 and letter == other[j - 2] and word[i - 2] == against:
                cost = min(cost, before[j - 2] + 1)
            row.append(cost)
        before, last = last, row
    return last[-1]
