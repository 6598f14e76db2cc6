"""Finding tools by words: BM25 over weighted fields (Robertson and Zaragoza, 2009, §3), and how close the name is."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence

from ..formats.words import words_of
from .tool import Tool

_K1, _B = 1.2, 0.6
_UNTELLING = {
    "a",
    "an",
    "the",
    "of",
    "for",
    "to",
    "in",
    "on",
    "and",
    "or",
    "by",
    "with",
    "is",
    "api",
    "all",
    "my",
}


class Index:
    """An index of tools, built once and searched often."""

    def __init__(self, tools: Sequence[Tool]) -> None:
        self._tools = list(tools)
        self._terms = [_weighted_terms(tool) for tool in self._tools]
        self._names = [frozenset(_terms(tool.name)) - {tool.system, *_terms(tool.system)} for tool in self._tools]
        self._lengths = [sum(terms.values()) for terms in self._terms]
        self._average = sum(self._lengths) / len(self._lengths) if self._lengths else 1.0
        self._documents = Counter(term for terms in self._terms for term in terms)

    def search(self, query: str) -> list[Tool]:
        """The tools that share a word with the query, the best first; equal ones by name."""
        wanted = [self._rarity(term) for term in dict.fromkeys(_terms(query))]
        scored = [(self._score(index, wanted), tool) for index, tool in enumerate(self._tools)]
        return [tool for score, tool in sorted(scored, key=lambda s: (-s[0], s[1].name)) if score > 0]

    def _rarity(self, term: str) -> tuple[str, float]:
        count = self._documents[term]
        return term, math.log(1 + (len(self._tools) - count + 0.5) / (count + 0.5))

    def _score(self, index: int, wanted: list[tuple[str, float]]) -> float:
        terms = self._terms[index]
        norm = _K1 * (1 - _B + _B * self._lengths[index] / self._average)
        score = sum(rarity * terms[t] * (_K1 + 1) / (terms[t] + norm) for t, rarity in wanted if t in terms)
        # `create_lead` is what "create lead" means, before all that is created for a lead.
        asked, name = {term for term, _ in wanted}, self._names[index]
        return score * (1 + len(asked & name) / max(1, len(asked | name)))


def _weighted_terms(tool: Tool) -> Counter[str]:
    terms: Counter[str] = Counter()
    fields = ((tool.name, 3), (tool.title, 3), (tool.words, 2), (tool.description, 1))
    for text, weight in fields:
        for term in _terms(text):
            terms[term] += weight
    return terms


def _terms(text: str) -> list[str]:
    return [_stem(word) for word in words_of(text) if word not in _UNTELLING]


def _stem(word: str) -> str:
    """Plurals and the commonest endings folded: `categories` meets `category`, `listing` meets `list`."""
    if len(word) > 4 and word.endswith("ies"):
        return f"{word[:-3]}y"
    if len(word) > 5 and word.endswith("ing"):
        return word[:-3]
    if len(word) > 3 and word.endswith("s") and not word.endswith(("ss", "us", "is")):
        return word[:-1]
    return word
