"""JSON Pointers (RFC 6901) in URL fragments."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import unquote

from .json_values import JsonValue


def nodes_along(node: JsonValue, steps: Sequence[str]) -> list[JsonValue]:
    """The nodes along a pointer, its target last, or [] if it resolves to nothing."""
    nodes = [node]
    for step in steps:
        key = unescape(step)
        if isinstance(node, list) and key.isdecimal() and len(key) < 10 and int(key) < len(node):
            node = node[int(key)]
        elif isinstance(node, dict) and key in node:
            node = node[key]
        else:
            return []
        nodes.append(node)
    return nodes


def unescape(step: str) -> str:
    """Decode one reference token (RFC 6901 §4, §6)."""
    return unquote(step).replace("~1", "/").replace("~0", "~")


def escape(key: str) -> str:
    """Encode one reference token (RFC 6901 §3, §6)."""
    return key.replace("~", "~0").replace("/", "~1").replace("%", "%25")
