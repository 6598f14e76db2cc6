"""The effect of an operation: it reads, creates, updates, or destroys."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Literal, NamedTuple, TypeAlias

from .translations import english_words
from .verbs import (
    CREATE,
    DESCRIBING,
    DESTRUCTIVE,
    NOUNS,
    READ,
    READ_BY_POST,
    SECRETS,
    UPDATE,
    base_form,
    is_destructive_noun,
    is_known_verb,
)

Tier: TypeAlias = Literal["read", "create", "update", "destructive"]
TIERS: tuple[Tier, ...] = ("read", "create", "update", "destructive")

_SAFE_METHODS = ("get", "head", "options")
_JOINING = {"and", "or", "then"}
_MANY = {"bulk", "batch"}
_LIGHT = {"perform", "run", "execute", "do", "make"}
# Words that precede the first verb: "Bulk delete", "Request to activate".
_BEFORE_A_VERB = {"bulk", "batch", "mass", "force", "soft", "hard", "initiate", "request", "to", "a", "an", "new",
    "deprecated", "beta", "async", "do", "perform", "performs", "user", "users", "client", "clients", "for", "by",
    "attempt", "attempts", "try", "tries"}  # fmt: skip
# In texts, also those of "This endpoint removes" and "Enables you to send".
_BEFORE_A_VERB_IN_TEXT = _BEFORE_A_VERB | {"this", "the", "endpoint", "operation", "method", "api", "route",
    "function", "it", "will", "can", "may", "is", "be", "used", "use", "using", "allows", "allow", "lets", "let",
    "enables", "enable", "you", "us", "please"}  # fmt: skip
# `UserService_UpdateUser`, `UsersController_update`, `chat.update`
_SERVICE = re.compile(r"^[A-Za-z0-9]*(?:service|controller|resource|router|handler|api)[_.-](?=.)", re.IGNORECASE)
_SCRIPT = re.compile(r"\.(?:aspx?|cgi|do|json|jsp|php|xml)$")
_NAMESPACE = re.compile(r"^.*[./:#](?=.)")
# `/update/user`, `/set/light/{state}`
_VERB_BEFORE_OBJECT = re.compile(r"/([A-Za-z]+)/[^/{}]+(?:/\{[^/]*\})*/?$")
_SHORT = {"del": "delete", "rm": "remove"}
# `/#Action=DeleteStack`, `/control?cmd=reboot`
_ACTION = re.compile(r"[?#&](?:action|cmd|command|function|method|op|operation|x-amz-target)=(?!\{)", re.IGNORECASE)
# Before these words, a word is a verb: "Report as spam", `clear-all`.
_DETERMINERS = {"a", "an", "the", "all", "this", "your", "one", "multiple", "specified", "given", "existing", "any",
    "as", "it", "them", "its", "their", "now"}  # fmt: skip
_IRREVERSIBLE = re.compile(
    r"irreversib|irrecoverab|(?:can ?not|can't|never) be (?:undone|reversed|reverted|recovered|restored)|"
    r"permanently (?:delet|remov|eras|destroy|los)",
    re.IGNORECASE,
)
_OVERWRITES = re.compile(
    r"\b(?:all|existing|previous|current|whole|entire)\b[^.]{0,60} (?:is|are|be|gets?) "
    r"(?:overwritten|replaced|erased|wiped|lost)\b|"
    r"\b(?:overwrites?|replaces?|erases?|wipes?) (?:all|the (?:existing|previous|current|whole|entire|complete))\b|"
    r"\b(?:omitted|missing|absent|not (?:given|provided|specified|included|present|sent))\b[^.]{0,60} "
    r"(?:cleared|removed|deleted|reset|unset|lost)\b",
    re.IGNORECASE,
)


class _Claim(NamedTuple):
    """What a verb says about an operation: `certain` unless it may be a noun, `joined` if it follows an "and"."""

    tier: Tier
    certain: bool
    joined: bool = False


def tier_of_verb(word: str) -> Tier | None:
    """What a verb in any of its forms does; None if it is not one of those in names of operations."""
    return _tier_of_verb(base_form("".join(english_words(word)[:1])), safe=True)


def tiers_up_to(highest: Tier) -> tuple[Tier, ...]:
    """The tiers up to one, lowest first."""
    return TIERS[: TIERS.index(highest) + 1]


def lowest_tier(tiers: Iterable[Tier]) -> Tier:
    """The lowest of some tiers; `destructive` if there are none."""
    return TIERS[min(map(TIERS.index, tiers), default=-1)]


def highest_tier(tiers: Iterable[Tier]) -> Tier:
    """The highest of some tiers; `read` if there are none."""
    return TIERS[max(map(TIERS.index, tiers), default=0)]


def tier_of(method: str, path: str, operation_id: str = "", summary: str = "", description: str = "") -> Tier:
    """The tier of an operation, from its method (in lower case) and the verbs of its id, path and texts.

    In doubt it is the higher tier, because hosts may run reads without asking the user. A method other than those of
    OpenAPI is taken as destructive.
    """
    if method == "query":
        return "read"  # safe by definition (draft-ietf-httpbis-safe-method-w-body)
    if action := _ACTION.search(path):
        path, operation_id = path[: action.start()], path[action.end() :]
    own_id, safe = _SERVICE.sub("", operation_id), method in _SAFE_METHODS
    name = _own_words(own_id, method, path)
    if safe and path.endswith("}") and [[f"{word}s" for word in name]] == _segments(path)[-1:]:
        name = []  # `post` for an item of `/posts/{id}`
    in_name = list(_claims(_words(_NAMESPACE.sub("", own_id)), safe)) if _NAMESPACE.match(own_id) else []
    in_name = in_name or list(_claims(name, safe))
    in_path = list(_claims_of_path(path, safe))
    in_text = list(_claims_of_text(summary, safe)) or list(_claims_of_text(description, safe))
    if safe:
        return _tier_of_get(in_name, in_path, in_text)
    if method not in ("post", "put", "patch") or _says_destructive(f"{summary}. {description[:2000]}"):
        return "destructive"
    if _names_destruction(name, path) or set() < {*name} <= _MANY or ("renew" in name and SECRETS & {*name}):
        return "destructive"
    is_clear = any(claim.certain for claim in (*in_name, *in_path, *in_text))
    if not is_clear and _has_unknown_verb(name, path):
        return "destructive"
    return _tier_of_change(method, path, name, {claim.tier for claim in _changes(in_name, in_path, in_text)})


def _tier_of_change(method: str, path: str, name: Sequence[str], changes: set[Tier]) -> Tier:
    """The tier of a POST, PUT or PATCH whose words claim these changes."""
    if "destructive" in changes:
        return "destructive"
    if method == "patch" or "update" in changes:
        return "update"
    if "create" in changes:
        return "create"
    if method == "put":
        return "destructive"  # it replaces the whole resource (RFC 9110 §9.3.4)
    if _reads_by_post(name, path):
        return "read"
    if _MANY & {*name, *_words(path)}:
        return "destructive"
    return "update" if path.endswith("}") else "create"


def _tier_of_get(in_name: Sequence[_Claim], in_path: Sequence[_Claim], in_text: Sequence[_Claim]) -> Tier:
    """A GET reads, unless its name or text says otherwise, or its path does and the others say nothing."""
    reads_by_name = bool(in_name) and (
        in_name[0].tier == "read" or (in_name[-1].tier == "read" and not in_name[0].certain)
    )
    reads_by_text = bool(in_text) and in_text[0].tier == "read"
    destroys = [claim for claim in in_text if claim.joined and claim.certain and claim.tier == "destructive"]
    if reads_by_name:
        joined = [claim for claim in in_name if claim.joined]
        claims = [*(claim for claim in in_text[:1] if claim.certain), *joined, *destroys]
    elif reads_by_text:
        claims = [*(claim for claim in in_name if claim.certain), *destroys]
    else:
        claims = [*in_name, *in_path, *(claim for claim in in_text if claim.certain)]
    return highest_tier(claim.tier for claim in claims)


def _own_words(operation_id: str, method: str, path: str) -> list[str]:
    """The words of an id without method and path, which many exporters put at its start or end."""
    words, of_path = _words(operation_id), _words(path)
    if words[:1] == [method] and words[1:] in (of_path, of_path[1:]):
        return []
    for tail in ([*of_path, method], [method]):
        if len(words) > len(tail) and words[-len(tail) :] == tail:
            return words[: -len(tail)]
    return words[1:] if words[:1] == [method] and method in ("post", "put") else words


def _claims(words: Sequence[str], safe: bool) -> Iterator[_Claim]:
    """What the verbs of a name claim, in order; a word that may be a noun counts at either end and after "and"."""
    first = next((at for at, word in enumerate(words) if word not in _BEFORE_A_VERB), 0)
    describes = safe and bool({*words[first + 1 :]} & DESCRIBING)
    has_verb = False
    for at, word in enumerate(words):
        joined = at > 0 and words[at - 1] in _JOINING
        is_noun = word in NOUNS
        stands = joined or (at == first and (word in READ or not describes)) or (at == len(words) - 1 and not has_verb)
        if (stands or not is_noun) and (tier := _tier_of_verb(word, safe)):
            has_verb = has_verb or not is_noun
            yield _Claim(tier, not is_noun, joined)


def _words(text: str) -> list[str]:
    """The words of a text, with verbs of two parts as one: `power off`, `log in`; `del` only stands at either end."""
    words: list[str] = []
    for word in english_words(text):
        if words and is_known_verb(words[-1] + word):
            words[-1] += word
        else:
            words.append(word)
    for end in {0, len(words) - 1} if words else ():
        words[end] = _SHORT.get(words[end], words[end])
    return words


def _tier_of_verb(verb: str, safe: bool) -> Tier | None:
    if safe and verb in READ:
        return "read"
    if verb in DESTRUCTIVE:
        return "destructive"
    if verb in UPDATE:
        return "update"
    if verb in CREATE:
        return "create"
    return "read" if verb in READ else None


def _changes(in_name: Sequence[_Claim], in_path: Sequence[_Claim], in_text: Sequence[_Claim]) -> Iterator[_Claim]:
    """All claims, except those of words that a clear name shows to be nouns, as in `create_status_update`."""
    creates = in_name[:1] == [_Claim("create", certain=True)]
    for at, claim in enumerate(in_name):
        if not creates or at == 0 or claim.joined or (claim.certain and claim.tier == "destructive"):
            yield claim
    is_clear = any(claim.certain or claim.tier == "read" for claim in in_name)
    yield from (claim for claim in in_path if claim.certain or not is_clear)
    yield from (claim for claim in in_text if claim.certain or claim.tier != "create" or not is_clear)


def _segments(path: str) -> list[list[str]]:
    """The words of each fixed segment; `/rows:purge` and `/messages.send` have two."""
    plain = re.sub(r"\{[^}]*\}", "{", _SCRIPT.sub("", path.partition("?")[0]))
    return [words for part in re.split(r"[/:.]", plain) if "{" not in part and (words := _words(part))]


def _claims_of_path(path: str, safe: bool) -> Iterator[_Claim]:
    """What the last fixed segment claims if it is a verb, alone or before its object, and single verbs above it."""
    *folders, last = _segments(path) or [[]]
    for folder in folders:
        if len(folder) == 1 and folder[0] in DESTRUCTIVE - NOUNS:
            yield _Claim("destructive", certain=True)
    verb = _verb_of_path(path, last)
    tier = _tier_of_verb(verb, safe)
    is_noun = verb in NOUNS and (path.endswith("}") or (safe and not _acts(verb, last, tier)))
    if tier and not is_noun and not (safe and {*last} & DESCRIBING):
        yield _Claim(tier, verb not in NOUNS)


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


def _first_sentence(text: str) -> list[str]:
    """The words of the first sentence, without a label of one or two words: `[Admin] Delete …`, `Step 2: …`."""
    parts = re.split(r"[.!?;)\]\n]|:\s", text.strip()[:300].replace("/", " or ").replace("&", " and "))
    for part in parts:
        words = _words(part)
        if len(words) > 2 or any(map(base_form, words)):
            return words
    return _words(parts[0])


def _claims_of_text(text: str, safe: bool) -> Iterator[_Claim]:
    """What the verbs at the beginning of a text claim: the first, and those joined to it by "and" or "or"."""
    words = _first_sentence(text)
    first = next(
        (at for at, word in enumerate(words) if word not in _BEFORE_A_VERB_IN_TEXT and word[-2:] != "ly"), len(words)
    )
    verb = base_form("".join(words[first : first + 1])) or base_form("".join(words[:1]))
    tier = _tier_of_verb(verb, safe)
    following = {*words[first + 1 : first + 2]}
    is_certain = verb not in NOUNS or bool(following & _DETERMINERS)
    if not (tier and is_certain) and _ends_in_destruction(words, safe):
        tier, is_certain = "destructive", True
    if not tier:
        return
    if verb != "put":  # the method again
        yield _Claim(tier, is_certain and not following & DESCRIBING)
    for at in range(first + 1, len(words) - 1):
        if words[at] in _JOINING and not words[at + 1].endswith("ing"):
            verb = base_form(words[at + 1])
            tier = _tier_of_verb(verb, safe)
            is_verb = verb not in NOUNS and (not safe or bool({*words[at + 2 : at + 3]} & _DETERMINERS))
            if tier and (at == first + 1 or (tier == "destructive" and is_verb)):
                yield _Claim(tier, verb not in NOUNS, joined=True)


def _ends_in_destruction(words: Sequence[str], safe: bool) -> bool:
    """Whether a text is of the form `Order cancellation`, `Deletion of an order` or, as in German, `Order delete`."""
    at = words.index("of") if "of" in words[:4] else len(words) if len(words) < 5 else 0
    word = "".join(words[max(at - 1, 0) : at])
    return word in DESTRUCTIVE - NOUNS or (not safe and is_destructive_noun(word))


def _says_destructive(text: str) -> bool:
    return bool(_IRREVERSIBLE.search(text) or _OVERWRITES.search(text[:300]))


def _names_destruction(name: Sequence[str], path: str) -> bool:
    """Whether what is created is a cancellation, an eviction, or the like."""
    last = _segments(path)[-1:]
    return any(is_destructive_noun(words[-1]) for words in (name, *last) if words)


def _has_unknown_verb(name: Sequence[str], path: str) -> bool:
    """Whether a path ends in an action on an item, `/rooms/{id}/vacate`, that the name begins with, if there is one."""
    *folders, last = _segments(path) or [[]]
    verb = "".join(last[:1])
    if not verb or is_known_verb(verb) or last[-1].endswith("s") or path.endswith("}") or name[:1] not in ([], [verb]):
        return False
    is_on_item = re.search(r"(?:\}/|:)[^/:{}]+/?$", path) is not None
    objects = {word.removesuffix("s") for words in folders for word in words}
    return is_on_item or set() < {word.removesuffix("s") for word in name[1:]} <= objects


def _reads_by_post(name: Sequence[str], path: str) -> bool:
    verbs = name[1:] if name[:1] and name[0] in _LIGHT else name
    objects = verbs[1:]
    if SECRETS & {*verbs} or (verbs[:1] == ["list"] and objects and not any(word.endswith("s") for word in objects)):
        return False  # getting a token creates it, and listing an item puts it up for sale
    last = _segments(path)[-1:]
    words = {word for part in (verbs, *last) for word in part}
    if "check" in words and ("{" in path or words & {"in", "out"}):
        return False  # a guest is checked in
    ends = {word for part in (verbs, *last) if part for word in (part[0], part[-1])}
    return bool(ends & READ_BY_POST or {*verbs} & (READ_BY_POST - NOUNS))
