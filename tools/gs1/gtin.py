"""Parsing and validating GTINs of digits only (GS1 General Specifications §3, §7.9)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from .check_digits import has_check_digit
from .restricted import restricted_scope

GtinError = Literal["empty", "non_digit", "bad_length", "bad_check_digit", "all_zero"]

# Only ASCII digits: `\d` and `str.isdigit` also take Arabic-Indic and full-width ones.
_DIGITS = re.compile(r"[0-9]+")
GTIN_LENGTHS = (8, 12, 13, 14)

REASONS: dict[GtinError, str] = {
    "empty": "it is empty",
    "non_digit": "it contains characters other than the digits 0-9",
    "bad_length": "a GTIN has 8, 12, 13 or 14 digits",
    "bad_check_digit": "its check digit is wrong",
    "all_zero": "it is all zeros",
}


class InvalidGtinError(ValueError):
    """Not a GTIN. The message never contains the digit that would fit, so that it is not used in place of another."""

    def __init__(self, error: GtinError, digits: str = "") -> None:
        super().__init__(REASONS[error] + (f", this has {len(digits)}" if error == "bad_length" else ""))
        self.error: GtinError = error


@dataclass(frozen=True, slots=True)
class Gtin:
    """A valid GTIN: `gtin14` is its normalized form, `format` the shortest standard one.

    `restricted` is the scope of a restricted circulation number.
    """

    gtin14: str
    format: str
    restricted: Literal["company", "geographic"] | None = None


def parse_gtin(text: str) -> Gtin:
    """Parse a GTIN of digits only.

    Raises:
        InvalidGtinError: it is not a GTIN.
    """
    if not text.strip():
        raise InvalidGtinError("empty")
    if not _DIGITS.fullmatch(text):
        raise InvalidGtinError("non_digit")
    if len(text) not in GTIN_LENGTHS:
        raise InvalidGtinError("bad_length", text)
    if not text.strip("0"):
        raise InvalidGtinError("all_zero")
    if not has_check_digit(text):
        raise InvalidGtinError("bad_check_digit")
    gtin14 = text.zfill(14)
    return Gtin(gtin14, _format(gtin14), restricted_scope(gtin14))


def _format(gtin14: str) -> str:
    for length in (8, 12, 13):
        if not gtin14[: 14 - length].strip("0"):
            return f"GTIN-{length}"
    return "GTIN-14"
