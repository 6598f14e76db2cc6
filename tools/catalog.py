"""Reading an api-catalog: a linkset (RFC 9264 §4.2) of APIs and their descriptions (RFC 9727)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from .addresses import BadAddress, resolve
from .json_values import JsonObject, JsonValue, NotJson, as_object, as_text, parse_json
from .problems import Problem

MEDIA_TYPE = "application/linkset+json"
_VERSION = re.compile(r"v?\d+([.-]\d+)*", re.IGNORECASE)
_UNTELLING = {"api", "apis", "rest", "openapi", "latest", "public"}


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
    for index, context in enumerate(linkset):
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

    Where two would be equal, both take as many further words of their paths as tell them apart, so no
    word depends on the order of the catalog.
    """
    telling = [_telling_words(anchor) for anchor in anchors]
    # Two versions of one API differ by nothing else than their versions.
    told_apart = [
        _words(urlsplit(anchor).path.split("/")) if telling.count(words) > 1 else words
        for anchor, words in zip(anchors, telling, strict=True)
    ]
    return [_shortest_distinct(words, told_apart) for words in told_apart]


def _telling_words(anchor: str) -> list[str]:
    parts = urlsplit(anchor)
    segments = [s for s in parts.path.split("/") if not _VERSION.fullmatch(s) and s.lower() not in _UNTELLING]
    return _words(segments) or _words((parts.hostname or "").split(".")[:1]) or ["api"]


def _words(segments: Sequence[str]) -> list[str]:
    return [word for s in segments if (word := re.sub(r"[^a-z0-9]+", "_", s.lower()).strip("_"))]


def _shortest_distinct(words: list[str], everyone: list[list[str]]) -> str:
    rivals = [other for other in everyone if other != words]
    for count in range(1, len(words) + 1):
        if all(other[-count:] != words[-count:] for other in rivals):
            return "_".join(words[-count:])
    return "_".join(words)
