"""GS1 Digital Links (GS1 Digital Link: URI Syntax 1.6.0)."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import chain, pairwise
from urllib.parse import quote, unquote

from .digits import padded_gtin
from .elements import Elements, check_elements, is_identifier
from .errors import InvalidCodeError
from .keys import KEYS, NEVER_ATTRIBUTES, QUALIFIERS, other_key

_URI = re.compile(
    r"(?P<stem>(?P<scheme>[A-Za-z][A-Za-z0-9+.-]*)://(?P<host>[^/?#]*))(?P<path>/[^?#]*)?(\?(?P<query>[^#]*))?(#.*)?"
)
_CHARACTERS = re.compile(r"[A-Za-z0-9\-._~:/?#\[\]@!$&'()*+,;=%]*")
_HOST = re.compile(r"([A-Za-z0-9\-.]+|\[[0-9A-Fa-f:.]+\])(:[0-9]{1,5})?")
# A compressed link ends in base 64.
_COMPRESSED = re.compile(r"(?=.*[A-Z])(?=.*[a-z])[A-Za-z0-9_-]{11,}")
# Removed from the standard in version 1.3.
_REMOVED_WORDS = {"cpv": "22", "lot": "10", "ser": "21"}
_WORDS = re.compile(r"/(gtin|itip|gmn|cpid|gln|payTo|glnProv|gsrnp|gsrn|gcn|sscc|gdti|ginc|gsin|grai|giai)/")
_PATH_IDENTIFIERS = {*QUALIFIERS, *(ai for sequences in QUALIFIERS.values() for ai in chain(*sequences))}
_SHORT_GTIN = re.compile(r"[0-9]{8}|[0-9]{12,13}")


@dataclass(frozen=True, slots=True)
class DigitalLink:
    """A parsed link: its key, the qualifiers of the key in the path, and the attributes in the query."""

    stem: str
    primary: tuple[str, str]
    qualifiers: Elements
    attributes: Elements
    ignored: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def elements(self) -> Elements:
        """All application identifiers with their values."""
        return (self.primary, *self.qualifiers, *self.attributes)


def parse_digital_link(uri: str, *, lenient: bool = False) -> DigitalLink:
    """Parse a link by the standard, or leniently: a short GTIN, a final slash, qualifiers in the wrong order.

    Raises:
        InvalidCodeError: it isn't a GS1 Digital Link.
    """
    if not _CHARACTERS.fullmatch(uri):
        raise InvalidCodeError("bad_uri_character", "it contains characters that no URL may contain")
    parts = _URI.fullmatch(uri)
    if parts is None or parts["scheme"].lower() not in ("http", "https"):
        raise InvalidCodeError("bad_scheme", "a GS1 Digital Link starts with https:// or http://")
    if not _HOST.fullmatch(parts["host"]):
        raise InvalidCodeError("bad_host", f"the link's host {parts['host'][:80]!r} is invalid")
    path = parts["path"] or ""
    notes: list[str] = []
    if lenient and path.endswith("/"):
        path = path[:-1]
        notes.append("The slash at the end of the link was ignored.")
    segments = path.split("/")[1:]
    start = _key_index(segments, path)
    pairs = [(segments[i], unquote(segments[i + 1], errors="replace")) for i in range(start, len(segments), 2)]
    primary, misplaced = pairs[0], tuple(pair for pair in pairs[1:] if lenient and _is_misplaced(pair[0], pairs[0][0]))
    qualifiers = tuple(pair for pair in pairs[1:] if pair not in misplaced)
    notes += [f"({ai}) belongs in the query of the link, not in its path." for ai, _ in misplaced]
    if lenient and primary[0] == "01" and _SHORT_GTIN.fullmatch(primary[1]):
        padded, note = padded_gtin(primary[1])
        primary = ("01", padded)
        notes.append(note)
    sequence, reordered = _sequence(primary[0], qualifiers, lenient=lenient)
    notes += reordered
    attributes, ignored = _attributes(parts["query"] or "", primary[0], sequence)
    notes += _left_aside(segments[:start], ignored)
    if re.search(r"%(?![0-9A-Fa-f]{2})", path + (parts["query"] or "")):
        notes.append("A % in the link isn't followed by two hexadecimal digits, so it was read as a percent sign.")
    stem = parts["stem"] + "".join(f"/{segment}" for segment in segments[:start])
    link = DigitalLink(stem, primary, qualifiers, misplaced + attributes, ignored, tuple(notes))
    check_elements(link.elements)
    return link


def build_digital_link(elements: Iterable[tuple[str, str]], stem: str = "https://id.gs1.org") -> str:
    """The link for a key with its qualifiers and attributes.

    Raises:
        InvalidCodeError: a value is invalid, there's no key, or an element can't be part of a link.
    """
    given = tuple(elements)
    check_elements(given)
    values = dict(given)
    primary = next((ai for ai, _ in given if ai in QUALIFIERS), None)
    if primary is None:
        raise InvalidCodeError("no_primary_key", "none of the application identifiers can be the key of a link")
    sequence = next((s for s in QUALIFIERS[primary] if any(ai in values for ai in s)), ())
    path = [ai for ai in (primary, *sequence) if ai in values]
    query = [ai for ai in values if ai not in path]
    if wrong := [ai for ai in query if ai in NEVER_ATTRIBUTES]:
        raise InvalidCodeError("invalid_attribute", f"({wrong[0]}) can't be part of a link with the key {primary}")
    uri = stem.removesuffix("/") + "".join(f"/{ai}/{path_segment(values[ai])}" for ai in path)
    return uri + ("?" + "&".join(f"{ai}={quote(values[ai], safe='')}" for ai in query) if query else "")


def path_segment(value: str) -> str:
    """A value as one segment of a URL's path."""
    encoded = quote(value, safe="")
    # A segment of dots alone would be a step up the path, encoded or not.
    return encoded.replace(".", "%2E") if not value.strip(".") else encoded


def _is_misplaced(ai: str, primary: str) -> bool:
    """Whether an identifier in the path belongs in the query, where some sites don't write it."""
    qualifiers = {ai for sequence in QUALIFIERS[primary] for ai in sequence}
    return is_identifier(ai) and ai not in qualifiers | NEVER_ATTRIBUTES | KEYS.keys()


def _left_aside(stem: list[str], ignored: tuple[str, ...]) -> list[str]:
    """Notes on what looks like data in the link, but isn't by the standard."""
    notes: list[str] = []
    before = [f"/{ai}/{value[:40]}" for ai, value in pairwise(stem) if ai in _PATH_IDENTIFIERS]
    if before:
        notes.append(f"Left aside, since it stands before the key in the link's path: {', '.join(before[:5])}.")
    if names := [name[:20] for name in ignored if name.casefold() not in ("linktype", "context")]:
        notes.append(f"Left aside, since they are no application identifiers with a value: {', '.join(names[:10])}.")
    return notes


def _key_index(segments: list[str], path: str) -> int:
    """Where the rightmost key is, counting pairs from the end."""
    for index in range(len(segments) - 2, -1, -2):
        if segments[index] in QUALIFIERS:
            return index
    for index in range(len(segments) - 2, -1, -2):
        if segments[index] in KEYS:
            raise other_key(segments[index], segments[index + 1])
    if word := _WORDS.search(path):
        raise InvalidCodeError(
            "no_primary_key",
            f"the link uses the word `{word[1]}`, which the standard removed; the number is needed: /01/",
        )
    if "01" in segments[:-1]:
        raise InvalidCodeError("no_primary_key", "what follows `/01/` in the link are not pairs of number and value")
    compressed = _COMPRESSED.fullmatch(segments[-1]) if segments else None
    hint = "; it may be compressed, which is not read here: open it, or give the code itself" if compressed else ""
    raise InvalidCodeError("no_primary_key", f"the link has no `/01/` followed by a GTIN{hint}")


def _sequence(primary: str, qualifiers: Elements, *, lenient: bool) -> tuple[tuple[str, ...], list[str]]:
    """The qualifiers that the path could hold, and a note if they're in the wrong order."""
    ais = [ai for ai, _ in qualifiers]
    if not ais:
        return tuple(ai for sequence in QUALIFIERS[primary] for ai in sequence), []
    allowed = {ai for sequence in QUALIFIERS[primary] for ai in sequence}
    if wrong := [ai for ai in ais if ai not in allowed]:
        number = _REMOVED_WORDS.get(wrong[0])
        advice = f"; write its number, /{number}/" if number else ""
        raise InvalidCodeError(
            "invalid_qualifier", f"/{wrong[0]}/ can't follow /{primary}/ in the path of a link{advice}"
        )
    if len(set(ais)) < len(ais):
        raise InvalidCodeError("duplicate_ai", "an application identifier is in the path twice")
    sequence = next((s for s in QUALIFIERS[primary] if set(ais) <= set(s)), None)
    if sequence is None:
        raise InvalidCodeError("invalid_qualifier", f"/{'/, /'.join(ais)}/ can't stand together in a link")
    if ais == [ai for ai in sequence if ai in ais]:
        return sequence, []
    order = ", ".join(f"/{ai}/" for ai in sequence if ai in ais)
    if not lenient:
        raise InvalidCodeError("bad_qualifier_order", f"the order in the path has to be {order}")
    return sequence, [f"The order in the link's path is wrong; the standard has {order}."]


def _attributes(query: str, primary: str, sequence: tuple[str, ...]) -> tuple[Elements, tuple[str, ...]]:
    attributes: list[tuple[str, str]] = []
    ignored: list[str] = []
    for part in filter(None, query.split("&")):
        name, equals, value = part.partition("=")
        name = unquote(name, errors="replace")
        if not equals or not re.fullmatch(r"[0-9]+", name):
            ignored.append(name)
            continue
        if not is_identifier(name):
            raise InvalidCodeError("unknown_ai", f"{name!r} in the link's query is not a GS1 application identifier")
        if name in sequence:
            value = value[:40]
            raise InvalidCodeError(
                "invalid_attribute", f"({name}) belongs in the path of the link, not in its query: /{name}/{value}"
            )
        if name in NEVER_ATTRIBUTES or name == primary:
            raise InvalidCodeError("invalid_attribute", f"({name}) can't be in the query of this link")
        if name in (ai for ai, _ in attributes):
            raise InvalidCodeError("duplicate_ai", f"({name}) is in the link's query twice")
        if not value:
            raise InvalidCodeError("empty_value", f"({name}) in the link's query has no value")
        attributes.append((name, unquote(value.replace("+", " "), errors="replace")))
    return tuple(attributes), tuple(ignored)
