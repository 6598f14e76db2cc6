"""Decode response bodies into text."""

from __future__ import annotations

import codecs
import re

_BYTE_ORDER_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
# JSON begins with two ASCII characters (RFC 4627 §3), XML and HTML with `<`: the NUL bytes reveal the code unit size.
_NUL_PATTERNS = (
    (b"[^\0]\0\0\0", "utf-32-le"),
    (b"\0\0\0[^\0]", "utf-32-be"),
    (b"[^\0]\0[^\0]\0", "utf-16-le"),
    (b"\0[^\0]\0[^\0]", "utf-16-be"),
)
_CHARSET_PARAMETER = re.compile(r"charset\s*=\s*[\"']?\s*([\w.:+-]{1,40})", re.ASCII)
_DECLARATIONS = (
    re.compile(rb"\A\s*<\?xml[^<>]{0,200}?encoding\s*=\s*[\"']([\w.:+-]{1,40})", re.IGNORECASE),
    re.compile(rb"<meta[^<>]{0,300}?charset\s*=\s*[\"']?\s*([\w.:+-]{1,40})", re.IGNORECASE),
)
# Python codecs that aren't charsets, are slow, or have several encodings for one text.
_UNUSABLE = {"idna", "punycode", "unicode-escape", "raw-unicode-escape", "undefined", "utf-7", "mbcs", "oem"}


def charset_of(content_type: str) -> str:
    """The `charset` parameter of a media type in lower case, or ''."""
    match = _CHARSET_PARAMETER.search(content_type[:500].lower())
    return match[1] if match else ""


def decode(body: bytes, content_type: str = "") -> str:
    """Decode by byte order mark, media type or declaration in the body, else as UTF-8, else as Windows-1252.

    Never fails: undecodable bytes become replacement characters.
    """
    for mark, charset in _BYTE_ORDER_MARKS:
        if body.startswith(mark):
            return body[len(mark) :].decode(charset, errors="replace")
    for charset in (charset_of(content_type), _declared_charset(body), _charset_by_nul_bytes(body)):
        if (codec := _codec(charset)) and (text := _decode_as(body, codec)) is not None:
            return text
    try:
        return body.decode()
    except UnicodeDecodeError as error:
        # A truncated body may end inside a character.
        is_utf8 = charset_of(content_type) in ("utf-8", "utf8") or error.reason == "unexpected end of data"
        return body.decode("utf-8" if is_utf8 else "cp1252", errors="replace")


def _declared_charset(body: bytes) -> str:
    matches = (pattern.search(body[:2048]) for pattern in _DECLARATIONS)
    return next((match[1].decode("ascii").lower() for match in matches if match), "")


def _charset_by_nul_bytes(body: bytes) -> str:
    start = body[:4]
    if b"\0" not in start:
        return ""
    return next((charset for pattern, charset in _NUL_PATTERNS if re.match(pattern, start, re.DOTALL)), "")


def _codec(charset: str) -> str:
    try:
        name = codecs.lookup(charset).name if charset else ""
    except (LookupError, ValueError):
        return ""
    # On the web, Latin-1 means Windows-1252 (WHATWG Encoding §4.2).
    return "" if name in _UNUSABLE else "cp1252" if name in ("iso8859-1", "ascii") else name


def _decode_as(body: bytes, charset: str) -> str | None:
    if charset == "utf-8" or (charset.startswith(("utf-16", "utf-32")) and b"\0" not in body[:64]):
        return None  # UTF-8 is the fallback anyway, and UTF-16 without NUL bytes is mislabelled one-byte text
    try:
        return body.decode(charset, errors="replace")
    except (LookupError, UnicodeError):  # not a text codec
        return None
