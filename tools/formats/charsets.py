"""From bytes to text, whatever they are written in."""

from __future__ import annotations

import codecs
import re

_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
# JSON begins with two ASCII characters (RFC 4627 §3), XML and HTML with `<`: where their zeros are tells the width.
_ZEROS = (
    (b"[^\0]\0\0\0", "utf-32-le"),
    (b"\0\0\0[^\0]", "utf-32-be"),
    (b"[^\0]\0[^\0]\0", "utf-16-le"),
    (b"\0[^\0]\0[^\0]", "utf-16-be"),
)
_NAMED = re.compile(r"charset\s*=\s*[\"']?\s*([\w.:+-]{1,40})", re.ASCII)
_DECLARED = (
    re.compile(rb"\A\s*<\?xml[^<>]{0,200}?encoding\s*=\s*[\"']([\w.:+-]{1,40})", re.IGNORECASE),
    re.compile(rb"<meta[^<>]{0,300}?charset\s*=\s*[\"']?\s*([\w.:+-]{1,40})", re.IGNORECASE),
)
# Python's codecs that are no charsets, or slow, or let text be written in two ways.
_UNUSABLE = {"idna", "punycode", "unicode-escape", "raw-unicode-escape", "undefined", "utf-7", "mbcs", "oem"}


def named_charset(content_type: str) -> str:
    """The charset that a media type names, in lower case."""
    named = _NAMED.search(content_type[:500].lower())
    return named[1] if named else ""


def decoded(body: bytes, content_type: str = "") -> str:
    """The text of a body: by its byte order mark, its media type, what it says itself; else UTF-8, else Windows-1252.

    What cannot be read becomes a replacement character; nothing fails.
    """
    for mark, charset in _MARKS:
        if body.startswith(mark):
            return body[len(mark) :].decode(charset, errors="replace")
    for charset in (named_charset(content_type), _declared(body), _by_zeros(body)):
        if (known := _codec(charset)) and (text := _read(body, known)) is not None:
            return text
    try:
        return body.decode()
    except UnicodeDecodeError as error:
        # A body that was cut may end inside a character.
        lenient = "utf-8" if named_charset(content_type) in ("utf-8", "utf8") or error.start > len(body) - 4 else ""
        return body.decode(lenient or "cp1252", errors="replace")


def _declared(body: bytes) -> str:
    found = (pattern.search(body[:2048]) for pattern in _DECLARED)
    return next((match[1].decode("ascii").lower() for match in found if match), "")


def _by_zeros(body: bytes) -> str:
    return next((charset for pattern, charset in _ZEROS if re.match(pattern, body[:4], re.DOTALL)), "")


def _codec(charset: str) -> str:
    try:
        name = codecs.lookup(charset).name if charset else ""
    except (LookupError, ValueError):
        return ""
    # What calls itself Latin-1 is Windows-1252 on the web: the first has control characters where the other has text.
    return "" if name in _UNUSABLE else "cp1252" if name in ("iso8859-1", "ascii") else name


def _read(body: bytes, charset: str) -> str | None:
    """The text, where this charset can be meant."""
    if charset == "utf-8" or (charset.startswith(("utf-16", "utf-32")) and b"\0" not in body[:64]):
        return None  # UTF-8 is what is tried anyway; and one-byte text is not UTF-16, whatever it says
    try:
        return body.decode(charset, errors="replace")
    except (LookupError, UnicodeError):  # a codec, but of no text
        return None
