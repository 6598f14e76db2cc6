"""What the value of an application identifier means: a date, a quantity with its unit, an amount with its currency."""

from __future__ import annotations

from .content import iso_date

_DATES = ("11", "12", "13", "15", "16", "17", "7006")
_DATES_WITH_TIME = ("4324", "4325", "7003", "8008")
_COUNTS = ("30", "37")
# Units of 31nn to 36nn by the first three digits; the fourth is the count of decimals (General Specifications §3.6).
_UNITS = {
    **dict.fromkeys(("310", "330"), "kg"),
    **dict.fromkeys(("311", "312", "313", "331", "332", "333"), "m"),
    **dict.fromkeys(("314", "334"), "m²"),
    **dict.fromkeys(("315", "335"), "L"),
    **dict.fromkeys(("316", "336"), "m³"),
    **dict.fromkeys(("320", "340"), "lb"),
    **dict.fromkeys(("321", "324", "327", "341", "344", "347"), "in"),
    **dict.fromkeys(("322", "325", "328", "342", "345", "348"), "ft"),
    **dict.fromkeys(("323", "326", "329", "343", "346", "349"), "yd"),
    "337": "kg/m²",
    **dict.fromkeys(("350", "353"), "in²"),
    **dict.fromkeys(("351", "354"), "ft²"),
    **dict.fromkeys(("352", "355"), "yd²"),
    "356": "troy oz",
    "357": "oz",
    **dict.fromkeys(("360", "362"), "qt"),
    **dict.fromkeys(("361", "363"), "gal"),
    **dict.fromkeys(("364", "367"), "in³"),
    **dict.fromkeys(("365", "368"), "ft³"),
    **dict.fromkeys(("366", "369"), "yd³"),
}


def meaning(ai: str, value: str) -> dict[str, str]:
    """What a valid value means, {} if it stands for itself.

    `date` is ISO 8601, with the time if there is one; `number` a decimal with its `unit` or `currency` (ISO 4217, three
    digits). An amount without a currency (390n, 392n) is in the local one.
    """
    if ai in _DATES:
        return {"date": iso_date(value)}
    if ai in _DATES_WITH_TIME:
        times = [value[i : i + 2] for i in range(6, len(value), 2)]
        clock = "T" + ":".join(times if len(times) > 1 else (*times, "00")) if times else ""
        return {"date": iso_date(value[:6]) + clock}
    if ai in _COUNTS:
        return {"number": value.lstrip("0") or "0"}
    if len(ai) == 4 and ai[:3] in _UNITS:
        return {"number": _decimal(value, ai[3]), "unit": _UNITS[ai[:3]]}
    if len(ai) == 4 and ai[:3] in ("391", "393"):
        return {"number": _decimal(value[3:], ai[3]), "currency": value[:3]}
    if len(ai) == 4 and ai[:3] in ("390", "392", "395"):
        return {"number": _decimal(value, ai[3])}
    if len(ai) == 4 and ai[:3] == "394":
        return {"number": _decimal(value, ai[3]), "unit": "%"}
    return {}


def _decimal(digits: str, decimals: str) -> str:
    count = int(decimals)
    padded = digits.zfill(count + 1)
    whole, fraction = padded[: len(padded) - count].lstrip("0") or "0", padded[len(padded) - count :]
    return f"{whole}.{fraction}" if fraction else whole
