"""Property names that hosts refuse, shown under names that they accept, and put back before they are sent.

One host refuses a whole session over a name outside `[A-Za-z0-9_.-]{1,64}`, wherever in a schema it stands.
"""

from __future__ import annotations

import hashlib
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping

from ..formats.json_values import JsonObject, JsonValue, as_list, as_object, as_text

ACCEPTED = re.compile(r"[A-Za-z0-9_.-]{1,64}")
_REFUSED = re.compile(r"[^A-Za-z0-9_.-]+")
_DEFINITIONS = "#/$defs/"
_LONGEST = 64


def restore_names(arguments: JsonObject, schema: JsonObject, renames: Mapping[str, str]) -> JsonObject:
    """The arguments with the names inside them as the service knows them.

    `renames` leads from the names that the input schema shows to those. The arguments' own names stay. A name is
    changed only where the schema has a property of that name: the keys of a map are the caller's to choose.
    """
    if not renames:
        return arguments
    restoring = _Restoring(as_object(schema.get("$defs")), renames)
    properties = as_object(schema.get("properties"))
    return {name: restoring.restore(value, [as_object(properties.get(name))]) for name, value in arguments.items()}


class _Restoring:
    def __init__(self, definitions: JsonObject, renames: Mapping[str, str]) -> None:
        self._definitions = definitions
        self._renames = renames

    def restore(self, value: JsonValue, schemas: list[JsonObject]) -> JsonValue:
        if not isinstance(value, dict | list) or not schemas:
            return value
        every = self._all_of(schemas)
        if isinstance(value, list):
            items = [item for one in every if isinstance(item := one.get("items"), dict)]
            return [self.restore(item, items) for item in value]
        result: JsonObject = {}
        for name, child in value.items():
            own = [p for one in every if isinstance(p := as_object(one.get("properties")).get(name), dict)]
            others = [extra for one in every if isinstance(extra := one.get("additionalProperties"), dict)]
            result[self._renames.get(name, name) if own else name] = self.restore(child, own or others)
        return result

    def _all_of(self, schemas: list[JsonObject]) -> list[JsonObject]:
        """The schemas with all that they refer to and are made of, each once."""
        found: dict[int, JsonObject] = {}
        waiting = list(schemas)
        while waiting:
            schema = waiting.pop()
            if id(schema) in found:
                continue
            found[id(schema)] = schema
            name = as_text(schema.get("$ref")).removeprefix(_DEFINITIONS)
            waiting += [as_object(self._definitions[name])] if name in self._definitions else []
            for union in ("anyOf", "allOf", "oneOf"):
                waiting += [branch for branch in as_list(schema.get(union)) if isinstance(branch, dict)]
        return list(found.values())


def shown_names(names: Iterable[str]) -> dict[str, str]:
    """For each of all the property names of a document that hosts refuse, the one to show instead.

    It depends on the set of names alone: where the readable name is another's too, a digest tells them apart.
    """
    accepted, refused = set[str](), defaultdict[str, list[str]](list)
    for name in set(names):
        if ACCEPTED.fullmatch(name):
            accepted.add(name)
        else:
            refused[_readable(name)].append(name)
    return {
        name: readable if readable and readable not in accepted and len(own) == 1 else _distinct(readable, name)
        for readable, own in refused.items()
        for name in own
    }


def _readable(name: str) -> str:
    plain = _REFUSED.sub("_", name)[:_LONGEST].rstrip("_")
    return plain if plain.strip("_.-") else ""


def _distinct(readable: str, name: str) -> str:
    digest = hashlib.sha256(name.encode(errors="replace")).hexdigest()[:6]
    return f"{readable[: _LONGEST - 7].rstrip('_')}_{digest}" if readable else f"property_{digest}"


def property_names(node: JsonValue) -> Iterator[str]:
    """Every name that stands under a `properties` anywhere in a document."""
    waiting: list[JsonValue] = [node]
    while waiting:
        here = waiting.pop()
        if isinstance(here, dict):
            properties = here.get("properties")
            if isinstance(properties, dict):
                yield from properties
            waiting += [child for child in here.values() if isinstance(child, dict | list)]
        elif isinstance(here, list):
            waiting += [child for child in here if isinstance(child, dict | list)]


def renames_in(schema: JsonObject, shown: Mapping[str, str]) -> dict[str, str]:
    """Of a document's names (as `shown_names` gives them) those in one schema, the other way round."""
    if not shown:
        return {}
    there = set(property_names(schema))
    return {name: original for original, name in shown.items() if name in there}
