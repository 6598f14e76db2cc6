"""Full-text search: BM25 over weighted fields (Robertson and Zaragoza, 2009, §3), boosted by how close the name is."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Generic, TypeVar

from .formats.words import words_of

T = TypeVar("T")

_K1, _B = 1.2, 0.6
_STOP_WORDS = {"a", "all", "an", "and", "api", "by", "for", "in", "is", "my", "of", "on", "or", "the", "to", "with"}


@dataclass(frozen=True, slots=True)
class SearchEntry(Generic[T]):
    """An item to be found: `fields` are texts with their weights; entries of equal score are ordered by `name`."""

    item: T
    name: str
    fields: tuple[tuple[str, int], ...]

    def terms(self) -> Counter[str]:
        """The terms of all fields, each counted by the weight of its field."""
        terms: Counter[str] = Counter()
        for text, weight in self.fields:
            for term in _terms(text):
                terms[term] += weight
        return terms


class SearchIndex(Generic[T]):
    """An index that is built once and searched often."""

    def __init__(self, entries: Iterable[SearchEntry[T]]) -> None:
        self._entries = [(entry, entry.terms(), frozenset(_terms(entry.name))) for entry in entries]
        lengths = [terms.total() for _, terms, _ in self._entries]
        self._average_length = sum(lengths) / len(lengths) if lengths else 1.0
        self._frequency = Counter(term for _, terms, _ in self._entries for term in terms)

    def search(self, query: str) -> list[T]:
        """Return the items that share a term with the query, best first."""
        weights = {term: self._inverse_frequency(term) for term in _terms(query)}
        scored = [(self._score(terms, name, weights), entry) for entry, terms, name in self._entries]
        return [entry.item for score, entry in sorted(scored, key=lambda s: (-s[0], s[1].name)) if score > 0]

    def _inverse_frequency(self, term: str) -> float:
        count = self._frequency[term]
        return math.log(1 + (len(self._entries) - count + 0.5) / (count + 0.5))

    def _score(self, terms: Counter[str], name: frozenset[str], weights: dict[str, float]) -> float:
        norm = _K1 * (1 - _B + _B * terms.total() / self._average_length)
        score = sum(weight * terms[t] * (_K1 + 1) / (terms[t] + norm) for t, weight in weights.items() if t in terms)
        # "create lead" means `create_lead` before everything that is created for a lead.
        return score * (1 + len(weights.keys() & name) / max(1, len(weights.keys() | name)))


def _terms(text: str) -> list[str]:
    return [_stem(word) for word in words_of(text) if word not in _STOP_WORDS]


def _stem(word: str) -> str:
    """Fold plurals and the most common endings: `categories` and `category`, `listing` and `list`."""
    if len(word) > 4 and word.endswith("ies"):
        return f"{word[:-3]}y"
    if len(word) > 5 and word.endswith("ing"):
        return word[:-3]
    if len(word) > 3 and word.endswith("s") and not word.endswith(("ss", "us", "is")):
        return word[:-1]
    return word
