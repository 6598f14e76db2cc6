"""What an operation answers, in outline: the shape of its successful response, and its errors."""

from __future__ import annotations

from ..formats.json_values import JsonObject, JsonValue, as_list, as_object, as_text, to_text
from ..formats.media_types import is_json
from ..formats.text import one_line, without_markup
from ..schema.references import InvalidReferenceError, follow

_MAX_CHARACTERS = 1_500
_MAX_MEMBERS = 40
_MAX_CHOICES = 6
_MAX_ERRORS = 10


class Outlines:
    """Outlines the answers of a document's operations, each shared schema once."""

    def __init__(self, document: JsonObject) -> None:
        self._document = document
        self._known: dict[tuple[int, int], JsonValue] = {}

    def answer(self, operation: JsonObject) -> JsonValue:
        """The shape of the first successful JSON response, each value replaced by its type; None if unknown.

        An object is outlined as an object, an array as an array of one outline; what is too deep is a type only.
        """
        for status, node in as_object(operation.get("responses")).items():
            if status.startswith("2") and (schema := _json_schema(self._document, node)):
                return self._fitting(schema)
        return None

    def errors(self, operation: JsonObject) -> dict[str, str]:
        """What the documented error statuses mean."""
        errors: dict[str, str] = {}
        for status, node in as_object(operation.get("responses")).items():
            if status[:1] in "45" and len(errors) < _MAX_ERRORS:
                text = as_text(_followed(self._document, node).get("description"))
                errors[one_line(status, 10)] = one_line(without_markup(text), 120)
        return errors

    def _fitting(self, schema: JsonObject) -> JsonValue:
        """The deepest outline that is short enough; deeper ones of large schemas take too long to build."""
        outline = self._of(schema, 0)
        for depth in (1, 2, 3, 4):
            deeper = self._of(schema, depth)
            if deeper == outline or len(to_text(deeper)) > _MAX_CHARACTERS:
                break
            outline = deeper
        return outline

    def _of(self, schema: JsonValue, depth: int) -> JsonValue:
        node = _followed(self._document, schema)
        key = (id(node), depth)
        if not node or key not in self._known:
            self._known[key] = self._outline(node, depth)
        return self._known[key]

    def _outline(self, node: JsonObject, depth: int) -> JsonValue:
        kind = _type_of(node)
        if members := self._members(node):
            if depth <= 0:
                return "object"
            shown: JsonObject = {
                one_line(name, 60): self._of(member, depth - 1) for name, member in list(members.items())[:_MAX_MEMBERS]
            }
            return {**shown, "…": f"{len(members) - _MAX_MEMBERS} more"} if len(members) > _MAX_MEMBERS else shown
        if kind == "array":
            return [self._of(node.get("items"), depth - 1)] if depth > 0 else "array"
        if choices := [choice for key in ("anyOf", "oneOf") for choice in as_list(node.get(key))]:
            return self._union(choices, depth)
        if values := as_list(node.get("enum")):
            more = " | …" if len(values) > _MAX_CHOICES else ""
            return one_line(" | ".join(to_text(value) for value in values[:_MAX_CHOICES]), 100) + more
        details = as_text(node.get("format"))
        return f"{kind} ({one_line(details, 30)})" if details else kind

    def _members(self, node: JsonObject, depth: int = 0) -> JsonObject:
        members = dict(as_object(node.get("properties")))
        if depth < 10:
            for part in as_list(node.get("allOf")):
                members |= self._members(_followed(self._document, part), depth + 1)
        return members

    def _union(self, choices: list[JsonValue], depth: int) -> JsonValue:
        outlines = [self._of(choice, depth - 1) for choice in choices[:_MAX_CHOICES]]
        if all(isinstance(outline, str) for outline in outlines):
            return " | ".join(dict.fromkeys(map(as_text, outlines)))
        others = [outline for outline in outlines if outline != "null"]
        return others[0] if len(others) == 1 else {"one of": others}


def _json_schema(document: JsonObject, response: JsonValue) -> JsonObject:
    contents = as_object(_followed(document, response).get("content"))
    found = (as_object(as_object(media).get("schema")) for name, media in contents.items() if is_json(name))
    return next(found, dict[str, JsonValue]())


def _followed(document: JsonObject, node: JsonValue) -> JsonObject:
    try:
        return follow(document, node)
    except InvalidReferenceError:  # another file's, or circular
        return {}


def _type_of(node: JsonObject) -> str:
    kind = node.get("type")
    if isinstance(kind, list):
        return " | ".join(map(as_text, kind))
    return as_text(kind) or ("array" if "items" in node else "any")
