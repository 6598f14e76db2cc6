"""Which recalls are open, and which lots they cover."""

from typing import Any

OPEN = ("ONGOING", "UNKNOWN")


def covers(lot_codes: list[str], lot: str) -> bool:
    """Whether a recall covers a lot: by exact code, range or prefix; a recall without lots covers all."""
    wanted = lot.casefold()
    for code in (code.casefold() for code in lot_codes):
        first, dash, last = code.partition("-")
        if code == wanted or (code.endswith("*") and wanted.startswith(code[:-1])):
            return True
        if dash and len(first) == len(last) == len(wanted) and first <= wanted <= last:
            return True
    return not lot_codes


def is_open_for(recall: dict[str, Any], lot: str | None) -> bool:
    """Whether an open recall applies to this lot; without a lot, to any lot of the GTIN."""
    return recall["status"] in OPEN and (lot is None or covers(recall["lot_codes"], lot))
