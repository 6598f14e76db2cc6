"""Merging converted schemas of an `allOf`, which some hosts ignore."""

from __future__ import annotations

from collections.abc import Iterable

from ..formats.json_values import JsonObject, JsonValue, as_list, as_object, to_text

_LOWER_BOUNDS = {"minimum", "exclusiveMinimum", "minLength", "minItems", "minProperties"}
_UPPER_BOUNDS = {"maximum", "exclusiveMaximum", "maxLength", "maxItems", "maxProperties"}


def merge(first: JsonObject, second: JsonObject) -> JsonObject | None:
    """A schema equivalent to both together, or None if that requires `allOf`."""
    if "$ref" in first or "$ref" in second:
        return None
    result = dict(first)
    for key, value in second.items():
        if key not in result:
            result[key] = value
        elif result[key] != value:
            result[key] = merged = _merge_keyword(key, result[key], value)
            if merged is None:
                return None
    # `additionalProperties: false` in one part would reject the properties of the others, which is never intended.
    extra = [part.get("additionalProperties") for part in (first, second)]
    if first.get("type") == second.get("type") == "object" and False in extra and extra != [False, False]:
        del result["additionalProperties"]
        if schemas := [schema for schema in extra if isinstance(schema, dict)]:
            result["additionalProperties"] = schemas[0]
    return result


def _merge_keyword(key: str, first: JsonValue, second: JsonValue) -> JsonValue:
    if key == "properties":
        return _merge_properties(as_object(first), as_object(second))
    if key in ("required", "allOf"):
        return unique([*as_list(first), *as_list(second)])
    if key == "description" or key == "additionalProperties":
        return first
    if key == "enum":
        return [value for value in as_list(first) if value in as_list(second)] or None
    if key == "type" and {str(first), str(second)} == {"integer", "number"}:
        return "integer"
    if isinstance(first, int | float) and isinstance(second, int | float) and key in _LOWER_BOUNDS | _UPPER_BOUNDS:
        return max(first, second) if key in _LOWER_BOUNDS else min(first, second)
    return None


def _merge_properties(first: JsonObject, second: JsonObject) -> JsonObject:
    result = dict(first)
    for name, schema in second.items():
        if name in result and result[name] != schema:
            old, new = as_object(result[name]), as_object(schema)
            # `{}` accepts anything, and cannot be merged with a `$ref`.
            result[name] = (merge(old, new) if old and new else old or new) or {"allOf": [old, new]}
        else:
            result[name] = schema
    return result


def finish(schema: JsonObject, hidden: Iterable[str] = (), optional: Iterable[str] = ()) -> JsonObject:
    """Remove `hidden` properties from a complete schema, and missing and `optional` ones from `required`."""
    if schema.get("type") != "object":
        if "required" not in schema:
            return schema
        return {key: value for key, value in schema.items() if key != "required"}
    result = dict(schema)
    if isinstance(properties := schema.get("properties"), dict):
        excluded = set(hidden)
        result["properties"] = {name: value for name, value in properties.items() if name not in excluded}
        if not result["properties"]:
            del result["properties"]
    present = as_object(result.get("properties"))
    names = [name for name in as_list(result.pop("required", None)) if name not in set(optional)]
    required: list[JsonValue] = [name for name in names if isinstance(name, str) and name in present]
    if required:
        result["required"] = required
    if present and result.get("additionalProperties") is True:
        del result["additionalProperties"]
    elif not set(result) & {"properties", "additionalProperties", "anyOf", "allOf"}:
        result["additionalProperties"] = True
    return result


def nullable(schema: JsonObject) -> JsonObject:
    """A schema that also accepts null."""
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
    """Remove duplicates."""
    return list({to_text(value): value for value in values}.values())
