"""Coercion of arguments to the types in their schema.

Models write objects and arrays as JSON text, quote numbers and booleans or leave out quotes, give one value for a list,
and send null for omitted arguments. Values are kept where the schema allows them, and never changed in meaning: "5.00"
is not 5.
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
from .keywords import json_type
from .references import applicable_schemas

_NUMBER = re.compile(r"-?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?")  # RFC 8259 §6
# The integers that every JSON parser keeps exactly (RFC 8259 §6).
MAX_SAFE_INTEGER = 2**53 - 1
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
    """Whether a schema restricts neither types nor values."""
    return not any(key in schema for key in ("type", "enum", "const", *_APPLICATORS))


class _Coercion:
    def __init__(self, definitions: JsonObject) -> None:
        self._definitions = definitions

    def coerce(self, value: JsonValue, schema: JsonObject, depth: int) -> JsonValue:
        if depth > _DEPTH_LIMIT:
            return value
        schemas = applicable_schemas([schema], self._definitions)
        types = _allowed_types(schemas)
        if types and not _has_type(value, types):
            value = _convert(value, types)
        if isinstance(value, dict):
            return {name: self._coerce_member(name, member, schemas, depth) for name, member in value.items()}
        if isinstance(value, list):
            items = next((as_object(schema["items"]) for schema in schemas if "items" in schema), None)
            return value if items is None else [self.coerce(item, items, depth + 1) for item in value]
        return value

    def _coerce_member(self, name: str, value: JsonValue, schemas: list[JsonObject], depth: int) -> JsonValue:
        properties = [as_object(as_object(schema.get("properties")).get(name)) for schema in schemas]
        others = [as_object(schema.get("additionalProperties")) for schema in schemas]
        own = next(filter(None, properties + others), None)
        return value if own is None else self.coerce(value, own, depth + 1)


def _allowed_types(schemas: list[JsonObject]) -> set[str]:
    """The types that the schemas allow together, or none if one of them does not restrict types."""
    leaves = [schema for schema in schemas if not any(key in schema for key in _APPLICATORS)]
    if not all(_types(schema) for schema in leaves):
        return set()
    return {as_text(kind) for schema in schemas for kind in _types(schema)}


def _types(schema: JsonObject) -> list[JsonValue]:
    kind = schema.get("type")
    return kind if isinstance(kind, list) else [kind] if kind else []


def _has_type(value: JsonValue, types: set[str]) -> bool:
    kind = json_type(value)
    return kind in types or (kind == "integer" and "number" in types)


def _convert(value: JsonValue, types: set[str]) -> JsonValue:
    """Convert a value to one of the types if it can be read in one way only."""
    if "integer" in types and isinstance(value, float) and value.is_integer() and abs(value) <= MAX_SAFE_INTEGER:
        return int(value)  # some clients have floating numbers only
    converted = _parse(value, types) if isinstance(value, str) else _as_text(value) if "string" in types else value
    if _has_type(converted, types) or "array" not in types or value is None:
        return converted
    # A text with commas may be meant as several items.
    return value if isinstance(value, str) and (not value or "," in value) else [value]


def _as_text(value: JsonValue) -> JsonValue:
    """A boolean or integer as text; other numbers may have lost digits, such as the last one of 1.10."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float) and value == int(value) and abs(value) <= MAX_SAFE_INTEGER:
        return str(int(value))
    return value


def _parse(text: str, types: set[str]) -> JsonValue:
    if {"object", "array"} & types and _has_type(parsed := parse_nested(text), types):
        return parsed
    plain = text.strip()
    if {"integer", "number"} & types and _NUMBER.fullmatch(plain):
        return _parse_number(plain, text) if "number" in types else _parse_integer(plain, text)
    return plain.lower() == "true" if "boolean" in types and plain.lower() in ("true", "false") else text


def _parse_number(plain: str, text: str) -> JsonValue:
    try:
        value = parse_json(plain)
    except InvalidJsonError:  # too many digits
        return text
    return LiteralNumber(plain) if isinstance(value, float) else value


def _parse_integer(plain: str, text: str) -> JsonValue:
    return _parse_number(plain, text) if plain.removeprefix("-").isdigit() else text
