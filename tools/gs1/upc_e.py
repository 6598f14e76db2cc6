"""The zero-suppressed UPC-E, as printed on small packages (GS1 General Specifications §5.2.2.4)."""

from __future__ import annotations

import re

from .check_digits import check_digit

_UPC_E = re.compile(r"[0-9]{6}|[01][0-9]{6,7}")


def expand(text: str) -> str | None:
    """The UPC-A that a UPC-E of 6, 7 or 8 digits stands for, or None if the text is no UPC-E.

    Only the form of 8 digits has a check digit; the shorter ones can't show a misread digit.
    """
    if not _UPC_E.fullmatch(text):
        return None
    system, core = ("0", text) if len(text) == 6 else (text[0], text[1:7])
    last = core[5]
    if last in "012":
        body = f"{core[:2]}{last}0000{core[2:5]}"
    elif last in "34":
        split = int(last)
        body = f"{core[:split]}00000{core[split:5]}"
    else:
        body = f"{core[:5]}0000{last}"
    digit = check_digit(system + body)
    if len(text) == 8 and int(text[7]) != digit:
        return None
    return f"{system}{body}{digit}"


def suppress(upc_a: str) -> str | None:
    """The UPC-E of 8 digits that stands for a UPC-A, or None if it has too few zeros."""
    for last in "0123456789":
        number = upc_a[1:11]
        if last in "012":
            core = number[:2] + number[7:10] if number[2:7] == f"{last}0000" else None
        elif last in "34":
            split = int(last)
            core = number[:split] + number[split + 5 : 10] if number[split : split + 5] == "00000" else None
        else:
            core = number[:5] if number[5:] == f"0000{last}" else None
        if core is not None and expand(f"{upc_a[0]}{core}{last}{upc_a[11]}") == upc_a:
            return f"{upc_a[0]}{core}{last}{upc_a[11]}"
    return None
