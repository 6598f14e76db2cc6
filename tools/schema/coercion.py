"""Coercion of arguments to the types in their schema.

Models write objects and arrays as JSON text, quote numbers and booleans, and send null for omitted arguments. Strings
and nulls are kept where the schema allows them.
"""

from __future__ import annotations

import re

from ..formats.json_values import (
    InvalidJsonError,
    JsonObject,
    JsonValue,
    LiteralNumber,
    as_list,
    as_object,
    as_text,
    parse_json,
    parse_nested,
)
from .references import applicable_schemas

_NUMBER = re.compile(r"-?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?")  # RFC 8259 §6
_DEPTH_LIMIT = 40
_APPLICATORS = ("$ref", "anyOf", "oneOf", "allOf")


def coerce(schema: JsonObject, arguments: JsonObject) -> JsonObject:
    """Coerce the arguments of a tool with this input schema."""
    coercion = _Coercion(as_object(schema.get("$defs")))
    required = as_list(schema.get("required"))
    own = as_object(schema.get("properties"))
    # Only here: in nested objects, null may be the value to set.
    omitted = {name for name, value in arguments.items()
               if value is None and name not in required and as_object(own.get(name)).get("type")}  # fmt: skip
    return as_object(coercion.coerce({k: v for k, v in arguments.items() if k not in omitted}, schema, 0))


def accepts_anything(schema: JsonObject) -> bool:
    """Tell whether a schema restricts neither types nor values."""
    return not any(key in schema for key in ("type", "enum", "const", *_APPLICATORS))


class _Coercion:
    def __init__(self, definitions: JsonObject) -> None:
        self._definitions = definitions

    def coerce(self, value: JsonValue, schema: JsonObject, depth: int) -> JsonValue:
        if depth > _DEPTH_LIMIT:
            return value
        schemas = applicable_schemas([schema], self._definitions)
        if isinstance(value, str):
            parsed = _parse(value, schemas)
            # The parsed JSON may contain strings to coerce too.
            return self.coerce(parsed, schema, depth + 1) if isinstance(parsed, dict | list) else parsed
        if isinstance(value, dict):
            return {name: self._coerce_member(name, member, schemas, depth) for name, member in value.items()}
        if isinstance(value, list):
            items = next((as_object(schema["items"]) for schema in schemas if "items" in schema), None)
            return value if items is None else [self.coerce(item, items, depth + 1) for item in value]
        return value

    def _coerce_member(self, name: str, value: JsonValue, schemas: list[JsonObject], depth: int) -> JsonValue:
        properties = (as_object(as_object(schema.get("properties")).get(name)) for schema in schemas)
        own = next(filter(None, properties), None)
        return value if own is None else self.coerce(value, own, depth + 1)


def _parse(text: str, schemas: list[JsonObject]) -> JsonValue:
    """Parse a string if the schemas list all allowed types and none is string."""
    types = {as_text(kind) for schema in schemas for kind in _types(schema)}
    leaves = [schema for schema in schemas if not any(key in schema for key in _APPLICATORS)]
    if not types or "string" in types or not all(_types(schema) for schema in leaves):
        return text
    if {"object", "array"} & types and isinstance(parsed := parse_nested(text), dict | list):
        return parsed if ("object" if isinstance(parsed, dict) else "array") in types else text
    plain = text.strip()
    if {"integer", "number"} & types and _NUMBER.fullmatch(plain):
        return _parse_number(plain, integer="number" not in types)
    return plain.lower() == "true" if "boolean" in types and plain.lower() in ("true", "false") else text


def _parse_number(text: str, *, integer: bool) -> JsonValue:
    try:
        value = parse_json(text)
    except InvalidJsonError:  # too many digits
        return text
    if not isinstance(value, float):
        return value
    return int(value) if integer and value.is_integer() else LiteralNumber(text)


def _types(schema: JsonObject) -> list[JsonValue]:
    kind = schema.get("type")
    return kind if isinstance(kind, list) else [kind] if kind else []
