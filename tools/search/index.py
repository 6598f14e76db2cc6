"""Full-text search: BM25 over weighted fields (Robertson and Zaragoza, 2009, §3.6), tolerant of misspellings."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from .spelling import Spelling
from .synonyms import SYNONYMS
from .terms import content_words, stem, words_in

T = TypeVar("T")

_K1, _B = 1.2, 0.6
_SYNONYM = 0.5  # what a synonym counts
_CLOSE = 1.4  # how much more an item counts whose name is the query


@dataclass(frozen=True, slots=True)
class SearchEntry(Generic[T]):
    """An item to be found, with one text for each weight of the index.

    The closer one of its `names` is to a query, the better it fits; entries that fit equally are ordered by them.
    """

    item: T
    names: tuple[str, ...]
    texts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Hit(Generic[T]):
    """A found item; `covered` is the share of the query that it has, each term weighted by its rarity."""

    item: T
    score: float
    covered: float


class SearchIndex(Generic[T]):
    """An index that is built once and searched often; `weights` are those of the entries' texts."""

    def __init__(self, entries: Iterable[SearchEntry[T]], weights: Sequence[float]) -> None:
        self._entries = list(entries)
        self._names = [[frozenset(map(stem, words_in(name))) for name in entry.names] for entry in self._entries]
        self._postings: dict[str, list[tuple[int, float]]] = defaultdict(list)
        forms: dict[str, str] = {}
        rows = [[_counts(text, forms) for text in entry.texts] for entry in self._entries]
        for number, terms in enumerate(_weighted(rows, weights)):
            for term, weight in terms.items():
                self._postings[term].append((number, weight))
        self._spelling = Spelling(forms)

    def search(self, query: str) -> list[Hit[T]]:
        """Return the items that share a term with the query, best first."""
        scores: dict[int, float] = defaultdict(float)
        covered: dict[int, float] = defaultdict(float)
        wanted: dict[str, float] = {}
        total = 0.0
        for word in dict.fromkeys(content_words(query)):
            matches = self._matches(word)
            rarity = self._rarity_of(matches)
            total += rarity
            best: dict[int, tuple[float, float]] = {}
            for term, likeness in matches.items():
                wanted[term] = max(likeness * rarity, wanted.get(term, 0.0))
                for number, weight in self._postings[term]:
                    score = likeness * rarity * weight * (_K1 + 1) / (weight + _K1)
                    best[number] = max((score, likeness * rarity), best.get(number, (0.0, 0.0)))
            for number, (score, share) in best.items():
                scores[number] += score
                covered[number] += share
        hits = [(score * (1 + _CLOSE * self._closeness(number, wanted)), number) for number, score in scores.items()]
        hits.sort(key=lambda hit: (-hit[0], self._entries[hit[1]].names))
        return [Hit(self._entries[number].item, score, covered[number] / total) for score, number in hits]

    def _matches(self, word: str) -> dict[str, float]:
        term = stem(word)
        synonyms = {synonym: _SYNONYM for synonym in SYNONYMS.get(term, ()) if synonym in self._postings}
        return {**synonyms, term: 1.0} if term in self._postings else synonyms or self._spelling.nearest(word)

    def _rarity_of(self, matches: Mapping[str, float]) -> float:
        """How much a word says: what it is alike to counts as that word, in part."""
        count = sum(likeness**2 * len(self._postings.get(term, ())) for term, likeness in matches.items())
        return self._idf(min(count, len(self._entries)))

    def _rarity(self, term: str) -> float:
        return self._idf(len(self._postings.get(term, ())))

    def _idf(self, count: float) -> float:
        return math.log(1 + (len(self._entries) - count + 0.5) / (count + 0.5))

    def _closeness(self, number: int, wanted: Mapping[str, float]) -> float:
        """How much of query and name is the same: "create lead" means `create_lead`, not what is created for one."""
        return max((self._overlap(name, wanted) for name in self._names[number]), default=0.0)

    def _overlap(self, name: frozenset[str], wanted: Mapping[str, float]) -> float:
        same = sum(weight for term, weight in wanted.items() if term in name)
        extra = sum(self._rarity(term) for term in name if term not in wanted)
        return same / (sum(wanted.values()) + extra) if same else 0.0


def _counts(text: str, forms: dict[str, str]) -> Counter[str]:
    counts: Counter[str] = Counter()
    for word in words_in(text):
        term = forms.get(word)
        if term is None:
            term = forms[word] = stem(word)
        counts[term] += 1
    return counts


def _weighted(rows: Sequence[Sequence[Counter[str]]], weights: Sequence[float]) -> Iterable[Mapping[str, float]]:
    """The weighted frequencies of each entry's terms, normalised by the lengths of the texts."""
    lengths = [[counts.total() for counts in row] for row in rows]
    averages = [sum(column) / max(1, sum(map(bool, column))) for column in zip(*lengths, strict=True)]
    for row, length in zip(rows, lengths, strict=True):
        terms: dict[str, float] = defaultdict(float)
        for counts, count, average, weight in zip(row, length, averages, weights, strict=True):
            for term, frequency in counts.items():
                terms[term] += weight * frequency / (1 - _B + _B * count / average)
        yield terms
