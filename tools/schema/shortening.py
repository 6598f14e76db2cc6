"""Shortened input schemas for `tools/list`, which models read in full at every turn.

`describe_operation` returns the full schema, and arguments are validated against it. A shortened schema accepts
everything that the full one accepts.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from ..formats.json_values import JsonObject, JsonValue, as_list, as_object, as_text, to_text
from ..formats.text import one_line, sentences
from .keywords import enum_summary
from .references import DEFINITIONS, definition_names

SHOWS_ALL = "describe_operation shows all."
_UNIONS = ("anyOf", "allOf")
_TEXT_LIMIT = 400
# What is kept of a truncated schema.
_KEPT = ("type", "format", "description")


@dataclass(frozen=True, slots=True)
class _Limits:
    """Limits of a shortened schema; the next, stricter ones are tried if it is longer than `size`."""

    size: int
    texts: tuple[int, ...]
    depth: int
    values: int
    branches: int


_LEVELS = (
    _Limits(1_000, (200, 120, 80), 8, 100, 20),
    _Limits(1_800, (120, 60, 40), 5, 40, 12),
    _Limits(2_500, (100, 50, 0), 4, 20, 8),
    _Limits(3_500, (90, 40, 0), 3, 15, 6),
    _Limits(0, (80, 0), 2, 10, 4),
)


def shorten(schema: JsonObject) -> JsonObject:
    """Shorten a schema as its size requires, keeping every argument and `required`."""
    result, size = schema, len(to_text(schema))
    for limits in _LEVELS:
        if size > limits.size * 12 and limits.size:
            continue  # these limits would not suffice
        result = _Shortening(limits, schema).root()
        if len(to_text(result)) <= limits.size:
            break
    return result


def shorten_text(text: str) -> str:
    """Shorten a tool's description to its first sentences, keeping the URL in its last line."""
    if len(text) <= _TEXT_LIMIT:
        return text
    rest, _, last = text.rpartition("\n")
    return f"{_first_sentences(rest, _TEXT_LIMIT - len(last) - 1)}\n{last}" if len(last) < _TEXT_LIMIT // 2 else text


def is_truncated(shortened: JsonObject) -> bool:
    """Whether a shortened schema omits more than text."""
    return SHOWS_ALL in to_text(shortened)


class _Shortening:
    def __init__(self, limits: _Limits, schema: JsonObject) -> None:
        self._limits = limits
        self._schema = schema
        self._definitions = as_object(schema.get("$defs"))
        self._uses = Counter(definition_names(schema))
        self._kept: dict[str, int] = {}
        self._inside: list[str] = []

    def root(self) -> JsonObject:
        result = {key: value for key, value in self._schema.items() if key not in ("properties", "$defs")}
        properties = as_object(self._schema.get("properties"))
        result["properties"] = {name: self._shorten(as_object(value), 0) for name, value in properties.items()}
        definitions: JsonObject = {}
        while pending := [name for name in self._kept if name not in definitions]:
            for name in pending:
                self._inside = [name]
                definitions[name] = self._shorten(as_object(self._definitions.get(name)), self._kept[name])
        return {**result, "$defs": definitions} if definitions else result

    def _shorten(self, schema: JsonObject, depth: int) -> JsonObject:
        reference = schema.get("$ref")
        if isinstance(reference, str):
            return self._shorten_reference(reference.removeprefix(DEFINITIONS), schema, depth)
        text = as_text(schema.get("description"))
        if depth > self._limits.depth and any(key in schema for key in ("properties", "items", *_UNIONS)):
            return self._truncate({key: value for key, value in schema.items() if key in _KEPT}, text, depth)
        result: JsonObject = {}
        note = ""
        for key, value in schema.items():
            if key == "enum" and len(as_list(value)) > self._limits.values:
                text, note = sentences(text, enum_summary(as_list(value))), SHOWS_ALL
            elif key == "properties":
                members = as_object(value).items()
                result[key] = {name: self._shorten(as_object(member), depth + 1) for name, member in members}
            elif key in _UNIONS:
                union, union_note = self._shorten_union(key, as_list(value), depth)
                result |= union
                note = union_note or note
            elif key == "items" or (key == "additionalProperties" and isinstance(value, dict)):
                result[key] = self._shorten(as_object(value), depth + 1)
            elif key != "description":
                result[key] = value
        return self._with_description(result, text, depth, note)

    def _shorten_union(self, key: str, branches: list[JsonValue], depth: int) -> tuple[JsonObject, str]:
        if len(branches) <= self._limits.branches:
            return {key: [self._shorten(as_object(branch), depth + 1) for branch in branches]}, ""
        if key == "allOf":
            return {}, SHOWS_ALL
        kinds = {as_text(as_object(branch).get("type")) for branch in branches}
        shared: JsonObject = {"type": kinds.pop()} if len(kinds) == 1 and "" not in kinds else {}
        return shared, f"One of {len(branches)} shapes; {SHOWS_ALL}"

    def _shorten_reference(self, name: str, schema: JsonObject, depth: int) -> JsonObject:
        target = as_object(self._definitions.get(name))
        text = as_text(schema.get("description"))
        if name not in self._inside and (self._uses[name] == 1 or depth >= self._limits.depth or _is_small(target)):
            self._inside.append(name)
            inlined = self._shorten({**target, "description": text} if text else target, depth)
            self._inside.pop()
            return inlined
        if depth > self._limits.depth:
            return self._truncate({"type": target["type"]} if "type" in target else {}, text, depth)
        self._kept[name] = min(depth, self._kept.get(name, depth))
        return self._with_description({"$ref": schema["$ref"]}, text, depth, "")

    def _truncate(self, schema: JsonObject, text: str, depth: int) -> JsonObject:
        items: JsonObject = {"items": {}} if schema.get("type") == "array" else {}
        return self._with_description({**schema, **items}, text, depth, SHOWS_ALL)

    def _with_description(self, schema: JsonObject, text: str, depth: int, note: str) -> JsonObject:
        texts = self._limits.texts
        limit = texts[min(depth, len(texts) - 1)]
        description = sentences(_first_sentences(text, limit) if limit else "", note)
        rest = {key: value for key, value in schema.items() if key != "description"}
        return {**rest, "description": description} if description else rest


def _first_sentences(text: str, limit: int) -> str:
    """As many sentences as fit, or as many words."""
    if len(text) <= limit:
        return text
    end = max(text.rfind(mark, limit // 3, limit) for mark in (". ", "! ", "? "))
    return text[: end + 1] if end > 0 else one_line(text, limit)


def _is_small(schema: JsonObject) -> bool:
    return len(to_text(schema)) < 120 and not any(definition_names(schema))
