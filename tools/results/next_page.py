"""How to get the next page: a sentence for the model, only where the response is unambiguous."""

from __future__ import annotations

import re
from collections.abc import Mapping
from urllib.parse import parse_qsl

from ..formats.json_values import JsonObject, JsonValue, as_list, as_object, as_text, to_text
from ..formats.link_header import read_links
from ..openapi.operations import Operation
from ..openapi.parameters import Parameter
from ..schema.validation import BODY

_OFFSETS = ("skip", "offset", "start")
_HAS_MORE = ("has_more", "hasMore", "has_next", "hasNext")
_LISTS = ("data", "results", "items", "entries", "records")
_NEXT_CURSORS = ("cursor_next", "next_cursor", "nextCursor", "next_page_token", "nextPageToken", "cursor")
_CURSORS = ("cursor", "pagetoken", "nextpagetoken", "nextcursor")
_NEXT_URLS = ("next", "next_url", "nextPage", "next_page")
# The service must not be able to put words into the sentence.
_CURSOR = re.compile(r"[!-~]{1,1000}")


def next_page_hint(operation: Operation, arguments: JsonObject, answer: JsonValue, headers: Mapping[str, str]) -> str:
    """Return a sentence such as "There is more: call again with _skip=100.", or ''."""
    node = as_object(answer)
    if operation.tier != "read":  # a write must not be repeated; a GraphQL POST may be a query
        return _by_edges(node)
    return (
        _by_cursor(operation, arguments, node)
        or _by_url(operation, arguments, node, headers)
        or _by_offset(operation, arguments, node)
        or _by_edges(node)
    )


def _by_cursor(operation: Operation, arguments: JsonObject, node: JsonObject) -> str:
    if any(node.get(name) is False for name in _HAS_MORE):
        return ""
    cursor = next((found for name in _NEXT_CURSORS if (found := _cursor(node.get(name)))), "")
    parameter = _query_parameter(operation, _CURSORS)
    if not cursor:
        return ""
    if parameter:
        return _again(parameter.argument, cursor) if arguments.get(parameter.argument) != cursor else ""
    body, inner = arguments.get(BODY), _cursor(node.get("cursor"))
    # Searches by POST may take the cursor in the body, under the name by which the response gives it.
    if isinstance(body, dict) and inner not in ("", body.get("cursor")):
        return f'There is more: call again with the same `{BODY}` and "cursor": {to_text(inner)} in it.'
    return ""


def _by_url(operation: Operation, arguments: JsonObject, node: JsonObject, headers: Mapping[str, str]) -> str:
    """By the URL of the next page, in the body or the `Link` header (RFC 8288): the changes of its query."""
    links = [link.href for link in read_links(headers.get("link", "")) if "next" in link.relations]
    places = [*(node.get(name) for name in _NEXT_URLS), as_object(node.get("links")).get("next")]
    url = next((text for place in [*places, *links] if (text := as_text(place))), "")
    try:
        query = dict(parse_qsl(url[:4_000].partition("?")[2].partition("#")[0], max_num_fields=50))
    except ValueError:  # too many fields
        return ""
    parameters = {p.name: p for p in operation.parameters if p.location == "query"}
    changed: list[str] = []
    for name, text in query.items():
        parameter = parameters.get(name)
        if parameter is None:
            return ""
        given = arguments.get(parameter.argument)
        if text != (given if isinstance(given, str) else to_text(given)):
            if not _CURSOR.fullmatch(text):
                return ""
            changed.append(f"{parameter.argument}={_value(operation, parameter, text)}")
    return f"There is more: call again with {', '.join(changed)}." if 0 < len(changed) <= 3 else ""


def _by_offset(operation: Operation, arguments: JsonObject, node: JsonObject) -> str:
    """By an offset: the response says that there is more, and the operation takes a number of items to skip."""
    parameter = _query_parameter(operation, _OFFSETS)
    lists = [name for name in _LISTS if isinstance(node.get(name), list)]
    if parameter is None or len(lists) != 1 or not any(node.get(name) is True for name in _HAS_MORE):
        return ""
    # `start` begins at 1 with some services, so the response has to say where it started.
    first = None if parameter.name == "start" else 0
    offset = arguments.get(parameter.argument, node.get(parameter.name, first))
    count = len(as_list(node[lists[0]]))
    if not isinstance(offset, int) or isinstance(offset, bool) or not count:
        return ""
    return _again(parameter.argument, offset + count)


def _by_edges(node: JsonObject) -> str:
    """By the only unfinished GraphQL connection (Relay): the cursor of its last edge, else `endCursor`."""
    unfinished = [
        (name, as_object(connection))
        for name, connection in as_object(node.get("data")).items()
        if re.fullmatch(r"[_A-Za-z]\w{0,60}", name, re.ASCII)
        and as_object(as_object(connection).get("pageInfo")).get("hasNextPage") is True
    ]
    if len(unfinished) != 1:
        return ""
    name, connection = unfinished[0]
    cursors = [as_object(edge).get("cursor") for edge in as_list(connection.get("edges"))[-1:]]
    cursors.append(as_object(connection["pageInfo"]).get("endCursor"))
    cursor = next((text for cursor in cursors if (text := _cursor(cursor))), "")
    return f"There is more of `{name}`, after the cursor {to_text(cursor)}." if cursor else ""


def _query_parameter(operation: Operation, names: tuple[str, ...]) -> Parameter | None:
    """Return the only query parameter with one of these names in any spelling: `_cursor`, `page_token`, `pageToken`."""
    found = [p for p in operation.parameters if p.location == "query" and p.name.replace("_", "").lower() in names]
    return found[0] if len(found) == 1 else None


def _again(argument: str, value: JsonValue) -> str:
    return f"There is more: call again with {argument}={to_text(value)}."


def _cursor(value: JsonValue) -> str:
    return value if isinstance(value, str) and _CURSOR.fullmatch(value) else ""


def _value(operation: Operation, parameter: Parameter, text: str) -> str:
    schema = as_object(as_object(operation.input_schema["properties"]).get(parameter.argument))
    return text if schema.get("type") in ("integer", "number") else to_text(text)
