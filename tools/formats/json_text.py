"""Compact, cleaned JSON text that keeps every digit and every repeated key."""

from __future__ import annotations

import json
import re

from .json_values import InvalidJsonError, parse_json, to_text
from .text import clean

_MAX_LINES = 10_000
_STRING_OR_SPACE = re.compile(r'"[^"\\]*(?:\\.[^"\\]*)*"|[ \t\r\n]+')


def compact(text: str) -> str:
    """Remove whitespace between tokens of valid JSON and clean its strings.

    Parsing and serializing it would round `1.10` and 12345678901234567.5, and drop duplicate keys.
    """
    return _STRING_OR_SPACE.sub(_replace, text)


def _replace(match: re.Match[str]) -> str:
    part = match[0]
    if part[0] != '"':
        return ""
    return to_text(clean(json.loads(part))) if "\\" in part else clean(part)


def compact_lines(text: str) -> tuple[str, int, bool]:
    """Return JSON lines (or RFC 7464 sequences) as one array: its text, its length, whether any were omitted.

    Raises:
        InvalidJsonError: A line other than the last is not JSON, or there are no lines.
    """
    lines = [line for line in re.split(r"[\n\x1e]", text.removeprefix("\ufeff")) if line.strip()]
    items: list[str] = []
    for number, line in enumerate(lines[:_MAX_LINES], 1):
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
