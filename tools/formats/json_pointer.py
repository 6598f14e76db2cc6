"""JSON pointers (RFC 6901), as they stand in the fragment of a URL."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import unquote

from .json_values import JsonValue


def nodes_along(node: JsonValue, steps: Sequence[str]) -> list[JsonValue]:
    """The nodes along a pointer, what it leads to last; none where it leads nowhere."""
    nodes = [node]
    for step in steps:
        key = decoded(step)
        if isinstance(node, list) and key.isdecimal() and len(key) < 10 and int(key) < len(node):
            node = node[int(key)]
        elif isinstance(node, dict) and key in node:
            node = node[key]
        else:
            return []
        nodes.append(node)
    return nodes


def decoded(step: str) -> str:
    """The key that a step of a pointer names."""
    return unquote(step).replace("~1", "/").replace("~0", "~")


def encoded(key: str) -> str:
    """The step of a pointer that names this key."""
    return key.replace("~", "~0").replace("/", "~1").replace("%", "%25")
