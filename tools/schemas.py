"""From OpenAPI's schemas to JSON Schema 2020-12 as model hosts accept it.

Hosts are stricter than the specification: some refuse a whole session over one `$ref` that leads nowhere, a
boolean where a schema may stand, or a union at the root. What comes out is self-contained, has one `type` a
schema, and holds nothing that only OpenAPI understands. It never asks for more than the document does: what
cannot be said is left to the service to judge.
"""

from __future__ import annotations

import hashlib
import re
import warnings
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from urllib.parse import unquote

from .json_values import JsonObject, JsonValue, as_list, as_object, as_text
from .property_names import ACCEPTED, property_names, renames_in, shown_names
from .text import clean, clean_value, one_line

# A component of at most this many subschemas stands in place of its `$ref`; a larger one under `$defs`.
_INLINE_LIMIT = 60
_SIZE_LIMIT = 2_000
_DEPTH_LIMIT = 20
_DEFINITIONS_LIMIT = 60
_ENUM_LIMIT = 60
_TEXT_LIMIT = 300
_VALUE_LIMIT = 500

_TYPES = {"string", "number", "integer", "boolean", "array", "object", "null"}
_UNIONS = {"oneOf": "anyOf", "anyOf": "anyOf", "allOf": "allOf"}


class BadReference(ValueError):
    """A `$ref` that leads nowhere, or out of the document."""


def _is_count(value: JsonValue) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def _is_number(value: JsonValue) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _is_pattern(value: JsonValue) -> bool:
    if not isinstance(value, str) or len(value) > _VALUE_LIMIT or clean(value) != value:
        return False
    try:
        with warnings.catch_warnings(action="ignore"):
            re.compile(value)
    except re.error:  # written for another engine: the service knows it, hosts need not
        return False
    return True


def _is_short(value: JsonValue) -> bool:
    return len(str(value)) <= _VALUE_LIMIT


# What is taken over as it is, where it is what JSON Schema says that it must be.
_COPIED: dict[str, Callable[[JsonValue], bool]] = {
    "format": lambda value: isinstance(value, str) and len(value) < 40,
    "pattern": _is_pattern,
    "minLength": _is_count,
    "maxLength": _is_count,
    "minItems": _is_count,
    "maxItems": _is_count,
    "minProperties": _is_count,
    "maxProperties": _is_count,
    "minimum": _is_number,
    "maximum": _is_number,
    "multipleOf": lambda value: isinstance(value, int | float) and not isinstance(value, bool) and value > 0,
    "uniqueItems": lambda value: isinstance(value, bool),
    "const": _is_short,
    "default": _is_short,
}


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
    shown = one_line(reference, 100)
    if not reference.startswith("#"):
        raise BadReference(f"`$ref` to another file is not read yet: {shown}")
    if not reference.startswith("#/"):
        raise BadReference(f"`$ref` to an anchor is not read yet: {shown}")
    node: JsonValue = document
    for part in reference[2:].split("/"):
        key = unquote(part).replace("~1", "/").replace("~0", "~")
        children = _numbered(node) if isinstance(node, list) else as_object(node)
        if key not in children:
            raise BadReference(f"`$ref` leads nowhere: {shown}")
        node = children[key]
    return node


def _numbered(items: list[JsonValue]) -> JsonObject:
    return {str(index): item for index, item in enumerate(items)}


@dataclass(frozen=True, slots=True)
class _Component:
    """What a reference names, converted once for the whole document: `needs` are the references left in it."""

    schema: JsonObject
    size: int
    needs: frozenset[str]


_ANYTHING = _Component({}, 1, frozenset())


class SchemaReader:
    """Converts the schemas of one document; what several operations share is converted, and kept, once."""

    def __init__(self, document: JsonObject) -> None:
        self._document = document
        self._components: dict[str, _Component] = {}
        self._open: set[str] = set()
        self._names: dict[str, str] = {}
        self._shown: dict[str, str] | None = None

    def read(self, schema: JsonValue, needs: set[str]) -> JsonObject:
        """The schema, converted; references that stay in it are added to `needs`, for `definitions`.

        Raises:
            BadReference: something in it refers to nothing.
        """
        conversion = _Conversion(self)
        converted = conversion.convert(schema, 0)
        needs |= conversion.needs
        return converted

    def definitions(self, needs: Iterable[str]) -> JsonObject:
        """The `$defs` for these references and all that they refer to in turn."""
        found: JsonObject = {}
        waiting = sorted(needs)
        while waiting:
            reference = waiting.pop(0)
            name = self.name(reference)
            if name not in found:
                component = self.component(reference)
                if set(component.schema) == {"$ref"}:
                    component = _ANYTHING  # a name for a name leads to itself in the end
                full = len(found) >= _DEFINITIONS_LIMIT
                found[name] = {} if full else component.schema
                waiting += [] if full else sorted(component.needs)
        return found

    def property_name(self, name: str) -> str:
        """The name under which a property is shown."""
        if ACCEPTED.fullmatch(name):
            return name
        if self._shown is None:
            self._shown = shown_names(property_names(self._document))
        return self._shown[name]

    def renames_in(self, schema: JsonObject) -> dict[str, str]:
        """The names in a converted schema that are not the service's own, and the service's."""
        return renames_in(schema, self._shown or {})

    def component(self, reference: str) -> _Component:
        """What a reference names, converted."""
        if reference not in self._components:
            self._open.add(reference)
            try:
                conversion = _Conversion(self)
                schema = conversion.convert(_target(self._document, reference), 0)
                self._components[reference] = _Component(schema, conversion.size, frozenset(conversion.needs))
            finally:
                self._open.discard(reference)
        return self._components[reference]

    def is_open(self, reference: str) -> bool:
        """Whether the reference is being converted right now, so that it contains itself."""
        return reference in self._open

    def is_deep(self) -> bool:
        """Whether so many components contain each other that one more would be one too many."""
        return len(self._open) > _DEPTH_LIMIT * 4

    def check(self, reference: str) -> None:
        """Raise BadReference where the reference leads nowhere."""
        _target(self._document, reference)

    def name(self, reference: str) -> str:
        """The reference's name under `$defs`: one of its own, whatever other pointers end in the same word."""
        if reference not in self._names:
            word = re.sub(r"[^A-Za-z0-9_.-]", "_", reference.removeprefix("#/components/schemas/"))[-40:] or "schema"
            if word in self._names.values():
                word = f"{word}_{hashlib.sha256(reference.encode()).hexdigest()[:6]}"
            self._names[reference] = word
        return self._names[reference]


@dataclass(slots=True)
class _Conversion:
    """One schema on its way: how large it has become, and which references are left in it."""

    reader: SchemaReader
    size: int = 0
    needs: set[str] = field(default_factory=set[str])

    def convert(self, schema: JsonValue, depth: int) -> JsonObject:
        self.size += 1
        if not isinstance(schema, dict) or self.size > _SIZE_LIMIT or depth > _DEPTH_LIMIT:
            return {}
        reference = schema.get("$ref")
        if isinstance(reference, str):
            return self._referred(reference, schema)
        types = [kind for kind in _types_of(schema) if kind in _TYPES]
        nullable = schema.get("nullable") is True or ("null" in types and len(types) > 1)
        others = [kind for kind in types if kind != "null"] or types
        if len(others) > 1:
            branches: list[JsonValue] = [self._single(schema, kind, depth) for kind in others]
            converted: JsonObject = {"anyOf": branches}
        else:
            converted = self._single(schema, others[0] if others else "", depth)
        return _or_null(converted) if nullable and converted and converted.get("type") != "null" else converted

    def _referred(self, reference: str, schema: JsonObject) -> JsonObject:
        both = {key: schema[key] for key in ("description", "default") if key in schema}
        kept: JsonObject = {key: value for key, value in both.items() if _is_short(value)}
        siblings = as_object(clean_value(kept))
        if self.reader.is_open(reference) or self.reader.is_deep():
            self.reader.check(reference)
            self.needs.add(reference)
            return {"$ref": f"#/$defs/{self.reader.name(reference)}", **siblings}
        component = self.reader.component(reference)
        if component.needs or component.size > _INLINE_LIMIT or self.size + component.size > _SIZE_LIMIT:
            self.needs.add(reference)
            return {"$ref": f"#/$defs/{self.reader.name(reference)}", **siblings}
        self.size += component.size
        return {**component.schema, **siblings}

    def _single(self, schema: JsonObject, kind: str, depth: int) -> JsonObject:
        result: JsonObject = {}
        if kind:
            result["type"] = kind
        if text := one_line(as_text(schema.get("description")), _TEXT_LIMIT):
            result["description"] = text
        for key, fits in _COPIED.items():
            if key in schema and fits(schema[key]):
                result[key] = clean_value(schema[key])
        _bounds(schema, result)
        _enumeration(schema, result)
        if kind in ("object", "") and _says_object(schema):
            self._object(schema, result, depth)
        if kind == "array" or (not kind and "items" in schema):
            result["type"] = "array"
            items = schema.get("items")
            result["items"] = self.convert(items, depth + 1) if isinstance(items, dict) else {}
        for union, emitted in _UNIONS.items():
            found = [self.convert(b, depth + 1) for b in as_list(schema.get(union)) if isinstance(b, dict)]
            if found:
                # `oneOf` becomes `anyOf`: where branches lost something on the way, several may fit by now.
                result[emitted] = [*as_list(result.get(emitted)), *found]
        return _without_trivial_union(result)

    def _object(self, schema: JsonObject, result: JsonObject, depth: int) -> None:
        result["type"] = "object"
        properties: JsonObject = {}
        for name, value in as_object(schema.get("properties")).items():
            # What the server alone sets is not the caller's to send (OpenAPI 3.1 §4.8.24).
            if as_object(value).get("readOnly") is not True and self.size <= _SIZE_LIMIT:
                properties[self.reader.property_name(name)] = self.convert(value, depth + 1)
        if properties:
            result["properties"] = properties
        there = as_object(schema.get("properties"))
        wanted = [name for name in as_list(schema.get("required")) if isinstance(name, str) and name in there]
        shown = [self.reader.property_name(name) for name in dict.fromkeys(wanted)]
        required: list[JsonValue] = [name for name in shown if name in properties]
        if required:
            result["required"] = required
        extra = schema.get("additionalProperties")
        if isinstance(extra, dict) and extra:
            result["additionalProperties"] = self.convert(extra, depth + 1) or True
        elif (extra is False and "patternProperties" not in schema) or not properties:
            result["additionalProperties"] = extra is not False


def _bounds(schema: JsonObject, result: JsonObject) -> None:
    for exclusive, plain in (("exclusiveMinimum", "minimum"), ("exclusiveMaximum", "maximum")):
        value = schema.get(exclusive)
        if value is True and plain in result:  # OpenAPI 3.0: a flag beside the bound
            result[exclusive] = result.pop(plain)
        elif _is_number(value):
            result[exclusive] = value


def _enumeration(schema: JsonObject, result: JsonObject) -> None:
    values = schema.get("enum")
    if not isinstance(values, list) or not values:
        return
    if len(values) <= _ENUM_LIMIT and _is_short_list(values):
        result["enum"] = clean_value(values)
        return
    shown = ", ".join(one_line(str(value), 40) for value in values[:10])
    hint = f"One of {len(values)} values, such as {shown}."
    result["description"] = one_line(f"{result.get('description', '')} {hint}", _TEXT_LIMIT)


def _is_short_list(values: list[JsonValue]) -> bool:
    return all(_is_short(value) for value in values) and clean_value(values) == values


def _types_of(schema: Mapping[str, JsonValue]) -> list[str]:
    kind = schema.get("type")
    return list(dict.fromkeys(as_text(k) for k in kind)) if isinstance(kind, list) else [as_text(kind)] if kind else []


def _says_object(schema: JsonObject) -> bool:
    return schema.get("type") == "object" or "properties" in schema or "additionalProperties" in schema


def _or_null(schema: JsonObject) -> JsonObject:
    inner = {key: value for key, value in schema.items() if key != "description"}
    if None in (values := as_list(inner.get("enum"))):
        inner["enum"] = [value for value in values if value is not None]
    result: JsonObject = {"anyOf": [inner, {"type": "null"}]}
    return {**result, "description": schema["description"]} if "description" in schema else result


def _without_trivial_union(schema: JsonObject) -> JsonObject:
    """`allOf` with one branch is how OpenAPI 3.0 writes a reference with a description: fold it."""
    branches = as_list(schema.get("allOf"))
    if len(branches) == 1 and set(schema) <= {"allOf", "description", "default"}:
        folded = {key: value for key, value in schema.items() if key != "allOf"}
        return {**as_object(branches[0]), **folded}
    return schema
