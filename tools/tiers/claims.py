"""What the verbs in the name, path and texts of an operation claim that it does."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from .tier import Tier
from .translations import english_words
from .verbs import (
    CREATE,
    DESCRIBING,
    DESTRUCTIVE,
    NOUNS,
    READ,
    UPDATE,
    base_form,
    is_destructive_noun,
    is_known_verb,
)

_JOINING = {"and", "or", "then"}
# Words that precede the first verb: "Bulk delete", "Request to activate".
_BEFORE_A_VERB = {"bulk", "batch", "mass", "force", "soft", "hard", "factory", "initiate", "request", "to", "a", "an",
    "new", "deprecated", "beta", "async", "do", "perform", "performs", "user", "users", "client", "clients", "for",
    "by", "attempt", "attempts", "try", "tries"}  # fmt: skip
# In texts, also those of "This endpoint removes" and "Enables you to send".
_BEFORE_A_VERB_IN_TEXT = _BEFORE_A_VERB | {"this", "the", "endpoint", "operation", "method", "api", "route",
    "function", "call", "that", "which", "it", "will", "can", "may", "is", "be", "used", "use", "using", "allows",
    "allow", "lets", "let", "enables", "enable", "you", "us", "please"}  # fmt: skip
_SCRIPT = re.compile(r"\.(?:aspx?|cgi|do|json|jsp|php|xml)$")
# `/update/user`, `/set/light/{state}`
_VERB_BEFORE_OBJECT = re.compile(r"/([A-Za-z]+)/[^/{}]+(?:/\{[^/]*\})*/?$")
# `deleteuser`, but not `cancelled`
_GLUED = re.compile(
    r"\b(delete|remove|destroy|revoke|cancel|create|update|disable|enable)(?=[a-z]{3})(?!l?(?:ed|ing|er|able|ation))"
)
_SHORT = {"del": "delete", "rm": "remove"}
# Before these words, a word is a verb: "Report as spam", `clear-all`.
_DETERMINERS = {"a", "an", "the", "all", "this", "your", "one", "multiple", "specified", "given", "existing", "any",
    "as", "it", "them", "its", "their", "now"}  # fmt: skip


class Claim(NamedTuple):
    """What a verb says about an operation: `certain` unless it may be a noun, `joined` if it follows an "and"."""

    tier: Tier
    certain: bool
    joined: bool = False


def tier_of_base_form(verb: str, safe: bool) -> Tier | None:
    """What a verb does, None if it is not in the lists; with a `safe` method, verbs that may read do so."""
    if safe and verb in READ:
        return "read"
    if verb in DESTRUCTIVE:
        return "destructive"
    if verb in UPDATE:
        return "update"
    if verb in CREATE:
        return "create"
    return "read" if verb in READ else None


def split_words(text: str) -> list[str]:
    """The words of a text, with verbs of two parts as one: `power off`, `log in`; `del` only stands at either end."""
    words: list[str] = []
    for word in english_words(_GLUED.sub(r"\1 ", text)):
        if words and is_known_verb(words[-1] + word):
            words[-1] += word
        else:
            words.append(word)
    for end in {0, len(words) - 1} if words else ():
        words[end] = _SHORT.get(words[end], words[end])
    return words


def fixed_segments(path: str) -> list[list[str]]:
    """The words of each fixed segment; `/rows:purge` and `/messages.send` have two."""
    plain = re.sub(r"\{[^}]*\}", "{", _SCRIPT.sub("", path.partition("?")[0]))
    return [words for part in re.split(r"[/:.]", plain) if "{" not in part and (words := split_words(part))]


def claims_of_name(words: Sequence[str], safe: bool) -> Iterator[Claim]:
    """What the verbs of a name claim, in order; a word that may be a noun counts at either end and after "and"."""
    first = next((at for at, word in enumerate(words) if word not in _BEFORE_A_VERB), 0)
    describes = safe and bool({*words[first + 1 :]} & DESCRIBING)
    has_verb = False
    for at, word in enumerate(words):
        joined = at > 0 and words[at - 1] in _JOINING
        is_noun = word in NOUNS
        stands = joined or (at == first and (word in READ or not describes)) or (at == len(words) - 1 and not has_verb)
        if (stands or not is_noun) and (tier := tier_of_base_form(word, safe)):
            has_verb = has_verb or not is_noun
            yield Claim(tier, not is_noun, joined)


def claims_of_path(path: str, safe: bool) -> Iterator[Claim]:
    """What the last fixed segment claims if it is a verb, alone or before its object, and single verbs above it."""
    *folders, last = fixed_segments(path) or [[]]
    for folder in folders:
        if len(folder) == 1 and folder[0] in DESTRUCTIVE - NOUNS:
            yield Claim("destructive", certain=True)
    verb = _verb_of_path(path, last)
    tier = tier_of_base_form(verb, safe)
    is_noun = verb in NOUNS and (path.endswith("}") or (safe and not _acts(verb, last, tier)))
    if tier and not is_noun and not (safe and {*last} & DESCRIBING):
        yield Claim(tier, verb not in NOUNS)


def _verb_of_path(path: str, last: Sequence[str]) -> str:
    """The verb of the last fixed segment (`clear-all`, `user-delete`), else the one before it (`/update/user`)."""
    verb = next((word for word in last if word not in _BEFORE_A_VERB), "")
    before = _VERB_BEFORE_OBJECT.search(path)
    if is_known_verb(verb) or not last:
        return verb
    if last[-1] in DESTRUCTIVE - NOUNS:
        return last[-1]
    word = "".join(english_words(before[1])) if before and not {*last} & (DESCRIBING | READ) else ""
    return word if word in (CREATE | UPDATE) - NOUNS else verb


def _acts(verb: str, words: Sequence[str], tier: Tier | None) -> bool:
    """Whether a word that may be a noun is a verb in the last segment of a GET: `reset`, `clear-all`, `close-account`.

    In `stop-times` it is a noun.
    """
    is_object = tier == "destructive" and not words[-1].endswith("s")
    return words[-1] == verb or is_object or bool({*words} & _DETERMINERS)


def claims_of_text(text: str, safe: bool) -> Iterator[Claim]:
    """What the verbs at the beginning of a text claim: the first, and those joined to it by "and" or "or"."""
    words = _first_sentence(text)
    first = next(
        (at for at, word in enumerate(words) if word not in _BEFORE_A_VERB_IN_TEXT and word[-2:] != "ly"), len(words)
    )
    verb = base_form("".join(words[first : first + 1])) or base_form("".join(words[:1]))
    tier = tier_of_base_form(verb, safe)
    following = {*words[first + 1 : first + 2]}
    is_certain = verb not in NOUNS or bool(following & _DETERMINERS)
    if (not (tier and is_certain) or (tier == "create" and not safe)) and _ends_in_destruction(words, safe):
        tier, is_certain = "destructive", True
    if not tier:
        return
    if verb != "put":  # the method again
        yield Claim(tier, is_certain and not following & DESCRIBING)
    for at in range(first + 1, len(words) - 1):
        if words[at] in _JOINING and not words[at + 1].endswith("ing"):
            verb = base_form(words[at + 1])
            tier = tier_of_base_form(verb, safe)
            is_verb = verb not in NOUNS and (not safe or bool({*words[at + 2 : at + 3]} & _DETERMINERS))
            if tier and (at == first + 1 or (tier == "destructive" and is_verb)):
                yield Claim(tier, verb not in NOUNS, joined=True)


def _first_sentence(text: str) -> list[str]:
    """The words of the first sentence, without a label of one or two words: `[Admin] Delete …`, `Step 2: …`."""
    parts = re.split(r"[.!?;)\]\n]|:\s", text.strip()[:300].replace("/", " or ").replace("&", " and "))
    for part in parts:
        words = split_words(part)
        if len(words) > 2 or any(map(base_form, words)):
            return words
    return split_words(parts[0])


def _ends_in_destruction(words: Sequence[str], safe: bool) -> bool:
    """Whether a text is of the form `Order cancellation`, `Deletion of an order` or, as in German, `Order delete`."""
    at = words.index("of") if "of" in words[:4] else len(words) if len(words) < 5 else 0
    word = "".join(words[max(at - 1, 0) : at])
    return word in DESTRUCTIVE - NOUNS or (not safe and is_destructive_noun(word))
