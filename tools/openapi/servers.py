"""Base URLs of operations."""

from __future__ import annotations

import re
from contextlib import suppress
from urllib.parse import urlsplit

from ..formats.json_values import JsonObject, JsonValue, as_list, as_object, as_text
from ..formats.urls import InvalidUrlError, has_origin, is_loopback_url, origin_of, resolve


def base_url(document_url: str, anchor: str, origins: frozenset[str], path: str, *levels: JsonObject) -> str:
    """The first server, else the API's URL (`anchor`), with an allowed origin.

    `levels` may have `servers`: operation, path item and document. Without servers, paths are relative to the
    document's host (OpenAPI 3.1 §4.8.1), but in many catalogs to the anchor, unless they begin with its path. Without
    an anchor, the document's host is not a fallback for a server on another public host.

    Raises:
        InvalidUrlError: no candidate has an allowed origin.
    """
    servers = next(filter(None, (as_list(level.get("servers")) for level in levels)), list[JsonValue]())
    invalid, rejected = "", list[str]()
    candidates = [server_url(as_object(server)) for server in servers]
    if anchor:
        candidates.append(_anchor_base(anchor, path))
    elif not any(_is_elsewhere(document_url, server) for server in candidates):
        candidates.append("/")
    for candidate in candidates:
        try:
            url = resolve(document_url, _with_scheme(candidate, origins))
        except InvalidUrlError as error:
            invalid = invalid or str(error)
            continue
        if has_origin(url, origins):
            return url.split("?")[0].rstrip("/")
        rejected.append(origin_of(url))
    if not rejected:
        raise InvalidUrlError(f"{invalid}; set the URL of the API as `base`")
    found = ", ".join(dict.fromkeys(rejected))
    raise InvalidUrlError(
        f"it is served at {found}, which is not a URL of this system; to allow it, add it to `origins`"
    )


def _with_scheme(server: str, origins: frozenset[str]) -> str:
    """A server's URL, with the scheme that `api.example.com/v1` lacks if that begins with a host of the system."""
    url = f"https://{server}"
    return url if not server.startswith((".", "/")) and "://" not in server and has_origin(url, origins) else server


def _is_elsewhere(document_url: str, server: str) -> bool:
    """Whether a server is on another host than the document, ignoring localhost from development."""
    try:
        url = resolve(document_url, server)
    except InvalidUrlError:
        return False
    return not is_loopback_url(url) and urlsplit(url).hostname != urlsplit(document_url).hostname


def _anchor_base(anchor: str, path: str) -> str:
    anchor_path = urlsplit(anchor).path.rstrip("/")
    is_in_path = not anchor_path or path.startswith(f"{anchor_path}/")
    return origin_of(anchor) if is_in_path else anchor


def lacks_absolute_server(document: JsonObject) -> bool:
    """Whether the API's URL depends on the document's URL."""
    items = [as_object(item) for item in as_object(document.get("paths")).values()]
    levels = [document, *items, *(as_object(member) for item in items for member in item.values())]
    servers = [as_object(server) for level in levels for server in as_list(level.get("servers"))]
    return not any(re.match(r"https?://", server_url(server), re.IGNORECASE) for server in servers)


def server_origins(document: JsonObject, url: str) -> set[str]:
    """The origins of the top-level servers of a document that was served at `url`."""
    origins: set[str] = set()
    for server in as_list(document.get("servers")):
        with suppress(InvalidUrlError):
            origins.add(origin_of(resolve(url, server_url(as_object(server)))))
    return origins


def server_url(server: JsonObject) -> str:
    """A server's URL with the defaults of its variables (OpenAPI 3.1 §4.8.5, §4.8.6)."""
    variables = as_object(server.get("variables"))

    def value(match: re.Match[str]) -> str:
        variable = as_object(variables.get(match[1]))
        default = variable.get("default", next(iter(as_list(variable.get("enum"))), ""))
        return str(default) if isinstance(default, str | int | float) and not isinstance(default, bool) else ""

    return re.sub(r"\{([^{}]*)\}", value, as_text(server.get("url")).strip() or "/")
