"""What media types say of a body: how it is written, and whether one is among those that are taken (RFC 9110 §8.3)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Literal, TypeAlias

BodyFormat: TypeAlias = Literal["json", "lines", "form", "multipart", "text", "binary"]

BYTES = "application/octet-stream"
FORM = "application/x-www-form-urlencoded"
_NAME = r"[A-Za-z0-9!#$%&'*+.^_`|~-]+"
_MEDIA_TYPE = re.compile(rf'{_NAME}/{_NAME}([ \t]*;[ \t]*{_NAME}=({_NAME}|"[ !#-\[\]-~]*"))*[ \t]*;?')
_JSON = re.compile(r"application/(.+\+)?(x-)?json|text/(x-)?json|application/\*|\*/\*")
_LINES = re.compile(r"application/(.+\+)?(x-)?(ndjson|jsonl|jsonlines|json-lines|json-seq)|text/(x-)?(ndjson|jsonl)")
_TEXT = re.compile(
    r"text/.+|.+\+(xml|yaml)|application/(x-)?(xml|yaml|graphql|javascript|ecmascript|sql|toml|n-triples"
    r"|sparql-query|sparql-update|jwt|jose|pgp-encrypted|pkcs10|x-pem-file|cql)"
)


def is_media_type(text: str) -> bool:
    """Whether it is written as a media type or a range of them, and can stand in a header."""
    return len(text) <= 300 and bool(_MEDIA_TYPE.fullmatch(text))


def essence(media_type: str) -> str:
    """The media type without its parameters, in small letters."""
    return media_type.partition(";")[0].strip().lower()


def is_json(media_type: str) -> bool:
    """Whether what is of this media type is one JSON value."""
    return bool(_JSON.fullmatch(essence(media_type)))


def body_format(media_type: str, *, says_bytes: bool, says_text: bool) -> BodyFormat:
    """How a body of this media type is written; where that leaves it open, what its schema says decides."""
    plain = essence(media_type)
    if plain == FORM:
        return "form"
    if plain.startswith("multipart/"):
        return "multipart"
    if says_bytes and plain in ("*/*", "application/*"):
        return "binary"
    if _LINES.fullmatch(plain):
        return "lines"
    if is_json(plain):
        return "json"
    if says_bytes:
        return "binary"
    known = _TEXT.fullmatch(plain) or (says_text and plain.startswith("application/") and plain != BYTES)
    return "text" if known else "binary"


def sendable(media_type: str, kind: BodyFormat) -> str:
    """The media type itself, or for a range (`text/*`) the one of it that is sent."""
    if "*" not in essence(media_type):
        return media_type
    instead: dict[BodyFormat, str] = {
        "json": "application/json",
        "multipart": "multipart/form-data",
        "text": "text/plain",
    }
    return instead.get(kind, BYTES)


def matches(media_type: str, accepted: Sequence[str]) -> bool:
    """Whether a media type is one of these, some of which may be ranges."""
    wanted = essence(media_type)
    return any(_fits(wanted, essence(one)) for one in accepted)


def _fits(wanted: str, one: str) -> bool:
    return one in ("*/*", wanted) or (one.endswith("/*") and wanted.startswith(one[:-1]))
