"""JSON as it arrives: values whose shape nobody has promised."""

from __future__ import annotations

import json
import math
from typing import TypeAlias, cast

JsonValue: TypeAlias = "bool | int | float | str | list[JsonValue] | dict[str, JsonValue] | None"
JsonObject: TypeAlias = dict[str, JsonValue]

MAX_DEPTH = 200


class InvalidJsonError(ValueError):
    """The bytes are not JSON, or JSON that no honest document would hold."""


def parse_json(body: bytes | str) -> JsonValue:
    """Read one JSON value.

    Raises:
        InvalidJsonError: with a reason that a person can read.
    """
    try:
        # utf-8-sig: real servers send a byte order mark, which RFC 8259 §8.1 lets a reader ignore.
        text = body.decode("utf-8-sig") if isinstance(body, bytes) else body
        value = cast(JsonValue, json.loads(text, parse_constant=_refuse, parse_float=_finite))
    except UnicodeDecodeError as error:
        raise InvalidJsonError(f"not UTF-8 (byte {error.start})") from None
    except json.JSONDecodeError as error:
        raise InvalidJsonError(f"not JSON: {error.msg} at line {error.lineno} column {error.colno}") from None
    except RecursionError:
        raise InvalidJsonError("nested too deeply") from None
    except ValueError as error:  # an integer of more than 4,300 digits
        raise InvalidJsonError(f"not usable JSON: {error}") from None
    if depth_exceeds(value, MAX_DEPTH):
        raise InvalidJsonError(f"nested more than {MAX_DEPTH} levels deep")
    return value


def _refuse(constant: str) -> JsonValue:
    raise ValueError(f"{constant} is no JSON")  # RFC 8259 §6


def _finite(digits: str) -> float:
    number = float(digits)
    if not math.isfinite(number):
        raise ValueError("a number is too large")
    return number


def depth_exceeds(value: JsonValue, limit: int) -> bool:
    """Whether `value` nests deeper than `limit`; itself without recursion."""
    level: list[JsonValue] = [value]
    for _ in range(limit):
        level = [child for node in level for child in _children(node)]
        if not level:
            return False
    return True


def _children(value: JsonValue) -> list[JsonValue]:
    if isinstance(value, dict):
        return [child for child in value.values() if isinstance(child, dict | list)]
    if isinstance(value, list):
        return [child for child in value if isinstance(child, dict | list)]
    return []


def as_object(value: JsonValue) -> JsonObject:
    """`value` if it is an object, else an empty one."""
    return value if isinstance(value, dict) else {}


def as_list(value: JsonValue) -> list[JsonValue]:
    """`value` if it is an array, else an empty one."""
    return value if isinstance(value, list) else []


def as_text(value: JsonValue) -> str:
    """`value` if it is a string, else an empty one."""
    return value if isinstance(value, str) else ""


def to_text(value: JsonValue) -> str:
    """The value as compact JSON, readable in any language."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


class WrittenNumber(float):
    """A number that was written as text, with that text: so it can be sent digit by digit."""

    def __new__(cls, text: str) -> WrittenNumber:
        """The number that the text is."""
        made = super().__new__(cls, text)
        made.text = text
        return made

    text: str


def structure(value: JsonValue) -> JsonValue:
    """The object or array that a text is, else the value itself."""
    if isinstance(value, str) and value.lstrip()[:1] in ("{", "["):
        try:
            return parse_json(value)
        except InvalidJsonError:
            return value
    return value
