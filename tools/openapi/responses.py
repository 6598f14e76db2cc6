"""The media types of an operation's responses."""

from __future__ import annotations

import re

from ..formats.json_values import JsonObject, JsonValue, as_object
from ..formats.media_types import is_json, is_media_type
from ..schema.references import InvalidReferenceError, follow

_MAX_TYPES = 5
_CHARSET = re.compile(r"\s*;\s*charset=[^;]*", re.IGNORECASE)  # not for media types such as JSON


def response_types(document: JsonObject, operation: JsonObject) -> tuple[str, ...]:
    """The media types of the successful responses without ranges, JSON first."""
    responses = as_object(operation.get("responses"))
    contents = [_content(document, node) for status, node in responses.items() if status.startswith("2")]
    names = dict.fromkeys(_CHARSET.sub("", name).strip() for content in contents for name in content)
    types = [name for name in names if is_media_type(name) and "*" not in name]
    return tuple(sorted(types, key=lambda name: not is_json(name))[:_MAX_TYPES])


def _content(document: JsonObject, node: JsonValue) -> JsonObject:
    try:
        return as_object(follow(document, node).get("content"))
    except InvalidReferenceError:  # responses of other files aren't read
        return {}
