"""Media types (RFC 9110 §8.3)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Literal, TypeAlias

BodyFormat: TypeAlias = Literal["json", "lines", "form", "multipart", "text", "binary"]

BYTES = "application/octet-stream"
FORM = "application/x-www-form-urlencoded"
_NAME = r"[A-Za-z0-9!#$%&'*+.^_`|~-]+"
TOKEN = re.compile(_NAME)  # RFC 9110 §5.6.2
_MEDIA_TYPE = re.compile(rf'{_NAME}/{_NAME}([ \t]*;[ \t]*{_NAME}=({_NAME}|"[ !#-\[\]-~]*"))*[ \t]*;?')
_JSON = re.compile(r"application/(.+\+)?(x-)?json|text/(x-)?json|application/\*|\*/\*")
_LINES = re.compile(r"application/(.+\+)?(x-)?(ndjson|jsonl|jsonlines|json-lines|json-seq)|text/(x-)?(ndjson|jsonl)")
_TEXT = re.compile(
    r"text/.+|.+\+(xml|yaml)|application/(x-)?(xml|yaml|graphql|javascript|ecmascript|sql|toml|n-triples"
    r"|sparql-query|sparql-update|jwt|jose|pgp-encrypted|pkcs10|x-pem-file|cql)"
)


def is_media_type(text: str) -> bool:
    """Whether the text is a media type or range that is safe in a header."""
    return len(text) <= 300 and bool(_MEDIA_TYPE.fullmatch(text))


def essence(media_type: str) -> str:
    """The media type without parameters, in lower case."""
    return media_type.partition(";")[0].strip().lower()


def is_json(media_type: str) -> bool:
    """Whether bodies of this media type are single JSON values."""
    return bool(_JSON.fullmatch(essence(media_type)))


def body_format(media_type: str, *, binary_schema: bool, string_schema: bool) -> BodyFormat:
    """How a body is serialized: by its media type, and by its schema where that leaves it open."""
    plain = essence(media_type)
    if plain == FORM:
        return "form"
    if plain.startswith("multipart/"):
        return "multipart"
    if binary_schema and plain in ("*/*", "application/*"):
        return "binary"
    if _LINES.fullmatch(plain):
        return "lines"
    if is_json(plain):
        return "json"
    if binary_schema:
        return "binary"
    is_text = _TEXT.fullmatch(plain) or (string_schema and plain.startswith("application/") and plain != BYTES)
    return "text" if is_text else "binary"


def concrete_type(media_type: str, kind: BodyFormat) -> str:
    """The media type, or for a range (`text/*`) the concrete type to send."""
    if "*" not in essence(media_type):
        return media_type
    return {"json": "application/json", "multipart": "multipart/form-data", "text": "text/plain"}.get(kind, BYTES)


def matches(media_type: str, accepted: Sequence[str]) -> bool:
    """Whether a media type is among the accepted types and ranges."""
    plain = essence(media_type)
    return any(
        allowed in ("*/*", plain) or (allowed.endswith("/*") and plain.startswith(allowed[:-1]))
        for allowed in map(essence, accepted)
    )
