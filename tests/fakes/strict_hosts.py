"""The rules of the strictest hosts and of the MCP Inspector's `--strict`, for one tool as `tools/list` shows it."""

from __future__ import annotations

import re
from collections.abc import Iterator

from jsonschema import Draft202012Validator

from closient_mcp.tools.formats.json_values import JsonObject, JsonValue, as_list, as_object, as_text, objects_in

# What comes out of a document; whatever else stands in a schema is a mistake.
KEYWORDS = {
    "type", "description", "enum", "const", "format", "pattern", "minLength", "maxLength", "minimum", "maximum",
    "exclusiveMinimum", "exclusiveMaximum", "multipleOf", "minItems", "maxItems", "uniqueItems", "minProperties",
    "maxProperties", "properties", "required", "additionalProperties", "items", "anyOf", "allOf", "not", "$ref",
}  # fmt: skip
FORMATS = {"date-time", "time", "date", "duration", "email", "hostname", "ipv4", "ipv6", "uuid"}
_PROPERTY = re.compile(r"[A-Za-z0-9_.-]{1,64}")
_MODEL: dict[str, type | tuple[type, ...]] = {
    "string": str, "boolean": bool, "integer": int, "number": (int, float), "array": list, "object": dict,
}  # fmt: skip


def faults_of(tool: JsonObject) -> list[str]:
    """Every rule that a tool's definition breaks, with the place."""
    schema = as_object(tool["inputSchema"])
    faults = [] if re.fullmatch(r"[A-Za-z][A-Za-z0-9_-]{0,63}", as_text(tool["name"])) else ["name"]
    faults += [] if 0 < len(as_text(tool["description"])) <= 1024 else ["description"]
    faults += [f"{key} at the top" for key in ("anyOf", "oneOf", "allOf", "not", "enum", "$ref") if key in schema]
    faults += [] if schema.get("type") == "object" and isinstance(schema.get("properties"), dict) else ["no object"]
    faults += ["an empty text among choices" for node in objects_in(schema) if "" in as_list(node.get("enum"))]
    for place, node in _schemas(schema, ""):
        faults += [] if as_object(node).keys() - {"description"} else [f"{place}: no constraint on the value"]
        faults += [f"{place}: uniqueItems"] if "uniqueItems" in as_object(node) else []
    return [*faults, *schema_faults(schema)]


def schema_faults(schema: JsonObject) -> list[str]:
    """Every rule that a schema breaks, with the place."""
    definitions = as_object(schema.get("$defs"))
    root = {key: value for key, value in schema.items() if key != "$defs"}
    parts = {"": root, **{f"$defs/{name}": as_object(one) for name, one in definitions.items()}}
    used: set[str] = set()
    faults: list[str] = []
    for place, part in parts.items():
        for where, node in _schemas(part, place):
            faults += [f"{where}: {fault}" for fault in _faults(node)]
            used |= {as_text(as_object(node).get("$ref")).removeprefix("#/$defs/")}
    faults += [f"nothing refers to {name}" for name in definitions if name not in used]
    faults += [f"leads nowhere: {name}" for name in used - {""} if name not in definitions]
    return faults


def is_valid(schema: JsonObject) -> bool:
    """Whether it is JSON Schema 2020-12 by its meta-schema."""
    Draft202012Validator.check_schema(schema)
    return True


def _schemas(schema: JsonValue, place: str) -> Iterator[tuple[str, JsonValue]]:
    yield place, schema
    if not isinstance(schema, dict):
        return
    for name, value in as_object(schema.get("properties")).items():
        yield from _schemas(value, f"{place}/{name}")
    for key in ("items", "not"):
        if key in schema:
            yield from _schemas(schema[key], f"{place}/{key}")
    if isinstance(schema.get("additionalProperties"), dict):
        yield from _schemas(schema["additionalProperties"], f"{place}/*")
    for union in ("anyOf", "allOf"):
        for index, branch in enumerate(as_list(schema.get(union))):
            yield from _schemas(branch, f"{place}/{union}/{index}")


def _faults(node: JsonValue) -> Iterator[str]:
    if not isinstance(node, dict):
        yield f"{node!r} where a schema belongs"
        return
    yield from (f"{key}, which hosts do not know" for key in set(node) - KEYWORDS)
    kind = node.get("type")
    if kind is not None and kind not in (*_MODEL, "null"):
        yield f"type {kind!r}"
    if "format" in node and node["format"] not in FORMATS:
        yield f"format {node['format']!r}"
    if len(as_text(node.get("description"))) > 1024:
        yield "a long description"
    properties = as_object(node.get("properties"))
    yield from (f"the name {name!r}" for name in properties if not _PROPERTY.fullmatch(name))
    yield from (
        f"requires {name!r}, which is no property" for name in as_list(node.get("required")) if name not in properties
    )
    yield from _value_faults(node, kind)
    if kind == "array" and not isinstance(node.get("items"), dict):
        yield "an array without items"
    for lower, upper in (("minimum", "maximum"), ("minLength", "maxLength"), ("minItems", "maxItems")):
        low, high = node.get(lower), node.get(upper)
        if isinstance(low, int | float) and isinstance(high, int | float) and low > high:
            yield f"{lower} above {upper}"


def _value_faults(node: JsonObject, kind: JsonValue) -> Iterator[str]:
    values = as_list(node.get("enum")) + ([node["const"]] if "const" in node else [])
    if "enum" in node and not as_list(node["enum"]):
        yield "an empty enum"
    if len({repr(value) for value in values}) != len(values):
        yield "an enum with a value twice"
    if isinstance(kind, str) and kind in _MODEL:
        yield from (f"{value!r} is no {kind}" for value in values if not isinstance(value, _MODEL[kind]))
