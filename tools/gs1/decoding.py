"""Element strings and Digital Links as people and scanners deliver them, read leniently where nothing is lost."""

from __future__ import annotations

import re
from dataclasses import dataclass

from .digital_links import parse_digital_link
from .digits import padded_gtin
from .element_strings import SEPARATOR, parse_bracketed, parse_raw, swallowed_tail
from .elements import Elements
from .errors import InvalidCodeError
from .keys import KEYS
from .written_text import SPELLED_SEPARATOR, tidy

LINK, ELEMENT_STRING = "GS1 Digital Link", "GS1 element string"
# ISO/IEC 15424: the symbologies that always carry element strings.
_GS1_SYMBOLOGY = re.compile(r"\](?:C1|e[0-3]|d2|Q3|J1)(.*)", re.DOTALL)
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://")
_WITHOUT_SCHEME = re.compile(
    r"(?://)?(?:[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+|localhost)(?::[0-9]+)?/\S*|/?01/[0-9]{8,14}(?:[/?]\S*)?"
)
_BETWEEN = re.compile(rf"(?:\s|{SPELLED_SEPARATOR.pattern})*(\([0-9]{{2,4}}\)|$)\s*", re.IGNORECASE)
_SHORT_GTIN = re.compile(r"(?<=\(01\))([0-9]{12,13}|[0-9]{8})(?=\(|$)")


@dataclass(frozen=True, slots=True)
class Decoded:
    """The application identifiers of an input with their values, in its order; `notes` are sentences for the reader."""

    form: str
    elements: Elements
    notes: tuple[str, ...] = ()


def decode(value: str) -> Decoded:
    """Decode an element string or Digital Link with any key.

    Raises:
        InvalidCodeError: it's neither, or it's invalid.
    """
    text, notes = tidy(value)
    decoded = decode_text(text, notes)
    if decoded is None:
        raise InvalidCodeError("malformed", "it is neither a GS1 element string nor a GS1 Digital Link")
    return decoded


def decode_text(text: str, notes: tuple[str, ...]) -> Decoded | None:
    """Decode text without white space around it; None if it's neither an element string nor a link.

    Raises:
        InvalidCodeError: it's one of them and invalid.
    """
    if scanned := _GS1_SYMBOLOGY.fullmatch(text):
        return _bracketed(scanned[1], notes) if scanned[1].startswith("(") else _raw(scanned[1], notes)
    if _SCHEME.match(text):
        return _link(text, notes)
    if _WITHOUT_SCHEME.fullmatch(text):
        return _link(_with_scheme(text), (*notes, "The link has no scheme (https://) in front."))
    if text.startswith("("):
        return _bracketed(text, notes)
    if SPELLED_SEPARATOR.search(text):
        return _raw(text, notes)
    return _unmarked(text, notes)


def _with_scheme(text: str) -> str:
    if text.startswith("//"):
        return f"https:{text}"
    if text.startswith(("/01/", "01/")):
        return f"https://id.gs1.org/{text.removeprefix('/')}"
    return f"https://{text}"


def _link(uri: str, notes: tuple[str, ...]) -> Decoded:
    link = parse_digital_link(uri, lenient=True)
    return Decoded(LINK, link.elements, notes + link.notes)


def _bracketed(text: str, notes: tuple[str, ...]) -> Decoded:
    # Separators only between the elements: inside a value, what looks like a separator may belong to it.
    # Only `(` needs a backslash; some write one before `)` too.
    text = text.replace("\\)", ")")
    joined = _BETWEEN.sub(r"\1", text)
    if joined != text:
        notes += ("Spaces or separators between the elements were removed.",)
    if short := _SHORT_GTIN.search(joined):
        padded, note = padded_gtin(short[1])
        joined = _SHORT_GTIN.sub(padded, joined, count=1)
        notes += (note,)
    return Decoded(ELEMENT_STRING, parse_bracketed(joined), notes)


def _raw(text: str, notes: tuple[str, ...]) -> Decoded:
    # A scanner that sent one separator sends them all.
    data = text if SEPARATOR in text else SPELLED_SEPARATOR.sub(SEPARATOR, text)
    if data != text:
        notes += ("Spelled-out separators were read as FNC1.",)
    elements = parse_raw(data)
    tail = "" if SEPARATOR in data else swallowed_tail(elements)
    if tail:
        ai, value = elements[-1]
        notes += (f"({ai}) was read as {value!r}; if the scanner dropped a separator, {tail!r} isn't part of it.",)
    return Decoded(ELEMENT_STRING, elements, notes)


def _unmarked(text: str, notes: tuple[str, ...]) -> Decoded | None:
    """Read a raw element string that nothing marks as such: at least the length of a GTIN with its identifier.

    GS1's own tools write FNC1 as ^, which no value may contain.
    """
    if "^" in text:
        text = text.replace("^", SEPARATOR).lstrip(SEPARATOR)
        notes += ("Each ^ was read as FNC1.",)
    if len(text) < 16 or not re.match(r"[0-9]{4}", text):
        return None
    has_gtin = re.match(r"01[0-9]{14}", text)
    try:
        decoded = _raw(text, notes)
    except InvalidCodeError:
        if has_gtin:
            raise
        return None
    if decoded.elements[0][0] not in KEYS and "01" not in dict(decoded.elements):
        return None
    note = "It was read as an element string, although nothing but its content marks it as one."
    return Decoded(ELEMENT_STRING, decoded.elements, (note, *decoded.notes))
