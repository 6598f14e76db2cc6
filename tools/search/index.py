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
_FULL = 0.25  # the weight from which a term is more than mentioned
_CLOSE = 1.4  # how much more an item counts whose name is the query


@dataclass(frozen=True, slots=True)
class SearchEntry(Generic[T]):
    """An item to be found, with one text for each weight of the index.

    The closer one of its `names` is to a query, the better it fits; entries that fit equally are ordered by them.
    How rare a word is, and so how much it says, is counted within each `group`.
    """

    item: T
    names: tuple[str, ...]
    texts: tuple[str, ...]
    group: str = ""


@dataclass(frozen=True, slots=True)
class Hit(Generic[T]):
    """A found item; `covered` is the share of the query that it has, each term weighted by its rarity."""

    item: T
    score: float
    covered: float


@dataclass(frozen=True, slots=True)
class _QueryWord:
    """The terms that a word of a query stands for, each with its likeness, and the word's rarity in each group."""

    terms: Mapping[str, float]
    rarities: Sequence[float]


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
        groups: dict[str, int] = {}
        self._groups = [groups.setdefault(entry.group, len(groups)) for entry in self._entries]
        self._sizes = Counter(self._groups)

    def search(self, query: str) -> list[Hit[T]]:
        """The items that share a term with the query, best first."""
        words = [self._query_word(word) for word in dict.fromkeys(content_words(query))]
        totals = [sum(rarities) for rarities in zip(*(word.rarities for word in words), strict=True)]
        scores: dict[int, float] = defaultdict(float)
        covered: dict[int, float] = defaultdict(float)
        for word in words:
            best: dict[int, tuple[float, float]] = {}
            for term, likeness in word.terms.items():
                for number, weight in self._postings[term]:
                    share = likeness * word.rarities[self._groups[number]] / totals[self._groups[number]]
                    score = share * weight * (_K1 + 1) / (weight + _K1)
                    best[number] = max((score, share * min(1, weight / _FULL)), best.get(number, (0.0, 0.0)))
            for number, (score, share) in best.items():
                scores[number] += score
                covered[number] += share
        wanted = {group: _wanted(words, group) for group in {self._groups[number] for number in scores}}
        hits = [
            (score * (1 + _CLOSE * self._closeness(number, wanted[self._groups[number]])), number)
            for number, score in scores.items()
        ]
        hits.sort(key=lambda hit: (-hit[0], self._entries[hit[1]].names))
        return [Hit(self._entries[number].item, score, covered[number]) for score, number in hits]

    def _query_word(self, word: str) -> _QueryWord:
        terms = self._matches(word)
        counts: dict[int, float] = defaultdict(float)  # what it is alike to, or only mentioned, counts in part
        for term, likeness in terms.items():
            for number, weight in self._postings[term]:
                counts[self._groups[number]] += likeness**2 * min(1, weight / _FULL)
        sizes = self._sizes.items()
        return _QueryWord(terms, [_idf(min(counts.get(group, 0.0), size), size) for group, size in sizes])

    def _matches(self, word: str) -> dict[str, float]:
        term = stem(word)
        synonyms = {synonym: _SYNONYM for synonym in SYNONYMS.get(term, ()) if synonym in self._postings}
        return {**synonyms, term: 1.0} if term in self._postings else synonyms or self._spelling.nearest(word)

    def _rarity(self, term: str) -> float:
        return _idf(len(self._postings.get(term, ())), len(self._entries))

    def _closeness(self, number: int, wanted: Mapping[str, float]) -> float:
        """How much of query and name is the same: "create lead" means `create_lead`, not what is created for one."""
        return max((self._overlap(name, wanted) for name in self._names[number]), default=0.0)

    def _overlap(self, name: frozenset[str], wanted: Mapping[str, float]) -> float:
        same = sum(weight for term, weight in wanted.items() if term in name)
        extra = sum(self._rarity(term) for term in name if term not in wanted)
        return same / (sum(wanted.values()) + extra) if same else 0.0


def _idf(count: float, size: int) -> float:
    return math.log(1 + (size - count + 0.5) / (count + 0.5))


def _wanted(words: Iterable[_QueryWord], group: int) -> Mapping[str, float]:
    """The terms of a query with what each says in a group."""
    wanted: dict[str, float] = {}
    for word in words:
        for term, likeness in word.terms.items():
            wanted[term] = max(likeness * word.rarities[group], wanted.get(term, 0.0))
    return wanted


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
