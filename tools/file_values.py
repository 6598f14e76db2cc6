"""How an agent gives a file: an object with its bytes as base64, or with its path where the settings allow that."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from mimetypes import MimeTypes

from .errors import BadArguments
from .json_values import JsonObject, JsonValue, as_list, as_object, as_text
from .media_types import BYTES, essence, is_media_type, matches

FILE: JsonObject = {
    "type": "object",
    "description": "A file: its bytes as base64.",
    "properties": {
        "base64": {"type": "string"},
        "filename": {"type": "string"},
        "content_type": {"type": "string"},
    },
    "required": ["base64"],
    "additionalProperties": False,
}
FILE_OR_PATH: JsonObject = {
    "type": "object",
    "description": "A file: its bytes as base64, or its path in a folder that the settings allow.",
    "properties": {**as_object(FILE["properties"]), "path": {"type": "string"}},
    "additionalProperties": False,
}
# What stands for a file while a form's schema is converted, whatever that does with formats.
MARK = "(a file of closient-mcp)"
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
            BadArguments: what was given is none of those that the service takes.
        """
        if self.content_type:
            if accepted and not matches(self.content_type, accepted):
                if any(essence(one) == BYTES for one in accepted):  # bytes of any kind
                    return BYTES
                raise BadArguments(f"A file of {self.content_type} is not taken here; {', '.join(accepted)} is.")
            return self.content_type
        guessed = _TYPES.guess_type(self.filename)[0]
        if guessed and (not accepted or matches(guessed, accepted)):
            return guessed
        return next((one for one in accepted if "*" not in one), BYTES)


def is_bytes(schema: JsonObject) -> bool:
    """Whether a schema of the document means bytes as they are: OpenAPI 3.0 §4.7.24, 3.1 §4.8.14.2."""
    kind = schema.get("type", "string")
    if kind != "string" and not (isinstance(kind, list) and set(map(as_text, kind)) == {"string", "null"}):
        return False
    if schema.get("format") == "binary":
        return True
    media_type = as_text(schema.get("contentMediaType"))
    # Text inside a string is given as text.
    return bool(media_type) and "contentEncoding" not in schema and not re.match(r"text/|.*json|.*xml", media_type)


def is_file(value: JsonValue) -> bool:
    """Whether a value is a file, as `FILE` or `FILE_OR_PATH` has it."""
    return isinstance(value, dict) and bool({"base64", "path"} & set(value)) and set(value) <= _KEYS


def with_files(schema: JsonObject, file: JsonObject = FILE) -> JsonObject:
    """A form's converted schema where each field that is a file is given as one."""
    result = dict(schema)
    if "properties" in schema:
        fields = as_object(schema["properties"]).items()
        result["properties"] = {name: _field(as_object(value), file) for name, value in fields}
    if isinstance(extra := schema.get("additionalProperties"), dict):
        result["additionalProperties"] = _field(extra, file)
    return result


def _field(schema: JsonObject, file: JsonObject) -> JsonObject:
    if MARK in (values := as_list(schema.get("enum"))) or _is_file_schema(schema):
        told = as_text(schema.get("description")).removesuffix(as_text(FILE["description"])).rstrip(". ")
        given = {**file, "description": f"{told}. {file['description']}"} if told else dict(file)
        return {"anyOf": [given, {"type": "null"}]} if None in values else given
    result = dict(schema)
    if "items" in schema:
        result["items"] = _field(as_object(schema["items"]), file)
    if "anyOf" in schema:
        result["anyOf"] = [_field(as_object(branch), file) for branch in as_list(schema["anyOf"])]
    return result


def _is_file_schema(schema: JsonObject) -> bool:
    return as_object(schema.get("properties")) == FILE["properties"]


def allow_paths(schema: JsonObject) -> JsonObject:
    """The schema of a body where files may also be given by their path."""
    return _field(schema, FILE_OR_PATH) if _is_file_schema(schema) else with_files(schema, FILE_OR_PATH)


def read_file_value(value: JsonValue, attached: Mapping[str, bytes]) -> File:
    """The file that a value is; `attached` is what the files hold that are given by their path.

    Raises:
        BadArguments: it is no file, or not as it has to be written.
    """
    given = as_object(value)
    texts = {key: as_text(text) for key, text in given.items()}
    wrong = any(not isinstance(text, str) for text in given.values())
    if wrong or not is_file(value) or ("base64" in given) == ("path" in given):
        raise BadArguments('A file is given as {"base64": "...", "filename": "...", "content_type": "..."}.')
    if "path" in texts:
        if texts["path"] not in attached:
            raise BadArguments(f"The file {texts['path'][:200]!r} was not read.")
        content, name = attached[texts["path"]], re.split(r"[/\\]", texts["path"])[-1]
    else:
        content, name = _decoded(texts["base64"]), ""
    filename, content_type = texts.get("filename", name), texts.get("content_type", "")
    if re.search(r"[/\\\x00-\x1f\x7f]", filename):
        raise BadArguments(f"{filename[:80]!r} is no `filename`: it has no folders and no control characters in it.")
    if content_type and ("*" in content_type or not is_media_type(content_type)):
        raise BadArguments(f"{content_type[:80]!r} is no `content_type`, such as image/png.")
    return File(content, filename, content_type)


def _decoded(text: str) -> bytes:
    """Base64 in either alphabet, with or without line breaks and padding."""
    plain = re.sub(r"\s+", "", text).translate(str.maketrans("-_", "+/")).rstrip("=")
    try:
        return base64.b64decode(plain + "=" * (-len(plain) % 4), validate=True)
    except (binascii.Error, ValueError) as error:
        raise BadArguments(f"`base64` of a file is no base64: {error}.") from None


def extension(media_type: str) -> str:
    """The ending of files of a media type, with its dot."""
    return _TYPES.guess_extension(media_type.partition(";")[0].strip()) or ""
