"""The price per kilogram or litre, from a price and a size as packages state it."""

from __future__ import annotations

import re
from decimal import ROUND_HALF_UP, Decimal

from ..formats.json_values import JsonObject

_SIZE = re.compile(r"(?:([0-9]{1,3}) ?x ?)?([0-9]{1,6}(?:\.[0-9]{1,3})?) ?([A-Za-z]{1,3})")
# Units as printed, and their UN/CEFACT codes, as kilograms or litres.
_UNITS = {
    **dict.fromkeys(("g", "GRM"), ("kg", Decimal("0.001"))),
    **dict.fromkeys(("kg", "KGM"), ("kg", Decimal(1))),
    **dict.fromkeys(("ml", "mL", "MLT"), ("L", Decimal("0.001"))),
    **dict.fromkeys(("cl", "cL", "CLT"), ("L", Decimal("0.01"))),
    **dict.fromkeys(("l", "L", "LTR"), ("L", Decimal(1))),
}


def unit_price(amount: str, size: str) -> JsonObject | None:
    """The amount per kg or L, rounded to a hundredth; None if the size is no single weight or volume."""
    read = _SIZE.fullmatch(size.strip())
    if read is None or read[3] not in _UNITS:
        return None
    unit, factor = _UNITS[read[3]]
    total = Decimal(read[1] or 1) * Decimal(read[2]) * factor
    if not total:
        return None
    return {"amount": str((Decimal(amount) / total).quantize(Decimal("0.01"), ROUND_HALF_UP)), "per": unit}
