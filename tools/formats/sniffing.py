"""What a body is, by its first bytes, and by its media type where those leave it open."""

from __future__ import annotations

import re
from typing import Literal, TypeAlias

from .charsets import named_charset
from .media_types import essence

ContentKind: TypeAlias = Literal["text", "lines", "events", "parts", "image", "audio", "binary"]

LINES = {"application/x-ndjson", "application/ndjson", "application/jsonl", "application/x-jsonlines",
         "application/jsonlines", "application/x-json-stream", "application/stream+json", "application/json-seq",
         "text/x-ndjson"}  # fmt: skip
EVENTS = "text/event-stream"

# Models take these; an image of another kind makes some hosts refuse the whole conversation.
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
# A zip is many things, and only its media type says which; so is what Ogg holds.
_CONTAINERS = {"application/zip", "application/gzip", "audio/ogg"}
_VAGUE = {"", "application/octet-stream", "binary/octet-stream", "application/x-download", "application/force-download",
          "application/binary"}  # fmt: skip
_TEXTS = ("json", "xml", "yaml", "javascript", "x-www-form-urlencoded", "graphql", "toml", "sql", "csv", "x-sh")
_CONTROLS = re.compile(rb"[\x00-\x08\x0e-\x1a\x1c-\x1f]")


def sniff(body: bytes, content_type: str) -> tuple[ContentKind, str]:
    """The kind of a body, and the media type that it really has."""
    named = essence(content_type)
    for kinds, kind in ((_IMAGES, "image"), (_AUDIO, "audio"), (_OTHERS, "binary")):
        for magic, media_type in kinds:
            if magic.match(body[:16]):
                return _of_magic(kind, media_type, named)
    if named in LINES:
        return "lines", named
    if named == EVENTS:
        return "events", named
    if named.startswith("multipart/"):
        return "parts", named
    if _names_text(named) or _is_text(body, named_charset(content_type)):
        return "text", named
    return ("audio" if named.startswith("audio/") else "binary"), named or "application/octet-stream"


def _of_magic(kind: str, media_type: str, named: str) -> tuple[ContentKind, str]:
    if media_type in _CONTAINERS and named not in _VAGUE and not _names_text(named):
        return ("audio" if named.startswith("audio/") else "binary"), named
    if kind == "image":
        return "image", media_type
    return ("audio" if kind == "audio" else "binary"), media_type


def _names_text(named: str) -> bool:
    return named.startswith("text/") or named.endswith(_TEXTS)


def _is_text(body: bytes, charset: str) -> bool:
    """Whether bytes of a vague or wrong type can be read: without control characters, and UTF-8 or what is said."""
    head = body[:65_536]
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        return True
    if charset or _CONTROLS.search(head):
        # Frameworks name a charset for pictures too.
        return bool(charset) and not _CONTROLS.search(head)
    try:
        head.decode()
    except UnicodeDecodeError as error:
        return error.start > len(head) - 4 and len(body) > len(head)  # the cut fell into a character
    return True
