"""Parsing and validating GTINs in any written form (GS1 General Specifications §3, §7.9)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal
from urllib.parse import unquote

from .check_digits import check_digit as check_digit
from .restricted import restricted_scope
from .upc_e import expand

GtinError = Literal["empty", "non_digit", "bad_length", "bad_check_digit", "all_zero", "no_gtin"]

# Only ASCII digits: `\d` and `str.isdigit` also take Arabic-Indic and full-width ones.
_DIGITS = re.compile(r"[0-9]+")
GTIN_LENGTHS = (8, 12, 13, 14)
_ELEMENT = re.compile(r"\(01\)([0-9]{14})(\(.*)?", re.DOTALL)
_LINK = re.compile(r"https?://[^/?#\s]+(?P<path>/[^?#\s]*)?(\?[^#\s]*)?(#\S*)?", re.IGNORECASE)

REASONS: dict[GtinError, str] = {
    "empty": "it is empty",
    "non_digit": "it contains characters other than the digits 0-9",
    "bad_length": "a GTIN has 8, 12, 13 or 14 digits",
    "bad_check_digit": "its check digit is wrong",
    "all_zero": "it is all zeros",
    "no_gtin": "the link has no `/01/` followed by a GTIN",
}


class InvalidGtinError(ValueError):
    """Not a GTIN; `digits` is what was read, `expected` the right check digit if that is the error."""

    def __init__(self, error: GtinError, digits: str = "", expected: int | None = None) -> None:
        reason = REASONS[error]
        if error == "bad_length":
            reason += f", this has {len(digits)}"
        if expected is not None:
            reason += f": it ends in {digits[-1]} and should end in {expected}"
        super().__init__(reason)
        self.error: GtinError = error
        self.digits = digits
        self.expected = expected


@dataclass(frozen=True, slots=True)
class Gtin:
    """A valid GTIN: `gtin14` is its normalized form, `format` the shortest standard one.

    `restricted` is the scope of a restricted circulation number, `upc_e` the GTIN-14 of the same digits as UPC-E.
    """

    gtin14: str
    format: str
    restricted: Literal["company", "geographic"] | None = None
    upc_e: str | None = None


def parse_gtin(text: str) -> Gtin:
    """Parse a GTIN of digits only.

    Raises:
        InvalidGtinError: it is not a GTIN.
    """
    if not text.strip():
        raise InvalidGtinError("empty")
    if not _DIGITS.fullmatch(text):
        raise InvalidGtinError("non_digit", text)
    if len(text) not in GTIN_LENGTHS:
        raise InvalidGtinError("bad_length", text)
    if not text.strip("0"):
        raise InvalidGtinError("all_zero", text)
    expected = check_digit(text[:-1])
    if int(text[-1]) != expected:
        raise InvalidGtinError("bad_check_digit", text, expected)
    gtin14 = text.zfill(14)
    return Gtin(gtin14, _format(gtin14), restricted_scope(gtin14), _as_upc_e(text))


def read_gtin(text: str) -> Gtin:
    """Parse a GTIN as people write it: with spaces or hyphens, as `(01)...`, or as a GS1 Digital Link.

    Raises:
        InvalidGtinError: as `parse_gtin`.
    """
    written = text.strip(" \t\r\n")
    if link := _LINK.fullmatch(written):
        return parse_gtin(gtin_of_path(link["path"] or ""))
    if element := _ELEMENT.fullmatch(written):
        return parse_gtin(element[1])
    # Only between digits: a leading minus is not a separator.
    return parse_gtin(re.sub(r"(?<=[0-9])[ -]+(?=[0-9])", "", written))


def gtin_of_path(path: str) -> str:
    """Return what follows the last `/01/` in the path of a Digital Link (GS1 Digital Link: URI Syntax §4).

    Raises:
        InvalidGtinError: the path has no `/01/`.
    """
    segments = path.split("/")
    for index in range(len(segments) - 2, -1, -1):
        if segments[index] == "01":
            return unquote(segments[index + 1], errors="replace")
    raise InvalidGtinError("no_gtin")


def expand_upc_e(text: str) -> str:
    """Expand a UPC-E of 6, 7 or 8 digits to UPC-A, of 12 (GS1 General Specifications §5.2.2.4).

    Raises:
        InvalidGtinError: it is not a UPC-E.
    """
    if not _DIGITS.fullmatch(text):
        raise InvalidGtinError("empty" if not text else "non_digit", text)
    if len(text) not in (6, 7, 8) or (len(text) > 6 and text[0] not in "01"):
        raise InvalidGtinError("bad_length", text)
    if upc_a := expand(text):
        return upc_a
    raise InvalidGtinError("bad_check_digit", text)


def _as_upc_e(text: str) -> str | None:
    if len(text) != 8:
        return None
    try:
        return expand_upc_e(text).zfill(14)
    except InvalidGtinError:
        return None


def _format(gtin14: str) -> str:
    for length in (8, 12, 13):
        if not gtin14[: 14 - length].strip("0"):
            return f"GTIN-{length}"
    return "GTIN-14"
