"""From the argument `body` to the bytes that go out: a function of its inputs, no more."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from ..errors import InvalidArgumentsError
from ..formats.json_values import InvalidJsonError, JsonObject, JsonValue, as_object, parse_json
from ..formats.media_types import essence, is_json
from ..openapi.bodies import Body
from ..openapi.forms import Part
from .file_arguments import extension, is_file, parse_file
from .styles import PERCENT, PLAIN, RESERVED, exact_json, pairs, percent, scalar


@dataclass(frozen=True, slots=True)
class Encoded:
    """A body and its media type; neither where there is nothing to send."""

    content: bytes | None
    content_type: str


def encode_body(body: Body, value: JsonValue, attached: Mapping[str, bytes]) -> Encoded:
    """The body in the way that its media type is written.

    `attached` is what the files hold that are given by their path.

    Raises:
        InvalidArgumentsError: the value cannot be written so.
    """
    match body.kind:
        case "json":
            return Encoded(_utf8(exact_json(value)), body.media_type)
        case "lines":
            return Encoded(_utf8(_lines(value, body.media_type)), body.media_type)
        case "form":
            text = value if isinstance(value, str) else encode_fields(_fields(value), body.parts)
            return Encoded(_utf8(text), body.media_type)
        case "multipart":
            return _multipart(body, _fields(value), attached)
        case "text":
            return _text(value if isinstance(value, str) else scalar(value), body.media_type)
        case "binary":
            file = parse_file(value, attached)
            accepted = body.media_types or (body.media_type,)
            return Encoded(file.content, file.media_type(accepted))


def _fields(value: JsonValue) -> JsonObject:
    if value is not None and not isinstance(value, dict):
        raise InvalidArgumentsError("A form is an object: the names of its fields, and their values.")
    return as_object(value)


def _utf8(text: str) -> bytes:
    try:
        return text.encode()
    except UnicodeEncodeError:
        raise InvalidArgumentsError(
            "The body holds half a character (a lone surrogate), which cannot be sent."
        ) from None


def _lines(value: JsonValue, media_type: str) -> str:
    if isinstance(value, str):
        return value if value.endswith("\n") else f"{value}\n"
    before = "\x1e" if essence(media_type).endswith("json-seq") else ""  # RFC 7464 §2.2
    return "".join(f"{before}{exact_json(item)}\n" for item in (value if isinstance(value, list) else [value]))


def _text(text: str, media_type: str) -> Encoded:
    charset = re.search(r';\s*charset="?([\w.:-]+)', media_type, re.IGNORECASE)
    if charset is None:
        # Of old, text without a charset was ASCII or worse; XML would believe its own declaration (RFC 7303 §3).
        return Encoded(_utf8(text), media_type if text.isascii() else f"{media_type}; charset=utf-8")
    try:
        return Encoded(text.encode(charset[1]), media_type)
    except (UnicodeEncodeError, LookupError):
        raise InvalidArgumentsError(f"The body cannot be written in {charset[1]}, as the service wants it.") from None


def encode_fields(fields: JsonObject, parts: Iterable[Part]) -> str:
    """Fields as `application/x-www-form-urlencoded`; `null` is what was left out."""
    special = {part.name: part for part in parts}
    found: list[tuple[str, str]] = []
    for name, value in fields.items():
        part = special.get(name, Part(name))
        writing = RESERVED if part.allow_reserved else PERCENT
        if part.style:
            found += pairs(name, value, part.style, part.explode, writing)
        else:
            found += [(percent(name), percent(text)) for text, _ in _as_content(value, part.content_type)]
    return "&".join(f"{name}={text}" for name, text in found)


def _as_content(value: JsonValue, content_type: str) -> list[tuple[str, str]]:
    """A field as texts, each with its media type where it needs one: of an array each item, of objects their JSON."""
    types = [one.strip() for one in content_type.split(",") if one.strip()]
    json_type = next((one for one in types if is_json(one)), "")
    if value is None:
        return []
    if isinstance(value, list) and not json_type:
        return [pair for item in value for pair in _as_content(item, content_type)]
    if isinstance(value, dict | list):
        return [(exact_json(value), json_type or "application/json")]
    if json_type and not (isinstance(value, str) and _holds_json(value)):
        return [(exact_json(value), json_type)]
    return [(scalar(value), next((one for one in types if "*" not in one), ""))]


def _holds_json(text: str) -> bool:
    """Whether the text is an object or array already, as it is given for a string that holds JSON."""
    try:
        return isinstance(parse_json(text), dict | list)
    except InvalidJsonError:
        return False


def _multipart(body: Body, fields: JsonObject, attached: Mapping[str, bytes]) -> Encoded:
    texts: list[bytes] = []
    files: list[bytes] = []
    for name, value in fields.items():
        part = body.part(name)
        items = value if isinstance(value, list) else [value]
        if part.file and any(is_file(item) for item in items):
            files += [_file_part(name, part, item, attached) for item in items if item is not None]
        elif part.style:
            texts += [_part(key, text, "", part) for key, text in pairs(name, value, part.style, part.explode, PLAIN)]
        else:
            texts += [_part(name, text, media, part) for text, media in _as_content(value, part.content_type)]
    # Servers that read a form as it comes want to know its fields before its files.
    return _enclosed([*texts, *files], body.media_type)


def _enclosed(parts: Sequence[bytes], media_type: str) -> Encoded:
    # What depends on the parts alone gives the same request for the same arguments, and is in none of them.
    boundary = hashlib.sha256(b"\n".join(parts)).hexdigest()[:40]
    between = f"--{boundary}\r\n".encode()
    content = b"".join(between + part + b"\r\n" for part in parts) + f"--{boundary}--\r\n".encode()
    kept = re.sub(r'\s*;\s*boundary=("[^"]*"|[^;]*)', "", media_type, flags=re.IGNORECASE).rstrip("; ")
    return Encoded(content, f"{kept}; boundary={boundary}")


def _part(name: str, text: str, media_type: str, part: Part) -> bytes:
    return _head(name, None, media_type, part) + _utf8(text)


def _file_part(name: str, part: Part, value: JsonValue, attached: Mapping[str, bytes]) -> bytes:
    file = parse_file(value, attached)
    accepted = [one.strip() for one in part.content_type.split(",") if one.strip()]
    media_type = file.media_type(accepted)
    # Without a name servers take a file for a plain field.
    filename = file.filename or (re.sub(r"[^\w.-]+", "_", name) or "file") + extension(media_type)
    return _head(name, filename, media_type, part) + file.content


def _head(name: str, filename: str | None, media_type: str, part: Part) -> bytes:
    disposition = f'Content-Disposition: form-data; name="{_quoted(name)}"'
    if filename is not None:
        disposition += f'; filename="{_quoted(filename)}"'
    lines = [disposition, *(f"{header}: {value}" for header, value in part.headers)]
    if media_type:
        lines.append(f"Content-Type: {media_type}")
    return _utf8("\r\n".join(lines) + "\r\n\r\n")


def _quoted(text: str) -> str:
    """A name inside quotes, as browsers write it (RFC 7578 §4.2 and HTML: multipart/form-data encoding algorithm)."""
    return text.replace('"', "%22").replace("\r", "%0D").replace("\n", "%0A")
