"""Detect the kind of a body by its first bytes and its media type."""

from __future__ import annotations

import re
from typing import Literal, TypeAlias

from .charsets import charset_of
from .media_types import essence

ContentKind: TypeAlias = Literal["text", "lines", "events", "parts", "image", "audio", "binary"]

LINES = {"application/x-ndjson", "application/ndjson", "application/jsonl", "application/x-jsonlines",
         "application/jsonlines", "application/x-json-stream", "application/stream+json", "application/json-seq",
         "text/x-ndjson"}  # fmt: skip
EVENTS = "text/event-stream"

# The image formats that models accept; others make some hosts reject the whole conversation.
_IMAGES = (
    (re.compile(rb"\x89PNG\r\n\x1a\n"), "image/png"),
    (re.compile(rb"\xff\xd8\xff"), "image/jpeg"),
    (re.compile(rb"GIF8[79]a"), "image/gif"),
    (re.compile(rb"RIFF....WEBP", re.DOTALL), "image/webp"),
)
_AUDIO = (
    (re.compile(rb"RIFF....WAVE", re.DOTALL), "audio/wav"),
    (re.compile(rb"ID3[\x02-\x04]|\xff[\xfb\xf3\xf2]"), "audio/mpeg"),
    (re.compile(rb"OggS\0"), "audio/ogg"),
    (re.compile(rb"fLaC"), "audio/flac"),
)
_OTHERS = (
    (re.compile(rb"%PDF-"), "application/pdf"),
    (re.compile(rb"PK\x03\x04|PK\x05\x06"), "application/zip"),
    (re.compile(rb"\x1f\x8b\x08"), "application/gzip"),
)
# Container formats, for which the declared media type is more specific.
_CONTAINERS = {"application/zip", "application/gzip", "audio/ogg"}
_SIGNATURES: dict[ContentKind, tuple[tuple[re.Pattern[bytes], str], ...]] = {
    "image": _IMAGES,
    "audio": _AUDIO,
    "binary": _OTHERS,
}
_VAGUE = {"", "application/octet-stream", "binary/octet-stream", "application/x-download", "application/force-download",
          "application/binary"}  # fmt: skip
_TEXTS = ("json", "xml", "yaml", "javascript", "x-www-form-urlencoded", "graphql", "toml", "sql", "csv", "x-sh")
_CONTROLS = re.compile(rb"[\x00-\x08\x0e-\x1a\x1c-\x1f]")


def sniff(body: bytes, content_type: str) -> tuple[ContentKind, str]:
    """The kind of a body and its actual media type."""
    declared = essence(content_type)
    for kind, signatures in _SIGNATURES.items():
        for magic, media_type in signatures:
            if magic.match(body[:16]):
                return _kind_by_magic(kind, media_type, declared)
    if declared in LINES:
        return "lines", declared
    if declared == EVENTS:
        return "events", declared
    if declared.startswith("multipart/"):
        return "parts", declared
    if _is_text_type(declared) or _is_text(body, charset_of(content_type)):
        return "text", declared
    return ("audio" if declared.startswith("audio/") else "binary"), declared or "application/octet-stream"


def _kind_by_magic(kind: ContentKind, media_type: str, declared: str) -> tuple[ContentKind, str]:
    if media_type in _CONTAINERS and declared not in _VAGUE and not _is_text_type(declared):
        return ("audio" if declared.startswith("audio/") else "binary"), declared
    return kind, media_type


def _is_text_type(media_type: str) -> bool:
    return media_type.startswith("text/") or media_type.endswith(_TEXTS)


def _is_text(body: bytes, charset: str) -> bool:
    """Whether a body of a vague or wrong type is text: no control characters, and UTF-8 or the given charset."""
    head = body[:65_536]
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        return True
    if charset or _CONTROLS.search(head):
        # Frameworks add a charset to images too.
        return bool(charset) and not _CONTROLS.search(head)
    try:
        head.decode()
    except UnicodeDecodeError as error:
        return error.start > len(head) - 4 and len(body) > len(head)  # the cut split a character
    return True
