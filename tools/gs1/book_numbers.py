"""ISBN-10 and ISSN, which have check characters of their own (ISO 2108, ISO 3297)."""

from __future__ import annotations

import re

from .check_digits import check_digit


def is_isbn_10(text: str) -> bool:
    """Whether the text is an ISBN-10, without hyphens."""
    return bool(re.fullmatch(r"[0-9]{9}[0-9X]", text)) and _remainder(text) == 0


def is_issn(text: str) -> bool:
    """Whether the text is an ISSN, without its hyphen."""
    return bool(re.fullmatch(r"[0-9]{7}[0-9X]", text)) and _remainder(text) == 0


def isbn_13(isbn_10: str) -> str:
    """The ISBN-13, a GTIN-13, of an ISBN-10."""
    body = f"978{isbn_10[:9]}"
    return f"{body}{check_digit(body)}"


def _remainder(text: str) -> int:
    return sum((10 if c == "X" else int(c)) * weight for weight, c in enumerate(reversed(text), 1)) % 11
