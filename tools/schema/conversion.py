"""One schema on its way from OpenAPI to JSON Schema 2020-12 as model hosts accept it.

Each schema that comes out has one `type`, or is a choice (`anyOf`), and holds nothing that only OpenAPI understands.
It never asks for more than the document does: what cannot be said is left to the service to judge.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Protocol

from ..formats.json_values import JsonObject, JsonValue, as_list, as_object, as_text, to_text
from ..formats.text import one_line, sentences
from .keywords import TEXT_LIMIT, json_type, keywords, said_of, types_of
from .merging import merged, or_null, settled, unique

# A component of at most this many subschemas stands in place of its `$ref`; a larger one under `$defs`.
_INLINE_LIMIT = 12
_SIZE_LIMIT = 4_000
_DEPTH_LIMIT = 20
_BRANCH_LIMIT = 200
_LABELS_LIMIT = 600

# What may stand beside a `$ref` without making another schema of it.
_ASIDES = {"$ref", "description", "default", "example", "examples", "title", "summary", "deprecated", "nullable",
           "readOnly", "writeOnly", "xml", "externalDocs", "$comment", "discriminator"}  # fmt: skip
_LABELLED = {"const", "enum", "title", "description", "type", "format", "deprecated"}


@dataclass(frozen=True, slots=True)
class Component:
    """What a reference names, converted once for the whole document: `needs` are the references left in it."""

    schema: JsonObject
    size: int
    needs: frozenset[str]


class Components(Protocol):
    """What a reference in a document names."""

    def component(self, reference: str) -> Component:
        """It, converted."""
        ...

    def base(self, reference: str) -> Component | None:
        """It, converted for those that extend it: without the choice between them. None while it is converted."""
        ...

    def target(self, reference: str) -> JsonObject:
        """It, as the document has it."""
        ...

    def is_open(self, reference: str) -> bool:
        """Whether it is being converted right now, so that it contains itself, or is deep inside others."""
        ...

    def name(self, reference: str) -> str:
        """Its name under `$defs`."""
        ...

    def property_name(self, name: str) -> str:
        """The name under which a property is shown."""
        ...


@dataclass(slots=True)
class Conversion:
    """One schema on its way: how large it has become, and which references are left in it."""

    components: Components
    size: int = 0
    needs: set[str] = field(default_factory=set[str])

    def convert(self, schema: JsonValue, depth: int = 0, *, part: bool = False) -> JsonObject:
        """The schema, converted; a `part` of an `allOf` may ask for properties that other parts have."""
        self.size += 1
        if schema is False:
            return {"not": {}}
        if not isinstance(schema, dict) or self.size > _SIZE_LIMIT or depth > _DEPTH_LIMIT:
            return {}
        reference = schema.get("$ref")
        if isinstance(reference, str):
            if all(key in _ASIDES or key.startswith("x-") for key in schema):
                return self._referred(reference, schema)
            rest = {key: value for key, value in schema.items() if key != "$ref"}
            schema = {**rest, "allOf": [{"$ref": reference}, *as_list(schema.get("allOf"))]}
        return self._whole(schema, depth, part=part)

    def _referred(self, reference: str, schema: JsonObject) -> JsonObject:
        if self.components.is_open(reference):
            result = self._left(reference)
        else:
            component = self.components.component(reference)
            if component.needs or component.size > _INLINE_LIMIT or self.size + component.size > _SIZE_LIMIT:
                result = self._left(reference)
            else:
                self.size += component.size
                result = component.schema
        target = self.components.target(reference)
        notes: JsonObject = {key: target[key] for key in ("default", "format", "deprecated") if key in target}
        if said := said_of({**notes, **schema}, as_text(target.get("type"))):
            kept = as_text(result.get("description")) if "description" not in schema else ""
            result = {**result, "description": kept or said}
        return or_null(result) if schema.get("nullable") is True else result

    def _left(self, reference: str) -> JsonObject:
        self.components.target(reference)
        self.needs.add(reference)
        return {"$ref": f"#/$defs/{self.components.name(reference)}"}

    def _whole(self, schema: JsonObject, depth: int, *, part: bool) -> JsonObject:
        kinds, null = types_of(schema)
        if len(kinds) > 1:
            branches = [self._single(schema, kind, depth, part=part) for kind in kinds]
            choices = unique(branch for branch in branches if branch is not None)
            result: JsonObject = {"anyOf": choices} if len(choices) > 1 else as_object(choices[0] if choices else None)
        else:
            result = self._single(schema, kinds[0] if kinds else "", depth, part=part) or {}
        if said := said_of(schema, kinds[0] if len(kinds) == 1 else ""):
            told = as_text(result.get("description"))
            result = {**result, "description": one_line(sentences(said, "" if told in said else told), TEXT_LIMIT * 2)}
        return or_null(result) if null else result

    def _single(self, schema: JsonObject, kind: str, depth: int, *, part: bool) -> JsonObject | None:
        result = keywords(schema, kind)
        if result is None:
            return None
        hidden: set[str] = set()
        if kind == "object":
            hidden = self._object(schema, result, depth)
        elif kind == "array":
            self._array(schema, result, depth)
        elif part and isinstance(schema.get("required"), list):
            result["required"] = self._required(schema)
        for union in ("oneOf", "anyOf"):
            if branches := as_list(schema.get(union)):
                result = self._choice(schema, branches[:_BRANCH_LIMIT], result, depth)
        if parts := as_list(schema.get("allOf")):
            result, more = self._parts(parts[:_BRANCH_LIMIT], result, depth, described=bool(schema.get("description")))
            hidden |= more
        return result if part else settled(result, hidden)

    def _object(self, schema: JsonObject, result: JsonObject, depth: int) -> set[str]:
        """Adds what is said of an object, and tells the shown names of the properties that are not to be sent."""
        properties: JsonObject = {}
        hidden: set[str] = set()
        required = dict.fromkeys(self._required(schema))
        for name, value in as_object(schema.get("properties")).items():
            shown = self.components.property_name(name)
            # What the server alone sets is not the caller's to send (OpenAPI 3.1 §4.8.24).
            if value is False or self._is_read_only(value):
                hidden.add(shown)
            elif self.size <= _SIZE_LIMIT or shown in required:
                properties[shown] = self._named(name, shown, self.convert(value, depth + 1))
                if as_object(value).get("required") is True:  # as Swagger 1 and JSON Schema draft 3 have it
                    required[shown] = None
        if properties:
            result["properties"] = properties
        if required:
            result["required"] = list[JsonValue](required)
        extra = self._additional(schema, depth)
        if extra is not None:
            result["additionalProperties"] = extra
        return hidden

    def _named(self, name: str, shown: str, schema: JsonObject) -> JsonObject:
        if name == shown:
            return schema
        told = sentences(f"Sent as `{one_line(name, 100)}`.", as_text(schema.get("description")))
        return {**schema, "description": told}

    def _required(self, schema: JsonObject) -> list[JsonValue]:
        wanted = [name for name in as_list(schema.get("required")) if isinstance(name, str)]
        return [self.components.property_name(name) for name in dict.fromkeys(wanted)]

    def _additional(self, schema: JsonObject, depth: int) -> JsonValue:
        extra, patterns = schema.get("additionalProperties"), as_object(schema.get("patternProperties"))
        if patterns:  # hosts know no patterns of names: one kind of value is still worth saying
            alone = len(patterns) == 1 and "properties" not in schema and not isinstance(extra, dict)
            extra = next(iter(patterns.values())) if alone else True
        if isinstance(extra, dict) and extra:
            return self.convert(extra, depth + 1) or True
        return False if extra is False else True if extra is not None else None

    def _is_read_only(self, value: JsonValue, depth: int = 0) -> bool:
        schema = as_object(value)
        if schema.get("readOnly") is True:
            return True
        if depth > 5:
            return False
        reference = schema.get("$ref")
        if isinstance(reference, str) and self._is_read_only(self.components.target(reference), depth + 1):
            return True
        parts = as_list(schema.get("allOf"))
        return any(self._is_read_only(part, depth + 1) for part in parts[:_BRANCH_LIMIT])

    def _array(self, schema: JsonObject, result: JsonObject, depth: int) -> None:
        items = schema.get("items")
        first = as_list(schema.get("prefixItems")) or as_list(items)
        if first:  # hosts know no tuples: each item is one of their kinds
            kinds = [self.convert(one, depth + 1) for one in first[:_BRANCH_LIMIT]]
            kinds += [self.convert(items, depth + 1)] if isinstance(items, dict) and "prefixItems" in schema else []
            choices = unique(kinds)
            open_ended = "prefixItems" in schema and not isinstance(items, dict) and items is not False
            result["items"] = {} if open_ended or {} in choices else self._one_of(choices)
            if items is False:
                result["maxItems"] = len(first)
        else:
            result["items"] = self.convert(items, depth + 1) if isinstance(items, dict) else {}

    @staticmethod
    def _one_of(choices: list[JsonValue]) -> JsonObject:
        return as_object(choices[0]) if len(choices) == 1 else {"anyOf": choices}

    def _choice(self, schema: JsonObject, branches: list[JsonValue], result: JsonObject, depth: int) -> JsonObject:
        """`oneOf` becomes `anyOf`: where branches lost something on the way, several may fit by now."""
        if sentence := _sets_of_properties(branches):
            return {**result, "description": sentence}
        if (values := _labelled_values(branches)) is not None:
            return merged(values, result) or result
        converted = [
            self._told_apart(schema, branch, self.convert(branch, depth + 1))
            for branch in branches
            if branch is not False
        ]
        choices = unique(converted)
        if not choices or (len(choices) == 1 and choices[0] == {}):
            return result
        if len(choices) == 1 and (one := merged(result, as_object(choices[0]))) is not None:
            return one
        if "anyOf" in result:
            return {**result, "allOf": [*as_list(result.get("allOf")), {"anyOf": choices}]}
        if result.get("type") in _SCALAR_TYPES and all(as_object(one).get("type") for one in choices):
            result = {key: value for key, value in result.items() if key != "type"}  # each branch says it
        return {**result, "anyOf": choices}

    def _told_apart(self, schema: JsonObject, branch: JsonValue, converted: JsonObject) -> JsonObject:
        """A branch with the value of the discriminator that chooses it (OpenAPI 3.1 §4.8.25)."""
        discriminator = as_object(schema.get("discriminator"))
        name, reference = as_text(discriminator.get("propertyName")), as_text(as_object(branch).get("$ref"))
        if not name or not reference:
            return converted
        values = list(_discriminating(as_object(discriminator.get("mapping")), reference))
        shown = self.components.property_name(name)
        if "$ref" in converted:
            told = f"`{shown}`: {' or '.join(to_text(value) for value in values)}."
            return {**converted, "description": one_line(sentences(as_text(converted.get("description")), told), 300)}
        if converted.get("type") != "object":
            return converted
        properties = as_object(converted.get("properties"))
        own = as_object(properties.get(shown))
        if "const" in own or len(as_list(own.get("enum"))) == 1 or own.get("type", "string") != "string":
            return converted
        fixed: JsonObject = {"const": values[0]} if len(values) == 1 else {"enum": list[JsonValue](values)}
        kept = {key: value for key, value in own.items() if key == "description"}
        required = unique([*as_list(converted.get("required")), shown])
        whole: JsonObject = {**properties, shown: {"type": "string", **fixed, **kept}}
        return {**converted, "properties": whole, "required": required}

    def _parts(
        self, parts: list[JsonValue], result: JsonObject, depth: int, *, described: bool
    ) -> tuple[JsonObject, set[str]]:
        """All parts in one schema where that can be said, and the names that any of them keeps from being sent."""
        hidden: set[str] = set()
        left: list[JsonValue] = []
        for part in parts:
            if not isinstance(part, dict):
                continue
            converted = self._part(part, depth)
            if described:  # what the whole says of itself goes before what its parts say of themselves
                converted = {key: value for key, value in converted.items() if key != "description"}
            hidden |= self._hidden_in(part)
            both = merged(result, converted)
            if both is not None:
                result = both
            else:
                left.append(settled(converted))
        if left:
            left = unique(one for one in left if one != {})
            if len(left) == 1 and not result:
                return as_object(left[0]), hidden
            result = {**result, "allOf": [*as_list(result.get("allOf")), *left]} if left else result
        return result, hidden

    def _part(self, part: JsonObject, depth: int) -> JsonObject:
        reference = part.get("$ref")
        if not isinstance(reference, str) or not all(key in _ASIDES for key in part):
            return self.convert(part, depth + 1, part=True)
        component = self.components.base(reference)
        if component is None or self.size + component.size > _SIZE_LIMIT:
            return self._left(reference)
        self.size += component.size
        self.needs |= component.needs
        return component.schema

    def _hidden_in(self, part: JsonObject) -> set[str]:
        reference = part.get("$ref")
        whole = self.components.target(reference) if isinstance(reference, str) else part
        properties = as_object(whole.get("properties")).items()
        return {self.components.property_name(name) for name, value in properties if self._is_read_only(value)}


_SCALAR_TYPES = {"string", "number", "integer", "boolean"}


def _discriminating(mapping: JsonObject, reference: str) -> Iterable[str]:
    word = reference.rsplit("/", 1)[-1]
    named = [value for value, target in mapping.items() if target in (reference, word)]
    return named or [word]


def _sets_of_properties(branches: list[JsonValue]) -> str:
    """What branches ask that only name required properties: hosts refuse names without their properties."""
    sets: list[str] = []
    for branch in branches:
        names = [name for name in as_list(as_object(branch).get("required")) if isinstance(name, str)]
        if not names or set(as_object(branch)) - {"required", "type", "title", "description"}:
            return ""
        sets.append(" with ".join(one_line(name, 60) for name in names))
    return one_line(f"Needs {', or '.join(dict.fromkeys(sets))}.", TEXT_LIMIT) if sets else ""


def _labelled_values(branches: list[JsonValue]) -> JsonObject | None:
    """Branches of one value each, with a label: an enumeration, and what its values mean."""
    values: list[JsonValue] = []
    labels: list[str] = []
    for branch in branches:
        one = as_object(branch)
        listed = as_list(one.get("enum"))
        if not one or any(key not in _LABELLED and not key.startswith("x-") for key in one):
            return None
        if "const" not in one and len(listed) != 1:
            return None
        value = one.get("const", listed[0] if listed else None)
        if not isinstance(value, str | int):
            return None
        values.append(value)
        label = one_line(as_text(one.get("title")) or as_text(one.get("description")), 60)
        shown = one_line(to_text(value) if not isinstance(value, str) else value, 60)
        labels += [f"{shown}: {label}"] if label and label != shown else []
    kinds = {json_type(value) for value in values}
    if len(values) < 2 or len(kinds) > 1:
        return None
    result: JsonObject = {"type": kinds.pop(), "enum": unique(values)}
    told = one_line("; ".join(labels), _LABELS_LIMIT)
    return {**result, "description": told} if told else result
