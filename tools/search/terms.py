"""Splitting texts of any script into the terms that a search compares."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

_MAX_LENGTH = 4_000
# Letters and digits with the combining marks that Python's \w leaves out.
_WORD = re.compile(r"(?:[^\W_]|[\u0300-\u036f\u0591-\u05c7\u064b-\u065f\u0900-\u0dff\u0e00-\u0eff])+")
_LOWER_UPPER = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
# Scripts that put no spaces between words, and Korean, whose endings follow a word without one.
_UNSPACED = re.compile("[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af]+")
_HYPHEN = re.compile(r"(?<=\b\w)-(?=\w)|(?<=\b\w\w)-(?=\w\w\b)")  # e-mail, to-do
_MARKS = re.compile("[\u0300-\u036f\u064b-\u0652\u0640]")

_FILLERS = {"a", "about", "all", "also", "am", "an", "and", "any", "anything", "api", "are", "as", "at", "be",
    "been", "but", "by", "can", "could", "did", "do", "does", "everything", "for", "from", "had", "has", "have", "help",
    "her", "him", "his", "how", "i", "if", "in", "into", "is", "it", "its", "just", "kindly", "let",
    "like", "lets", "may", "me", "my",
    "need", "not", "now", "of", "on", "one", "or", "our", "ours", "please", "shall", "she", "he", "should", "so",
    "some", "something", "than", "that", "the", "their", "them", "then", "there", "these", "they", "this", "those",
    "through", "to", "today", "tomorrow", "us", "want", "wants", "was", "we", "were", "what", "when", "where",
    "which", "who", "whom", "whose", "why", "will", "wish", "with", "would", "you", "your"}  # fmt: skip


def words_in(text: str) -> list[str]:
    """The words of a text or identifier in lower case, without accents; `getPetByID` has four.

    Text without spaces between words gives its pairs of characters.
    """
    text = text[:_MAX_LENGTH]
    if text.isascii():
        return [word.lower() for word in _WORD.findall(_LOWER_UPPER.sub(" ", text))]
    words: list[str] = []
    for word in _WORD.findall(_LOWER_UPPER.sub(" ", unicodedata.normalize("NFKC", text))):
        if _UNSPACED.search(word):
            for run in _UNSPACED.findall(word):
                words += [run[at : at + 2] for at in range(max(1, len(run) - 1))]
            words += [_plain(part) for part in _UNSPACED.split(word) if part]
        else:
            words.append(_plain(word))
    return words


def _plain(word: str) -> str:
    plain = _MARKS.sub("", unicodedata.normalize("NFD", word.casefold()))
    return plain.removeprefix("ال") if len(plain) > 4 else plain  # the Arabic article


@lru_cache(maxsize=20_000)
def stem(word: str) -> str:
    """What the forms of an English word share: `creates`, `creating` and `creation` give `creat`."""
    if not word.isascii() or len(word) < 4:
        return word
    for ending, least in (("ations", 4), ("ation", 4), ("ions", 4), ("ion", 4), ("ings", 3), ("ing", 3), ("ied", 3),
                          ("ies", 3), ("ed", 4), ("es", 4), ("s", 3), ("e", 3)):  # fmt: skip
        if word.endswith(ending) and len(word) - len(ending) >= least and not word.endswith(("ss", "us", "is")):
            word = f"{word[: -len(ending)]}{'i' if ending in ('ied', 'ies') else ''}"
            break
    word = word.removesuffix("e")
    if len(word) > 3 and word[-1] == word[-2]:
        word = word[:-1]
    return f"{word[:-1]}i" if len(word) > 3 and word.endswith("y") else word


def content_words(query: str) -> list[str]:
    """The words of a query without those that any request may have; all of them if there are no others."""
    words = words_in(_HYPHEN.sub("", query))
    return [word for word in words if word not in _FILLERS] or words
