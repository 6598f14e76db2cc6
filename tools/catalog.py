"""Reading an api-catalog: a linkset (RFC 9264 §4.2) of APIs and their descriptions (RFC 9727)."""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from .addresses import BadAddress, resolve
from .json_values import JsonObject, JsonValue, NotJson, as_object, as_text, parse_json
from .problems import Problem

MEDIA_TYPE = "application/linkset+json"
_VERSION = re.compile(r"v?\d+([.-]\d+)*", re.IGNORECASE)
_UNTELLING = {"api", "apis", "rest", "openapi", "latest", "public"}
_HOSTS = {"www", "api", "apis", "localhost"}
_LONGEST_WORD = 20
MAX_ENTRIES = 10_000


class NoCatalog(ValueError):
    """There is no api-catalog where one was expected; says what is there instead."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One API of a catalog: where it is (`anchor`), its description's address, and its word in tool names."""

    api: str
    anchor: str
    description: str


@dataclass(frozen=True, slots=True)
class Catalog:
    """What a catalog lists, in its order, and what in it could not be used."""

    entries: tuple[Entry, ...]
    problems: tuple[Problem, ...]


def read_catalog(body: bytes, address: str) -> Catalog:
    """Read a catalog that was served at `address`; relative links are resolved against it.

    The content type is not consulted: static hosts send the right body under the wrong type, and
    single-page applications answer 200 with HTML for every path.

    Raises:
        NoCatalog: the body is something else.
    """
    if body.lstrip()[:1] == b"<":
        raise NoCatalog("a web page (HTML) is there instead of an api-catalog")
    try:
        linkset = as_object(parse_json(body)).get("linkset")
    except NotJson as error:
        raise NoCatalog(f"what is there is {error}") from None
    if not isinstance(linkset, list):
        raise NoCatalog("the JSON there has no `linkset` array (RFC 9264 §4.2.1)")
    problems: list[Problem] = []
    found: dict[str, str] = {}
    if len(linkset) > MAX_ENTRIES:
        reason = f"it has {len(linkset)} entries; {MAX_ENTRIES} are read"
        problems.append(Problem(address, reason, "the others are left out", "/linkset"))
    for index, context in enumerate(linkset[:MAX_ENTRIES]):
        _read_context(as_object(context), address, f"/linkset/{index}", found, problems)
    words = api_words(list(found.values()))
    entries = tuple(
        Entry(word, anchor, description) for word, (description, anchor) in zip(words, found.items(), strict=True)
    )
    return Catalog(entries, tuple(problems))


def _read_context(
    context: JsonObject, address: str, pointer: str, found: dict[str, str], problems: list[Problem]
) -> None:
    subject = as_text(context.get("anchor")) or f"{address}#{pointer}"
    try:
        anchor = resolve(address, as_text(context.get("anchor")))
        descriptions = [resolve(address, href) for href in _targets(context.get("service-desc"))]
    except BadAddress as error:
        problems.append(Problem(subject, str(error), "this API is left out", pointer))
        return
    if not descriptions:
        if "item" not in context:
            reason = "the catalog names no `service-desc` (no description of its operations)"
            problems.append(Problem(subject, reason, "this API is left out", pointer))
        return
    # One API may be described twice (YAML and JSON): the first is taken. Several may share a description.
    found.setdefault(descriptions[0], anchor)


def _targets(value: JsonValue) -> list[str]:
    """Addresses of a link relation, which real catalogs write as a string, an object, or an array of either."""
    links = value if isinstance(value, list) else [value]
    hrefs = [link if isinstance(link, str) else as_text(as_object(link).get("href")) for link in links]
    return [href for href in hrefs if href]


def api_words(anchors: Sequence[str]) -> list[str]:
    """A short word for each API, by its base path alone: `/search/api/v1/` is `search`.

    Where several would share it, each takes what tells it apart: its version, then more of its path, at last a
    digest of its address; so no word depends on the order of the catalog.
    """
    choices = [_choices(anchor) for anchor in anchors]
    counts = [Counter(level) for level in zip(*choices, strict=True)]
    return [_first_alone(own, counts) for own in choices]


def _first_alone(own: tuple[str, ...], counts: list[Counter[str]]) -> str:
    return next((word for word, count in zip(own, counts, strict=True) if count[word] == 1), own[-1])


def _choices(anchor: str) -> tuple[str, ...]:
    """The words that an API could have, the shortest first, the last one its own whatever the others are."""
    parts = urlsplit(anchor)
    segments = [s for s in parts.path.split("/") if s]
    versions = [s for s in segments if _VERSION.fullmatch(s)]
    telling = _words([s for s in segments if not _VERSION.fullmatch(s) and s.lower() not in _UNTELLING])
    telling = telling or _words([s for s in (parts.hostname or "").split(".")[:1] if s.isalpha() and s not in _HOSTS])
    telling = telling or ["api"]
    version = _words(versions[-1:])
    last = telling[-1][:_LONGEST_WORD]
    return (
        last,
        "_".join([last, *version]),
        "_".join(telling[-2:])[-2 * _LONGEST_WORD :].strip("_"),
        "_".join([*telling, *version])[-2 * _LONGEST_WORD :].strip("_"),
        f"{last}_{hashlib.sha256(anchor.encode(errors='replace')).hexdigest()[:4]}",
    )


def _words(segments: Sequence[str]) -> list[str]:
    return [word for s in segments if (word := re.sub(r"[^a-z0-9]+", "_", s[:200].lower()).strip("_"))]
