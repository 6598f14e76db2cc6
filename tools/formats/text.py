"""Text from elsewhere, made safe to show to a model."""

from __future__ import annotations

import html
import re
from collections.abc import Callable

from .json_values import JsonValue

# Control characters but tab and newlines; every format character (Unicode Cf: bidirectional overrides, zero
# width, byte order mark, soft hyphen, tag characters), which show nothing and can hide an instruction;
# fillers that look empty; and the variation selectors beyond the sixteen that pictures use.
_UNSEEN = re.compile(
    "[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f"
    "\u00ad\u0600-\u0605\u061c\u06dd\u070f\u0890\u0891\u08e2\u180e"
    "\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb"
    "\u115f\u1160\u3164\uffa0\u2800\u034f\u17b4\u17b5"
    "\ud800-\udfff"
    "\U000110bd\U000110cd\U00013430-\U0001343f\U0001bca0-\U0001bca3\U0001d173-\U0001d17a"
    "\U000e0000-\U000e0fff]"
)
_INLINE_TAG = re.compile(
    r"</?(?:a|b|i|u|s|em|strong|code|span|sup|sub|small|font)(?:\s[^<>]{0,500})?/?>", re.IGNORECASE
)
_BLOCK_TAG = re.compile(
    r"</?(?:p|br|hr|pre|div|ul|ol|li|h[1-6]|table|thead|tbody|tr|td|th|img|blockquote|details|summary|dl|dt|dd|center)"
    r"(?:\s[^<>]{0,500})?/?>",
    re.IGNORECASE,
)
_LINK = re.compile(r"!?\[([^\[\]]{0,300})\]\([^()\s]{0,500}\)")
_EMPHASIS = re.compile(r"\*\*(?=\S)([^*\n]{1,200})(?<=\S)\*\*")
_BLANKS = re.compile(r"\s+")


def clean(text: str) -> str:
    """The text without control, bidirectional and invisible characters."""
    return _UNSEEN.sub("", text)


def clean_value(value: JsonValue) -> JsonValue:
    """The same JSON value with every string in it, keys too, cleaned."""
    return map_text(value, clean)


def map_text(value: JsonValue, change: Callable[[str], str]) -> JsonValue:
    """The same JSON value with every string in it, keys too, changed."""
    if isinstance(value, str):
        return change(value)
    if isinstance(value, list):
        return [map_text(item, change) for item in value]
    if isinstance(value, dict):
        return {change(key): map_text(item, change) for key, item in value.items()}
    return value


def one_line(text: str, limit: int) -> str:
    """The text cleaned, on one line, cut at a word so that it has at most `limit` characters."""
    flat = _BLANKS.sub(" ", clean(text)).strip()
    if len(flat) <= limit:
        return flat
    return flat[: limit - 1].rsplit(" ", 1)[0].rstrip(",;:. ") + "…"


def paragraph(text: str, limit: int) -> str:
    """The text cleaned, its line breaks kept, cut at a word so that it has at most `limit` characters."""
    kept = clean(text).strip()
    if len(kept) <= limit:
        return kept
    return kept[: limit - 1].rsplit(None, 1)[0].rstrip(",;:. ") + "…"


def without_markup(text: str) -> str:
    """The text without HTML's tags, and with the words of Markdown's links instead of their URLs."""
    if "<" in text:
        text = _BLOCK_TAG.sub(" ", _INLINE_TAG.sub("", text))
    if "](" in text:
        text = _LINK.sub(r"\1", text)
    if "**" in text:
        text = _EMPHASIS.sub(r"\1", text)
    return html.unescape(text) if "&" in text else text


def sentences(*parts: str) -> str:
    """The parts that say something, each ended, in one line."""
    said = [part for part in parts if part]
    ended = [part if part.endswith((".", "!", "?", "…", ":")) else f"{part}." for part in said[:-1]]
    return " ".join([*ended, *said[-1:]])
