"""JSON values changed at random: other values and types, missing members, other names, parts put elsewhere."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

from hypothesis import strategies as st

from closient_mcp.tools.formats.json_values import JsonValue, as_list, as_object

JUNK: st.SearchStrategy[Any] = st.sampled_from(
    [
        *(None, True, False, 0, -1, 1.5, 10**30, 1e308),
        *("", "x", "a b", "é", "a" * 5_000, "\x00\x1b[31m\u202e", "\ud800", "{}", "/", "get", "string", "#/a"),
        *("http://[", "https://evil.example/x", "http://127.0.0.1:1/", "javascript:alert(1)", "https://a@b.example/"),
        *([], [None], [[]], ["x"], [{}], {}, {"": None}, {"x": {"y": []}}, {"$ref": "#/"}, {"$ref": "#"}, {"$ref": 5}),
        *({"$ref": "#/paths"}, {"$ref": "#/components/schemas/Thing"}, {"$ref": "nowhere.json"}, {"$ref": "#nowhere"}),
        *({"$ref": "https://evil.example/x"}, {"$ref": "openapi.json"}, {"type": "object", "properties": []}),
        *({"$id": "x"}, {"type": ["x", 5, None]}, {"in": "query", "name": "x"}, {"enum": {}}, {"allOf": [{}, 5]}),
        *({"required": True}, {"in": [], "name": {}}, {"$id": "http://[", "$ref": "a"}),
    ]
)


def _places(value: JsonValue) -> list[tuple[Any, Any]]:
    """Every member and item, as its container and its key."""
    found: list[tuple[Any, Any]] = []
    waiting = [value]
    while waiting:
        node = waiting.pop()
        pairs: list[tuple[Any, JsonValue]] = [*as_object(node).items(), *enumerate(as_list(node))]
        found += [(node, key) for key, _ in pairs]
        waiting += [child for _, child in pairs if isinstance(child, dict | list)]
    return found


def mutate(value: Any, draw: Callable[[st.SearchStrategy[Any]], Any]) -> None:
    """Change a JSON value in one place: other values, missing members, other names, parts put elsewhere."""
    there = _places(value)
    if not there:
        return
    at: int = draw(st.integers(0, len(there) - 1))
    container, key = there[at]
    how = draw(st.sampled_from(["replace", "replace", "drop", "rename", "copy"]))
    if how == "drop":
        del container[key]
    elif how == "rename" and isinstance(key, str):
        container[draw(st.sampled_from(["", "$ref", "x-y", "get", "GET", "parameters", "schema", "/a", "a/{b}"]))] = (
            container.pop(key)
        )
    elif how == "copy":
        at = draw(st.integers(0, len(there) - 1))
        other, place = there[at]
        container[key] = copy.deepcopy(other[place])
    else:
        container[key] = copy.deepcopy(draw(JUNK))
