"""How an agent gives a file: an object with its bytes as base64, or with its path where the settings allow that."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from mimetypes import MimeTypes

from ..errors import InvalidArgumentsError
from ..formats.json_values import JsonValue, as_object, as_text
from ..formats.media_types import BYTES, essence, is_media_type, matches
from ..schema.file_schemas import FILE_OR_PATH

_KEYS = set(as_object(FILE_OR_PATH["properties"]))
# Python's own table: what this machine has besides must not decide what is sent.
_TYPES = MimeTypes(filenames=())


@dataclass(frozen=True, slots=True)
class File:
    """A file as it was given; `content_type` is empty where nothing was said of it."""

    content: bytes
    filename: str
    content_type: str

    def media_type(self, accepted: Sequence[str]) -> str:
        """The media type in which it is sent: as given, else as its name says, else what is accepted.

        Raises:
            InvalidArgumentsError: what was given is none of those that the service takes.
        """
        if self.content_type:
            if accepted and not matches(self.content_type, accepted):
                if any(essence(one) == BYTES for one in accepted):  # bytes of any kind
                    return BYTES
                raise InvalidArgumentsError(
                    f"A file of {self.content_type} is not taken here; {', '.join(accepted)} is."
                )
            return self.content_type
        guessed = _TYPES.guess_type(self.filename)[0]
        if guessed and (not accepted or matches(guessed, accepted)):
            return guessed
        return next((one for one in accepted if "*" not in one), BYTES)


def is_file(value: JsonValue) -> bool:
    """Whether a value is a file, as `FILE` or `FILE_OR_PATH` has it."""
    return isinstance(value, dict) and bool({"base64", "path"} & set(value)) and set(value) <= _KEYS


def parse_file(value: JsonValue, attached: Mapping[str, bytes]) -> File:
    """The file that a value is; `attached` is what the files hold that are given by their path.

    Raises:
        InvalidArgumentsError: it is no file, or not as it has to be written.
    """
    given = as_object(value)
    texts = {key: as_text(text) for key, text in given.items()}
    wrong = any(not isinstance(text, str) for text in given.values())
    if wrong or not is_file(value) or ("base64" in given) == ("path" in given):
        raise InvalidArgumentsError('A file is given as {"base64": "...", "filename": "...", "content_type": "..."}.')
    if "path" in texts:
        if texts["path"] not in attached:
            raise InvalidArgumentsError(f"The file {texts['path'][:200]!r} was not read.")
        content, name = attached[texts["path"]], re.split(r"[/\\]", texts["path"])[-1]
    else:
        content, name = _decoded(texts["base64"]), ""
    filename, content_type = texts.get("filename", name), texts.get("content_type", "")
    if re.search(r"[/\\\x00-\x1f\x7f]", filename):
        raise InvalidArgumentsError(
            f"{filename[:80]!r} is no `filename`: it has no folders and no control characters in it."
        )
    if content_type and ("*" in content_type or not is_media_type(content_type)):
        raise InvalidArgumentsError(f"{content_type[:80]!r} is no `content_type`, such as image/png.")
    return File(content, filename, content_type)


def _decoded(text: str) -> bytes:
    """Base64 in either alphabet, with or without line breaks and padding."""
    plain = re.sub(r"\s+", "", text).translate(str.maketrans("-_", "+/")).rstrip("=")
    try:
        return base64.b64decode(plain + "=" * (-len(plain) % 4), validate=True)
    except (binascii.Error, ValueError) as error:
        raise InvalidArgumentsError(f"`base64` of a file is no base64: {error}.") from None


def extension(media_type: str) -> str:
    """The ending of files of a media type, with its dot."""
    return _TYPES.guess_extension(media_type.partition(";")[0].strip()) or ""
