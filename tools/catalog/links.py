"""What the links of a catalog lead to, as far as it can be told without following them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import urlsplit

from ..formats.json_values import JsonValue, as_object, as_text

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
# Matched against the path in lower case. Discovery documents of other kinds are never read.
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

# These say less than a type does: a page's name may stand for data that is made by a program.
_TEXT_NAMES = ((re.compile(r"\.html?$"), _PAGE), (re.compile(r"\.(txt|md)$"), _TEXT))


@dataclass(frozen=True, slots=True)
class Target:
    """Where a link leads: `rel` is the relation that it names itself, where it does."""

    href: str
    type: str = ""
    title: str = ""
    rel: str = ""
    anchor: str = ""


def read_targets(value: JsonValue) -> list[Target]:
    """The targets of a relation, which real catalogs write as a string, an object, or an array of either."""
    found = (_read_target(link) for link in (value if isinstance(value, list) else [value]))
    return [target for target in found if target.href]


def _read_target(link: JsonValue) -> Target:
    if isinstance(link, str):
        return Target(link.strip())
    members = as_object(link)
    text = {name: as_text(members.get(name)).strip() for name in ("href", "type", "title", "rel", "anchor")}
    return Target(**text)


def is_catalog(target: Target) -> bool:
    """Whether the link's type says that a catalog is there."""
    return _essence(target) == LINKSET


def is_openapi(target: Target) -> bool:
    """Whether the link itself says that an OpenAPI document is there, by its type, else by its name."""
    essence = _essence(target)
    if "openapi" in essence or "swagger" in essence:
        return True
    named = bool(_OPENAPI_NAME.search(_path(target)))
    return essence in _YAML_TYPES or (named and essence in (*_DATA_TYPES, "text/plain"))


def what_else(target: Target) -> str:
    """What a link leads to where that is known to be no OpenAPI document; nothing where it may be one."""
    essence, path = _essence(target), _path(target)
    if "openapi" in essence or "swagger" in essence:
        return ""
    names = _OTHER_NAMES if essence in _DATA_TYPES - {""} else (*_OTHER_NAMES, *_TEXT_NAMES)
    if named := next((kind for pattern, kind in names if pattern.search(path)), ""):
        return named
    if "wsdl" in urlsplit(target.href).query.lower().split("&"):
        return _WSDL
    if essence in _DATA_TYPES or (essence == "text/plain" and _DATA_NAME.search(path)):
        return ""
    return next((kind for part, kind in _OTHER_TYPES if part in essence), f"of type {essence}")


def format_of(target: Target) -> str:
    """`json`, `yaml`, or nothing where the link does not say."""
    essence, path = _essence(target), _path(target)
    if essence in _YAML_TYPES or essence.endswith("+yaml") or path.endswith((".yaml", ".yml")):
        return "yaml"
    return "json" if essence.endswith(("+json", "/json")) or path.endswith(".json") else ""


def stem_of(target: Target) -> str:
    """The URL without what says its format: equal for the JSON and the YAML of one document."""
    parts = urlsplit(target.href)
    return f"{parts.scheme}://{parts.netloc}{_DATA_NAME.sub('', parts.path)}?{parts.query}"


def _essence(target: Target) -> str:
    return target.type.split(";")[0].strip().lower()


def _path(target: Target) -> str:
    return urlsplit(target.href).path.lower()
