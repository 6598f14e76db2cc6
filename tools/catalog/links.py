"""Links of catalogs, classified by their types and URLs."""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import urlsplit

from ..formats.json_values import JsonValue, as_object, as_text
from ..formats.media_types import essence

LINKSET = "application/linkset+json"
_YAML_TYPES = {"application/yaml", "application/x-yaml", "text/yaml", "text/x-yaml", "application/vnd.yaml"}
_DATA_TYPES = {"", "application/json", "text/json", "application/octet-stream", *_YAML_TYPES}
_DATA_NAME = re.compile(r"\.(json|ya?ml)$")
_OPENAPI_NAME = re.compile(r"(openapi|swagger)[^/]*\.(json|ya?ml)$")

_PAGE, _TEXT = "a web page (HTML)", "text for people or models (such as llms.txt)"
_MCP, _GRAPHQL, _WSDL = "an MCP server or its card", "GraphQL", "a WSDL or other XML document"
_OTHER_TYPES = (
    ("html", _PAGE),
    ("graphql", _GRAPHQL),
    ("asyncapi", "AsyncAPI"),
    ("wsdl", _WSDL),
    ("xml", _WSDL),
    ("mcp", _MCP),
    ("text/", _TEXT),
)
# Matched against the path in lower case.
_OTHER_NAMES = tuple(
    (re.compile(pattern), kind)
    for pattern, kind in (
        (r"/mcp/?$|/mcp(/[^/]*)?\.json$|/\.well-known/mcp|/server-card(\.json)?$", _MCP),
        (r"/graphql/?$|\.(graphqls?|gql)$", _GRAPHQL),
        (r"/asyncapi\.(json|ya?ml)$", "AsyncAPI"),
        (r"\.(wsdl|xsd|xml)$", _WSDL),
        (r"/\.well-known/(oauth-|openid-)", "OAuth metadata"),
        (r"/agent(-card)?\.json$|/ai-plugin\.json$|/agent-skills", "a card for agents"),
        (r"/wp-json/?$", "WordPress's own index"),
    )
)

# Only used without a media type: programs serve data under such names too.
_TEXT_NAMES = ((re.compile(r"\.html?$"), _PAGE), (re.compile(r"\.(txt|md)$"), _TEXT))


@dataclass(frozen=True, slots=True)
class Target:
    """A link target object (RFC 9264 §4.2.3); some have a `rel` of their own."""

    href: str
    type: str = ""
    title: str = ""
    rel: str = ""
    anchor: str = ""


def read_targets(value: JsonValue) -> list[Target]:
    """The targets of a relation: a string, an object, or an array of either."""
    targets = (_read_target(link) for link in (value if isinstance(value, list) else [value]))
    return [target for target in targets if target.href]


def _read_target(link: JsonValue) -> Target:
    if isinstance(link, str):
        return Target(link.strip())
    members = as_object(link)
    text = {name: as_text(members.get(name)).strip() for name in ("href", "type", "title", "rel", "anchor")}
    return Target(**text)


def is_catalog(target: Target) -> bool:
    """Whether the link leads to a catalog, by its type."""
    return essence(target.type) == LINKSET


def is_openapi(target: Target) -> bool:
    """Whether the link leads to an OpenAPI document, by its type or its name."""
    plain = essence(target.type)
    if "openapi" in plain or "swagger" in plain:
        return True
    has_name = bool(_OPENAPI_NAME.search(_path(target)))
    return plain in _YAML_TYPES or (has_name and plain in (*_DATA_TYPES, "text/plain"))


def other_kind(target: Target) -> str:
    """What a link leads to if that is not an OpenAPI document, or '' if it may be one."""
    plain, path = essence(target.type), _path(target)
    if "openapi" in plain or "swagger" in plain:
        return ""
    names = _OTHER_NAMES if plain in _DATA_TYPES - {""} else (*_OTHER_NAMES, *_TEXT_NAMES)
    if kind := next((kind for pattern, kind in names if pattern.search(path)), ""):
        return kind
    if "wsdl" in urlsplit(target.href).query.lower().split("&"):
        return _WSDL
    if plain in _DATA_TYPES or (plain == "text/plain" and _DATA_NAME.search(path)):
        return ""
    return next((kind for part, kind in _OTHER_TYPES if part in plain), f"of type {plain}")


def document_format(target: Target) -> str:
    """`json`, `yaml`, or '' if unknown."""
    plain, path = essence(target.type), _path(target)
    if plain in _YAML_TYPES or plain.endswith("+yaml") or path.endswith((".yaml", ".yml")):
        return "yaml"
    return "json" if plain.endswith(("+json", "/json")) or path.endswith(".json") else ""


def url_stem(target: Target) -> str:
    """The URL without its extension, which is the same for the JSON and YAML of a document."""
    parts = urlsplit(target.href)
    return f"{parts.scheme}://{parts.netloc}{_DATA_NAME.sub('', parts.path)}?{parts.query}"


def _path(target: Target) -> str:
    return urlsplit(target.href).path.lower()
