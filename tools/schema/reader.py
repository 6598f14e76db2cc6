"""The schemas of a document as self-contained JSON Schema 2020-12 that model hosts accept.

Hosts are stricter than the specification: some reject a whole session over an unresolvable `$ref`, a boolean schema,
or a union at the root. `conversion.py` converts a single schema.
"""

from __future__ import annotations

import re

from ..formats.json_values import JsonObject, JsonValue, as_object, as_text
from ..formats.text import short_digest
from .conversion import Component, Conversion
from .property_names import VALID_NAME, property_names, renames_in, shown_names
from .references import DEFINITIONS, applicable_schemas, definition_names, follow, follow_schema, resolve_pointer

# Nested components beyond this depth are cut off.
_OPEN_LIMIT = 80
_DEFINITIONS_LIMIT = 60


class SchemaReader:
    """Converts the schemas of a document, each shared component once."""

    def __init__(self, document: JsonObject) -> None:
        self.document = document
        self._components: dict[str, Component] = {}
        self._bases: dict[str, Component] = {}
        self._open: set[str] = set()
        self._open_bases: set[str] = set()
        self._names: dict[str, str] = {}
        self._references: dict[str, str] = {}
        self._endless: dict[str, bool] = {}
        self._shown: dict[str, str] | None = None

    def follow(self, node: JsonValue) -> JsonObject:
        """Follow the `$ref`s of a node, as `references.follow`."""
        return follow(self.document, node)

    def follow_schema(self, node: JsonValue) -> JsonObject:
        """Follow the `$ref`s of a schema, as `references.follow_schema`."""
        return follow_schema(self.document, node)

    def read(self, schema: JsonValue) -> JsonObject:
        """Convert a schema; the `$ref`s left in it need `definitions`.

        Raises:
            InvalidReferenceError: a reference in it leads nowhere.
        """
        return Conversion(self).convert(schema)

    def definitions(self, schema: JsonObject) -> JsonObject:
        """Return the `$defs` that a converted schema needs, directly and indirectly."""
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
            self._components[reference] = self._convert(reference, self.target(reference))
        return self._components[reference]

    def base(self, reference: str) -> Component | None:
        """Convert a reference's target without the choice between its subtypes, for schemas that extend it.

        None while it is being converted.
        """
        schema = self.target(reference)
        if "discriminator" not in schema or not ("oneOf" in schema or "anyOf" in schema):
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
        """Return the target of a reference as it is in the document."""
        return as_object(resolve_pointer(self.document, reference))

    def is_open(self, reference: str) -> bool:
        """Tell whether the reference is being converted, so that it contains itself, or is nested too deeply."""
        return reference in self._open or len(self._open) > _OPEN_LIMIT

    def name(self, reference: str) -> str:
        """Return the reference's distinct name under `$defs`."""
        if reference not in self._names:
            word = re.sub(r"[^A-Za-z0-9_.-]", "_", reference.removeprefix("#/components/schemas/"))[-40:] or "schema"
            if word in self._references:
                word = f"{word}_{short_digest(reference)}"
            self._references[word] = reference
            self._names[reference] = word
        return self._names[reference]

    def _is_endless(self, reference: str) -> bool:
        """Tell whether a schema is a branch of itself, so that validation would not terminate."""
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
        """Return the name under which a property is shown."""
        if VALID_NAME.fullmatch(name):
            return name
        if self._shown is None:
            self._shown = shown_names(property_names(self.document))
        return self._shown.get(name) or shown_names([name])[name]

    def renames_in(self, schema: JsonObject) -> dict[str, str]:
        """Return the shown names in a converted schema with their originals."""
        return renames_in(schema, self._shown or {})
