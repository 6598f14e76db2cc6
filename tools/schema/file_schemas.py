"""The schemas of files in arguments."""

from __future__ import annotations

import re

from ..formats.json_values import JsonObject, as_list, as_object, as_text

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
# Marks a file while a form's schema is converted, which drops formats.
MARK = "(a file of closient-mcp)"


_FORMATS = {"binary", "file", "octet-stream", "blob"}
_TEXT = re.compile(r"text/|.*(json|xml|yaml|csv|urlencoded|javascript|\*/\*)", re.IGNORECASE)


def is_binary(schema: JsonObject, content_type: str = "") -> bool:
    """Whether a schema of a document describes raw bytes, in any of the spellings of OpenAPI and its generators.

    `content_type` is the media type of the field (OpenAPI 3.0 §4.7.24, 3.1 §4.8.14.2), if the document has it.
    """
    kinds = schema.get("type", "string")
    if not {as_text(kind) for kind in (kinds if isinstance(kinds, list) else [kinds])} <= {"string", "file", "null"}:
        return False
    encoding = as_text(schema.get("contentEncoding")).lower()
    if kinds == "file" or as_text(schema.get("format")).lower() in _FORMATS or encoding == "binary":
        return True
    if encoding or "enum" in schema or "const" in schema:
        return False  # base64, which is given as text
    media_type = as_text(schema.get("contentMediaType")) or ("" if "format" in schema else content_type)
    return bool(media_type) and not _TEXT.match(media_type)


def with_files(schema: JsonObject, file: JsonObject = FILE) -> JsonObject:
    """Replace the marked fields in a form's converted schema by the schema of a file."""
    result = dict(schema)
    if "properties" in schema:
        fields = as_object(schema["properties"]).items()
        result["properties"] = {name: _field(as_object(value), file) for name, value in fields}
    if isinstance(extra := schema.get("additionalProperties"), dict):
        result["additionalProperties"] = _field(extra, file)
    return result


def _field(schema: JsonObject, file: JsonObject) -> JsonObject:
    if MARK in (values := as_list(schema.get("enum"))) or _is_file_schema(schema):
        text = as_text(schema.get("description")).removesuffix(as_text(FILE["description"])).rstrip(". ")
        described = {**file, "description": f"{text}. {file['description']}"} if text else dict(file)
        return {"anyOf": [described, {"type": "null"}]} if None in values else described
    result = dict(schema)
    if "items" in schema:
        result["items"] = _field(as_object(schema["items"]), file)
    if "anyOf" in schema:
        result["anyOf"] = [_field(as_object(branch), file) for branch in as_list(schema["anyOf"])]
    return result


def _is_file_schema(schema: JsonObject) -> bool:
    return as_object(schema.get("properties")) == FILE["properties"]


def allow_paths(schema: JsonObject) -> JsonObject:
    """The schema of a body in which files may also be given by path."""
    if "anyOf" in schema:
        return {**schema, "anyOf": [allow_paths(as_object(branch)) for branch in as_list(schema["anyOf"])]}
    return _field(schema, FILE_OR_PATH) if _is_file_schema(schema) else with_files(schema, FILE_OR_PATH)
