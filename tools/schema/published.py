"""Input schemas as `tools/list` publishes them, where a host rejects what JSON Schema allows."""

from __future__ import annotations

from ..formats.json_values import JsonObject, JsonValue, as_list, as_object, as_text, to_text
from ..formats.text import sentences

_EMPTY_TOO = 'It may be empty ("").'


def without_empty_choices(schema: JsonObject) -> JsonObject:
    """Return the schema without empty texts among choices, for which Gemini rejects the whole list of tools.

    A description says so instead, and calls are validated against the whole schema.
    """
    return as_object(_published(schema)) if '""' in to_text(schema) else schema


def _published(node: JsonValue) -> JsonValue:
    if isinstance(node, list):
        return [_published(item) for item in node]
    if not isinstance(node, dict):
        return node
    shown: JsonObject = {key: _published(value) for key, value in node.items()}
    choices = node.get("enum")
    if isinstance(choices, list) and "" in choices:
        shown = {key: value for key, value in shown.items() if key != "enum"}
        if others := [choice for choice in choices if choice != ""]:
            shown["enum"] = others
        return _noted(shown)
    branches = as_list(node.get("anyOf"))
    if any(_is_empty_text(branch) for branch in branches):
        others = [_published(branch) for branch in branches if not _is_empty_text(branch)]
        rest = {key: value for key, value in shown.items() if key != "anyOf"}
        only = as_object(others[0]) if len(others) == 1 else {"anyOf": others}
        return _noted({**only, **rest})
    return shown


def _is_empty_text(schema: JsonValue) -> bool:
    return as_object(schema).get("enum") == [""]


def _noted(schema: JsonObject) -> JsonObject:
    return {**schema, "description": sentences(as_text(schema.get("description")), _EMPTY_TOO)}
