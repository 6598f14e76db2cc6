"""GTINs: length, check digit, and normalization to 14 digits."""

import re

_DIGITS = re.compile(r"[0-9]+")
_SEPARATORS = re.compile(r"[ -]")


class InvalidGtinError(ValueError):
    """The text is not a GTIN; the message says why."""


def check_digit(digits: str) -> str:
    """The GS1 modulo 10 check digit for these digits."""
    weighted = sum(int(digit) * (3 if place % 2 == 0 else 1) for place, digit in enumerate(reversed(digits)))
    return str(-weighted % 10)


def normalize(written: str) -> str:
    """The 14 digits of a GTIN-8, -12, -13 or -14 written with or without separators.

    Raises:
        InvalidGtinError: other characters, another length, a wrong check digit, or nothing but zeros.
    """
    digits = _SEPARATORS.sub("", written)
    if not _DIGITS.fullmatch(digits):
        raise InvalidGtinError("A GTIN consists of digits only.")
    if len(digits) not in (8, 12, 13, 14):
        raise InvalidGtinError("GTIN must be 8, 12, 13, or 14 digits.")
    if not digits.strip("0"):
        raise InvalidGtinError("A GTIN is never all zeros.")
    if check_digit(digits[:-1]) != digits[-1]:
        raise InvalidGtinError("The check digit is wrong.")
    return digits.zfill(14)


def complete(digits: str) -> str:
    """A GTIN-14 of these digits and their check digit."""
    return (digits + check_digit(digits)).zfill(14)
