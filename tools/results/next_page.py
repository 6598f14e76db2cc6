"""How to get the next page: one sentence for the model, only where the answer leaves no doubt."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from urllib.parse import parse_qsl

from ..formats.json_values import JsonObject, JsonValue, as_list, as_object, as_text, to_text
from ..formats.link_header import read_links
from ..openapi.operations import Operation
from ..openapi.parameters import Parameter
from ..schema.validation import BODY

_SKIPPING = ("skip", "offset", "start")
_SAYS_MORE = ("has_more", "hasMore", "has_next", "hasNext")
_LISTS = ("data", "results", "items", "entries", "records")
_NEXT_CURSORS = ("cursor_next", "next_cursor", "nextCursor", "next_page_token", "nextPageToken", "cursor")
_CURSORS = ("cursor", "pagetoken", "nextpagetoken", "nextcursor")
_NEXT_ADDRESSES = ("next", "next_url", "nextPage", "next_page")
# What stands in our own sentence may be a cursor, but no words: it comes from the service.
_CURSOR = re.compile(r"[!-~]{1,1000}")


def next_page_hint(operation: Operation, arguments: JsonObject, answer: JsonValue, headers: Mapping[str, str]) -> str:
    """A sentence such as "There is more: call again with _skip=100.", or nothing."""
    node = as_object(answer)
    if operation.tier != "read":  # to repeat a write is no advice; what GraphQL posts may be either
        return _by_edges(node)
    ways = (
        _by_cursor(operation, arguments, node),
        _by_url(operation, arguments, node, headers),
        _by_number(operation, arguments, node),
        _by_edges(node),
    )
    return next((way for way in ways if way), "")


def _by_cursor(operation: Operation, arguments: JsonObject, node: JsonObject) -> str:
    if any(node.get(name) is False for name in _SAYS_MORE):
        return ""
    cursor = next((found for name in _NEXT_CURSORS if (found := _cursor(node.get(name)))), "")
    parameter = _query_parameter(operation, _CURSORS)
    if not cursor:
        return ""
    if parameter:
        return _again(parameter.argument, cursor) if arguments.get(parameter.argument) != cursor else ""
    body, inner = arguments.get(BODY), _cursor(node.get("cursor"))
    # Close takes the cursor of POST /data/search/ in the body, as `cursor`, the name by which it gives it.
    if isinstance(body, dict) and inner not in ("", body.get("cursor")):
        return f'There is more: call again with the same `{BODY}` and "cursor": {to_text(inner)} in it.'
    return ""


def _by_url(operation: Operation, arguments: JsonObject, node: JsonObject, headers: Mapping[str, str]) -> str:
    """By a URL of the next page, in the answer or in its `Link` header (RFC 8288): what changes in its query."""
    links = [link.href for link in read_links(headers.get("link", "")) if "next" in link.relations]
    places = [*(node.get(name) for name in _NEXT_ADDRESSES), as_object(node.get("links")).get("next")]
    url = next((text for place in [*places, *links] if (text := as_text(place))), "")
    try:
        query = dict(parse_qsl(url[:4_000].partition("?")[2].partition("#")[0], max_num_fields=50))
    except ValueError:  # more fields than anyone means
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


def _by_number(operation: Operation, arguments: JsonObject, node: JsonObject) -> str:
    """By counting what has come: the answer says that there is more, and the operation skips as many as it is told."""
    parameter = _query_parameter(operation, _SKIPPING)
    lists = [name for name in _LISTS if isinstance(node.get(name), list)]
    if parameter is None or len(lists) != 1 or not any(node.get(name) is True for name in _SAYS_MORE):
        return ""
    # What is called `start` begins at 1 with some services: the answer has to say where it started.
    first = None if parameter.name == "start" else 0
    skipped = arguments.get(parameter.argument, node.get(parameter.name, first))
    came = len(as_list(node[lists[0]]))
    if not isinstance(skipped, int) or isinstance(skipped, bool) or not came:
        return ""
    return _again(parameter.argument, skipped + came)


def _by_edges(node: JsonObject) -> str:
    """By a connection of GraphQL (Relay), where the answer holds one only: the last edge's cursor, else `endCursor`."""
    unfinished = [one for one in _connections(node) if as_object(one[1].get("pageInfo")).get("hasNextPage") is True]
    if len(unfinished) != 1:
        return ""
    name, connection = unfinished[0]
    cursors = [as_object(edge).get("cursor") for edge in as_list(connection.get("edges"))[-1:]]
    cursors.append(as_object(connection["pageInfo"]).get("endCursor"))
    cursor = next((text for one in cursors if (text := _cursor(one))), "")
    return f"There is more of `{name}`, after the cursor {to_text(cursor)}." if cursor else ""


def _connections(node: JsonObject) -> Iterator[tuple[str, JsonObject]]:
    for name, value in as_object(node.get("data")).items():
        if re.fullmatch(r"[_A-Za-z]\w{0,60}", name, re.ASCII):
            yield name, as_object(value)


def _query_parameter(operation: Operation, names: tuple[str, ...]) -> Parameter | None:
    """The one query parameter that is called so, however it is written: `_cursor`, `page_token`, `pageToken`."""
    found = [p for p in operation.parameters if p.location == "query" and p.name.replace("_", "").lower() in names]
    return found[0] if len(found) == 1 else None


def _again(argument: str, value: JsonValue) -> str:
    return f"There is more: call again with {argument}={to_text(value)}."


def _cursor(value: JsonValue) -> str:
    return value if isinstance(value, str) and _CURSOR.fullmatch(value) else ""


def _value(operation: Operation, parameter: Parameter, text: str) -> str:
    """A value out of a URL, as the argument is written: numbers without quotes, where the schema wants one."""
    schema = as_object(as_object(operation.input_schema["properties"]).get(parameter.argument))
    return text if schema.get("type") in ("integer", "number") else to_text(text)
