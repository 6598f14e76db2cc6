"""The schemas of one document as JSON Schema 2020-12, self-contained, as model hosts accept it.

Hosts are stricter than the specification: some refuse a whole session over one `$ref` that leads nowhere, a
boolean where a schema may stand, or a union at the root. `conversion.py` does the work on one schema.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable

from ..formats.json_values import JsonObject, JsonValue, as_list, as_object
from .conversion import Component, Conversion
from .property_names import ACCEPTED, property_names, renames_in, shown_names
from .references import resolve_pointer

# More components than this, each containing the next, are cut where they are deepest.
_OPEN_LIMIT = 80
_DEFINITIONS_LIMIT = 60
_IN_PLACE = ("anyOf", "allOf")


class SchemaReader:
    """Converts the schemas of one document; what several operations share is converted, and kept, once."""

    def __init__(self, document: JsonObject) -> None:
        self._document = document
        self._components: dict[str, Component] = {}
        self._bases: dict[str, Component] = {}
        self._open: set[str] = set()
        self._open_bases: set[str] = set()
        self._names: dict[str, str] = {}
        self._references: dict[str, str] = {}
        self._endless: dict[str, bool] = {}
        self._shown: dict[str, str] | None = None

    def read(self, schema: JsonValue, needs: set[str]) -> JsonObject:
        """The schema, converted; references that stay in it are added to `needs`, for `definitions`.

        Raises:
            InvalidReferenceError: something in it refers to nothing.
        """
        conversion = Conversion(self)
        converted = conversion.convert(schema)
        needs |= conversion.needs
        return converted

    def definitions(self, needs: Iterable[str]) -> JsonObject:
        """The `$defs` for these references and all that they refer to in turn."""
        found: JsonObject = {}
        waiting = sorted(needs)
        for reference in waiting:
            name = self.name(reference)
            if name not in found:
                component = self.component(reference)
                usable = len(found) < _DEFINITIONS_LIMIT and not self._is_endless(reference)
                found[name] = component.schema if usable else {}
                waiting += sorted(component.needs) if usable else []
        return found

    def component(self, reference: str) -> Component:
        """What a reference names, converted."""
        if reference not in self._components:
            self._components[reference] = self._convert(reference, self.target(reference))
        return self._components[reference]

    def base(self, reference: str) -> Component | None:
        """What a reference names, converted for those that extend it: without the choice between them.

        None where it is being converted right now.
        """
        whole = self.target(reference)
        if "discriminator" not in whole or not ("oneOf" in whole or "anyOf" in whole):
            return None if self.is_open(reference) else self.component(reference)
        if reference in self._open_bases:
            return None
        if reference not in self._bases:
            own = {key: value for key, value in whole.items() if key not in ("oneOf", "anyOf")}
            self._open_bases.add(reference)
            try:
                self._bases[reference] = self._convert(reference, own)
            finally:
                self._open_bases.discard(reference)
        return self._bases[reference]

    def _convert(self, reference: str, schema: JsonObject) -> Component:
        inside = reference in self._open
        self._open.add(reference)
        try:
            conversion = Conversion(self)
            converted = conversion.convert(schema)
            return Component(converted, conversion.size, frozenset(conversion.needs))
        finally:
            if not inside:
                self._open.discard(reference)

    def target(self, reference: str) -> JsonObject:
        """What a reference names, as the document has it."""
        return as_object(resolve_pointer(self._document, reference))

    def is_open(self, reference: str) -> bool:
        """Whether the reference is being converted right now, so that it contains itself, or is deep inside others."""
        return reference in self._open or len(self._open) > _OPEN_LIMIT

    def name(self, reference: str) -> str:
        """The reference's name under `$defs`: one of its own, whatever other pointers end in the same word."""
        if reference not in self._names:
            word = re.sub(r"[^A-Za-z0-9_.-]", "_", reference.removeprefix("#/components/schemas/"))[-40:] or "schema"
            if word in self._references:
                word = f"{word}_{hashlib.sha256(reference.encode(errors='replace')).hexdigest()[:6]}"
            self._references[word] = reference
            self._names[reference] = word
        return self._names[reference]

    def _is_endless(self, reference: str) -> bool:
        """Whether a schema is, at the same place, a choice or part of itself: a checker would never come to an end."""
        if reference not in self._endless:
            seen: set[str] = set()
            waiting = [reference]
            while waiting and reference not in seen and len(seen) <= _OPEN_LIMIT:
                for name in _in_place(self.component(waiting.pop()).schema):
                    needed = self._references[name]
                    waiting += [] if needed in seen else [needed]
                    seen.add(needed)
            self._endless[reference] = reference in seen or len(seen) > _OPEN_LIMIT
        return self._endless[reference]

    def property_name(self, name: str) -> str:
        """The name under which a property is shown."""
        if ACCEPTED.fullmatch(name):
            return name
        if self._shown is None:
            self._shown = shown_names(property_names(self._document))
        return self._shown.get(name) or shown_names([name])[name]

    def renames_in(self, schema: JsonObject) -> dict[str, str]:
        """The names in a converted schema that are not the service's own, and the service's."""
        return renames_in(schema, self._shown or {})


def _in_place(schema: JsonObject) -> Iterable[str]:
    """The names of the definitions that hold for the same value as a schema does."""
    waiting = [schema]
    for one in waiting:
        reference = one.get("$ref")
        if isinstance(reference, str):
            yield reference.removeprefix("#/$defs/")
        for union in _IN_PLACE:
            waiting += [branch for branch in as_list(one.get(union)) if isinstance(branch, dict)]
