"""The error that says why an input identifies no trade item."""

from __future__ import annotations

from typing import Literal

ErrorCode = Literal[
    "empty",
    "too_long",
    "non_digit",
    "bad_length",
    "bad_check_digit",
    "all_zero",
    "ambiguous",
    "no_gtin",
    # element strings
    "malformed",
    "unknown_ai",
    "duplicate_ai",
    "exclusive_ais",
    "empty_value",
    "value_too_short",
    "value_too_long",
    "bad_charset",
    "bad_check_pair",
    "bad_date",
    "bad_content",
    # Digital Links
    "bad_scheme",
    "bad_host",
    "bad_uri_character",
    "no_primary_key",
    "invalid_qualifier",
    "bad_qualifier_order",
    "invalid_attribute",
]

WRONG_CHECK_DIGIT = (
    "its check digit doesn't match, so at least one of its digits was misread or mistyped; "
    "copy it from the product again"
)


class InvalidCodeError(ValueError):
    """An input that can't be read as a product code.

    The message is a clause that completes "Not a product code: ...". `key` names what the input is instead (such as
    SSCC, GRAI, coupon), "" if that's unknown. `upc_e` is the GTIN-14 of the same digits read as UPC-E, `other` that of
    another reading (restored zeros, ISBN-10, contained items): neither is certain, so offer them, don't use them.
    """

    def __init__(self, code: ErrorCode, message: str, *, key: str = "", upc_e: str = "", other: str = "") -> None:
        super().__init__(message)
        self.code: ErrorCode = code
        self.message = message
        self.key = key
        self.upc_e = upc_e
        self.other = other
