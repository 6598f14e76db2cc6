"""Serializing values by style: OpenAPI 3.1 §4.8.12 and Appendix C, which build on RFC 6570.

Undefined cases follow what most servers expect. `null` items and members are omitted. In `deepObject`, an array is
repeated (`a[b]=1&a[b]=2`), with `[]` if it is the parameter itself (`a[]=1`) and with indexes if it holds objects
(`a[0][b]=1`). Where a style defines only scalars, nested values are JSON.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TypeAlias
from urllib.parse import quote

from ..errors import InvalidArgumentsError
from ..formats.json_values import JsonValue, LiteralNumber
from ..formats.media_types import is_json
from ..openapi.parameter_styles import DELIMITERS

Encode: TypeAlias = Callable[[str], str]
# The reserved characters of RFC 3986, without those that end a value (`#`, `&`), mean a space (`+`), or are rejected
# by strict servers (`[`, `]`).
_RESERVED = ":/?@!$'()*,;="
# RFC 6265 §4.1.1 and RFC 9110 §5.6.2, without `%`, because only some servers decode it in cookies.
_COOKIE_CHARACTERS = "!#$&'()*+-./:<=>?@[]^_`{|}~"
_NAME_CHARACTERS = "!#$&'*+^`|"
_MAX_SAFE_INTEGER = 2**53


@dataclass(frozen=True, slots=True)
class Encoders:
    """How names, values, and the items of a delimited list are encoded."""

    name: Encode
    value: Encode
    item: Encode


def percent(text: str) -> str:
    """Percent-encode all reserved characters."""
    return _quoted(text, "")


def reserved(text: str) -> str:
    """Percent-encode all but the reserved characters that are safe in a value."""
    return _quoted(text, _RESERVED)


def _quoted(text: str, safe: str) -> str:
    try:
        return quote(text, safe=safe)
    except UnicodeEncodeError:
        raise InvalidArgumentsError(
            r"A value contains half of a UTF-16 surrogate pair (such as \ud83d), which cannot be sent.",
            "Remove or replace it.",
        ) from None


def unchanged(text: str) -> str:
    """Don't encode."""
    return text


PERCENT = Encoders(percent, percent, percent)
RESERVED = Encoders(percent, reserved, lambda text: _quoted(text, _RESERVED.replace(",", "")))
PLAIN = Encoders(unchanged, unchanged, unchanged)
COOKIE = Encoders(
    lambda text: _quoted(text, _NAME_CHARACTERS),
    lambda text: _quoted(text, _COOKIE_CHARACTERS),
    lambda text: _quoted(text, _COOKIE_CHARACTERS),
)


def scalar(value: JsonValue) -> str:
    """A scalar as in JSON: `true`, not `True`; big integers exactly, integers without `.0`."""
    if isinstance(value, str):
        return value
    if isinstance(value, LiteralNumber):
        return value.text
    if isinstance(value, float) and value.is_integer() and abs(value) <= _MAX_SAFE_INTEGER:
        return str(int(value))
    return "" if value is None else exact_json(value)


def content(value: JsonValue, media_type: str) -> str:
    """A value as JSON, unless it is a string and the media type isn't JSON."""
    return value if isinstance(value, str) and not is_json(media_type) else exact_json(value)


def ascii_json(value: JsonValue) -> str:
    """A value as ASCII JSON, for headers."""
    return exact_json(value, ascii_only=True)


def exact_json(value: JsonValue, *, ascii_only: bool = False) -> str:
    """A value as compact JSON, with numbers exactly as given."""
    if isinstance(value, LiteralNumber):
        return value.text  # parsed as a JSON number, so it is one
    if isinstance(value, dict):
        members = (f"{json.dumps(key, ensure_ascii=ascii_only)}:{exact_json(member, ascii_only=ascii_only)}"
                   for key, member in value.items())  # fmt: skip
        return f"{{{','.join(members)}}}"
    if isinstance(value, list):
        return f"[{','.join(exact_json(item, ascii_only=ascii_only) for item in value)}]"
    return json.dumps(value, ensure_ascii=ascii_only)


def is_empty(value: JsonValue) -> bool:
    """Whether a value is undefined in the sense of RFC 6570 §2.3."""
    if isinstance(value, dict):
        return all(member is None for member in value.values())
    return value is None or (isinstance(value, list) and all(item is None for item in value))


def pairs(name: str, value: JsonValue, style: str, explode: bool, encoders: Encoders) -> list[tuple[str, str]]:
    """Serialize a value as names with values, for a query, form or cookie."""
    if is_empty(value) and value is not None:
        return []
    own = encoders.name(name)
    if isinstance(value, dict | list) and style == "deepObject":
        return list(_deep_object(own, value, encoders, outermost=True))
    if isinstance(value, dict) and explode:
        return [pair for key, member in value.items() for pair in _repeated(encoders.name(key), member, encoders)]
    if isinstance(value, list) and explode:
        return _repeated(own, value, encoders)
    if isinstance(value, dict | list):
        delimiter = encoders.value(DELIMITERS[style]) if style in DELIMITERS else ","
        return [(own, delimiter.join(encoders.item(part) for part in flatten(value)))]
    return [(own, encoders.value(scalar(value)))]


def flatten(value: dict[str, JsonValue] | list[JsonValue]) -> list[str]:
    """The items of an array, or the names and values of an object in turn."""
    if isinstance(value, list):
        return [scalar(item) for item in value if item is not None]
    return [part for key, member in value.items() if member is not None for part in (key, scalar(member))]


def joined(value: JsonValue, separator: str, explode: bool, encode: Encode) -> str:
    """Serialize a value as one string (styles `simple` and `label`)."""
    if isinstance(value, dict) and explode:
        members = ((key, member) for key, member in value.items() if member is not None)
        return separator.join(f"{encode(key)}={encode(scalar(member))}" for key, member in members)
    if isinstance(value, dict | list):
        return separator.join(encode(part) for part in flatten(value))
    return encode(scalar(value))


def matrix(name: str, value: JsonValue, explode: bool) -> str:
    """Serialize a value in style `matrix` (RFC 6570 §3.2.7): `;name=value`, or `;name` if the value is empty."""
    if isinstance(value, dict | list) and not explode:
        encoded = [(percent(name), joined(value, ",", False, percent))]
    else:
        encoded = pairs(name, value, "form", True, PERCENT)
    return "".join(f";{key}={text}" if text else f";{key}" for key, text in encoded)


def _repeated(name: str, value: JsonValue, encoders: Encoders) -> list[tuple[str, str]]:
    items = value if isinstance(value, list) else [value]
    return [(name, encoders.value(scalar(item))) for item in items if item is not None]


def _deep_object(
    name: str, value: JsonValue, encoders: Encoders, *, outermost: bool = False
) -> Iterator[tuple[str, str]]:
    def inner(key: str) -> str:
        return f"{name}{encoders.name('[')}{encoders.name(key)}{encoders.name(']')}"

    if isinstance(value, dict):
        for key, member in value.items():
            yield from _deep_object(inner(key), member, encoders)
    elif isinstance(value, list) and any(isinstance(item, dict | list) for item in value):
        for index, item in enumerate(value):
            yield from _deep_object(inner(str(index)), item, encoders)
    elif isinstance(value, list):
        yield from _repeated(inner("") if outermost else name, value, encoders)
    elif value is not None:
        yield name, encoders.value(scalar(value))
