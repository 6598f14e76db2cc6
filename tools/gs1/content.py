"""What the values of application identifiers may be: check digits, dates, times (GS1 General Specifications §3)."""

from __future__ import annotations

import calendar
import re
from collections.abc import Callable

from .check_digits import has_check_digit, has_check_pair
from .errors import WRONG_CHECK_DIGIT, ErrorCode
from .iso_codes import COUNTRY_LETTERS, COUNTRY_NUMBERS, CURRENCY_NUMBERS

# Free text, in which characters outside the GS1 set are percent-encoded.
_FREE_TEXT = re.compile(r"430[0-6]|431[0-6]|4320|725[34679]")
# §7.12 has the century depend on the current year: this is right for every date up to 2076.
_LAST_YEAR_OF_2000S = 76


class ContentError(ValueError):
    """A value that its application identifier doesn't allow."""

    def __init__(self, code: ErrorCode, message: str) -> None:
        super().__init__(message)
        self.code: ErrorCode = code


def check_content(ai: str, value: str) -> None:
    """Check a value whose characters and length are right.

    Raises:
        ContentError: a check digit, date or other content is wrong.
    """
    if ai in ("01", "02", "03") and not value.strip("0"):
        raise ContentError("all_zero", "it is all zeros")
    if ai in _CHECK_DIGITS and not has_check_digit(value[_CHECK_DIGITS[ai]]):
        raise ContentError("bad_check_digit", WRONG_CHECK_DIGIT)
    if ai in ("8013", "8014") and not has_check_pair(value):
        raise ContentError("bad_check_pair", "its check characters don't match the others")
    for days, times in _DATES.get(ai, ()):
        _check_date(value[days], day_zero=ai in _DAY_ZERO)
        _check_time(value[times])
    if _FREE_TEXT.fullmatch(ai) and re.search(r"%(?![0-9A-Fa-f]{2})", value):
        raise ContentError("bad_content", "a % in it must be followed by two hexadecimal digits")
    if ai in _RULES and not _RULES[ai](value):
        raise ContentError("bad_content", f"{value!r} is not a valid value")


def iso_date(yymmdd: str) -> str:
    """A date of six digits as ISO 8601; day 00 is the last day of the month."""
    year, month, day = (int(yymmdd[i : i + 2]) for i in (0, 2, 4))
    year += 2000 if year <= _LAST_YEAR_OF_2000S else 1900
    return f"{year:04}-{month:02}-{day or calendar.monthrange(year, month)[1]:02}"


def _check_date(digits: str, *, day_zero: bool) -> None:
    if not digits:
        return
    if len(digits) not in (6, 8):
        raise ContentError("bad_date", f"{digits} is not a date")
    year = int(digits[:-4])
    if len(digits) == 6:
        year += 2000 if year <= _LAST_YEAR_OF_2000S else 1900
    month, day = int(digits[-4:-2]), int(digits[-2:])
    if not 1 <= month <= 12 or year < 1:
        raise ContentError("bad_date", f"{digits} has no valid month")
    if not (0 if day_zero else 1) <= day <= calendar.monthrange(year, month)[1]:
        raise ContentError("bad_date", f"{digits} has no valid day")


def _check_time(digits: str) -> None:
    parts = [int(digits[i : i + 2]) for i in range(0, len(digits), 2)]
    if len(digits) % 2 or any(part > limit for part, limit in zip(parts, (23, 59, 59), strict=False)):
        raise ContentError("bad_date", f"{digits} is not a time of day")


_CHECK_DIGITS: dict[str, slice] = {
    **dict.fromkeys(("00", "01", "02", "03", "402", "8017", "8018"), slice(None)),
    **dict.fromkeys(("410", "411", "412", "413", "414", "415", "416", "417"), slice(None)),
    **dict.fromkeys(("253", "255"), slice(13)),
    **dict.fromkeys(("8006", "8026"), slice(14)),
    "8003": slice(1, 14),
}

_DAY_ZERO = frozenset(("11", "12", "13", "15", "16", "17", "4324", "4325"))
_DAY, _NONE = slice(6), slice(0)
_DATES: dict[str, tuple[tuple[slice, slice], ...]] = {
    **dict.fromkeys(("11", "12", "13", "15", "16", "17", "4326", "7006"), ((_DAY, _NONE),)),
    **dict.fromkeys(("4324", "4325", "7003", "7011", "8008"), ((_DAY, slice(6, None)),)),
    "7007": ((_DAY, _NONE), (slice(6, None), _NONE)),
    "7250": ((slice(8), _NONE),),
    "7251": ((slice(8), slice(8, None)),),
}


def _is_iban(value: str) -> bool:
    if not re.fullmatch(r"[A-Z]{2}[0-9]{2}[0-9A-Z]{7,30}", value):
        return False
    return int("".join(str(int(c, 36)) for c in value[4:] + value[:4])) % 97 == 1


def _is_piece_of_total(value: str) -> bool:
    return 1 <= int(value[14:16]) <= int(value[16:18])


def _is_position(value: str) -> bool:
    return value[0] != "0" and value[2] != "0" and value[0] <= value[2]


def _is_place(value: str) -> bool:
    return int(value[:10]) <= 1_800_000_000 and int(value[10:]) <= 3_600_000_000


def _are_dimensions(value: str) -> bool:
    return all(part.strip("0") for part in (value[:4], value[4:9], value[9:12])) and value[12] in "019"


def _are_countries(value: str) -> bool:
    return all(value[i : i + 3] in COUNTRY_NUMBERS for i in range(0, len(value), 3))


def _is_processor(value: str) -> bool:
    return value[:3] in COUNTRY_NUMBERS or value[:3] == "999"


def _starts_with_company_prefix(value: str) -> bool:
    return bool(re.match(r"[0-9]{4}", value))


_RULES: dict[str, Callable[[str], bool]] = {
    **dict.fromkeys((f"39{kind}{n}" for kind in "13" for n in range(10)), lambda value: value[:3] in CURRENCY_NUMBERS),
    "421": lambda value: value[:3] in COUNTRY_NUMBERS,
    **dict.fromkeys(("422", "423", "424", "425", "426"), _are_countries),
    **dict.fromkeys(("4307", "4317"), lambda value: value in COUNTRY_LETTERS),
    **dict.fromkeys((f"703{n}" for n in range(10)), _is_processor),
    "7040": lambda value: bool(re.fullmatch(r"[0-9A-Za-z_-]", value[3:])),
    "4309": _is_place,
    **dict.fromkeys(("4321", "4322", "4323"), lambda value: value in ("0", "1")),
    **dict.fromkeys(("4330", "4331", "4332", "4333"), lambda value: value[6:] in ("", "-")),
    "7252": lambda value: value in "0129",
    "7258": _is_position,
    "8001": _are_dimensions,
    **dict.fromkeys(("401", "7023", "8004", "8010", "8013"), _starts_with_company_prefix),
    **dict.fromkeys(("8006", "8026"), _is_piece_of_total),
    "8007": _is_iban,
    "8011": lambda value: value[0] != "0",
}
