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
from .written_text import Label


@dataclass(frozen=True, slots=True)
class Identified:
    """A trade item and the form in which it was written; see `Code` for the members."""

    gtin: Gtin
    form: str
    reason: ErrorCode | None = None
    other: Gtin | None = None
    notes: tuple[str, ...] = ()


def read_digits(text: str, written: str, label: Label = "") -> Identified:
    """Read digits without separators, the last of which may be the X of an ISBN; `written` has the separators.

    Raises:
        InvalidCodeError: they identify no trade item, or which one isn't certain, or they aren't what their label says.
    """
    if label == "ISBN" and not (len(text) in (9, 10) or text.lstrip("0").startswith(("978", "979"))):
        raise InvalidCodeError("bad_content", "it is labelled as an ISBN, which has 10 digits, or 13 from 978 or 979")
    if not re.fullmatch(r"[0-9]+", text):
        if is_isbn_10(text):
            return _from_isbn_10(text, "non_digit")
        if is_issn(text):
            raise issn_error()
        raise InvalidCodeError(
            "non_digit",
            "; ".join(["it contains an X and is no valid ISBN-10", *_as_book(text).values()]),
            other=next(iter(_as_book(text)), "").zfill(14) if _as_book(text) else "",
        )
    if not text.strip("0"):
        raise InvalidCodeError("all_zero", "it is all zeros")
    if len(text) == 8:
        return _read_eight(text, written, label)
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
    note = f"A number can't keep leading zeros: it was read as {text.zfill(length)}. Send codes as text."
    return Identified(restored.gtin, restored.form, restored.reason, restored.other, (note, *restored.notes))


def _gtin(text: str) -> Gtin | None:
    try:
        return parse_gtin(text)
    except InvalidGtinError:
        return None


def _read_eight(text: str, written: str, label: Label) -> Identified:
    gtin, upc_a = _gtin(text), expand(text)
    upc_e = parse_gtin(upc_a) if upc_a else None
    if label == "UPC-E":
        if upc_e is None:
            raise InvalidCodeError("bad_check_digit", WRONG_CHECK_DIGIT)
        note = f"It is a UPC-E, which stands for {upc_e.gtin14}."
        return Identified(upc_e, "UPC-E", "bad_length", notes=(note,))
    if label == "GTIN-8":
        if gtin is None:
            raise InvalidCodeError("bad_check_digit", WRONG_CHECK_DIGIT, upc_e=upc_e.gtin14 if upc_e else "")
        return Identified(gtin, "GTIN-8")
    like_issn = bool(re.fullmatch(r"[0-9]{4}[^0-9 ]+[0-9]{4}", written)) and is_issn(text)
    if gtin and upc_a:
        note = (
            f"These eight digits are a GTIN-8, or a UPC-E that stands for {upc_a.zfill(14)}: "
            "only the package tells which."
        )
        return Identified(gtin, "GTIN-8", other=upc_e, notes=(note,))
    if gtin:
        note = "Written like this it may also be an ISSN, the number of a serial publication."
        return Identified(gtin, "GTIN-8", notes=(note,) if like_issn else ())
    if like_issn:
        raise issn_error()
    if upc_a and upc_e:
        note = (
            f"The eight digits are not a GTIN-8 (their check digit doesn't match) but a valid UPC-E, which stands for "
            f"{upc_e.gtin14}. If the package shows a GTIN-8, a digit was misread."
        )
        return Identified(upc_e, "UPC-E", "bad_check_digit", notes=(note,))
    hint = "; if it is an ISSN, it identifies a serial publication, not a trade item" if is_issn(text) else ""
    raise InvalidCodeError("bad_check_digit", WRONG_CHECK_DIGIT + hint)


def padded_gtin(digits: str) -> tuple[str, str]:
    """A GTIN of 8, 12 or 13 digits as the 14 that (01) requires, with a note.

    Raises:
        InvalidCodeError: the eight digits are a UPC-E, not a GTIN-8.
    """
    note = "The GTIN was padded with zeros to 14 digits, which (01) requires."
    upc_a = expand(digits) if len(digits) == 8 else None
    if upc_a is None:
        return digits.zfill(14), note
    upc_e = upc_a.zfill(14)
    if _gtin(digits) is None:
        message = f"(01) GTIN: its eight digits are a UPC-E that stands for {upc_e}, not a GTIN"
        raise InvalidCodeError("bad_check_digit", message, upc_e=upc_e)
    return digits.zfill(14), f"{note} The digits may also be a UPC-E that stands for {upc_e}."


def issn_error() -> InvalidCodeError:
    """The error for an ISSN."""
    return InvalidCodeError(
        "no_gtin", "it is an ISSN, which identifies a serial publication, not a trade item", key="ISSN"
    )


def _from_isbn_10(text: str, reason: ErrorCode) -> Identified:
    thirteen = isbn_13(text)
    return Identified(
        parse_gtin(thirteen), "ISBN-10", reason, notes=(f"It is an ISBN-10; as a GTIN it is {thirteen}.",)
    )


def _wrong_length(text: str, advice: str = "") -> InvalidCodeError:
    """The error for digits of a wrong length, with what they may be instead."""
    hints: list[str] = []
    upc_a = expand(text)
    if upc_a:
        hints.append(
            f"as a UPC-E, which can't show a misread digit without its check digit, it stands for {upc_a.zfill(14)}"
        )
    others = {**_with_zeros(text), **_as_book(text)}
    hints += others.values()
    if len(text) in (15, 18) and _gtin(text[:13]):
        others = {text[:13]: "add-on"}
        hints.append(f"{text[:13]} is a valid GTIN-13, and the last {len(text) - 13} digits look like an add-on symbol")
    like_sscc = len(text) == 18 and has_check_digit(text)
    if like_sscc:
        hints.append(f"it may be {describe_key('00')}, or a GSRN")
    if not hints:
        book = "it is no valid ISBN-10 either; " if len(text) == 10 else ""
        hints.append(f"{book}digits are missing or too many, so copy the whole number again")
    known = {other.zfill(14) for other in others}
    return InvalidCodeError(
        "bad_length",
        "; ".join([f"a GTIN has 8, 12, 13 or 14 digits, this has {len(text)}", *hints]) + advice,
        key="SSCC" if like_sscc else "",
        upc_e=upc_a.zfill(14) if upc_a else "",
        other=known.pop() if len(known) == 1 else "",
    )


def _with_zeros(text: str) -> dict[str, str]:
    """The numbers that leading zeros would make valid, each with a hint."""
    length = next((n for n in (8, 12) if n > len(text)), 0)
    missing = length - len(text)
    if not 0 < missing <= (1 if length == 8 else 3):
        return {}
    padded, zeros = text.zfill(length), "a leading zero" if missing == 1 else f"{missing} leading zeros"
    valid = (
        {padded: f"a spreadsheet may have dropped {zeros}: with {zeros}, {padded} is valid"} if _gtin(padded) else {}
    )
    if upc_a := expand(padded) if length == 8 else None:
        valid[upc_a] = f"with {zeros}, {padded} is a valid UPC-E that stands for {upc_a.zfill(14)}"
    return valid


def _as_book(text: str) -> dict[str, str]:
    if len(text) not in (9, 10) or not is_isbn_10(isbn := text.zfill(10)):
        return {}
    what = "is an ISBN-10 that lost its first zero" if len(text) == 9 else "is an ISBN-10"
    return {isbn_13(isbn): f"{isbn} {what}; as a GTIN it is {isbn_13(isbn)}"}
