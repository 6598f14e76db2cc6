"""The tier of an operation, judged by its method and by what its name, path and texts claim."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from .claims import (
    Claim,
    claims_of_name,
    claims_of_path,
    claims_of_text,
    fixed_segments,
    split_words,
    tier_of_base_form,
)
from .tier import Tier, highest_tier
from .translations import english_words
from .verbs import (
    NOUNS,
    READ_BY_POST,
    SECRETS,
    base_form,
    is_destructive_noun,
    is_known_verb,
)

_SAFE_METHODS = ("get", "head", "options")
_MANY = {"bulk", "batch"}
_LIGHT = {"perform", "run", "execute", "do", "make"}
# `UserService_UpdateUser`, `UsersController_update`, `chat.update`
_SERVICE = re.compile(r"^[A-Za-z0-9]*(?:service|controller|resource|router|handler|api)[_.-](?=.)", re.IGNORECASE)
_NAMESPACE = re.compile(r"^.*[./:#](?=.)")
# `/#Action=DeleteStack`, `/control?cmd=reboot`
_ACTION = re.compile(r"[?#&](?:action|cmd|command|function|method|op|operation|x-amz-target)=(?!\{)", re.IGNORECASE)
# Takes statements that may do anything.
_ANY_STATEMENT = re.compile(r"/(?:graphql|gql|sql)(?:\.\w+)?/?$", re.IGNORECASE)
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


def tier_of_verb(word: str) -> Tier | None:
    """What a verb in any of its forms does; None if it is not one of those in names of operations."""
    return tier_of_base_form(base_form("".join(english_words(word)[:1])), safe=True)


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
    if safe and path.endswith("}") and [[f"{word}s" for word in name]] == fixed_segments(path)[-1:]:
        name = []  # `post` for an item of `/posts/{id}`
    in_name = list(claims_of_name(split_words(_NAMESPACE.sub("", own_id)), safe)) if _NAMESPACE.match(own_id) else []
    in_name = in_name or list(claims_of_name(name, safe))
    in_path = list(claims_of_path(path, safe))
    in_text = list(claims_of_text(summary, safe)) or list(claims_of_text(description, safe))
    if safe:
        return _tier_of_get(in_name, in_path, in_text)
    if method not in ("post", "put", "patch") or _says_destructive(f"{summary}. {description[:2000]}"):
        return "destructive"
    if (
        _ANY_STATEMENT.search(path)
        or _names_destruction(name, path)
        or set() < {*name} <= _MANY
        or ("renew" in name and SECRETS & {*name})
    ):
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
    if _MANY & {*name, *split_words(path)}:
        return "destructive"
    return "update" if path.endswith("}") else "create"


def _tier_of_get(in_name: Sequence[Claim], in_path: Sequence[Claim], in_text: Sequence[Claim]) -> Tier:
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
    words, of_path = split_words(operation_id), split_words(path)
    if words[:1] == [method] and words[1:] in (of_path, of_path[1:]):
        return []
    for tail in ([*of_path, method], [method]):
        if len(words) > len(tail) and words[-len(tail) :] == tail:
            return words[: -len(tail)]
    return words[1:] if words[:1] == [method] and method in ("post", "put") else words


def _changes(in_name: Sequence[Claim], in_path: Sequence[Claim], in_text: Sequence[Claim]) -> Iterator[Claim]:
    """All claims, except those of words that a clear name shows to be nouns, as in `create_status_update`."""
    creates = in_name[:1] == [Claim("create", certain=True)]
    for at, claim in enumerate(in_name):
        if not creates or at == 0 or claim.joined or (claim.certain and claim.tier == "destructive"):
            yield claim
    is_clear = any(claim.certain or claim.tier == "read" for claim in in_name)
    yield from (claim for claim in in_path if claim.certain or not is_clear)
    yield from (claim for claim in in_text if claim.certain or claim.tier != "create" or not is_clear)


def _says_destructive(text: str) -> bool:
    return bool(_IRREVERSIBLE.search(text) or _OVERWRITES.search(text[:300]))


def _names_destruction(name: Sequence[str], path: str) -> bool:
    """Whether what is created is a cancellation, an eviction, or the like."""
    last = fixed_segments(path)[-1:]
    return any(is_destructive_noun(words[-1]) for words in (name, *last) if words)


def _has_unknown_verb(name: Sequence[str], path: str) -> bool:
    """Whether a path ends in an action on an item, `/rooms/{id}/vacate`, that the name begins with, if there is one."""
    *folders, last = fixed_segments(path) or [[]]
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
    last = fixed_segments(path)[-1:]
    words = {word for part in (verbs, *last) for word in part}
    if "check" in words and ("{" in path or words & {"in", "out"}):
        return False  # a guest is checked in
    ends = {word for part in (verbs, *last) if part for word in (part[0], part[-1])}
    return bool(ends & READ_BY_POST or {*verbs} & (READ_BY_POST - NOUNS))
