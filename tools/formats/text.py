"""Untrusted text made safe to show to a model."""

from __future__ import annotations

import hashlib
import html
import re
from collections.abc import Callable
from datetime import UTC, datetime

from .json_values import JsonValue

# What is invisible and can hide instructions: control characters except tab and newlines; format characters (Unicode
# Cf: bidirectional overrides, zero width, byte order mark, soft hyphen); blank fillers.
_NEVER_NEEDED = re.compile(
    "[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f"
    "\u00ad\u0600-\u0605\u061c\u06dd\u070f\u0890\u0891\u08e2"
    "\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff0-\ufffb"
    "\u115f\u1160\u3164\uffa0\u2800\u034f\u17b4\u17b5"
    "\ud800-\udfff"
    "\U000110bd\U000110cd\U00013430-\U0001343f\U0001bca0-\U0001bca3\U0001d173-\U0001d17a]+"
)
# Those of them that `str.isprintable` takes for printable.
_PRINTABLE_BLANKS = "\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0"
# What is invisible too, but needed in some places: joiners, variation selectors, and tags as a whole. It begins with a
# set, for which `re` searches four times as fast as for alternatives.
_TAGS = "\U000e0000-\U000e0fff"
_SOMETIMES_NEEDED = re.compile(f"[\u180b-\u180f\u200c\u200d\ufe00-\ufe0f{_TAGS}](?:(?<=[{_TAGS}])[{_TAGS}]+)?")
# The next three are rarely needed, and compiling them takes 2 ms.
# Letters and marks that join: of Arabic and its relatives, Mongolian, and the scripts of Brahmi.
_JOINING = (
    "[\u0620-\u07ff\u0840-\u0dff\u0f40-\u0fbc\u1000-\u109f\u1780-\u17d3\u1820-\u18aa\u1a20-\u1bff\ua840-\ua8ff"
    "\ua980-\ua9df\uaa00-\uaadf\uabc0-\uabff\ufb50-\ufdff\ufe70-\ufefc\U00010ac0-\U00010aff\U00010d00-\U00010d3f"
    "\U00011000-\U000119ff\U0001e900-\U0001e95f]"
)
_EMOJI = (
    "[\u00a9\u00ae\u203c\u2049\u2122\u2139\u2194-\u21aa\u231a-\u23ff\u24c2\u25aa-\u25fe\u2600-\u27bf\u2934\u2935"
    "\u2b05-\u2b55\u3030\u303d\u3297\u3299\U0001f000-\U0001faff]"
)
# Beside emoji, what has standardized variants: mathematical operators, ideographs and their punctuation, some scripts.
_WITH_VARIANTS = (
    "[\u1000-\u109f\u2200-\u22ff\u2e80-\u9fff\ua840-\ua87f\uaa60-\uaa7f\uf900-\ufaff\uff01-\uff60\U00010ac0-\U00010aff"
    "\U00013000-\U0001342f\U00020000-\U0003ffff]"
)
# The flags of regions that emoji fonts have (UTS 51 annex C): England, Scotland, Wales.
_REGIONS = {"".join(chr(0xE0000 + ord(letter)) for letter in f"{region}\x7f") for region in ("gbeng", "gbsct", "gbwls")}
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
    """Remove control, bidirectional and invisible characters, except where scripts and emoji need them."""
    if text.isascii() and text.isprintable():
        return text
    if not text.isprintable() or any(blank in text for blank in _PRINTABLE_BLANKS):
        text = _NEVER_NEEDED.sub("", text)
    return _SOMETIMES_NEEDED.sub(_needed, text)


def _needed(invisible: re.Match[str]) -> str:
    """The characters if what is beside them needs them, else ''."""
    text, at, found = invisible.string, invisible.start(), invisible[0]
    before, after = text[at - 1 : at], text[invisible.end() : invisible.end() + 1]
    if found == "\u200c":  # zero-width non-joiner (UAX 31 §2.3)
        needed = bool(re.match(_JOINING, before) and re.match(_JOINING, after))
    elif found == "\u200d":  # zero-width joiner: also at the end of a word, and between emoji (UTS 51 §2.7)
        emoji = text[at - 2 : at - 1] if before == "\ufe0f" else before
        needed = bool(re.match(_JOINING, before) or (re.match(_EMOJI, emoji) and re.match(_EMOJI, after)))
    elif "\ufe00" <= found <= "\ufe0f":  # variation selectors; with digits, of keycaps
        keycap = found == "\ufe0f" and after == "\u20e3" and before in tuple("0123456789#*")
        needed = keycap or bool(re.match(_EMOJI, before) or re.match(_WITH_VARIANTS, before))
    elif "\u180b" <= found <= "\u180f":  # Mongolian variation selectors and vowel separator
        needed = "\u1820" <= before <= "\u18aa"
    else:
        needed = before == "\U0001f3f4" and found in _REGIONS
    return found if needed else ""


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
    """The beginning of the text's SHA-256 digest in hexadecimal."""
    return hashlib.sha256(text.encode(errors="replace")).hexdigest()[:length]


def sentences(*parts: str) -> str:
    """Join the non-empty parts with spaces, each but the last ending in punctuation."""
    texts = [part for part in parts if part]
    ended = [part if part.endswith((".", "!", "?", "…", ":")) else f"{part}." for part in texts[:-1]]
    return " ".join([*ended, *texts[-1:]])


def counted(number: int, noun: str) -> str:
    """The number and the noun, in the plural unless the number is 1: `2 tools`."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def utc_time(seconds: float) -> str:
    """A Unix time in ISO 8601, such as `2026-03-06T01:05:45+00:00`."""
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="seconds")
