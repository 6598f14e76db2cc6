"""The schemas of a document as self-contained JSON Schema 2020-12 that model hosts accept.

Hosts are stricter than the specification: some reject a whole session over an unresolvable `$ref`, a boolean schema,
or a union at the root. `conversion.py` converts a single schema.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from ..formats.json_pointer import escape
from ..formats.json_values import JsonObject, JsonValue, as_list, as_object, as_text
from ..formats.text import short_digest
from .conversion import Component, Conversion
from .property_names import VALID_NAME, property_names, renames_in, shown_names
from .references import (
    DEFINITIONS,
    CircularReferenceError,
    InvalidReferenceError,
    applicable_schemas,
    definition_names,
    describe_reference,
    follow,
    resolve_pointer,
)

# Nested components beyond this depth are cut off.
_OPEN_LIMIT = 80
_DEFINITIONS_LIMIT = 60
SCHEMAS = "#/components/schemas/"


class SchemaReader:
    """Converts the schemas of a document, each shared component once."""

    def __init__(self, document: JsonObject, unresolved: Mapping[str, str] | None = None) -> None:
        self.document = document
        self._unresolved = unresolved or {}
        self._unread: dict[str, str] = {}
        self._components: dict[str, Component] = {}
        self._bases: dict[str, Component] = {}
        self._open: set[str] = set()
        self._open_bases: set[str] = set()
        self._names: dict[str, str] = {}
        self._references: dict[str, str] = {}
        self._endless: dict[str, bool] = {}
        self._shown: dict[str, str] | None = None
        self._children: dict[str, list[str]] | None = None

    def unread(self) -> list[tuple[str, str]]:
        """The references that lead nowhere, as sentences, each with the effect."""
        return list(self._unread.items())

    def follow_if_possible(self, node: JsonValue, effect: str) -> JsonObject | None:
        """Follow the `$ref`s of a node; None if they lead nowhere, which has this effect."""
        try:
            return follow(self.document, node)
        except InvalidReferenceError as error:
            self._unread.setdefault(describe_reference(error, self._unresolved), effect)
            return None

    def follow_schema(self, node: JsonValue) -> JsonObject:
        """Follow the `$ref`s of a schema; those that lead nowhere, or only to themselves, give one for any value."""
        try:
            return follow(self.document, node)
        except CircularReferenceError:
            return {}
        except InvalidReferenceError as error:
            return self._any_value(error)

    def _any_value(self, error: InvalidReferenceError) -> JsonObject:
        self._unread.setdefault(describe_reference(error, self._unresolved), "any value is accepted there")
        return {"description": "Any value: its schema could not be read."}

    def read(self, schema: JsonValue) -> JsonObject:
        """Convert a schema; the `$ref`s left in it need `definitions`."""
        return Conversion(self).convert(schema)

    def definitions(self, schema: JsonObject) -> JsonObject:
        """The `$defs` that a converted schema needs, directly and indirectly."""
        definitions: JsonObject = {}
        names = set(definition_names(schema)) & self._references.keys()
        pending = sorted(self._references[name] for name in names)
        for reference in pending:
            name = self.name(reference)
            if name not in definitions:
                component = self.component(reference)
                usable = len(definitions) < _DEFINITIONS_LIMIT and not self._is_endless(reference)
                definitions[name] = component.schema if usable else {}
                pending += sorted(component.needs) if usable else []
        return definitions

    def component(self, reference: str) -> Component:
        """Convert the target of a reference."""
        if reference not in self._components:
            schema = self.target(reference)
            if subtypes := self._subtypes_of(reference):
                union: JsonObject = {"oneOf": [{"$ref": subtype} for subtype in subtypes]}
                schema = {**schema, **union}
            self._components[reference] = self._convert(reference, schema)
        return self._components[reference]

    def _subtypes_of(self, reference: str) -> list[str]:
        """The schemas that a discriminator alone selects: those mapped, and all that extend this one.

        OpenAPI 3.1 §4.8.25 has subtypes refer to their parent by `allOf`.
        """
        schema = self.target(reference)
        discriminator = as_object(schema.get("discriminator"))
        if not as_text(discriminator.get("propertyName")) or "oneOf" in schema or "anyOf" in schema:
            return []
        mapped = map(as_text, as_object(discriminator.get("mapping")).values())
        found = dict.fromkeys(text if "/" in text else f"{SCHEMAS}{text}" for text in mapped)
        pending = [reference]
        for parent in pending:
            new = [child for child in self._extensions().get(parent, ()) if child not in found]
            found |= dict.fromkeys(new)
            pending += new
        return [subtype for subtype in found if subtype != reference]

    def _extensions(self) -> Mapping[str, Sequence[str]]:
        """The components whose `allOf` refers to a schema, by its reference."""
        if self._children is None:
            self._children = {}
            for name, schema in as_object(as_object(self.document.get("components")).get("schemas")).items():
                for part in as_list(as_object(schema).get("allOf")):
                    if parent := as_text(as_object(part).get("$ref")):
                        self._children.setdefault(parent, []).append(f"{SCHEMAS}{escape(name)}")
        return self._children

    def base(self, reference: str) -> Component | None:
        """Convert a reference's target without the choice between its subtypes, for schemas that extend it.

        None while it is being converted.
        """
        schema = self.target(reference)
        has_union = "oneOf" in schema or "anyOf" in schema or bool(self._subtypes_of(reference))
        if "discriminator" not in schema or not has_union:
            return None if self.is_open(reference) else self.component(reference)
        if reference in self._open_bases:
            return None
        if reference not in self._bases:
            own = {key: value for key, value in schema.items() if key not in ("oneOf", "anyOf")}
            self._open_bases.add(reference)
            try:
                self._bases[reference] = self._convert(reference, own)
            finally:
                self._open_bases.discard(reference)
        return self._bases[reference]

    def _convert(self, reference: str, schema: JsonObject) -> Component:
        is_nested = reference in self._open
        self._open.add(reference)
        try:
            conversion = Conversion(self)
            converted = conversion.convert(schema)
            return Component(converted, conversion.size, frozenset(conversion.needs))
        finally:
            if not is_nested:
                self._open.discard(reference)

    def target(self, reference: str) -> JsonObject:
        """The target of a reference as it is in the document, or a schema for any value if there is none."""
        try:
            return as_object(resolve_pointer(self.document, reference))
        except InvalidReferenceError as error:
            return self._any_value(error)

    def is_open(self, reference: str) -> bool:
        """Whether the reference is being converted, so that it contains itself, or is nested too deeply."""
        return reference in self._open or len(self._open) > _OPEN_LIMIT

    def name(self, reference: str) -> str:
        """The reference's distinct name under `$defs`."""
        if reference not in self._names:
            word = re.sub(r"[^A-Za-z0-9_.-]", "_", reference.removeprefix(SCHEMAS))[-40:] or "schema"
            if word in self._references:
                word = f"{word}_{short_digest(reference)}"
            self._references[word] = reference
            self._names[reference] = word
        return self._names[reference]

    def _is_endless(self, reference: str) -> bool:
        """Whether a schema is a branch of itself, so that validation would not terminate."""
        if reference not in self._endless:
            seen: set[str] = set()
            pending = [reference]
            while pending and reference not in seen and len(seen) <= _OPEN_LIMIT:
                branches = applicable_schemas([self.component(pending.pop()).schema], {})
                names = [as_text(branch["$ref"]).removeprefix(DEFINITIONS) for branch in branches if "$ref" in branch]
                targets = {self._references[name] for name in names}
                pending += targets - seen
                seen |= targets
            self._endless[reference] = reference in seen or len(seen) > _OPEN_LIMIT
        return self._endless[reference]

    def property_name(self, name: str) -> str:
        """The name under which a property is shown."""
        if VALID_NAME.fullmatch(name):
            return name
        if self._shown is None:
            self._shown = shown_names(property_names(self.document))
        return self._shown.get(name) or shown_names([name])[name]

    def renames_in(self, schema: JsonObject) -> dict[str, str]:
        """The shown names in a converted schema with their originals."""
        return renames_in(schema, self._shown or {})
