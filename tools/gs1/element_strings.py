"""GS1 element strings: bracketed as printed, or raw as a scanner sends them."""

from __future__ import annotations

import re

from .elements import Elements, check_combination, check_element, check_elements, find_identifier, value_lengths
from .errors import InvalidCodeError

# What a scanner sends in place of FNC1.
SEPARATOR = "\x1d"

_BRACKETED = re.compile(r"\(([0-9]{2,4})\)((?:\\\(|[^(])*)")


def parse_bracketed(text: str) -> Elements:
    r"""Parse `(01)...(10)...`; a bracket inside a value is written `\(`.

    Raises:
        InvalidCodeError: it isn't an element string, or a value is invalid.
    """
    elements: list[tuple[str, str]] = []
    position = 0
    while position < len(text) or not elements:
        element = _BRACKETED.match(text, position)
        if element is None:
            raise InvalidCodeError("malformed", f"no application identifier in brackets at {text[position:][:20]!r}")
        elements.append((element[1], element[2].replace("\\(", "(")))
        position = element.end()
    check_elements(tuple(elements))
    return tuple(elements)


def parse_raw(data: str) -> Elements:
    """Parse what a scanner sends: identifiers and values, the variable ones ended by a separator.

    Raises:
        InvalidCodeError: it isn't an element string, or a value is invalid.
    """
    if not data.strip(SEPARATOR):
        raise InvalidCodeError("empty", "it is empty")
    elements: list[tuple[str, str]] = []
    rest = data.lstrip(SEPARATOR)
    while rest:
        identifier = find_identifier(rest[:4])
        if identifier is None:
            raise InvalidCodeError("unknown_ai", f"no application identifier at {rest[:20]!r}")
        ai, after = identifier.ai, rest[len(identifier.ai) :]
        # The predefined lengths need no separator, but may have one (§7.8.5).
        end = len(after.partition(SEPARATOR)[0])
        if not identifier.separator_required:
            end = min(end, value_lengths(ai)[1])
        check_element(ai, after[:end])
        elements.append((ai, after[:end]))
        rest = after[end:].lstrip(SEPARATOR)
    check_combination(tuple(elements))
    return tuple(elements)


def swallowed_tail(elements: Elements) -> str:
    """What may be further elements at the end of a raw string's last value, or "".

    A scanner that drops separators makes a lot swallow the date after it; the string alone does not show which.
    """
    if not elements:
        return ""
    ai, value = elements[-1]
    least, greatest = value_lengths(ai)
    if least == greatest:
        return ""
    for start in range(1, len(value) - 2):
        tail = value[start:]
        identifier = find_identifier(tail[:4])
        if identifier is None or identifier.separator_required or identifier.ai in (a for a, _ in elements):
            continue
        if len(tail) == len(identifier.ai) + value_lengths(identifier.ai)[1]:
            try:
                check_element(identifier.ai, tail[len(identifier.ai) :])
            except InvalidCodeError:
                continue
            return tail
    return ""
