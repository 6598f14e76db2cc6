"""From a value to text by its style: OpenAPI 3.1 §4.8.12 and Appendix C, and RFC 6570, which they stand on.

What these leave open is done as most servers read it. `null` among items and members is left out. An array
under `deepObject` is repeated (`a[b]=1&a[b]=2`), with `[]` where the parameter itself is one (`a[]=1`), with
numbers where it holds objects (`a[0][b]=1`). Where a style knows only scalars, deeper values are JSON.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TypeAlias
from urllib.parse import quote

from ..errors import InvalidArgumentsError
from ..formats.json_values import JsonValue, WrittenNumber
from ..formats.media_types import is_json
from ..openapi.parameter_styles import DELIMITERS

Write: TypeAlias = Callable[[str], str]
# Of RFC 3986's reserved characters those that a value can hold without being cut (`#`, `&`), read as a space (`+`)
# or refused by strict servers (`[`, `]`).
_RESERVED = ":/?@!$'()*,;="
# RFC 6265 §4.1.1 and RFC 9110 §5.6.2, without `%`: as many servers decode percent-encoding in cookies as do not.
_COOKIE_CHARACTERS = "!#$&'()*+-./:<=>?@[]^_`{|}~"
_NAME_CHARACTERS = "!#$&'*+^`|"
_MAX_SAFE_INTEGER = 2**53


@dataclass(frozen=True, slots=True)
class Writing:
    """How names, values, and the items of a delimited list are written."""

    name: Write
    value: Write
    item: Write


def percent(text: str) -> str:
    """The text percent-encoded, so that nothing in it means anything."""
    return _quoted(text, "")


def reserved(text: str) -> str:
    """The text percent-encoded but for the reserved characters that cannot end it."""
    return _quoted(text, _RESERVED)


def _quoted(text: str, safe: str) -> str:
    try:
        return quote(text, safe=safe)
    except UnicodeEncodeError:
        raise InvalidArgumentsError(
            "A value holds half a character (a lone surrogate), which cannot be sent."
        ) from None


def unchanged(text: str) -> str:
    """The text itself."""
    return text


PERCENT = Writing(percent, percent, percent)
RESERVED = Writing(percent, reserved, lambda text: _quoted(text, _RESERVED.replace(",", "")))
PLAIN = Writing(unchanged, unchanged, unchanged)
COOKIE = Writing(
    lambda text: _quoted(text, _NAME_CHARACTERS),
    lambda text: _quoted(text, _COOKIE_CHARACTERS),
    lambda text: _quoted(text, _COOKIE_CHARACTERS),
)


def scalar(value: JsonValue) -> str:
    """A value as text the way JSON writes it: `true`, not `True`; big integers exactly, whole numbers without `.0`."""
    if isinstance(value, str):
        return value
    if isinstance(value, WrittenNumber):
        return value.text
    if isinstance(value, float) and value.is_integer() and abs(value) <= _MAX_SAFE_INTEGER:
        return str(int(value))
    return "" if value is None else exact_json(value)


def content(value: JsonValue, media_type: str) -> str:
    """A value as text of a media type: JSON, unless it is text already and the media type is no JSON."""
    return value if isinstance(value, str) and not is_json(media_type) else exact_json(value)


def ascii_json(value: JsonValue) -> str:
    """A value as JSON that a header carries."""
    return exact_json(value, ascii_only=True)


def exact_json(value: JsonValue, *, ascii_only: bool = False) -> str:
    """A value as compact JSON, with every number digit by digit as it was given."""
    if isinstance(value, WrittenNumber):
        return value.text  # JSON's own grammar for numbers is the one by which it was read
    if isinstance(value, dict):
        members = (f"{json.dumps(key, ensure_ascii=ascii_only)}:{exact_json(one, ascii_only=ascii_only)}"
                   for key, one in value.items())  # fmt: skip
        return f"{{{','.join(members)}}}"
    if isinstance(value, list):
        return f"[{','.join(exact_json(one, ascii_only=ascii_only) for one in value)}]"
    return json.dumps(value, ensure_ascii=ascii_only)


def is_empty(value: JsonValue) -> bool:
    """Whether there is nothing to be written: RFC 6570 §2.3 calls such values undefined."""
    if isinstance(value, dict):
        return all(member is None for member in value.values())
    return value is None or (isinstance(value, list) and all(item is None for item in value))


def pairs(name: str, value: JsonValue, style: str, explode: bool, writing: Writing) -> list[tuple[str, str]]:
    """A value as names with values: a query, a form, a cookie."""
    if is_empty(value) and value is not None:
        return []
    own = writing.name(name)
    if isinstance(value, dict | list) and style == "deepObject":
        return list(_deep(own, value, writing, outermost=True))
    if isinstance(value, dict) and explode:
        return [pair for key, member in value.items() for pair in _repeated(writing.name(key), member, writing)]
    if isinstance(value, list) and explode:
        return _repeated(own, value, writing)
    if isinstance(value, dict | list):
        delimiter = writing.value(DELIMITERS[style]) if style in DELIMITERS else ","
        return [(own, delimiter.join(writing.item(part) for part in flat(value)))]
    return [(own, writing.value(scalar(value)))]


def flat(value: dict[str, JsonValue] | list[JsonValue]) -> list[str]:
    """The items, or the names and values in turn."""
    if isinstance(value, list):
        return [scalar(item) for item in value if item is not None]
    return [part for key, member in value.items() if member is not None for part in (key, scalar(member))]


def joined(value: JsonValue, separator: str, explode: bool, write: Write) -> str:
    """A value as one text: styles `simple` and `label`."""
    if isinstance(value, dict) and explode:
        members = ((key, member) for key, member in value.items() if member is not None)
        return separator.join(f"{write(key)}={write(scalar(member))}" for key, member in members)
    if isinstance(value, dict | list):
        return separator.join(write(part) for part in flat(value))
    return write(scalar(value))


def matrix(name: str, value: JsonValue, explode: bool) -> str:
    """A value in style `matrix` (RFC 6570 §3.2.7): `;name=value`, and `;name` where the value is empty."""
    if isinstance(value, dict | list) and not explode:
        found = [(percent(name), joined(value, ",", False, percent))]
    else:
        found = pairs(name, value, "form", True, PERCENT)
    return "".join(f";{key}={text}" if text else f";{key}" for key, text in found)


def _repeated(name: str, value: JsonValue, writing: Writing) -> list[tuple[str, str]]:
    items = value if isinstance(value, list) else [value]
    return [(name, writing.value(scalar(item))) for item in items if item is not None]


def _deep(name: str, value: JsonValue, writing: Writing, *, outermost: bool = False) -> Iterator[tuple[str, str]]:
    def inner(key: str) -> str:
        return f"{name}{writing.name('[')}{writing.name(key)}{writing.name(']')}"

    if isinstance(value, dict):
        for key, member in value.items():
            yield from _deep(inner(key), member, writing)
    elif isinstance(value, list) and any(isinstance(item, dict | list) for item in value):
        for index, item in enumerate(value):
            yield from _deep(inner(str(index)), item, writing)
    elif isinstance(value, list):
        yield from _repeated(inner("") if outermost else name, value, writing)
    elif value is not None:
        yield name, writing.value(scalar(value))
