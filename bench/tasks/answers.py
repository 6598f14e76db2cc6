"""Generated answers: a value for a schema of a document, the same for the same number."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from closient_mcp.tools.formats.json_values import as_list, as_object, as_text

_LISTS = ("data", "items", "results", "objects", "hits")
_DEPTH = 5


@dataclass(frozen=True, slots=True)
class Answers:
    """Makes values for the schemas of a document."""

    document: Mapping[str, Any]

    def resolved(self, node: Any) -> dict[str, Any]:
        """The object that a reference leads to, or the object itself."""
        while reference := as_text(as_object(node).get("$ref")):
            node = self.document
            for part in reference.removeprefix("#/").split("/"):
                node = node[part.replace("~1", "/").replace("~0", "~")]
        return as_object(node)

    def listed(self, schema: Any) -> tuple[str, Any] | None:
        """The name and the schema of the list that an answer is about; the name is empty if it is the list."""
        found = self.merged(schema)
        if found.get("type") == "array":
            return "", found.get("items")
        members = found.get("properties", {})
        lists = [name for name in _LISTS if self.resolved(members.get(name)).get("type") == "array"]
        return (lists[0], self.resolved(members[lists[0]]).get("items")) if lists else None

    def value(self, schema: Any, number: int, name: str = "value", depth: int = 0) -> Any:
        """A value of a schema."""
        found = self.merged(schema)
        if "const" in found:
            return found["const"]
        if choices := found.get("enum"):
            return choices[number % len(choices)]
        for key in ("anyOf", "oneOf"):
            branches = [branch for branch in found.get(key, []) if self.resolved(branch).get("type") != "null"]
            if branches:
                return self.value(branches[0], number, name, depth)
        kinds = [kind for kind in as_list(found.get("type")) if kind != "null"]
        kind = kinds[0] if kinds else found.get("type")
        if kind == "array":
            return [] if depth > _DEPTH else [self.value(found.get("items"), number, name, depth + 1)]
        if kind == "object" or "properties" in found:
            return self._object(found, number, name, depth)
        return _scalar(found, kind, number, name)

    def _object(self, schema: Mapping[str, Any], number: int, name: str, depth: int) -> dict[str, Any]:
        members = schema.get("properties", {})
        kept = members if depth < _DEPTH - 2 else [key for key in schema.get("required", []) if key in members]
        if depth > _DEPTH:
            return {}
        return {key: self.value(members[key], number, name if key == "id" else key, depth + 1) for key in kept}

    def merged(self, schema: Any) -> dict[str, Any]:
        """A schema with what `allOf` adds to it."""
        found = self.resolved(schema)
        parts = [self.merged(part) for part in found.get("allOf", [])]
        merged = {key: value for part in [*parts, found] for key, value in part.items() if key != "allOf"}
        members = {key: value for part in [*parts, found] for key, value in part.get("properties", {}).items()}
        return {**merged, "properties": members} if members else merged


def _scalar(schema: Mapping[str, Any], kind: Any, number: int, name: str) -> Any:
    if kind == "integer":
        return max(number, schema.get("minimum", 0))
    if kind == "number":
        return number + 0.5
    if kind == "boolean":
        return number % 2 == 0
    if schema.get("format") == "date-time":
        return f"2026-{number % 12 + 1:02}-01T08:00:00Z"
    return f"2026-{number % 12 + 1:02}-01" if schema.get("format") == "date" else f"{name}_{number}"
