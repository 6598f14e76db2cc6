"""`structuredContent` of results that are JSON objects."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import cast

from ..formats.json_values import JsonObject, JsonValue, is_too_deep

# Beyond this, JavaScript rounds integers.
_LARGEST_INTEGER = 2**53 - 1


def structured_object(text: str) -> JsonObject | None:
    """The JSON object that the text is, or None if it would lose repeated keys or digits, or is very deep."""
    if not text.startswith("{"):
        return None
    try:
        value = _DECODER.decode(text)
    except (ValueError, RecursionError):
        return None
    return None if is_too_deep(value) else cast(JsonObject, value)


def _distinct(members: list[tuple[str, JsonValue]]) -> JsonObject:
    value = dict(members)
    if len(value) < len(members):
        raise ValueError("a key is repeated")
    return value


def _integer(digits: str) -> int:
    number = int(digits)
    if abs(number) > _LARGEST_INTEGER:
        raise ValueError("too large for an exact number")
    return number


def _number(digits: str) -> float:
    number = float(digits)
    if Decimal(repr(number)) != Decimal(digits):
        raise ValueError("too many digits for an exact number")
    return number


_DECODER = json.JSONDecoder(object_pairs_hook=_distinct, parse_int=_integer, parse_float=_number)
