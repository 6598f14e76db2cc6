"""Application identifiers and their values: format, content and what may stand together.

The table is biip's; it is imported lazily because importing it takes a fifth of a second and 25 MB. The inner format of
coupons (8110, 8112) isn't checked.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING

from .content import ContentError, check_content
from .errors import InvalidCodeError
from .keys import KEYS

if TYPE_CHECKING:
    from biip.gs1_application_identifiers import GS1ApplicationIdentifier

Elements = tuple[tuple[str, str], ...]

_AI = re.compile(r"[0-9]{2,4}")
_COMPONENT = re.compile(r"([+\[]*)([NXYZ])(\.\.)?([0-9]+)")
_SETS = {
    "N": re.compile(r"[0-9]*"),
    "X": re.compile(r"[!-\"%-?A-Z_a-z]*"),
    "Y": re.compile(r"[#\-/0-9A-Z]*"),
    "Z": re.compile(r"[0-9A-Za-z_\-]*={0,2}"),
}


@lru_cache(maxsize=2048)
def find_identifier(data: str) -> GS1ApplicationIdentifier | None:
    """The application identifier that `data` starts with, at most four digits long."""
    from biip import ParseError
    from biip.gs1_application_identifiers import GS1ApplicationIdentifier

    if not data.isascii():
        return None
    try:
        return GS1ApplicationIdentifier.extract(data)
    except ParseError:
        return None


def is_identifier(text: str) -> bool:
    """Whether the text is exactly one known application identifier."""
    found = find_identifier(text) if _AI.fullmatch(text) else None
    return found is not None and found.ai == text


@lru_cache(maxsize=1024)
def value_lengths(ai: str) -> tuple[int, int]:
    """The least and the greatest length of an identifier's value."""
    least = greatest = 0
    for prefix, _, variable, count in _components(ai):
        greatest += int(count)
        # A variable part after another may be absent, as in 423; the pattern knows where it isn't.
        least += 0 if "[" in prefix or (variable and least) else 1 if variable else int(count)
    return least, greatest


def check_element(ai: str, value: str) -> None:
    """Check a value against the format and content that its identifier prescribes.

    Raises:
        InvalidCodeError: it doesn't conform.
    """
    identifier = find_identifier(ai)
    if identifier is None or identifier.ai != ai:
        raise InvalidCodeError("unknown_ai", f"({ai}) is not a GS1 application identifier")
    try:
        _check_format(ai, value)
        check_content(ai, value)
        # biip's patterns use \d, which without re.ASCII takes digits of all scripts; for 8010 and 8030 they are
        # stricter than the dictionary.
        if ai not in ("8010", "8030") and not re.fullmatch(identifier.pattern, ai + value, re.ASCII):
            raise ContentError("bad_content", f"{value!r} doesn't have the format {identifier.format}")
    except ContentError as error:
        key = KEYS[ai][0] if ai in KEYS and ai != "01" else ""
        raise InvalidCodeError(error.code, f"({ai}) {identifier.data_title}: {error}", key=key) from None


def _check_format(ai: str, value: str) -> None:
    least, greatest = value_lengths(ai)
    if not value:
        raise ContentError("empty_value", "it has no value")
    rest = value
    for _, kind, variable, count in _components(ai):
        part, rest = (rest, "") if variable else (rest[: int(count)], rest[int(count) :])
        if not _SETS[kind].fullmatch(part):
            only = "digits 0-9" if kind == "N" else "characters of the GS1 set (letters, digits, some signs)"
            raise ContentError("bad_charset", f"only {only} are allowed, but it has {part[:40]!r}")
    if len(value) > greatest:
        raise ContentError("value_too_long", f"it has {len(value)} characters, at most {greatest} are allowed")
    if len(value) < least:
        raise ContentError("value_too_short", f"it has {len(value)} characters, at least {least} are required")


def check_combination(elements: Elements) -> None:
    """Check that no element is given twice with different values, and that no two exclude each other.

    Raises:
        InvalidCodeError: one is, or they do.
    """
    seen: dict[str, str] = {}
    for ai, value in elements:
        if seen.setdefault(ai, value) != value:
            raise InvalidCodeError("duplicate_ai", f"({ai}) is given twice with different values")
    for ai in seen:
        for other in seen:
            if ai != other and _excludes(ai, other):
                raise InvalidCodeError("exclusive_ais", f"({ai}) and ({other}) can't stand together")
    if "8030" in seen and (unsigned := [ai for ai, length in _SERIALIZED.items() if len(seen.get(ai, "")) == length]):
        raise InvalidCodeError("bad_content", f"({unsigned[0]}) needs its serial number beside a signature (8030)")


def check_elements(elements: Elements) -> None:
    """Check each element and their combination.

    Raises:
        InvalidCodeError: one is invalid.
    """
    for ai, value in elements:
        check_element(ai, value)
    check_combination(elements)


def describe_identifier(ai: str) -> tuple[str, str]:
    """The title and the description of a known identifier: `BATCH/LOT` and `Batch or lot number` for 10."""
    identifier = find_identifier(ai)
    assert identifier is not None
    return identifier.data_title, identifier.description


def _components(ai: str) -> list[tuple[str, str, str, str]]:
    identifier = find_identifier(ai)
    described = identifier.format.partition("+")[2] if identifier else ""
    described = described.replace("[N1..N2]", "[N..2]").replace("[-]", "[X1]")
    return _COMPONENT.findall(described)


# Keys whose serial number is optional, and their length without it.
_SERIALIZED = {"253": 13, "255": 13, "8003": 14}

# The dictionary's `ex`: identifiers that can't stand with others; a trailing n is any digit.
_EXCLUDED: dict[str, tuple[str, ...]] = {
    "01": ("255", "37"),
    "02": ("01", "03"),
    "03": ("01", "02", "37"),
    "21": ("235",),
    "255": ("01", "02", "415", "8006", "8020", "8026"),
    "420": ("421",),
    "421": ("4307",),
    "422": ("426",),
    "423": ("426",),
    "424": ("426",),
    "425": ("426",),
    "390n": ("390n", "391n", "394n", "8111"),
    "391n": ("391n",),
    "392n": ("392n", "393n"),
    "393n": ("393n",),
    "394n": ("394n", "8111"),
    "395n": ("392n", "393n", "395n", "8005"),
    "4330": ("4331",),
    "4332": ("4333",),
    "7240": ("03",),
    "7250": ("7251",),
    "7253": ("7256", "7259"),
    "7254": ("7256", "7259"),
    "7255": ("7256", "7259"),
    "7259": ("7256",),
    "8006": ("01", "03", "37"),
    "8017": ("8018",),
    "8026": ("02", "03", "8006"),
}


def _excludes(ai: str, other: str) -> bool:
    if ai[:2] in ("31", "32", "33", "34", "35", "36"):  # measures: one count of decimals only
        return ai[:3] == other[:3]
    excluded = _EXCLUDED.get(ai) or (_EXCLUDED.get(f"{ai[:3]}n") if len(ai) == 4 else None) or ()
    return other in excluded or (len(other) == 4 and f"{other[:3]}n" in excluded)
