"""Files as arguments: an object with the bytes as base64 or, if the settings allow it, with a path."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from mimetypes import MimeTypes

from ..errors import InvalidArgumentsError
from ..formats.json_values import JsonObject, JsonValue, as_object, as_text
from ..formats.media_types import BYTES, essence, is_media_type, matches
from ..formats.sniffing import sniff
from ..openapi.operation import Body
from ..schema.file_schemas import FILE_OR_PATH

_KEYS = set(as_object(FILE_OR_PATH["properties"]))
# Python's own table, so that requests don't depend on the machine.
_TYPES = MimeTypes(filenames=())


@dataclass(frozen=True, slots=True)
class File:
    """A file as it was given; `content_type` may be empty."""

    content: bytes
    filename: str
    content_type: str

    def media_type(self, accepted: Sequence[str]) -> str:
        """The media type to send: the given one, else by the file name or the first bytes, else the first accepted one.

        Raises:
            InvalidArgumentsError: the service doesn't accept the given one.
        """
        if self.content_type:
            if accepted and not matches(self.content_type, accepted):
                if BYTES in map(essence, accepted):
                    return BYTES
                raise InvalidArgumentsError(
                    f"The service doesn't accept {self.content_type} for this file, only {', '.join(accepted)}."
                )
            return self.content_type
        named = _TYPES.guess_type(self.filename)[0]
        if named and (not accepted or matches(named, accepted)):
            return named
        kind, detected = sniff(self.content, "")
        if kind in ("image", "audio") and matches(detected, accepted):
            return detected
        return next((media_type for media_type in accepted if "*" not in media_type), BYTES)


def is_file(value: JsonValue) -> bool:
    """Whether a value is a file as in `FILE` or `FILE_OR_PATH`."""
    return isinstance(value, dict) and bool({"base64", "path"} & set(value)) and set(value) <= _KEYS


def files_in(body: Body, value: JsonValue) -> list[JsonObject]:
    """The files that a value gives where the body takes them."""
    fields = as_object(value).items()
    places = [value] if body.kind == "binary" else [field for name, field in fields if body.part(name).file]
    items = [item for place in places for item in (place if isinstance(place, list) else [place])]
    return [as_object(item) for item in items if is_file(item)]


def fitting_body(body: Body, value: JsonValue) -> Body:
    """The alternative that takes the files of a value, if the body itself doesn't."""
    return next((other for other in body.alternatives if files_in(other, value)), body)


def parse_file(value: JsonValue, attachments: Mapping[str, bytes]) -> File:
    """The file that a value gives; `attachments` are the contents of files by path.

    Raises:
        InvalidArgumentsError: the value is not a valid file.
    """
    given = as_object(value)
    texts = {key: as_text(text) for key, text in given.items()}
    valid = is_file(value) and all(isinstance(text, str) for text in given.values())
    if not valid or ("base64" in given) == ("path" in given):
        raise InvalidArgumentsError('A file is given as {"base64": "...", "filename": "...", "content_type": "..."}.')
    if "path" in texts:
        if texts["path"] not in attachments:
            raise InvalidArgumentsError(f"The file {texts['path'][:200]!r} was not read.")
        content, name = attachments[texts["path"]], re.split(r"[/\\]", texts["path"])[-1]
    else:
        content, name = _decoded(texts["base64"]), ""
    filename, content_type = texts.get("filename", name), texts.get("content_type", "")
    if re.search(r"[/\\\x00-\x1f\x7f]", filename):
        raise InvalidArgumentsError(
            f"Invalid `filename` {filename[:80]!r}: it must not contain folders or control characters."
        )
    if content_type and ("*" in content_type or not is_media_type(content_type)):
        raise InvalidArgumentsError(
            f"Invalid `content_type` {content_type[:80]!r}: expected a media type such as image/png."
        )
    return File(content, filename, content_type)


def _decoded(text: str) -> bytes:
    """Decode base64 of either alphabet, with or without line breaks and padding."""
    plain = re.sub(r"\s+", "", text).translate(str.maketrans("-_", "+/")).rstrip("=")
    try:
        return base64.b64decode(plain + "=" * (-len(plain) % 4), validate=True)
    except (binascii.Error, ValueError) as error:
        raise InvalidArgumentsError(f"Invalid `base64` of a file: {error}.") from None


def extension(media_type: str) -> str:
    """The file extension of a media type, with its dot."""
    return _TYPES.guess_extension(media_type.partition(";")[0].strip()) or ""
