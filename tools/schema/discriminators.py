"""Discriminators (OpenAPI 3.1 §4.8.25): the property whose value selects one of several schemas."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..formats.json_values import JsonObject, JsonValue, as_list, as_object, as_text, to_text
from ..formats.text import one_line, sentences
from .merging import unique

if TYPE_CHECKING:
    from .reader import SchemaReader


@dataclass(frozen=True, slots=True)
class Discriminator:
    """The discriminator of a schema; `shown` is its property's name in converted schemas."""

    reader: SchemaReader
    name: str
    shown: str
    mapping: JsonObject

    @classmethod
    def of(cls, reader: SchemaReader, schema: JsonObject) -> Discriminator | None:
        """The discriminator of a schema, if it has one."""
        node = as_object(schema.get("discriminator"))
        name = as_text(node.get("propertyName"))
        return cls(reader, name, reader.property_name(name), as_object(node.get("mapping"))) if name else None

    def require(self, branches: list[JsonValue], result: JsonObject) -> JsonObject:
        """Require the property, with the values of all branches, whatever the branches themselves say."""
        references = [as_text(as_object(branch).get("$ref")) for branch in branches]
        if not all(reference and _is_object(self.reader.target(reference)) for reference in references):
            return result
        properties = as_object(result.get("properties"))
        own = as_object(properties.get(self.shown))
        tags = [self._tags(reference) for reference in references]
        if all(tags) and own.get("type", "string") == "string":
            values: JsonObject = {"enum": unique(tag for listed in tags for tag in listed)}
            own = {**values, **own, "type": "string"}
        required: JsonObject = {"required": unique([*as_list(result.get("required")), self.shown])}
        shown: JsonObject = {**properties, self.shown: own}
        return {**result, "type": "object", "properties": shown, **required}

    def _tags(self, reference: str) -> list[JsonValue]:
        """The texts that select a branch, or none if they are not known to be texts."""
        properties = as_object(self.reader.target(reference).get("properties"))
        own = self.reader.follow_schema(properties.get(self.name, {}))
        listed = [own["const"]] if "const" in own else as_list(own.get("enum"))
        is_text = own.get("type", "string") == "string" and all(isinstance(value, str) for value in listed)
        return (listed or list[JsonValue](self._values(reference))) if is_text else []

    def select(self, branch: JsonValue, converted: JsonObject) -> JsonObject:
        """Add the value that selects a branch to its converted schema."""
        reference = as_text(as_object(branch).get("$ref"))
        if not reference:
            return converted
        values = self._values(reference)
        if "$ref" in converted:
            note = f"`{self.shown}`: {' or '.join(map(to_text, values))}."
            return {**converted, "description": one_line(sentences(as_text(converted.get("description")), note), 300)}
        if converted.get("type") != "object":
            return converted
        properties = as_object(converted.get("properties"))
        own = as_object(properties.get(self.shown))
        if "const" in own or len(as_list(own.get("enum"))) == 1 or own.get("type", "string") != "string":
            return converted
        fixed: JsonObject = {"const": values[0]} if len(values) == 1 else {"enum": list[JsonValue](values)}
        kept = {key: value for key, value in own.items() if key == "description"}
        return {**converted, "properties": {**properties, self.shown: {"type": "string", **fixed, **kept}}}

    def _values(self, reference: str) -> list[str]:
        name = reference.rsplit("/", 1)[-1]
        return [value for value, target in self.mapping.items() if target in (reference, name)] or [name]


def _is_object(schema: JsonObject) -> bool:
    return schema.get("type", "object") == "object" and schema.get("nullable") is not True
