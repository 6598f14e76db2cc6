"""One reader for everything that's scanned or typed as a product code."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from .content import iso_date
from .digital_links import parse_digital_link
from .digits import Identified, read_digits, read_number
from .element_strings import SEPARATOR, parse_bracketed, parse_raw, swallowed_tail
from .elements import Elements
from .errors import ErrorCode, InvalidCodeError
from .gtin import Gtin, parse_gtin
from .keys import KEYS, describe_key
from .restricted import prefix_notes
from .written_text import joined_digits, tidy, with_separators, without_label

_LONGEST = 2048
_SYMBOLOGY = re.compile(r"\]([A-Za-z][0-9A-Za-z])(.*)", re.DOTALL)
_GS1_SYMBOLOGIES = ("C1", "e0", "e1", "e2", "e3", "d2", "Q3", "J1")
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://")
_WITHOUT_SCHEME = re.compile(r"(?:[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+|localhost)(?::[0-9]+)?/[^\s]*|/01/[^\s]*")


@dataclass(frozen=True, slots=True)
class Code:
    """What an input says: the trade item, and everything else in it.

    `form` is how it was written: GTIN-8, GTIN-12, GTIN-13, GTIN-14, UPC-E, ISBN-10, GS1 element string or GS1 Digital
    Link. `reason` says why the digits as written are no GTIN although they stand for one (UPC-E, ISBN-10); it's None
    for a GTIN. `other` is the second reading of eight digits that are both a GTIN-8 and a UPC-E.

    `lot`, `serial` and `expiry` are "" if the input doesn't have them. `expiry` is an ISO date (AI 17, else the date of
    AI 7003); the day 00 stands for the end of the month. `elements` holds every application identifier with its
    unchanged value, 01 included. `notes` are sentences for the reader.
    """

    gtin: Gtin
    form: str
    lot: str = ""
    serial: str = ""
    expiry: str = ""
    elements: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    other: Gtin | None = None
    notes: tuple[str, ...] = ()
    reason: ErrorCode | None = None


def read_code(value: str | float) -> Code:
    """Read a GTIN, UPC-E, ISBN, GS1 element string or GS1 Digital Link.

    Raises:
        InvalidCodeError: it identifies no trade item, or which one isn't certain.
    """
    if isinstance(value, str):
        return _read_text(value)
    if isinstance(value, bool) or not math.isfinite(value) or value != int(value):
        raise InvalidCodeError("non_digit", f"{value} is not a whole number")
    return _from_digits(read_number(int(value)), ())


def _read_text(value: str) -> Code:
    if len(value) > _LONGEST:
        raise InvalidCodeError("too_long", f"it has {len(value)} characters; no code has more than {_LONGEST}")
    text, notes = tidy(value)
    if not text.strip(SEPARATOR):
        raise InvalidCodeError("empty", "it is empty")
    scanned = _SYMBOLOGY.fullmatch(text)
    if not scanned:
        return _read_unscanned(text, notes)
    symbology, data = scanned.groups()
    if symbology in _GS1_SYMBOLOGIES:
        return _from_raw(with_separators(data), notes)
    if symbology == "E0" and len(data) not in (8, 13):
        raise InvalidCodeError("bad_length", f"an EAN/UPC symbol holds 13 digits, this has {len(data)}")
    return _read_unscanned(data, notes)


def _read_unscanned(text: str, notes: tuple[str, ...]) -> Code:
    if _SCHEME.match(text):
        return _from_link(text, notes)
    if _WITHOUT_SCHEME.fullmatch(text):
        host = "" if text[0] != "/" else "id.gs1.org"
        return _from_link(f"https://{host}{text}", (*notes, "The link has no scheme (https://) in front."))
    if text.startswith("("):
        return _from_bracketed(text, notes)
    if SEPARATOR in (raw := with_separators(text)):
        return _from_raw(raw, notes)
    return _read_digits(without_label(text), notes)


def _read_digits(text: str, notes: tuple[str, ...]) -> Code:
    joined = joined_digits(text)
    if joined is None:
        return _from_unmarked(text, notes)
    digits, removed = joined
    try:
        return _from_digits(read_digits(digits, text), (*notes, *removed))
    except InvalidCodeError as error:
        if error.code == "bad_length" and len(digits) > 14:
            return _from_unmarked(digits, notes, error)
        raise


def _from_digits(identified: Identified, notes: tuple[str, ...]) -> Code:
    gtin = identified.gtin
    return Code(
        gtin,
        identified.form,
        elements=MappingProxyType({"01": gtin.gtin14}),
        other=identified.other,
        notes=(*notes, *identified.notes, *prefix_notes(gtin.gtin14)),
        reason=identified.reason,
    )


def _from_bracketed(text: str, notes: tuple[str, ...]) -> Code:
    # No value may contain white space or a separator, but people put them between the elements.
    spaced = re.sub(rf"[\s{SEPARATOR}]*(\([0-9]{{2,4}}\))\s*", r"\1", with_separators(text))
    if spaced != text:
        notes += ("Spaces or separators between the elements were removed.",)
    return _from_elements(parse_bracketed(spaced), "GS1 element string", notes)


def _from_raw(data: str, notes: tuple[str, ...]) -> Code:
    elements = parse_raw(data)
    if tail := swallowed_tail(elements):
        ai, value = elements[-1]
        notes += (f"({ai}) was read as {value!r}; if the scanner dropped a separator, {tail!r} isn't part of it.",)
    return _from_elements(elements, "GS1 element string", notes)


def _from_unmarked(text: str, notes: tuple[str, ...], error: InvalidCodeError | None = None) -> Code:
    """Read a raw element string that nothing marks as such."""
    error = error or InvalidCodeError("non_digit", "it contains characters other than the digits 0-9")
    if not re.match(r"[0-9]{16}|8110[0-9]|7[0-9]{3}|[1-9][0-9][!-z]", text) or len(text) < 16:
        raise error
    try:
        elements = parse_raw(text)
    except InvalidCodeError as wrong:
        raise (wrong if re.match(r"01[0-9]{14}", text) else error) from None
    if "01" not in dict(elements) and elements[0][0] not in KEYS:
        raise error
    return _from_raw(text, (*notes, "It was read as an element string without separators."))


def _from_link(uri: str, notes: tuple[str, ...]) -> Code:
    try:
        link = parse_digital_link(uri, lenient=True)
    except InvalidCodeError as error:
        if error.code == "no_primary_key":
            raise InvalidCodeError("no_gtin", error.message) from None
        raise
    return _from_elements(link.elements, "GS1 Digital Link", (*notes, *link.notes))


def _from_elements(elements: Elements, form: str, notes: tuple[str, ...]) -> Code:
    values = dict(elements)
    keys = [ai for ai in values if ai in KEYS]
    if "01" not in values:
        raise _no_gtin(keys, form)
    if keys[0] != "01" and form == "GS1 Digital Link":
        notes += (f"The link's key is {describe_key(keys[0])}; the GTIN comes from its query.",)
    if values["01"].strip("0") == "":
        raise InvalidCodeError("all_zero", "its GTIN is all zeros")
    expiry = values.get("17") or values.get("7003", "")[:6]
    return Code(
        parse_gtin(values["01"]),
        form,
        values.get("10", ""),
        values.get("21", ""),
        iso_date(expiry) if expiry else "",
        MappingProxyType(values),
        notes=(*notes, *prefix_notes(values["01"])),
    )


def _no_gtin(keys: list[str], form: str) -> InvalidCodeError:
    what = "link" if form == "GS1 Digital Link" else "element string"
    if not keys:
        return InvalidCodeError("no_gtin", f"the {what} has no (01), so it doesn't say which trade item it's about")
    key = KEYS[keys[0]][0]
    return InvalidCodeError("no_gtin", f"it is {describe_key(keys[0])}, not a trade item", key=key)
