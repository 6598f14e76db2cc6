"""The product code among a tool's arguments, with the lot, serial number and expiry date that it or they name."""

from __future__ import annotations

import re
from dataclasses import dataclass

from ..errors import InvalidArgumentsError
from ..formats.json_values import JsonObject, JsonValue, as_text
from ..formats.text import one_line
from ..gs1.code import Code, read_code
from ..gs1.content import iso_date
from ..gs1.digital_links import path_segment
from ..gs1.elements import check_element, describe_identifier
from ..gs1.errors import InvalidCodeError
from ..gs1.meaning import meaning

_AIS = {"lot": "10", "serial": "21", "expiry": "17"}
_USED = {"01", "10", "21", "17"}
_LOCAL_AMOUNTS = ("390", "392", "395")


@dataclass(frozen=True, slots=True)
class Asked:
    """A trade item that was asked about. `expiry` is YYMMDD; lot, serial and expiry are '' if they're not known.

    `other` is the GTIN-14 of a second reading of the same digits, '' if there's none.
    """

    gtin: str
    lot: str = ""
    serial: str = ""
    expiry: str = ""
    other: str = ""
    notes: tuple[str, ...] = ()

    def path(self, *, expiry: bool = False) -> str:
        """The path of its Digital Link."""
        lot, serial = (
            f"/{ai}/{path_segment(value)}" if value else "" for ai, value in (("10", self.lot), ("21", self.serial))
        )
        return f"/01/{self.gtin}{lot}{serial}" + (f"?17={self.expiry}" if expiry and self.expiry else "")

    def left_aside(self, *names: str) -> list[str]:
        """A note on those of lot, serial and expiry that are known, but that a tool can't use."""
        known = [f"{name} {getattr(self, name)}" for name in names if getattr(self, name)]
        return [f"Not used, since this is about the product as a whole: {', '.join(known)}."] if known else []


def read_asked(arguments: JsonObject) -> Asked:
    """Read the arguments `gtin`, `lot`, `serial` and `expiry`.

    Raises:
        InvalidArgumentsError: one of them is invalid, or they contradict each other.
    """
    code = read_gtin_argument(arguments["gtin"])
    asked = _asked(code)
    given = {name: _given(name, as_text(arguments.get(name)).strip()) for name in _AIS}
    for name, value in given.items():
        own = getattr(asked, name)
        if value and own and value != own:
            raise InvalidArgumentsError(
                f"{name} is {value!r}, but the code in gtin says {own!r}.",
                f"Leave {name} out, or give the GTIN alone. Nothing was sent.",
                {name: value, "gtin": one_line(str(arguments["gtin"]), 80)},
            )
    values = {name: value or getattr(asked, name) for name, value in given.items()}
    return Asked(asked.gtin, values["lot"], values["serial"], values["expiry"], asked.other, asked.notes)


def read_gtin_argument(value: JsonValue) -> Code:
    """Read one product code.

    Raises:
        InvalidArgumentsError: it's none.
    """
    written = value if isinstance(value, str | int | float) else ""
    try:
        return read_code(written)
    except InvalidCodeError as error:
        shown = one_line(str(written), 80)
        hints = [f"{gtin} may be meant" for gtin in dict.fromkeys((error.upc_e, error.other)) if gtin]
        raise InvalidArgumentsError(
            f"{shown!r} is not a valid GTIN: {error.message}.",
            f"{'; '.join(hints) + '. ' if hints else ''}Check it against the product. Nothing was sent.",
            {"gtin": shown, "reason": error.code},
        ) from None


def code_in(query: str) -> Asked | None:
    """The product code that a search query is, None if it's words."""
    try:
        code = read_code(query)
    except InvalidCodeError:
        return None
    # Six and seven digits are a UPC-E at best, and more often a number in free text.
    return _asked(code) if len(re.sub(r"[^0-9]", "", query)) >= 8 else None


def why_no_code(query: str) -> str:
    """Why a search query that looks like a product code is not one, '' if it's words."""
    try:
        read_code(query)
    except InvalidCodeError as error:
        looks_like_code = error.code not in ("empty", "non_digit") and len(re.findall(r"[0-9]", query)) >= 8
        return error.message if looks_like_code else ""
    return ""


def further_elements(code: Code) -> str:
    """What a code holds besides GTIN, lot, serial number and expiry date: `NET WEIGHT (kg) (3103) 1.250 kg`."""
    return "; ".join(_described(ai, value) for ai, value in code.elements.items() if ai not in _USED)


def _described(ai: str, value: str) -> str:
    known = meaning(ai, value)
    if "currency" in known:
        known["currency"] = f"of the currency {known['currency']} (ISO 4217)"
    elif ai[:3] in _LOCAL_AMOUNTS:
        known["currency"] = "of an unnamed currency"
    return f"{describe_identifier(ai)[0]} ({ai}) {' '.join(known.values()) or value}"


def _asked(code: Code) -> Asked:
    rest = further_elements(code)
    notes = code.notes + ((f"Also in the code, and not used: {rest}.",) if rest else ())
    other = code.other.gtin14 if code.other else ""
    return Asked(code.gtin.gtin14, code.lot, code.serial, code.elements.get("17", ""), other, notes)


def _given(name: str, value: str) -> str:
    value = value.removeprefix(f"({_AIS[name]})")  # as it's printed under a barcode
    if not value:
        return ""
    date = re.fullmatch(r"([0-9]{2})([0-9]{2})-([0-9]{2})-([0-9]{2})", value) if name == "expiry" else None
    digits = "".join(date.groups()[1:]) if date else value
    try:
        check_element(_AIS[name], digits)
    except InvalidCodeError as error:
        raise InvalidArgumentsError(
            f"{name} {one_line(value, 40)!r} is invalid: {error.message}.",
            "Copy it as it's printed (dates: YYMMDD or YYYY-MM-DD). Nothing was sent.",
            {name: one_line(value, 40)},
        ) from None
    if date and (year := iso_date(digits)[:4]) != value[:4]:
        raise InvalidArgumentsError(
            f"expiry {value} can't be in a GS1 code, in which the year {digits[:2]} is {year}.",
            "Check the year. Nothing was sent.",
            {name: value},
        )
    return digits
