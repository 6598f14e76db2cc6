"""Untrusted text made safe to show to a model."""

from __future__ import annotations

import hashlib
import html
import re
from collections.abc import Callable
from datetime import UTC, datetime

from .json_values import JsonValue

# Control characters except tab and newlines; format characters (Unicode Cf: bidirectional overrides, zero width,
# byte order mark, soft hyphen, tags), which are invisible and can hide instructions; blank fillers; and the
# variation selectors beyond the sixteen that emoji use.
_INVISIBLE = re.compile(
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
_WHITESPACE = re.compile(r"\s+")


def clean(text: str) -> str:
    """Remove control, bidirectional and invisible characters."""
    return _INVISIBLE.sub("", text)


def clean_value(value: JsonValue) -> JsonValue:
    """Clean every string in a JSON value, keys included."""
    return map_text(value, clean)


def map_text(value: JsonValue, change: Callable[[str], str]) -> JsonValue:
    """Apply `change` to every string in a JSON value, keys included."""
    if isinstance(value, str):
        return change(value)
    if isinstance(value, list):
        return [map_text(item, change) for item in value]
    if isinstance(value, dict):
        return {change(key): map_text(item, change) for key, item in value.items()}
    return value


def one_line(text: str, limit: int) -> str:
    """Clean the text, put it on one line and truncate it at a word to at most `limit` characters."""
    return _truncate(_WHITESPACE.sub(" ", clean(text)).strip(), limit, " ")


def paragraph(text: str, limit: int) -> str:
    """As `one_line`, but keep line breaks."""
    return _truncate(clean(text).strip(), limit, None)


def _truncate(text: str, limit: int, separator: str | None) -> str:
    if len(text) <= limit:
        return text
    return text[: limit - 1].rsplit(separator, 1)[0].rstrip(",;:. ") + "…"


def without_markup(text: str) -> str:
    """Remove HTML tags, Markdown emphasis and the URLs of Markdown links."""
    if "<" in text:
        text = _BLOCK_TAG.sub(" ", _INLINE_TAG.sub("", text))
    if "](" in text:
        text = _LINK.sub(r"\1", text)
    if "**" in text:
        text = _EMPHASIS.sub(r"\1", text)
    return html.unescape(text) if "&" in text else text


def short_digest(text: str, length: int = 6) -> str:
    """Return the beginning of the text's SHA-256 digest in hexadecimal."""
    return hashlib.sha256(text.encode(errors="replace")).hexdigest()[:length]


def sentences(*parts: str) -> str:
    """Join the non-empty parts with spaces, each but the last ending in punctuation."""
    texts = [part for part in parts if part]
    ended = [part if part.endswith((".", "!", "?", "…", ":")) else f"{part}." for part in texts[:-1]]
    return " ".join([*ended, *texts[-1:]])


def counted(number: int, noun: str) -> str:
    """Return the number and the noun, in the plural unless the number is 1: `2 tools`."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def utc_time(seconds: float) -> str:
    """Return a Unix time in ISO 8601, such as `2026-03-06T01:05:45+00:00`."""
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="seconds")
