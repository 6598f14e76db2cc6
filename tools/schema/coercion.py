"""Arguments as they were meant, where they do not fit as they were written.

Models write objects and arrays as JSON text, numbers and booleans in quotes, and null for what they leave out.
A schema that takes the text keeps the text, and one that takes null keeps the null.
"""

from __future__ import annotations

import re

from ..formats.json_values import (
    InvalidJsonError,
    JsonObject,
    JsonValue,
    LiteralNumber,
    as_list,
    as_object,
    as_text,
    parse_json,
    parse_nested,
)

_DEFINITIONS = "#/$defs/"
_NUMBER = re.compile(r"-?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?")  # RFC 8259 §6
_DEPTH_LIMIT = 40
# Beyond these JSON Schema leaves open what a value is.
_SAYS_TYPE = ("type", "enum", "const", "$ref", "anyOf", "oneOf", "allOf")


def mend(schema: JsonObject, arguments: JsonObject) -> JsonObject:
    """The arguments as they were meant."""
    return as_object(_Coercion(as_object(schema.get("$defs"))).mend(arguments, schema, 0, outermost=True))


def takes_anything(schema: JsonObject) -> bool:
    """Whether a schema says nothing of what a value is."""
    return not any(key in schema for key in _SAYS_TYPE)


class _Coercion:
    def __init__(self, definitions: JsonObject) -> None:
        self._definitions = definitions

    def mend(self, value: JsonValue, schema: JsonObject, depth: int, *, outermost: bool = False) -> JsonValue:
        every = self._all_of(schema)
        if depth > _DEPTH_LIMIT:
            return value
        if isinstance(value, str):
            meant = _meant(value, every)
            # What was read out of a text may have texts in it in its turn.
            return self.mend(meant, schema, depth + 1) if isinstance(meant, dict | list) else meant
        if isinstance(value, dict):
            return self._members(value, every, depth, outermost)
        if isinstance(value, list):
            items = next((as_object(one["items"]) for one in every if "items" in one), None)
            return value if items is None else [self.mend(item, items, depth + 1) for item in value]
        return value

    def _members(self, value: JsonObject, every: list[JsonObject], depth: int, outermost: bool) -> JsonObject:
        required = {as_text(name) for one in every for name in as_list(one.get("required"))}
        result: JsonObject = {}
        for name, member in value.items():
            own = next((as_object(p) for one in every if (p := as_object(one.get("properties")).get(name))), None)
            if own is None:
                result[name] = member
            # Further in, null may be what a field is to become; the service says whether it may.
            elif not (outermost and member is None and own.get("type") and name not in required):
                result[name] = self.mend(member, own, depth + 1)
        return result

    def _all_of(self, schema: JsonObject) -> list[JsonObject]:
        """The schema, what it refers to, and the branches it is made of or leaves the choice between, each once."""
        found: dict[int, JsonObject] = {}
        waiting = [schema]
        while waiting:
            here = waiting.pop(0)
            if id(here) in found:
                continue
            found[id(here)] = here
            name = as_text(here.get("$ref")).removeprefix(_DEFINITIONS)
            waiting += [as_object(self._definitions[name])] if name in self._definitions else []
            for union in ("anyOf", "oneOf", "allOf"):
                waiting += [branch for branch in as_list(here.get(union)) if isinstance(branch, dict)]
        return list(found.values())


def _meant(text: str, every: list[JsonObject]) -> JsonValue:
    """What a text stands for, where every possible type is known and text is none of them."""
    types = {as_text(kind) for one in every for kind in _types(one)}
    said = [one for one in every if not any(key in one for key in ("$ref", "anyOf", "oneOf", "allOf"))]
    if not types or "string" in types or not all(_types(one) for one in said):
        return text
    if {"object", "array"} & types and isinstance(found := parse_nested(text), dict | list):
        return found if ("object" if isinstance(found, dict) else "array") in types else text
    plain = text.strip()
    if {"integer", "number"} & types and _NUMBER.fullmatch(plain):
        return _number(plain, whole="number" not in types)
    return plain.lower() == "true" if "boolean" in types and plain.lower() in ("true", "false") else text


def _number(text: str, *, whole: bool) -> JsonValue:
    try:
        value = parse_json(text)
    except InvalidJsonError:  # more digits than any number has
        return text
    if not isinstance(value, float):
        return value
    return int(value) if whole and value.is_integer() else LiteralNumber(text)


def _types(schema: JsonObject) -> list[JsonValue]:
    kind = schema.get("type")
    return kind if isinstance(kind, list) else [kind] if kind else []
