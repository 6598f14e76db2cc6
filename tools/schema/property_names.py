"""Property names that hosts reject: shown under other names, and restored before requests are sent.

Some hosts reject a whole session over a name outside `[A-Za-z0-9_.-]{1,64}` anywhere in a schema.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping

from ..formats.json_values import JsonObject, JsonValue, as_object, objects_in
from ..formats.text import short_digest
from .references import applicable_schemas

VALID_NAME = re.compile(r"[A-Za-z0-9_.-]{1,64}")
_INVALID = re.compile(r"[^A-Za-z0-9_.-]+")
_MAX_LENGTH = 64


def restore_names(arguments: JsonObject, schema: JsonObject, renames: Mapping[str, str]) -> JsonObject:
    """Rename the properties inside arguments from shown to original names (`renames`).

    The arguments' own names are kept, and so are the keys of maps: only properties in the schema are renamed.
    """
    if not renames:
        return arguments
    restoration = _Restoration(as_object(schema.get("$defs")), renames)
    properties = as_object(schema.get("properties"))
    return {name: restoration.restore(value, [as_object(properties.get(name))]) for name, value in arguments.items()}


class _Restoration:
    def __init__(self, definitions: JsonObject, renames: Mapping[str, str]) -> None:
        self._definitions = definitions
        self._renames = renames

    def restore(self, value: JsonValue, schemas: list[JsonObject]) -> JsonValue:
        if not isinstance(value, dict | list) or not schemas:
            return value
        schemas = applicable_schemas(schemas, self._definitions)
        if isinstance(value, list):
            items = [items for schema in schemas if isinstance(items := schema.get("items"), dict)]
            return [self.restore(item, items) for item in value]
        extra = [extra for schema in schemas if isinstance(extra := schema.get("additionalProperties"), dict)]
        result: JsonObject = {}
        for name, child in value.items():
            own = [p for schema in schemas if isinstance(p := as_object(schema.get("properties")).get(name), dict)]
            result[self._renames.get(name, name) if own else name] = self.restore(child, own or extra)
        return result


def shown_names(names: Iterable[str]) -> dict[str, str]:
    """A valid name for each invalid property name of a document.

    It depends only on the set of names; a digest distinguishes names that would be shown alike.
    """
    valid, invalid = set[str](), defaultdict[str, list[str]](list)
    for name in set(names):
        if VALID_NAME.fullmatch(name):
            valid.add(name)
        else:
            invalid[_readable(name)].append(name)
    return {
        name: readable if readable and readable not in valid and len(own) == 1 else _distinct(readable, name)
        for readable, own in invalid.items()
        for name in own
    }


def _readable(name: str) -> str:
    plain = _INVALID.sub("_", name)[:_MAX_LENGTH].rstrip("_")
    return plain if plain.strip("_.-") else ""


def _distinct(readable: str, name: str) -> str:
    return f"{readable[: _MAX_LENGTH - 7].rstrip('_') or 'property'}_{short_digest(name)}"


def property_names(node: JsonValue) -> Iterator[str]:
    """Yield every key of every `properties` object in a document or schema."""
    for schema in objects_in(node):
        yield from as_object(schema.get("properties"))


def renames_in(schema: JsonObject, shown: Mapping[str, str]) -> dict[str, str]:
    """The shown names in a schema with their originals; `shown` is from `shown_names`."""
    names = set(property_names(schema)) if shown else set[str]()
    return {name: original for original, name in shown.items() if name in names}
