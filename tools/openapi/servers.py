"""Where an API is: the URL that an operation's path is appended to."""

from __future__ import annotations

import re
from contextlib import suppress
from urllib.parse import urlsplit

from ..formats.json_values import JsonObject, JsonValue, as_list, as_object, as_text
from ..formats.urls import InvalidUrlError, has_origin, is_loopback, origin_of, resolve


def base_url(document_url: str, anchor: str, origins: frozenset[str], path: str, *levels: JsonObject) -> str:
    """The first of the servers, else the API's own URL (`anchor`, where one is known), that calls may go to.

    Where no anchor is known, the document's own host does not stand in for a server on another, public one.

    `levels` are what may have `servers`, the nearest first: operation, path item, document. A document without
    any means the root of its own host (OpenAPI 3.1 §4.8.1); real catalogs disagree: the anchor may be the base
    that paths are relative to, or already be the beginning of each path.

    Raises:
        InvalidUrlError: calls may go to none of them; names them.
    """
    none: list[JsonValue] = []
    servers = next((found for level in levels if (found := as_list(level.get("servers")))), none)
    refused: list[str] = []
    candidates = [server_url(as_object(server)) for server in servers]
    if anchor:
        candidates.append(_anchor_base(anchor, path))
    elif not any(_is_elsewhere(document_url, server) for server in candidates):
        candidates.append("/")
    for candidate in candidates:
        try:
            url = resolve(document_url, candidate)
        except InvalidUrlError as error:
            refused.append(str(error))
            continue
        if has_origin(url, origins):
            return url.split("?")[0].rstrip("/")
        refused.append(origin_of(url))
    raise InvalidUrlError(f"it is served at {', '.join(dict.fromkeys(refused))}, which is not a URL of this system")


def _is_elsewhere(document_url: str, server: str) -> bool:
    """Whether a server is on another host than the document; one on this machine is a leftover of its making."""
    try:
        there = resolve(document_url, server)
    except InvalidUrlError:
        return False
    return not is_loopback(there) and urlsplit(there).hostname != urlsplit(document_url).hostname


def _anchor_base(anchor: str, path: str) -> str:
    anchor_path = urlsplit(anchor).path.rstrip("/")
    begins_each_path = not anchor_path or path.startswith(f"{anchor_path}/")
    return origin_of(anchor) if begins_each_path else anchor


def leaves_open(document: JsonObject) -> bool:
    """Whether the document names no server by a whole URL, so that where it came from says where the API is."""
    items = [as_object(item) for item in as_object(document.get("paths")).values()]
    levels = [document, *items, *(as_object(member) for item in items for member in item.values())]
    servers = [as_object(server) for level in levels for server in as_list(level.get("servers"))]
    return not any(re.match(r"https?://", server_url(server), re.IGNORECASE) for server in servers)


def server_origins(document: JsonObject, url: str) -> set[str]:
    """The origins of the servers that a document from `url` names for all its operations."""
    origins: set[str] = set()
    for server in as_list(document.get("servers")):
        with suppress(InvalidUrlError):
            origins.add(origin_of(resolve(url, server_url(as_object(server)))))
    return origins


def server_url(server: JsonObject) -> str:
    """A server's URL with its variables at their defaults (OpenAPI 3.1 §4.8.5, §4.8.6)."""
    variables = as_object(server.get("variables"))

    def value(match: re.Match[str]) -> str:
        variable = as_object(variables.get(match[1]))
        chosen = variable.get("default", next(iter(as_list(variable.get("enum"))), ""))
        return str(chosen) if isinstance(chosen, str | int | float) and not isinstance(chosen, bool) else ""

    return re.sub(r"\{([^{}]*)\}", value, as_text(server.get("url")).strip() or "/")
