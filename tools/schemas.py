"""From OpenAPI's schemas to JSON Schema 2020-12 as model hosts accept it.

Hosts are stricter than the specification: some refuse a whole session over one `$ref` that leads nowhere, a
boolean where a schema may stand, or a union at the root. What comes out is self-contained, has one `type` a
schema, and holds nothing that only OpenAPI understands.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from .json_values import JsonObject, JsonValue, as_list, as_object, as_text
from .text import clean, one_line

# Beyond this many subschemas in one tool, what a `$ref` names is kept once under `$defs`.
_INLINE_LIMIT = 300
_SIZE_LIMIT = 4_000
_ENUM_LIMIT = 60
_TEXT_LIMIT = 300

_COPIED = (
    "format", "pattern", "minLength", "maxLength", "minimum", "maximum", "multipleOf", "minItems", "maxItems",
    "uniqueItems", "minProperties", "maxProperties", "const", "default",
)  # fmt: skip
_TYPES = {"string", "number", "integer", "boolean", "array", "object", "null"}
_UNIONS = ("oneOf", "anyOf", "allOf")


class BadReference(ValueError):
    """A `$ref` that leads nowhere, or out of the document."""


def follow(document: JsonObject, node: JsonValue, limit: int = 20) -> JsonObject:
    """The object that `node` is, or that its chain of local `$ref`s (JSON pointers, RFC 6901) leads to.

    Raises:
        BadReference: the chain leaves the document, leads nowhere, or does not end.
    """
    for _ in range(limit):
        reference = as_object(node).get("$ref")
        if not isinstance(reference, str):
            return as_object(node)
        node = _target(document, reference)
    raise BadReference("a chain of `$ref`s does not end")


def _target(document: JsonObject, reference: str) -> JsonValue:
    if not reference.startswith("#"):
        raise BadReference(f"`$ref` to another file is not read yet: {reference[:100]}")
    node: JsonValue = document
    for part in reference[1:].split("/")[1:]:
        key = part.replace("~1", "/").replace("~0", "~")
        children = _numbered(node) if isinstance(node, list) else as_object(node)
        if key not in children:
            raise BadReference(f"`$ref` leads nowhere: {reference[:100]}")
        node = children[key]
    return node


def _numbered(items: list[JsonValue]) -> JsonObject:
    return {str(index): item for index, item in enumerate(items)}


@dataclass(slots=True)
class SchemaReader:
    """Converts the schemas of one operation, gathering in `defs` what they share or what contains itself."""

    document: JsonObject
    defs: JsonObject = field(default_factory=dict[str, JsonValue])
    _open: list[str] = field(default_factory=list[str])
    _pending: dict[str, str] = field(default_factory=dict[str, str])
    _size: int = 0

    def read(self, schema: JsonValue) -> JsonObject:
        """The schema, converted; complete once `finish` was called.

        Raises:
            BadReference: something in it refers to nothing.
        """
        self._size += 1
        if not isinstance(schema, dict) or self._size > _SIZE_LIMIT:
            return {}
        reference = schema.get("$ref")
        if isinstance(reference, str):
            return self._referred(reference, schema)
        return self._converted(schema)

    def finish(self) -> JsonObject:
        """The `$defs` of everything read so far."""
        while self._pending:
            reference, name = self._pending.popitem()
            self._open = [reference]
            self.defs[name] = self._converted(as_object(_target(self.document, reference)))
        self._open = []
        return self.defs

    def _referred(self, reference: str, schema: JsonObject) -> JsonObject:
        target = _target(self.document, reference)
        if reference in self._open or self._size > _INLINE_LIMIT:
            name = _definition_name(reference)
            if name not in self.defs:
                self.defs[name] = {}
                self._pending[reference] = name
            return {"$ref": f"#/$defs/{name}"}
        self._open.append(reference)
        try:
            siblings = {key: value for key, value in schema.items() if key in ("description", "default")}
            return self.read({**target, **siblings} if isinstance(target, dict) else target)
        finally:
            self._open.pop()

    def _converted(self, schema: JsonObject) -> JsonObject:
        types = [t for t in _types_of(schema) if t in _TYPES]
        nullable = schema.get("nullable") is True or ("null" in types and len(types) > 1)
        others = [t for t in types if t != "null"] or types
        if len(others) > 1:
            branches: list[JsonValue] = [self._single(schema, t) for t in others]
            converted: JsonObject = {"anyOf": branches}
        else:
            converted = self._single(schema, others[0] if others else "")
        if nullable and converted and converted.get("type") != "null":
            converted = _or_null(converted)
        return converted

    def _single(self, schema: JsonObject, kind: str) -> JsonObject:
        result: JsonObject = {}
        if kind:
            result["type"] = kind
        if text := one_line(as_text(schema.get("description")), _TEXT_LIMIT):
            result["description"] = text
        for key in _COPIED:
            if key in schema:
                result[key] = schema[key]
        self._bounds(schema, result)
        self._enumeration(schema, result)
        if kind in ("object", "") and _says_object(schema):
            self._object(schema, result)
        if kind in ("array", "") and ("items" in schema or kind == "array"):
            result["type"] = "array"
            items = schema.get("items")
            result["items"] = self.read(items) if isinstance(items, dict) else {}
        for union in _UNIONS:
            branches = [self.read(branch) for branch in as_list(schema.get(union)) if isinstance(branch, dict)]
            if branches:
                result[union] = list[JsonValue](branches)
        return _without_trivial_union(result)

    def _object(self, schema: JsonObject, result: JsonObject) -> None:
        result["type"] = "object"
        properties: JsonObject = {}
        for name, value in as_object(schema.get("properties")).items():
            # What the server alone sets is not the caller's to send (OpenAPI 3.1 §4.8.24).
            if as_object(value).get("readOnly") is not True:
                properties[clean(name)] = self.read(value)
        if properties:
            result["properties"] = properties
        required: list[JsonValue] = [name for name in as_list(schema.get("required")) if name in properties]
        if required:
            result["required"] = required
        extra = schema.get("additionalProperties")
        if isinstance(extra, dict) and extra:
            result["additionalProperties"] = self.read(extra) or True
        elif extra is False or not properties:
            result["additionalProperties"] = extra is not False

    def _bounds(self, schema: JsonObject, result: JsonObject) -> None:
        for exclusive, plain in (("exclusiveMinimum", "minimum"), ("exclusiveMaximum", "maximum")):
            value = schema.get(exclusive)
            if value is True and plain in result:  # OpenAPI 3.0: a flag beside the bound
                result[exclusive] = result.pop(plain)
            elif isinstance(value, int | float) and not isinstance(value, bool):
                result[exclusive] = value

    def _enumeration(self, schema: JsonObject, result: JsonObject) -> None:
        values = schema.get("enum")
        if not isinstance(values, list) or not values:
            return
        if len(values) <= _ENUM_LIMIT:
            result["enum"] = values
            return
        shown = ", ".join(str(value) for value in values[:10])
        hint = f"One of {len(values)} values, such as {shown}."
        result["description"] = one_line(f"{result.get('description', '')} {hint}", _TEXT_LIMIT)


def _definition_name(reference: str) -> str:
    return re.sub(r"[^A-Za-z0-9_.-]", "_", reference.rsplit("/", 1)[-1])[:64] or "schema"


def _types_of(schema: Mapping[str, JsonValue]) -> list[str]:
    kind = schema.get("type")
    return [as_text(k) for k in kind] if isinstance(kind, list) else [as_text(kind)] if kind else []


def _says_object(schema: JsonObject) -> bool:
    return schema.get("type") == "object" or "properties" in schema or "additionalProperties" in schema


def _or_null(schema: JsonObject) -> JsonObject:
    if "enum" in schema and None in as_list(schema["enum"]):
        schema = {**schema, "enum": [value for value in as_list(schema["enum"]) if value is not None]}
    description = schema.pop("description", None)
    result: JsonObject = {"anyOf": [schema, {"type": "null"}]}
    if description is not None:
        result["description"] = description
    return result


def _without_trivial_union(schema: JsonObject) -> JsonObject:
    """`allOf` with one branch is how OpenAPI 3.0 writes a reference with a description: fold it."""
    branches = as_list(schema.get("allOf"))
    if len(branches) == 1 and set(schema) <= {"allOf", "description", "default"}:
        folded = {key: value for key, value in schema.items() if key != "allOf"}
        return {**as_object(branches[0]), **folded}
    return schema
