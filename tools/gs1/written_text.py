"""What copy-paste, spreadsheets, keyboards and scanners add around and inside a code."""

from __future__ import annotations

import re
import unicodedata
from typing import Literal

# What a label says of the digits after it, if that decides how they're read; UPC-E only if there are eight.
Label = Literal["", "GTIN-8", "UPC-E", "ISBN"]

# The separator (FNC1, 0x1d), and how tools spell it. `<` and `>` may be part of a value, but this is likelier.
SPELLED_SEPARATOR = re.compile(
    r"\x1d|[{<\[(](?:GS|FNC1|0x1D)[}>\])]|\\x1d|\\u001d|%1d|&#(?:29|x1d);|\^\]|\u241d|~d029", re.IGNORECASE
)
_LABEL = re.compile(
    r"(?:urn:(?P<urn>isbn):|(?P<word>gtin|ean/upc|ean|upc|isbn|ismn|jan|itf|barcode)"
    r"(?:[- ]?(?P<kind>8|10|12|13|14|[AE]))?[:#= ]+)(?=[0-9])",
    re.IGNORECASE,
)
# ISO/IEC 15424: what scanners put before the data of symbols that may hold anything.
_PLAIN_SYMBOLOGY = re.compile(r"\](?:Q[0-2]|d[0-1]|C0|A[0-7]|I[0-1]|J0)")
# The plain hyphen last, so that it makes no range in a pattern.
_HYPHENS = "\u2010\u2011\u2012\u2013\u2014\u2212\ufe58\ufe63\uff0d-"
_SEPARATED = re.compile(rf"[0-9]+(?:[ {_HYPHENS}]+[0-9]+)*(?:[ {_HYPHENS}]*[xX])?")
_GROUPED = re.compile(r"[0-9]+(?:\.[0-9]+){2,}(?:\.[xX])?|[0-9]{1,3}(?:,[0-9]{3}){2,}")


def tidy(text: str) -> tuple[str, tuple[str, ...]]:
    """The text without what surrounds it and without invisible characters, and what was removed.

    White space, quotes and the symbology identifier of a plain symbol surround it. The separator of element strings,
    which `str.strip` would remove, stays.
    """
    visible = "".join(c for c in text if unicodedata.category(c) != "Cf")
    # All kinds of spaces become one; a line break or tab inside separates two values and stays.
    visible = "".join(" " if unicodedata.category(c) == "Zs" else c for c in visible)
    notes: tuple[str, ...] = ("Invisible characters were removed.",) if len(visible) < len(text) else ()
    bare = visible.strip(" \t\r\n")
    quoted = re.fullmatch(r"""="(.*)"|"(.*)"|'(.*)'|<(.*)>|'(.*)""", bare, re.DOTALL)
    if quoted:
        bare = next(group for group in quoted.groups() if group is not None).strip(" \t\r\n")
        notes += ("The quotes around it were removed.",)
    symbology = _PLAIN_SYMBOLOGY.match(bare)
    return bare[symbology.end() if symbology else 0 :], notes


def split_label(text: str) -> tuple[Label, str]:
    """What a label such as `EAN-8:` or `ISBN` before digits says, and the text without it."""
    label = _LABEL.match(text)
    if label is None:
        return "", text
    word, kind = (label["urn"] or label["word"]).casefold(), (label["kind"] or "").casefold()
    written: Label = "ISBN" if word == "isbn" else "GTIN-8" if kind == "8" else ""
    if word == "upc" and kind in ("", "e"):
        written = "UPC-E"
    return written, text[label.end() :]


def joined_digits(text: str) -> tuple[str, tuple[str, ...]] | None:
    """Digits (and the X of an ISBN) without what separates them, or None if the text is anything else."""
    if re.fullmatch(r"[0-9]+", text):
        return text, ()
    # Only between digits: a minus sign before them is no separator, nor is the point of a decimal number.
    if not (_SEPARATED.fullmatch(text) or _GROUPED.fullmatch(text)):
        return None
    digits = re.sub(r"[^0-9xX]", "", text).upper()
    removed: list[str] = []
    if " " in text:
        removed.append("spaces")
    if any(hyphen in text for hyphen in _HYPHENS):
        removed.append("hyphens")
    if "." in text or "," in text:
        removed.append("full stops" if "." in text else "commas")
    return digits, (f"{' and '.join(removed).capitalize()} between the digits were removed.",) if removed else ()
