"""One reader for everything that's scanned or typed as a product code."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType

from .content import iso_date
from .decoding import LINK, Decoded, decode_text
from .digits import Identified, issn_error, read_digits, read_number
from .element_strings import SEPARATOR
from .errors import ErrorCode, InvalidCodeError
from .gtin import Gtin, parse_gtin
from .keys import KEYS, describe_key, other_key
from .restricted import prefix_notes
from .written_text import joined_digits, split_label, tidy

_LONGEST = 2048
# ISO/IEC 15424: what scanners put before the data of an EAN/UPC symbol.
_EAN_UPC = re.compile(r"\]E([0-4])(.*)", re.DOTALL)
# How spreadsheets and data frames write a whole number.
_WHOLE_DECIMAL = re.compile(r"([0-9]{7,14})\.0+")
_SEVERAL = re.compile(r"[0-9]{8,14}(?:[\s,;|]+[0-9]{8,14})+")
_ISSN = re.compile(r"(?:urn:)?e?-?issn(?![a-z])|[0-9]{4}-[0-9]{3}[xX]$", re.IGNORECASE)


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
    if symbol := _EAN_UPC.fullmatch(text):
        return _read_symbol(symbol[1], symbol[2], notes)
    return _read_unscanned(text, notes)


def _read_unscanned(text: str, notes: tuple[str, ...]) -> Code:
    if re.fullmatch(r"[0-9]{8,14}", digits := text.strip(SEPARATOR)):
        text = digits
    if number := _WHOLE_DECIMAL.fullmatch(text):
        return _from_digits(read_number(int(number[1])), notes)
    # Digits of a GTIN's length are a GTIN; only longer ones may be an element string.
    label, unlabelled = split_label(text)
    joined = joined_digits(unlabelled)
    if joined and not joined[0].strip("0"):
        raise InvalidCodeError("all_zero", "it is all zeros")
    if (not joined or len(joined[0]) > 14) and (decoded := _decode(joined[0] if joined else text, notes)):
        return _from_elements(decoded)
    if joined is None:
        raise _not_digits(text)
    if _SEVERAL.fullmatch(text):
        raise InvalidCodeError("bad_length", "it is more than one number; give one at a time")
    digits, removed = joined
    return _from_digits(read_digits(digits, unlabelled, label), notes + removed)


def _read_symbol(kind: str, data: str, notes: tuple[str, ...]) -> Code:
    """Read what a scanner sends for an EAN/UPC symbol, alone or with the composite component above it."""
    linear, composite, component = data.partition("|]e0")
    identified = _identify_symbol(kind, linear)
    decoded = _decode(f"]e001{identified.gtin.gtin14}{component}", notes) if composite else None
    return _from_elements(decoded) if decoded else _from_digits(identified, notes)


def _identify_symbol(kind: str, data: str) -> Identified:
    if kind in "12":
        raise InvalidCodeError("bad_length", "it is only the add-on symbol beside a barcode", key="add-on")
    if kind == "3" and re.fullmatch(r"[0-9]{15}|[0-9]{18}", data):
        read = read_digits(data[:13], data[:13])
        return replace(read, notes=(f"The add-on symbol {data[13:]} was left aside.", *read.notes))
    if not re.fullmatch(r"[0-9]*", data):
        raise InvalidCodeError("non_digit", "an EAN/UPC symbol contains only digits")
    if len(data) not in ((8,) if kind == "4" else (8, 13)):
        raise InvalidCodeError("bad_length", f"an EAN/UPC symbol holds 13 or 8 digits, this has {len(data)}")
    # A GTIN-8 always has the identifier ]E4.
    return read_digits(data, data, "GTIN-8" if kind == "4" else "UPC-E")


def _decode(text: str, notes: tuple[str, ...]) -> Decoded | None:
    try:
        return decode_text(text, notes)
    except InvalidCodeError as error:
        if error.code != "no_primary_key":
            raise
        raise InvalidCodeError("no_gtin", error.message) from None


def _not_digits(text: str) -> InvalidCodeError:
    """The error for text that is neither digits nor an element string nor a link."""
    if _ISSN.match(text):
        return issn_error()
    message = "a sign before or after the digits is no separator; give the digits alone"
    if other := re.search(r"[^0-9 -]", text):
        message = f"it contains characters other than the digits 0-9: {other[0]!r}"
    if text.lower().startswith("urn:epc:"):
        message = "it is an EPC URI, as RFID tags hold; give the GTIN itself"
    if re.fullmatch(r"[0-9][.,]?[0-9]*[Ee][+]?[0-9]+", text):
        message = "a spreadsheet shortened it, so digits are lost; format the column as text and copy it again"
    if _SEVERAL.fullmatch(text):
        message = "it is more than one number; give one at a time"
    return InvalidCodeError("non_digit", message)


def _from_digits(identified: Identified, notes: tuple[str, ...]) -> Code:
    gtin = identified.gtin
    about_prefix = prefix_notes(gtin.gtin14)
    if identified.other:
        about_prefix = tuple(f"As a GTIN-8: {note}" for note in about_prefix)
    return Code(
        gtin,
        identified.form,
        elements=MappingProxyType({"01": gtin.gtin14}),
        other=identified.other,
        notes=(*notes, *identified.notes, *about_prefix),
        reason=identified.reason,
    )


def _from_elements(decoded: Decoded) -> Code:
    values, notes = dict(decoded.elements), decoded.notes
    keys = [ai for ai in values if ai in KEYS]
    if "01" not in values:
        raise _no_gtin(keys, values, decoded.form)
    if decoded.form == LINK and keys[0] != "01":
        notes += (f"The link's key is {describe_key(keys[0])}; the GTIN comes from its query.",)
    expiry = values.get("17") or values.get("7003", "")[:6]
    return Code(
        parse_gtin(values["01"]),
        decoded.form,
        values.get("10", ""),
        values.get("21", ""),
        iso_date(expiry) if expiry else "",
        MappingProxyType(values),
        notes=(*notes, *prefix_notes(values["01"])),
    )


def _no_gtin(keys: list[str], values: Mapping[str, str], form: str) -> InvalidCodeError:
    if not keys:
        what = "link" if form == LINK else "element string"
        return InvalidCodeError("no_gtin", f"the {what} has no (01), so it doesn't say which trade item it's about")
    return other_key(keys[0], values[keys[0]])
