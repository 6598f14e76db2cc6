"""An example of a value that a schema accepts, as short as it can be."""

from __future__ import annotations

from ..formats.json_values import JsonObject, JsonValue, as_list, as_object, as_text
from ..schema.references import DEFINITIONS

_DEPTH_LIMIT = 8
_BY_FORMAT = {
    "date": "2026-01-31",
    "date-time": "2026-01-31T12:00:00Z",
    "time": "12:00:00Z",
    "email": "name@example.com",
    "uri": "https://example.com",
    "url": "https://example.com",
    "uuid": "3fa85f64-5717-4562-b3fc-2c963f66afa6",
    "ipv4": "192.0.2.1",
}


def example_of(schema: JsonObject) -> JsonValue:
    """An example with the required members only; what a pattern asks for is not tried."""
    return _example(schema, as_object(schema.get("$defs")), "", 0)


def _example(schema: JsonObject, definitions: JsonObject, name: str, depth: int) -> JsonValue:
    schema = _flattened(schema, definitions)
    known = [schema[key] for key in ("const", "default") if key in schema]
    known += [values[0] for key in ("enum", "examples") if (values := as_list(schema.get(key)))]
    if known or depth > _DEPTH_LIMIT:
        return known[0] if known else None
    kinds = schema.get("type")
    kind = as_text(kinds[0]) if isinstance(kinds, list) and kinds else as_text(kinds)
    if kind == "object" or (not kind and "properties" in schema):
        members = as_object(schema.get("properties"))
        required = dict.fromkeys(map(as_text, as_list(schema.get("required"))))
        return {key: _example(as_object(members.get(key)), definitions, key, depth + 1) for key in required}
    if kind == "array":
        least = schema.get("minItems")
        item = _example(as_object(schema.get("items")), definitions, name, depth + 1)
        return [item] * (min(least, 3) if isinstance(least, int) and least else 1)
    return _scalar(schema, kind, name)


def _flattened(schema: JsonObject, definitions: JsonObject) -> JsonObject:
    """The schema with its reference followed, its first choice taken, and its parts joined."""
    for _ in range(_DEPTH_LIMIT):
        rest = {key: value for key, value in schema.items() if key not in ("$ref", "anyOf", "oneOf", "allOf")}
        parts = [definitions.get(as_text(schema.get("$ref")).removeprefix(DEFINITIONS)), *as_list(schema.get("allOf"))]
        parts += [choices[0] for key in ("anyOf", "oneOf") if (choices := as_list(schema.get(key)))]
        objects = [as_object(part) for part in parts if part]
        if not objects:
            break
        schema = rest
        for part in objects:
            schema = _joined(part, schema)
    return schema


def _joined(part: JsonObject, schema: JsonObject) -> JsonObject:
    joined: JsonObject = {**part, **schema}
    if properties := {**as_object(part.get("properties")), **as_object(schema.get("properties"))}:
        joined["properties"] = properties
    if required := [*as_list(part.get("required")), *as_list(schema.get("required"))]:
        joined["required"] = required
    return joined


def _scalar(schema: JsonObject, kind: str, name: str) -> JsonValue:
    if kind in ("integer", "number"):
        return _number(schema)
    if kind == "boolean":
        return True
    if kind == "null":
        return None
    text = _BY_FORMAT.get(as_text(schema.get("format")), name or "text")
    least, most = schema.get("minLength"), schema.get("maxLength")
    text = text.ljust(min(least, 200), "x") if isinstance(least, int) else text
    return text[:most] if isinstance(most, int) else text


def _number(schema: JsonObject) -> JsonValue:
    for key, step in (("minimum", 0), ("exclusiveMinimum", 1)):
        if isinstance(least := schema.get(key), int | float) and not isinstance(least, bool):
            return least + step
    most = schema.get("maximum")
    return min(1, most) if isinstance(most, int | float) and not isinstance(most, bool) else 1
