"""Compact, cleaned JSON text that keeps every digit and every repeated key."""

from __future__ import annotations

import json
import re

from .json_values import InvalidJsonError, JsonValue, parse_json, to_text
from .text import clean

# Tokens without space between them.
_TOKENS = re.compile(r'(?:"[^"\\]*+(?:\\.[^"\\]*+)*+"|[^" \t\r\n]++)++')
# All before the next string with an escape, and that string.
_ESCAPED = re.compile(r'((?:[^"]*+"[^"\\]*+")*+[^"]*+)("[^"\\]*+(?:\\.[^"\\]*+)++")')
_TOKEN = re.compile(r'"[^"\\]*(?:\\.[^"\\]*)*"|[\[\]{},]', re.DOTALL)
_CLOSING = {"[": "]", "{": "}"}
_UNFINISHED = re.compile(
    r'\s*(?P<colon>:?)\s*(?P<whole>"(?:[^\\]++|\\u[0-9A-Fa-f]{4}|\\[^u])*+)(?:\\(?:u[0-9A-Fa-f]{0,3})?)?', re.DOTALL
)

# Shorter texts gain too little.
_LONG = 100_000
_SPACE = b" \t\r\n"
# The escapes of control characters that cleaning removes.
_CONTROLS = (r"\u00", r"\b", r"\f")


def read_json(text: str) -> tuple[JsonValue, str, bool]:
    """Parse JSON; return its value, its `compact` text, and whether the value is exactly what that text says.

    Raises:
        InvalidJsonError: as `parse_json`.
    """
    if len(text) >= _LONG and (written := _written_again(text)):
        value, listed = written
        shown = clean(listed)
        return value, shown, shown == listed
    return parse_json(text), compact(text), False


def _written_again(text: str) -> tuple[JsonValue, str] | None:
    """The value of JSON, and that written again, if this differs from the text only by space between tokens.

    If it does not, nothing was lost: no digit and no repeated key. Other texts, such as those with the number 1.10,
    take three times as long.
    """
    from pydantic_core import from_json, to_json

    try:
        value: JsonValue = from_json(text, allow_inf_nan=False, cache_strings="keys")
        if "\\u" in text:  # by a service that sends ASCII only
            written, alike = to_text(value), json.dumps(value)
        else:
            written = alike = to_json(value).decode()
        is_same = alike.encode().translate(None, _SPACE) == text.encode().translate(None, _SPACE)
    except (ValueError, TypeError):  # not JSON, nested too deeply, or with half of a surrogate pair
        return None
    return (value, written) if is_same and not any(escape in written for escape in _CONTROLS) else None


def compact(text: str) -> str:
    """Remove whitespace between tokens of valid JSON and clean its strings.

    Parsing and serializing it would round `1.10` and 12345678901234567.5, and drop duplicate keys.
    """
    text, at = "".join(_TOKENS.findall(text)), 0
    parts: list[str] = []
    while "\\" in text and (found := _ESCAPED.match(text, at)):
        parts += (clean(found[1]), to_text(clean(json.loads(found[2]))))
        at = found.end()
    return "".join((*parts, clean(text[at:])))


def compact_lines(text: str) -> tuple[str, int, bool]:
    """JSON lines (or RFC 7464 sequences) as one array: its text, its length, whether the last was incomplete.

    Raises:
        InvalidJsonError: A line other than the last is not JSON, or there are no lines.
    """
    lines = [line for line in re.split(r"[\n\x1e]", text.removeprefix("\ufeff")) if line.strip()]
    items: list[str] = []
    for number, line in enumerate(lines, 1):
        try:
            parse_json(line)
        except InvalidJsonError as error:
            if number < len(lines) or not items:
                raise InvalidJsonError(f"line {number} is {error}") from None
            break
        items.append(compact(line))
    if not items:
        raise InvalidJsonError("it has no lines")
    return f"[{','.join(items)}]", len(items), len(lines) > len(items)


def closed(text: str) -> str:
    """JSON text that ends too early without its last incomplete item, and with the brackets closed.

    A string value that is incomplete ends where the text ends.
    """
    brackets: list[str] = []
    complete = at = 0
    for token in _TOKEN.finditer(text):
        at, mark = token.end(), token[0]
        if mark in _CLOSING:
            brackets.append(_CLOSING[mark])
        elif mark in ("]", "}") and brackets:
            brackets.pop()
        if mark[0] != '"':
            complete = token.start() if mark == "," else at
    ending = "".join(reversed(brackets))
    string = _UNFINISHED.fullmatch(text, at)
    if string and (string["colon"] or brackets[-1:] == ["]"]):
        return f'{text[: string.end("whole")]}"{ending}'
    return text[:complete] + ending
