"""Input schemas as `tools/list` publishes them, where a host rejects what JSON Schema allows."""

from __future__ import annotations

from ..formats.json_values import JsonObject, JsonValue, as_list, as_object, as_text
from ..formats.text import sentences

_EMPTY_TOO = 'It may be empty ("").'
_SCHEMA_LISTS = ("anyOf", "allOf")
_SCHEMA_MAPS = ("properties", "$defs")
_SCHEMAS = ("items", "additionalProperties", "not")


def published(schema: JsonObject) -> JsonObject:
    """The schema without what makes a host reject the whole list of tools; it accepts no less.

    Gemini rejects empty texts among choices, for which a description stands instead. OpenAI's strict mode rejects
    `uniqueItems` and schemas that say nothing of a value; the latter get a form that means the same, and that clients
    do not take for strict. Calls are validated against the whole schema.
    """
    shown: JsonObject = {key: _published(key, value) for key, value in schema.items() if key != "uniqueItems"}
    if "" in as_list(schema.get("enum")):
        choices = [choice for choice in as_list(shown.pop("enum")) if choice != ""]
        shown = _noted({**shown, "enum": choices} if choices else shown)
    branches = as_list(schema.get("anyOf"))
    if any(map(_is_empty_text, branches)):
        others = [published(as_object(branch)) for branch in branches if not _is_empty_text(branch)]
        del shown["anyOf"]
        shown = _noted({**(others[0] if len(others) == 1 else {"anyOf": [*others]}), **shown})
    return shown if shown.keys() - {"description"} else {**shown, "additionalProperties": True}


def _published(key: str, value: JsonValue) -> JsonValue:
    if key in _SCHEMA_MAPS:
        return {name: published(as_object(schema)) for name, schema in as_object(value).items()}
    if key in _SCHEMA_LISTS:
        return [published(as_object(branch)) for branch in as_list(value)]
    return published(value) if key in _SCHEMAS and isinstance(value, dict) else value


def _is_empty_text(schema: JsonValue) -> bool:
    return as_object(schema).get("enum") == [""]


def _noted(schema: JsonObject) -> JsonObject:
    return {**schema, "description": sentences(as_text(schema.get("description")), _EMPTY_TOO)}
