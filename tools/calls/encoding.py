"""Encoding the argument `body` as the bytes of the request."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from ..errors import InvalidArgumentsError
from ..formats.json_values import InvalidJsonError, JsonObject, JsonValue, as_object, parse_json
from ..formats.media_types import essence, is_json
from ..openapi.operation import Body, Part
from .file_arguments import extension, fitting_body, is_file, parse_file
from .styles import PERCENT, PLAIN, RESERVED, exact_json, pairs, percent, scalar


@dataclass(frozen=True, slots=True)
class EncodedBody:
    """The bytes of a body and its media type."""

    content: bytes
    content_type: str


def encode_body(body: Body, value: JsonValue, attachments: Mapping[str, bytes]) -> EncodedBody:
    """Encode a value in the media type of the body; `attachments` are the contents of files by path.

    Raises:
        InvalidArgumentsError: the value cannot be encoded so.
    """
    body = fitting_body(body, value)
    match body.kind:
        case "json":
            return EncodedBody(_utf8(exact_json(value)), body.media_type)
        case "lines":
            return EncodedBody(_utf8(_lines(value, body.media_type)), body.media_type)
        case "form":
            text = value if isinstance(value, str) else encode_fields(_fields(value), body.parts)
            return EncodedBody(_utf8(text), body.media_type)
        case "multipart":
            return _multipart(body, _fields(value), attachments)
        case "text":
            return _text(value if isinstance(value, str) else scalar(value), body.media_type)
        case "binary":
            file = parse_file(value, attachments)
            accepted = body.media_types or (body.media_type,)
            return EncodedBody(file.content, file.media_type(accepted))


def _fields(value: JsonValue) -> JsonObject:
    if value is not None and not isinstance(value, dict):
        raise InvalidArgumentsError("The body of a form must be an object of fields.")
    return as_object(value)


def _utf8(text: str) -> bytes:
    try:
        return text.encode()
    except UnicodeEncodeError:
        raise InvalidArgumentsError(
            r"The body contains half of a UTF-16 surrogate pair (such as \ud83d), which cannot be sent.",
            "Remove or replace it.",
        ) from None


def _lines(value: JsonValue, media_type: str) -> str:
    if isinstance(value, str):
        return value if value.endswith("\n") else f"{value}\n"
    separator = "\x1e" if essence(media_type).endswith("json-seq") else ""  # RFC 7464 §2.2
    return "".join(f"{separator}{exact_json(item)}\n" for item in (value if isinstance(value, list) else [value]))


def _text(text: str, media_type: str) -> EncodedBody:
    charset = re.search(r';\s*charset="?([\w.:-]+)', media_type, re.IGNORECASE)
    if charset is None:
        # The default charset of text is not UTF-8, and XML would use its own declaration (RFC 7303 §3).
        return EncodedBody(_utf8(text), media_type if text.isascii() else f"{media_type}; charset=utf-8")
    try:
        return EncodedBody(text.encode(charset[1]), media_type)
    except (UnicodeEncodeError, LookupError):
        raise InvalidArgumentsError(f"The body cannot be encoded as {charset[1]}, which the service expects.") from None


def encode_fields(fields: JsonObject, parts: Iterable[Part]) -> str:
    """Encode fields as `application/x-www-form-urlencoded`, without those that are null."""
    by_name = {part.name: part for part in parts}
    encoded: list[tuple[str, str]] = []
    for name, value in fields.items():
        part = by_name.get(name, Part(name))
        encoders = RESERVED if part.allow_reserved else PERCENT
        if part.style:
            encoded += pairs(name, value, part.style, part.explode, encoders)
        else:
            encoded += [(percent(name), percent(text)) for text, _ in _contents(value, part.content_type)]
    return "&".join(f"{name}={text}" for name, text in encoded)


def _contents(value: JsonValue, content_type: str) -> list[tuple[str, str]]:
    """A field as texts with their media types: each item of an array, and objects as JSON."""
    types = [media_type.strip() for media_type in content_type.split(",") if media_type.strip()]
    json_type = next(filter(is_json, types), "")
    if value is None:
        return []
    if isinstance(value, list) and not json_type:
        return [pair for item in value for pair in _contents(item, content_type)]
    if isinstance(value, dict | list):
        return [(exact_json(value), json_type or "application/json")]
    if json_type and not (isinstance(value, str) and _is_json_text(value)):
        return [(exact_json(value), json_type)]
    return [(scalar(value), next((media_type for media_type in types if "*" not in media_type), ""))]


def _is_json_text(text: str) -> bool:
    """Whether the text is an object or array in JSON already."""
    try:
        return isinstance(parse_json(text), dict | list)
    except InvalidJsonError:
        return False


def _multipart(body: Body, fields: JsonObject, attachments: Mapping[str, bytes]) -> EncodedBody:
    texts: list[bytes] = []
    files: list[bytes] = []
    for name, value in fields.items():
        part = body.part(name)
        items = value if isinstance(value, list) else [value]
        if part.file and any(is_file(item) for item in items):
            files += [_file_part(name, part, item, attachments) for item in items if item is not None]
        elif part.style:
            texts += [_part(key, text, "", part) for key, text in pairs(name, value, part.style, part.explode, PLAIN)]
        else:
            texts += [_part(name, text, media, part) for text, media in _contents(value, part.content_type)]
    # Servers that stream a form need its fields before its files.
    return _join_parts([*texts, *files], body.media_type)


def _join_parts(parts: Sequence[bytes], media_type: str) -> EncodedBody:
    # A digest occurs in no part, and is the same for the same arguments.
    boundary = hashlib.sha256(b"\n".join(parts)).hexdigest()[:40]
    delimiter = f"--{boundary}\r\n".encode()
    content = b"".join(delimiter + part + b"\r\n" for part in parts) + f"--{boundary}--\r\n".encode()
    plain = re.sub(r'\s*;\s*boundary=("[^"]*"|[^;]*)', "", media_type, flags=re.IGNORECASE).rstrip("; ")
    return EncodedBody(content, f"{plain}; boundary={boundary}")


def _part(name: str, text: str, media_type: str, part: Part) -> bytes:
    return _part_head(name, None, media_type, part) + _utf8(text)


def _file_part(name: str, part: Part, value: JsonValue, attachments: Mapping[str, bytes]) -> bytes:
    file = parse_file(value, attachments)
    accepted = [media_type.strip() for media_type in part.content_type.split(",") if media_type.strip()]
    media_type = file.media_type(accepted)
    # Servers treat a file without a name as a plain field.
    filename = file.filename or (re.sub(r"[^\w.-]+", "_", name) or "file") + extension(media_type)
    return _part_head(name, filename, media_type, part) + file.content


def _part_head(name: str, filename: str | None, media_type: str, part: Part) -> bytes:
    disposition = f'Content-Disposition: form-data; name="{_quoted(name)}"'
    if filename is not None:
        disposition += f'; filename="{_quoted(filename)}"'
    lines = [disposition, *(f"{header}: {value}" for header, value in part.headers)]
    if media_type:
        lines.append(f"Content-Type: {media_type}")
    return _utf8("\r\n".join(lines) + "\r\n\r\n")


def _quoted(text: str) -> str:
    """Escape a name as browsers do (RFC 7578 §4.2 and HTML: multipart/form-data encoding algorithm)."""
    return text.replace('"', "%22").replace("\r", "%0D").replace("\n", "%0A")
