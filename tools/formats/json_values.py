"""Untyped JSON values, and safe access to their parts."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from decimal import Decimal
from typing import TypeAlias, cast

JsonValue: TypeAlias = "bool | int | float | str | list[JsonValue] | dict[str, JsonValue] | None"
JsonObject: TypeAlias = dict[str, JsonValue]

MAX_DEPTH = 200
_TOO_LARGE = "not usable JSON: a number is too large"
_COMPACT = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))


class InvalidJsonError(ValueError):
    """The text is not JSON, or exceeds the limits on depth and numbers."""


def parse_json(body: bytes | str, *, exact: bool = False) -> JsonValue:
    """Parse one JSON value; with `exact`, a number with more digits than a float holds is a `LiteralNumber`.

    Raises:
        InvalidJsonError: with a readable reason.
    """
    try:
        # utf-8-sig: servers send a byte order mark, which RFC 8259 §8.1 lets parsers ignore.
        text = body.decode("utf-8-sig") if isinstance(body, bytes) else body
        value = cast(JsonValue, (_EXACT_DECODER if exact else _DECODER).decode(text))
    except UnicodeDecodeError as error:
        raise InvalidJsonError(f"not UTF-8 (byte {error.start})") from None
    except json.JSONDecodeError as error:
        raise InvalidJsonError(f"not JSON: {error.msg} at line {error.lineno} column {error.colno}") from None
    except RecursionError:
        raise InvalidJsonError("nested too deeply") from None
    except InvalidJsonError:
        raise
    except ValueError:  # an integer of more than 4,300 digits
        raise InvalidJsonError(_TOO_LARGE) from None
    if is_too_deep(value):
        raise InvalidJsonError(f"nested more than {MAX_DEPTH} levels deep")
    return value


def _refuse(constant: str) -> JsonValue:
    raise InvalidJsonError(f"not usable JSON: {constant} is not valid JSON")  # RFC 8259 §6


def _finite(digits: str) -> float:
    number = float(digits)
    if not math.isfinite(number):
        raise InvalidJsonError(_TOO_LARGE)
    return number


def _exact(digits: str) -> float:
    number = _finite(digits)
    is_exact = repr(number) == digits or Decimal(repr(number)) == Decimal(digits)
    return number if is_exact else LiteralNumber(digits)


_DECODER = json.JSONDecoder(parse_constant=_refuse, parse_float=_finite)
_EXACT_DECODER = json.JSONDecoder(parse_constant=_refuse, parse_float=_exact)


def is_too_deep(value: JsonValue) -> bool:
    """Whether `value` nests deeper than `MAX_DEPTH`, without recursion; what is empty is no level of its own."""
    level = containers_in([value])
    for _ in range(MAX_DEPTH):
        nodes = (node.values() if isinstance(node, dict) else node for node in level)
        level = [child for children in nodes for child in children if child and isinstance(child, (dict, list))]
        if not level:
            return False
    return True


def containers_in(value: JsonValue) -> list[JsonObject | list[JsonValue]]:
    """The objects and arrays that are direct children of `value`."""
    children = value.values() if isinstance(value, dict) else as_list(value)
    return [child for child in children if isinstance(child, (dict, list))]


def objects_in(value: JsonValue) -> Iterator[JsonObject]:
    """Yield every object in `value` at any depth, itself included."""
    pending = [value]
    while pending:
        node = pending.pop()
        if isinstance(node, dict):
            yield node
        pending += containers_in(node)


def as_object(value: JsonValue) -> JsonObject:
    """`value` if it is an object, else {}."""
    return value if isinstance(value, dict) else {}


def as_list(value: JsonValue) -> list[JsonValue]:
    """`value` if it is an array, else []."""
    return value if isinstance(value, list) else []


def as_text(value: JsonValue) -> str:
    """`value` if it is a string, else ''."""
    return value if isinstance(value, str) else ""


def to_text(value: JsonValue) -> str:
    """Serialize to compact JSON without escaping non-ASCII characters."""
    return _COMPACT.encode(value)


class LiteralNumber(float):
    """A number that remembers its literal, so that it is sent with every digit."""

    text: str

    def __new__(cls, text: str) -> LiteralNumber:
        """Parse the literal."""
        number = super().__new__(cls, text)
        number.text = text
        return number


def parse_nested(value: JsonValue) -> JsonValue:
    """Parse a string that holds a JSON object or array; return any other value unchanged."""
    if isinstance(value, str) and value.lstrip()[:1] in ("{", "["):
        try:
            return parse_json(value)
        except InvalidJsonError:
            return value
    return value
