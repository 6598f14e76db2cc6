"""Conversion of an OpenAPI schema to JSON Schema 2020-12 that model hosts accept.

A converted schema has one `type` or is an `anyOf`, and contains no keywords of OpenAPI. It is never stricter than the
original: the service checks what cannot be expressed.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ..formats.json_values import JsonObject, JsonValue, as_list, as_object, as_text, to_text
from ..formats.text import one_line, sentences
from .discriminators import Discriminator
from .keywords import TEXT_LIMIT, description_of, json_type, keywords, types_of
from .merging import finish, merge, nullable, unique
from .references import DEFINITIONS

if TYPE_CHECKING:
    from .reader import SchemaReader

# Components of at most this many subschemas replace their `$ref`; larger ones go to `$defs`.
_INLINE_LIMIT = 12
_SIZE_LIMIT = 4_000
_DEPTH_LIMIT = 20
_BRANCH_LIMIT = 200
_LABELS_LIMIT = 600

# Keywords beside a `$ref` that don't constrain values.
_ANNOTATIONS = {"$ref", "description", "default", "example", "examples", "title", "summary", "deprecated", "nullable",
           "readOnly", "writeOnly", "xml", "externalDocs", "$comment", "discriminator"}  # fmt: skip
_LABEL_KEYWORDS = {"const", "enum", "title", "description", "type", "format", "deprecated"}


@dataclass(frozen=True, slots=True)
class Component:
    """A converted component of a document; `needs` are the references left in it."""

    schema: JsonObject
    size: int
    needs: frozenset[str]


@dataclass(slots=True)
class Conversion:
    """The conversion of one schema; `needs` are the references left in it."""

    reader: SchemaReader
    size: int = 0
    needs: set[str] = field(default_factory=set[str])

    def convert(self, schema: JsonValue, depth: int = 0, *, part: bool = False) -> JsonObject:
        """Convert a schema; a `part` of an `allOf` may require properties of other parts."""
        self.size += 1
        if schema is False:
            return {"not": {}}
        if not isinstance(schema, dict) or self.size > _SIZE_LIMIT or depth > _DEPTH_LIMIT:
            return {}
        reference = schema.get("$ref")
        if isinstance(reference, str):
            if all(key in _ANNOTATIONS or key.startswith("x-") for key in schema):
                return self._convert_reference(reference, schema)
            rest = {key: value for key, value in schema.items() if key != "$ref"}
            schema = {**rest, "allOf": [{"$ref": reference}, *as_list(schema.get("allOf"))]}
        return self._convert_types(schema, depth, part=part)

    def _convert_reference(self, reference: str, schema: JsonObject) -> JsonObject:
        if self.reader.is_open(reference):
            result = self._keep_reference(reference)
        else:
            component = self.reader.component(reference)
            if component.needs or component.size > _INLINE_LIMIT or self.size + component.size > _SIZE_LIMIT:
                result = self._keep_reference(reference)
            else:
                self.size += component.size
                result = component.schema
        target = self.reader.target(reference)
        notes: JsonObject = {key: target[key] for key in ("default", "format", "deprecated") if key in target}
        if text := description_of({**notes, **schema}, as_text(target.get("type"))):
            own = as_text(result.get("description")) if "description" not in schema else ""
            result = {**result, "description": own or text}
        return nullable(result) if schema.get("nullable") is True else result

    def _keep_reference(self, reference: str) -> JsonObject:
        self.reader.target(reference)
        self.needs.add(reference)
        return {"$ref": DEFINITIONS + self.reader.name(reference)}

    def _convert_types(self, schema: JsonObject, depth: int, *, part: bool) -> JsonObject:
        kinds, null = types_of(schema)
        if len(kinds) > 1:
            branches = [self._convert_type(schema, kind, depth, part=part) for kind in kinds]
            choices = unique(branch for branch in branches if branch is not None)
            result = _any_of(choices) if choices else {}
        else:
            result = self._convert_type(schema, kinds[0] if kinds else "", depth, part=part) or {}
        if text := description_of(schema, kinds[0] if len(kinds) == 1 else ""):
            own = as_text(result.get("description"))
            result = {**result, "description": one_line(sentences(text, "" if own in text else own), TEXT_LIMIT * 2)}
        return nullable(result) if null else result

    def _convert_type(self, schema: JsonObject, kind: str, depth: int, *, part: bool) -> JsonObject | None:
        result = keywords(schema, kind)
        if result is None:
            return None
        hidden: set[str] = set()
        if kind == "object":
            members, hidden = self._convert_object(schema, depth)
            result |= members
        elif kind == "array":
            result |= self._convert_array(schema, depth)
        elif part and isinstance(schema.get("required"), list):
            result["required"] = self._required(schema)
        for union in ("oneOf", "anyOf"):
            if branches := as_list(schema.get(union)):
                result = self._convert_union(schema, branches[:_BRANCH_LIMIT], result, depth)
        if parts := as_list(schema.get("allOf")):
            described = bool(schema.get("description"))
            result = self._convert_all_of(parts[:_BRANCH_LIMIT], result, depth, described=described)
            hidden = hidden.union(*map(self._hidden_in, parts[:_BRANCH_LIMIT]))
        optional = self._with_default(schema) if "required" in result and not part else ()
        return result if part else finish(result, hidden, optional)

    def _convert_object(self, schema: JsonObject, depth: int) -> tuple[JsonObject, set[str]]:
        """The keywords for properties, and the shown names of read-only ones."""
        result: JsonObject = {}
        properties: JsonObject = {}
        hidden: set[str] = set()
        required = dict.fromkeys(self._required(schema))
        for name, value in as_object(schema.get("properties")).items():
            shown = self.reader.property_name(name)
            # Read-only properties must not be sent (OpenAPI 3.1 §4.8.24).
            if value is False or self._is_read_only(value):
                hidden.add(shown)
            elif self.size <= _SIZE_LIMIT or shown in required:
                properties[shown] = with_name(name, shown, self.convert(value, depth + 1))
                if as_object(value).get("required") is True:  # Swagger 1, JSON Schema draft 3
                    required[shown] = None
        if properties:
            result["properties"] = properties
        if required:
            result["required"] = list[JsonValue](required)
        extra = self._convert_additional(schema, depth)
        if extra is not None:
            result["additionalProperties"] = extra
        return result, hidden

    def _with_default(self, schema: JsonObject) -> set[str]:
        """The shown names of properties that may be omitted, because the service has a default for them."""
        properties = [(name, value) for part in [schema, *as_list(schema.get("allOf"))[:_BRANCH_LIMIT]]
                      for name, value in as_object(as_object(part).get("properties")).items()]  # fmt: skip
        return {self.reader.property_name(name) for name, value in properties
                if self.reader.follow_schema(value).get("default") is not None}  # fmt: skip

    def _required(self, schema: JsonObject) -> list[JsonValue]:
        names = [name for name in as_list(schema.get("required")) if isinstance(name, str)]
        return [self.reader.property_name(name) for name in dict.fromkeys(names)]

    def _convert_additional(self, schema: JsonObject, depth: int) -> JsonValue:
        extra, patterns = schema.get("additionalProperties"), as_object(schema.get("patternProperties"))
        if patterns:  # hosts don't support `patternProperties`: a single one becomes `additionalProperties`
            is_single = len(patterns) == 1 and "properties" not in schema and not isinstance(extra, dict)
            extra = next(iter(patterns.values())) if is_single else True
        if isinstance(extra, dict) and extra:
            return self.convert(extra, depth + 1) or True
        return False if extra is False else True if extra is not None else None

    def _is_read_only(self, value: JsonValue, depth: int = 0, followed: set[str] | None = None) -> bool:
        schema = as_object(value)
        if schema.get("readOnly") is True:
            return True
        if depth > _DEPTH_LIMIT:
            return False
        parts = as_list(schema.get("allOf"))[:_BRANCH_LIMIT]
        reference = schema.get("$ref")
        followed = set() if followed is None else followed
        if isinstance(reference, str) and reference not in followed:
            followed.add(reference)
            parts = [self.reader.target(reference), *parts]
        return any(self._is_read_only(part, depth + 1, followed) for part in parts)

    def _convert_array(self, schema: JsonObject, depth: int) -> JsonObject:
        items = schema.get("items")
        prefix = as_list(schema.get("prefixItems")) or as_list(items)
        if not prefix:
            return {"items": self.convert(items, depth + 1) if isinstance(items, dict) else {}}
        # Hosts don't support tuples: an item may be any of the positional schemas.
        converted = [self.convert(item, depth + 1) for item in prefix[:_BRANCH_LIMIT]]
        converted += [self.convert(items, depth + 1)] if isinstance(items, dict) and "prefixItems" in schema else []
        choices = unique(converted)
        open_ended = "prefixItems" in schema and not isinstance(items, dict) and items is not False
        result: JsonObject = {"items": {} if open_ended or {} in choices else _any_of(choices)}
        return {**result, "maxItems": len(prefix)} if items is False else result

    def _convert_union(
        self, schema: JsonObject, branches: list[JsonValue], result: JsonObject, depth: int
    ) -> JsonObject:
        """Convert `oneOf` and `anyOf` to `anyOf`, as the converted branches may no longer be exclusive."""
        if sentence := _required_alternatives(branches):
            return {**result, "description": sentence}
        if (values := _labelled_enum(branches)) is not None:
            return merge(values, result) or result
        used = [branch for branch in branches if branch is not False]
        tag = Discriminator.of(self.reader, schema)
        converted = [(branch, self.convert(branch, depth + 1)) for branch in used]
        choices = unique(tag.select(branch, choice) if tag else choice for branch, choice in converted)
        if not choices or (len(choices) == 1 and choices[0] == {}):
            return result
        result = tag.require(used, result) if tag else result
        if len(choices) == 1 and (both := merge(result, as_object(choices[0]))) is not None:
            return both
        if "anyOf" in result:
            return {**result, "allOf": [*as_list(result.get("allOf")), {"anyOf": choices}]}
        if result.get("type") in _SCALAR_TYPES and all(as_object(choice).get("type") for choice in choices):
            result = {key: value for key, value in result.items() if key != "type"}  # each branch has it
        return {**result, "anyOf": choices}

    def _convert_all_of(self, parts: list[JsonValue], result: JsonObject, depth: int, *, described: bool) -> JsonObject:
        """Merge all parts into one schema, and put those that cannot be merged into `allOf`."""
        rest: list[JsonValue] = []
        for part in parts:
            if not isinstance(part, dict):
                continue
            converted = self._convert_part(part, depth)
            if described:
                converted = {key: value for key, value in converted.items() if key != "description"}
            both = merge(result, converted)
            if both is not None:
                result = both
            else:
                rest.append(finish(converted))
        rest = unique(schema for schema in rest if schema != {})
        if len(rest) == 1 and not result:
            return as_object(rest[0])
        return {**result, "allOf": [*as_list(result.get("allOf")), *rest]} if rest else result

    def _convert_part(self, part: JsonObject, depth: int) -> JsonObject:
        reference = part.get("$ref")
        if not isinstance(reference, str) or not all(key in _ANNOTATIONS for key in part):
            return self.convert(part, depth + 1, part=True)
        component = self.reader.base(reference)
        if component is None or self.size + component.size > _SIZE_LIMIT:
            return self._keep_reference(reference)
        self.size += component.size
        self.needs |= component.needs
        return component.schema

    def _hidden_in(self, part: JsonValue) -> set[str]:
        reference = as_object(part).get("$ref")
        schema = self.reader.target(reference) if isinstance(reference, str) else as_object(part)
        properties = as_object(schema.get("properties")).items()
        return {self.reader.property_name(name) for name, value in properties if self._is_read_only(value)}


_SCALAR_TYPES = {"string", "number", "integer", "boolean"}


def _any_of(choices: list[JsonValue]) -> JsonObject:
    return as_object(choices[0]) if len(choices) == 1 else {"anyOf": choices}


def with_name(name: str, shown: str, schema: JsonObject) -> JsonObject:
    """The schema of what is sent as `name`, which its description says if it is shown under another name."""
    if name == shown:
        return schema
    text = sentences(f"Sent as `{one_line(name, 100)}`.", as_text(schema.get("description")))
    return {**schema, "description": text}


def _required_alternatives(branches: list[JsonValue]) -> str:
    """Describe branches that only have `required`: hosts reject `required` without `properties`."""
    sets: list[str] = []
    for branch in branches:
        names = [name for name in as_list(as_object(branch).get("required")) if isinstance(name, str)]
        if not names or set(as_object(branch)) - {"required", "type", "title", "description"}:
            return ""
        sets.append(" with ".join(one_line(name, 60) for name in names))
    return one_line(f"Needs {', or '.join(dict.fromkeys(sets))}.", TEXT_LIMIT) if sets else ""


def _labelled_enum(branches: list[JsonValue]) -> JsonObject | None:
    """Convert branches of one labelled value each to an enum with a description of its values."""
    values: list[JsonValue] = []
    labels: list[str] = []
    for branch in map(as_object, branches):
        listed = as_list(branch.get("enum"))
        if not branch or any(key not in _LABEL_KEYWORDS and not key.startswith("x-") for key in branch):
            return None
        if "const" not in branch and len(listed) != 1:
            return None
        value = branch.get("const", listed[0] if listed else None)
        if not isinstance(value, str | int):
            return None
        values.append(value)
        label = one_line(as_text(branch.get("title")) or as_text(branch.get("description")), 60)
        shown = one_line(to_text(value) if not isinstance(value, str) else value, 60)
        labels += [f"{shown}: {label}"] if label and label != shown else []
    kinds = {json_type(value) for value in values}
    if len(values) < 2 or len(kinds) > 1:
        return None
    result: JsonObject = {"type": kinds.pop(), "enum": unique(values)}
    text = one_line("; ".join(labels), _LABELS_LIMIT)
    return {**result, "description": text} if text else result
