"""Several converted schemas that hold at once, as one: hosts that pass over `allOf` then still see the properties."""

from __future__ import annotations

from collections.abc import Iterable

from ..formats.json_values import JsonObject, JsonValue, as_list, as_object, to_text

_LARGER = {"minimum", "exclusiveMinimum", "minLength", "minItems", "minProperties"}
_SMALLER = {"maximum", "exclusiveMaximum", "maxLength", "maxItems", "maxProperties"}


def merged(first: JsonObject, second: JsonObject) -> JsonObject | None:
    """One schema that asks what both ask; None where that cannot be said without `allOf`."""
    if "$ref" in first or "$ref" in second:
        return None
    result = dict(first)
    for key, value in second.items():
        if key not in result:
            result[key] = value
        elif result[key] != value:
            both = _both(key, result[key], value)
            if both is None:
                return None
            result[key] = both
    if first.get("type") == second.get("type") == "object":
        _open(result, first, second)
    return result


def _both(key: str, first: JsonValue, second: JsonValue) -> JsonValue:
    if key == "properties":
        return _properties(as_object(first), as_object(second))
    if key in ("required", "allOf"):
        return unique([*as_list(first), *as_list(second)])
    if key == "description" or key == "additionalProperties":
        return first
    if key == "enum":
        return [value for value in as_list(first) if value in as_list(second)] or None
    if key == "type" and {str(first), str(second)} == {"integer", "number"}:
        return "integer"
    if isinstance(first, int | float) and isinstance(second, int | float) and key in _LARGER | _SMALLER:
        return max(first, second) if key in _LARGER else min(first, second)
    return None


def _properties(first: JsonObject, second: JsonObject) -> JsonObject:
    result = dict(first)
    for name, schema in second.items():
        if name in result and result[name] != schema:
            old, new = as_object(result[name]), as_object(schema)
            # `{}` says nothing; a reference beside it does.
            result[name] = (merged(old, new) if old and new else old or new) or {"allOf": [old, new]}
        else:
            result[name] = schema
    return result


def _open(result: JsonObject, first: JsonObject, second: JsonObject) -> None:
    # `additionalProperties: false` in one part would refuse the properties of the others, which nobody means.
    extra = [part.get("additionalProperties") for part in (first, second)]
    if False in extra and extra != [False, False]:
        result.pop("additionalProperties", None)
        if kept := next((one for one in extra if isinstance(one, dict)), None):
            result["additionalProperties"] = kept


def settled(schema: JsonObject, hidden: Iterable[str] = ()) -> JsonObject:
    """An object's schema once it is whole: without `hidden` properties, and asking for no property that it lacks."""
    if schema.get("type") != "object":
        if "required" not in schema:
            return schema
        return {key: value for key, value in schema.items() if key != "required"}
    result = dict(schema)
    if isinstance(properties := schema.get("properties"), dict):
        gone = set(hidden)
        kept = {name: value for name, value in properties.items() if name not in gone} if gone else properties
        result["properties"] = kept
        if not kept:
            del result["properties"]
    there = as_object(result.get("properties"))
    wanted = as_list(result.pop("required", None))
    required: list[JsonValue] = [name for name in wanted if isinstance(name, str) and name in there]
    if required:
        result["required"] = required
    if there and result.get("additionalProperties") is True:
        del result["additionalProperties"]
    elif not set(result) & {"properties", "additionalProperties", "anyOf", "allOf"}:
        result["additionalProperties"] = True
    return result


def or_null(schema: JsonObject) -> JsonObject:
    """The schema, or null."""
    if not schema or schema.get("type") == "null":
        return schema
    null: JsonObject = {"type": "null"}
    if set(schema) <= {"anyOf", "description"}:
        branches = as_list(schema["anyOf"]) if "anyOf" in schema else []
        return {**schema, "anyOf": unique([*branches, null])} if branches else schema
    inner = {key: value for key, value in schema.items() if key != "description"}
    result: JsonObject = {"anyOf": [inner, null]}
    return {**result, "description": schema["description"]} if "description" in schema else result


def unique(values: Iterable[JsonValue]) -> list[JsonValue]:
    """The values, each once."""
    return list({to_text(value): value for value in values}.values())
