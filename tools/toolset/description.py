"""What `describe_operation` answers: arguments, an example call, and the answer, in a bounded number of characters."""

from __future__ import annotations

from dataclasses import dataclass

from ..errors import InvalidArgumentsError
from ..formats.json_values import JsonObject, JsonValue, as_list, as_object, as_text, to_text
from ..formats.suggestions import did_you_mean
from ..formats.text import one_line
from ..schema.references import DEFINITIONS
from .example import example_of
from .tool import Tool

MAX_CHARACTERS = 12_000
_NOTE_CHARACTERS = 200
_MAX_EXAMPLE = 1_500
_MAX_NESTING = 40
_UNIONS = ("anyOf", "oneOf", "allOf")
_INNER = ("items", "additionalProperties")


@dataclass(frozen=True, slots=True)
class _Limits:
    """How deep a schema is shown, how long its texts are, and how many members and choices it shows."""

    depth: int
    text: int
    members: int
    choices: int


_LEVELS = (
    _Limits(8, 300, 300, 100),
    _Limits(6, 120, 200, 50),
    _Limits(4, 120, 150, 30),
    _Limits(3, 80, 120, 20),
    _Limits(2, 60, 100, 15),
    _Limits(1, 40, 80, 10),
    _Limits(1, 0, 80, 5),
    _Limits(0, 0, 40, 5),
)


def describe(tool: Tool, call_tool: str, path: str = "") -> JsonObject:
    """Describe a tool, or with `path` one part of its arguments, such as `body.items`.

    Raises:
        InvalidArgumentsError: its arguments have no such part.
    """
    if path:
        return _described_part(tool, path)
    request = f"{tool.method} {tool.path}".strip()
    answer: JsonObject = {"name": tool.name, "request": request, "tier": tool.tier, "call_with": call_tool}
    answer["description"] = tool.description
    example: JsonObject = {"name": tool.name, "arguments": example_of(tool.input_schema)}
    if len(to_text(example)) <= _MAX_EXAMPLE:
        answer["example"] = example
    if tool.answer is not None:
        answer["answer"] = tool.answer
    if tool.errors:
        answer["errors"] = dict(tool.errors)
    room = MAX_CHARACTERS - _NOTE_CHARACTERS - len(to_text(answer))
    return {**answer, "arguments": _fitting(tool.input_schema, _definitions(tool), "", room)}


def _definitions(tool: Tool) -> JsonObject:
    return as_object(tool.input_schema.get("$defs"))


def _described_part(tool: Tool, path: str) -> JsonObject:
    definitions, part, walked = _definitions(tool), tool.input_schema, ""
    for name in filter(None, path[:1_000].replace("[]", "").split(".")):
        members = _members(part, definitions)
        if name not in members:
            where = f"`{walked}` of {tool.name}" if walked else tool.name
            names = [name for name in members if not name.startswith("|")]
            raise InvalidArgumentsError(
                f"{where} has no part `{name[:80]}`{did_you_mean(name, names) or '.'}",
                f"Its parts are {', '.join(list(members)[:40])}." if members else "It has no parts.",
                {"name": tool.name, "path": path[:200]},
            )
        part, walked = members[name], f"{walked}.{name}" if walked else name
    room = MAX_CHARACTERS - _NOTE_CHARACTERS - len(walked)
    return {"name": tool.name, "path": walked, "schema": _fitting(part, definitions, walked, room)}


def _members(schema: JsonObject, definitions: JsonObject) -> dict[str, JsonObject]:
    """The parts of a schema: the properties of an object, of the items of an array, or of any choice, and the choices.

    Choices are `|1`, `|2` and so on.
    """
    members: dict[str, JsonObject] = {}
    seen: set[str] = set()
    pending = [schema]
    for part in pending:
        reference = as_text(part.get("$ref"))
        if reference and reference in seen:
            continue
        seen.add(reference)
        target = _target(part, definitions)
        for name, member in as_object(target.get("properties")).items():
            members.setdefault(name, as_object(member))
        pending += [as_object(target[key]) for key in _INNER if isinstance(target.get(key), dict)]
        pending += map(as_object, _choices(target))
    choices = enumerate(_choices_inside(schema, definitions), 1)
    return {**members, **{f"|{number}": as_object(choice) for number, choice in choices}}


def _choices_inside(schema: JsonObject, definitions: JsonObject) -> list[JsonValue]:
    """The choices of a schema, or of the items of its arrays."""
    for _ in range(_MAX_NESTING):
        target = _target(schema, definitions)
        inner = next((as_object(target[key]) for key in _INNER if isinstance(target.get(key), dict)), None)
        if (choices := _choices(target)) or inner is None:
            return choices
        schema = inner
    return []


def _choices(schema: JsonObject) -> list[JsonValue]:
    return [choice for key in _UNIONS for choice in as_list(schema.get(key))]


def _target(schema: JsonObject, definitions: JsonObject) -> JsonObject:
    for _ in range(_MAX_NESTING):
        reference = as_text(schema.get("$ref"))
        if not reference:
            break
        rest = {key: value for key, value in schema.items() if key != "$ref"}
        schema = {**as_object(definitions.get(reference.removeprefix(DEFINITIONS))), **rest}
    return schema


def _fitting(schema: JsonObject, definitions: JsonObject, path: str, room: int) -> JsonObject:
    """The schema if there is room for it, else as much of it as fits, with `see` for what is left out."""
    needed: JsonObject = schema
    if path and definitions and "$ref" in to_text(schema):
        needed = {**schema, "$defs": definitions}
    if len(to_text(needed)) <= room:
        return needed
    shown: JsonObject = {}
    for limits in _LEVELS:
        shown = _Excerpt(definitions, limits).of(schema, path, 0)
        if len(to_text(shown)) <= room:
            break
    return shown


@dataclass(frozen=True, slots=True)
class _Excerpt:
    definitions: JsonObject
    limits: _Limits

    def of(self, schema: JsonObject, path: str, depth: int) -> JsonObject:
        """The schema without references, and with `see` for each part that is left out."""
        schema = _target(schema, self.definitions)
        if depth > self.limits.depth and any(key in schema for key in ("properties", *_INNER, *_UNIONS)):
            kind: JsonObject = {"type": schema["type"]} if "type" in schema else {}
            return {**kind, **self._text(schema), "see": path}
        shown: JsonObject = {}
        for key, value in schema.items():
            if key == "properties":
                shown |= self._properties(as_object(value), path, depth)
            elif key in _INNER and isinstance(value, dict):
                shown[key] = self.of(value, path, depth + 1)
            elif key in _UNIONS:
                shown |= self._union(key, as_list(value), path, depth)
            elif key == "enum" and len(as_list(value)) > self.limits.members:
                shown |= {key: as_list(value)[: self.limits.members], "more_values": len(as_list(value))}
            elif key not in ("$defs", "description"):
                shown[key] = value
        return shown | self._text(schema)

    def _properties(self, members: JsonObject, path: str, depth: int) -> JsonObject:
        most = self.limits.members
        shown: JsonObject = {
            name: self.of(as_object(member), f"{path}.{name}" if path else name, depth + 1)
            for name, member in list(members.items())[:most]
        }
        others = list[JsonValue](list(members)[most:][:100])
        return {"properties": shown, **({"more_properties": others} if others else {})}

    def _union(self, key: str, choices: list[JsonValue], path: str, depth: int) -> JsonObject:
        most = self.limits.choices
        shown: list[JsonValue] = [
            self.of(as_object(choice), f"{path}.|{number}" if path else f"|{number}", depth + 1)
            for number, choice in enumerate(choices[:most], 1)
        ]
        more: JsonObject = {"more_choices": len(choices) - most} if len(choices) > most else {}
        return {key: shown, **more}

    def _text(self, schema: JsonObject) -> JsonObject:
        text = one_line(as_text(schema.get("description")), self.limits.text) if self.limits.text else ""
        return {"description": text} if text else {}
