"""Which trade item bare digits identify: GTINs, UPC-E, ISBN-10, and numbers that lost zeros."""

from __future__ import annotations

import re
from dataclasses import dataclass

from .book_numbers import is_isbn_10, is_issn, isbn_13
from .check_digits import has_check_digit
from .errors import WRONG_CHECK_DIGIT, ErrorCode, InvalidCodeError
from .gtin import GTIN_LENGTHS, Gtin, InvalidGtinError, parse_gtin
from .keys import describe_key
from .upc_e import expand


@dataclass(frozen=True, slots=True)
class Identified:
    """A trade item and the form in which it was written; see `Code` for the members."""

    gtin: Gtin
    form: str
    reason: ErrorCode | None = None
    other: Gtin | None = None
    notes: tuple[str, ...] = ()


def read_digits(text: str, written: str) -> Identified:
    """Read digits without separators, the last of which may be the X of an ISBN; `written` has the separators.

    Raises:
        InvalidCodeError: they identify no trade item, or which one isn't certain.
    """
    if not re.fullmatch(r"[0-9]+", text):
        if is_isbn_10(text):
            return _from_isbn_10(text, "non_digit")
        key, message = ("ISSN", "it is an ISSN, the number of a serial publication") if is_issn(text) else ("", "")
        raise InvalidCodeError("non_digit", message or "it contains characters other than the digits 0-9", key=key)
    if not text.strip("0"):
        raise InvalidCodeError("all_zero", "it is all zeros")
    if len(text) == 8:
        return _read_eight(text, written)
    if len(text) in GTIN_LENGTHS:
        gtin = _gtin(text)
        if gtin is None:
            raise InvalidCodeError("bad_check_digit", WRONG_CHECK_DIGIT)
        return Identified(gtin, f"GTIN-{len(text)}")
    if len(text) == 10 and is_isbn_10(text) and (_gtin(text.zfill(12)) is None or text != written):
        return _from_isbn_10(text, "bad_length")
    raise _wrong_length(text)


def read_number(number: int) -> Identified:
    """Read a JSON number, which can't keep leading zeros.

    Raises:
        InvalidCodeError: it identifies no trade item, or which one isn't certain.
    """
    text = str(number)
    if number < 0:
        raise InvalidCodeError("non_digit", "it is a negative number")
    if number == 0:
        raise InvalidCodeError("all_zero", "it is zero")
    if len(text) > 14:
        raise InvalidCodeError(
            "bad_length", f"a GTIN has at most 14 digits, this number has {len(text)}; send anything longer as text"
        )
    if len(text) in (8, 12, 13, 14):
        return read_digits(text, text)
    length = next((n for n in (8, 12) if n > len(text)), 0)
    if len(text) < 7 or (len(text) in (9, 10) and is_isbn_10(text.zfill(10))):
        raise _wrong_length(text, "; a number loses its leading zeros, so send it as text")
    restored = read_digits(text.zfill(length), text.zfill(length))
    note = f"A number can't keep leading zeros, so {length - len(text)} of them were restored; send codes as text."
    return Identified(restored.gtin, restored.form, restored.reason, restored.other, (note, *restored.notes))


def _gtin(text: str) -> Gtin | None:
    try:
        return parse_gtin(text)
    except InvalidGtinError:
        return None


def _read_eight(text: str, written: str) -> Identified:
    gtin, upc_a = _gtin(text), expand(text)
    upc_e = parse_gtin(upc_a) if upc_a else None
    hyphenated = bool(re.fullmatch(r"[0-9]{4}\D+[0-9]{4}", written)) and is_issn(text)
    if gtin and upc_a:
        note = f"These eight digits are a GTIN-8, or a UPC-E that stands for {upc_a}: only the package tells which."
        return Identified(gtin, "GTIN-8", other=upc_e, notes=(note,))
    if gtin:
        note = "Written like this it may also be an ISSN, the number of a serial publication."
        return Identified(gtin, "GTIN-8", notes=(note,) if hyphenated else ())
    if upc_a and upc_e:
        note = (
            f"The eight digits are not a GTIN-8 (their check digit doesn't match) but a valid UPC-E, which stands for "
            f"the UPC-A {upc_a}. If the package shows a GTIN-8, a digit was misread."
        )
        return Identified(upc_e, "UPC-E", "bad_check_digit", notes=(note,))
    if is_issn(text) and text != written:
        raise InvalidCodeError("bad_check_digit", "it is an ISSN, the number of a serial publication", key="ISSN")
    raise InvalidCodeError("bad_check_digit", WRONG_CHECK_DIGIT)


def _from_isbn_10(text: str, reason: ErrorCode) -> Identified:
    thirteen = isbn_13(text)
    return Identified(
        parse_gtin(thirteen), "ISBN-10", reason, notes=(f"It is an ISBN-10; as a GTIN it is {thirteen}.",)
    )


def _wrong_length(text: str, advice: str = "") -> InvalidCodeError:
    """Return the error for digits of a wrong length, with what they may be instead."""
    hints: list[str] = []
    others: list[str] = []
    if upc_a := expand(text):
        hints.append(f"as a UPC-E, which without its check digit can't show a misread digit, it stands for {upc_a}")
        others.append(upc_a)
    for length in (8, 12):
        missing = length - len(text)
        if 0 < missing <= (1 if length == 8 else 3):
            padded = text.zfill(length)
            zeros = "a leading zero" if missing == 1 else f"{missing} leading zeros"
            if _gtin(padded):
                hints.append(f"a spreadsheet may have dropped {zeros}: with {zeros}, {padded} is valid")
                others.append(padded)
            if length == 8 and (long := expand(padded)):
                hints.append(f"with a leading zero, {padded} is a valid UPC-E that stands for {long}")
                others.append(long)
    if len(text) in (9, 10) and is_isbn_10(isbn := text.zfill(10)):
        what = "is an ISBN-10 that lost its first zero" if len(text) == 9 else "is an ISBN-10"
        hints.append(f"{isbn} {what}; as a GTIN it is {isbn_13(isbn)}")
        others.append(isbn_13(isbn))
    if len(text) in (15, 18) and _gtin(text[:13]):
        hints.append(f"{text[:13]} is a valid GTIN-13 and the last {len(text) - 13} digits look like an add-on symbol")
        others.append(text[:13])
    key = ""
    if len(text) == 18 and has_check_digit(text):
        key = "SSCC"
        hints.append(f"18 digits with a valid check digit may be {describe_key('00')}, or a GSRN")
    known = {other.zfill(14) for other in others}
    return InvalidCodeError(
        "bad_length",
        "; ".join([f"a GTIN has 8, 12, 13 or 14 digits, this has {len(text)}", *hints]) + advice,
        key=key,
        other=known.pop() if len(known) == 1 else "",
    )
