"""An input schema as `tools/list` shows it: what helps to choose a tool and to fill in what it needs, in few bytes.

A list of tools is read whole by the model, at each turn. What is cut here stands whole in `describe_operation`, and
arguments are checked against the whole. What comes out never refuses what the whole accepts.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from ..formats.json_values import JsonObject, JsonValue, as_list, as_object, as_text, to_text
from ..formats.text import one_line, sentences
from .keywords import too_many

SHOWS_ALL = "describe_operation shows all."
_DEFINITIONS = "#/$defs/"
_UNIONS = ("anyOf", "allOf")
_TEXT_LIMIT = 400
# What stays of a schema that is cut.
_TOLD = ("type", "format", "description")


@dataclass(frozen=True, slots=True)
class _Measure:
    """How much is shown: `bytes` above which the next measure is tried, and what each level down may say."""

    bytes: int
    texts: tuple[int, ...]
    depth: int
    values: int
    branches: int


_MEASURES = (
    _Measure(1_000, (200, 120, 80), 8, 100, 20),
    _Measure(1_800, (120, 60, 40), 5, 40, 12),
    _Measure(2_500, (100, 50, 0), 4, 20, 8),
    _Measure(3_500, (90, 40, 0), 3, 15, 6),
    _Measure(0, (80, 0), 2, 10, 4),
)


def shortened(schema: JsonObject) -> JsonObject:
    """The schema, shortened as much as its size asks for; every argument stays, and what is required of it."""
    result, size = schema, len(to_text(schema))
    for measure in _MEASURES:
        if size > measure.bytes * 12 and measure.bytes:
            continue  # it would not do
        result = _Shortening(measure, schema).whole()
        if len(to_text(result)) <= measure.bytes:
            break
    return result


def shortened_text(text: str) -> str:
    """A tool's description, shortened to its first sentences; its last line, the URL, stays."""
    if len(text) <= _TEXT_LIMIT:
        return text
    rest, _, last = text.rpartition("\n")
    return f"{_beginning(rest, _TEXT_LIMIT - len(last) - 1)}\n{last}" if len(last) < _TEXT_LIMIT // 2 else text


def is_cut(shown: JsonObject) -> bool:
    """Whether a shortened schema leaves anything out but words."""
    return SHOWS_ALL in to_text(shown)


class _Shortening:
    def __init__(self, measure: _Measure, schema: JsonObject) -> None:
        self._measure = measure
        self._schema = schema
        self._definitions = as_object(schema.get("$defs"))
        self._uses = Counter(_references(schema))
        self._kept: dict[str, int] = {}
        self._inside: list[str] = []

    def whole(self) -> JsonObject:
        result = {key: value for key, value in self._schema.items() if key not in ("properties", "$defs")}
        properties = as_object(self._schema.get("properties"))
        result["properties"] = {name: self._at(as_object(value), 0) for name, value in properties.items()}
        definitions: JsonObject = {}
        while waiting := [name for name in self._kept if name not in definitions]:
            for name in waiting:
                self._inside = [name]
                definitions[name] = self._at(as_object(self._definitions.get(name)), self._kept[name])
        return {**result, "$defs": definitions} if definitions else result

    def _at(self, schema: JsonObject, depth: int) -> JsonObject:
        reference = schema.get("$ref")
        if isinstance(reference, str):
            return self._referred(reference.removeprefix(_DEFINITIONS), schema, depth)
        said = as_text(schema.get("description"))
        if depth > self._measure.depth and any(key in schema for key in ("properties", "items", *_UNIONS)):
            kept = {key: value for key, value in schema.items() if key in _TOLD}
            if kept.get("type") == "array":
                kept["items"] = {}
            return self._said(kept, said, depth, SHOWS_ALL)
        result: JsonObject = {}
        note = ""
        for key, value in schema.items():
            if key == "enum" and len(as_list(value)) > self._measure.values:
                said, note = sentences(said, too_many(as_list(value))), SHOWS_ALL
            elif key == "properties":
                result[key] = {name: self._at(as_object(one), depth + 1) for name, one in as_object(value).items()}
            elif key in _UNIONS:
                note = self._union(key, as_list(value), result, depth) or note
            elif key == "items" or (key == "additionalProperties" and isinstance(value, dict)):
                result[key] = self._at(as_object(value), depth + 1)
            elif key != "description":
                result[key] = value
        return self._said(result, said, depth, note)

    def _union(self, key: str, branches: list[JsonValue], result: JsonObject, depth: int) -> str:
        if len(branches) > self._measure.branches:
            if key == "allOf":
                return SHOWS_ALL
            kinds = {as_text(as_object(branch).get("type")) for branch in branches}
            result |= {"type": kinds.pop()} if len(kinds) == 1 and "" not in kinds else {}
            return f"One of {len(branches)} shapes; {SHOWS_ALL}"
        result[key] = [self._at(as_object(branch), depth + 1) for branch in branches]
        return ""

    def _referred(self, name: str, schema: JsonObject, depth: int) -> JsonObject:
        target = as_object(self._definitions.get(name))
        said = as_text(schema.get("description"))
        if name not in self._inside and (self._uses[name] == 1 or depth >= self._measure.depth or _is_small(target)):
            self._inside.append(name)
            inlined = self._at({**target, "description": said} if said else target, depth)
            self._inside.pop()
            return inlined
        if depth > self._measure.depth:
            kind = {"type": target["type"]} if "type" in target else {}
            return self._said({**kind, "items": {}} if kind.get("type") == "array" else kind, said, depth, SHOWS_ALL)
        self._kept[name] = min(depth, self._kept.get(name, depth))
        return self._said({"$ref": schema["$ref"]}, said, depth, "")

    def _said(self, result: JsonObject, said: str, depth: int, note: str) -> JsonObject:
        texts = self._measure.texts
        limit = texts[min(depth, len(texts) - 1)]
        text = sentences(_beginning(said, limit) if limit else "", note)
        result.pop("description", None)
        return {**result, "description": text} if text else result


def _beginning(text: str, limit: int) -> str:
    """As many whole sentences of a text as fit, else as many words."""
    if len(text) <= limit:
        return text
    end = max(text.rfind(mark, limit // 3, limit) for mark in (". ", "! ", "? "))
    return text[: end + 1] if end > 0 else one_line(text, limit)


def _is_small(schema: JsonObject) -> bool:
    return len(to_text(schema)) < 120 and not any(_references(schema))


def _references(schema: JsonValue) -> Iterator[str]:
    waiting: list[JsonValue] = [schema]
    while waiting:
        here = waiting.pop()
        if isinstance(here, dict):
            reference = here.get("$ref")
            if isinstance(reference, str):
                yield reference.removeprefix(_DEFINITIONS)
            waiting += [value for value in here.values() if isinstance(value, dict | list)]
        elif isinstance(here, list):
            waiting += [value for value in here if isinstance(value, dict | list)]
