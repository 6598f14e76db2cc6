"""JSON for the model: compact and cleaned, and otherwise as it was written, each digit and each repeated key."""

from __future__ import annotations

import json
import re

from .json_values import InvalidJsonError, parse_json, to_text
from .text import clean

_MOST_LINES = 10_000
_PART = re.compile(r'"[^"\\]*(?:\\.[^"\\]*)*"|[ \t\r\n]+')


def compact(text: str) -> str:
    """Valid JSON without the spaces between its parts, its strings cleaned; numbers are not touched.

    To read and write it anew would round `1.10` and 12345678901234567.5, and lose one of two equal keys.
    """
    return _PART.sub(_part, text)


def _part(match: re.Match[str]) -> str:
    part = match[0]
    if part[0] != '"':
        return ""
    return to_text(clean(json.loads(part))) if "\\" in part else clean(part)


def compact_lines(text: str) -> tuple[str, int, bool]:
    """JSON texts one after another (lines, or RFC 7464) as one list: its text, its length, whether some were left out.

    Raises:
        InvalidJsonError: a line is none; the last one may be cut.
    """
    lines = [line for line in re.split(r"[\n\x1e]", text.removeprefix("\ufeff")) if line.strip()]
    found: list[str] = []
    for number, line in enumerate(lines[:_MOST_LINES], 1):
        try:
            parse_json(line)
        except InvalidJsonError as error:
            if number < len(lines) or not found:
                raise InvalidJsonError(f"line {number} is {error}") from None
            return _listed(found), len(found), True
        found.append(compact(line))
    if not found:
        raise InvalidJsonError("it has no lines")
    return _listed(found), len(found), len(lines) > len(found)


def _listed(items: list[str]) -> str:
    return f"[{','.join(items)}]"
