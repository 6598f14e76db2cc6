"""The parameters of an operation, and with its body the arguments that an agent gives for them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from .argument_names import argument_names
from .bodies import BODY, Body, read_body
from .cookies import is_credential
from .json_values import JsonObject, JsonValue, as_list, as_object, as_text
from .parameter_schemas import parameter_schema
from .problems import Unusable
from .schemas import SchemaReader, follow
from .styles import DELIMITERS
from .text import one_line

Location = Literal["path", "query", "header", "cookie", "querystring"]
_LOCATIONS: dict[str, Location] = {
    "path": "path", "query": "query", "header": "header", "cookie": "cookie", "querystring": "querystring",
}  # fmt: skip
# OpenAPI 3.1 §4.8.12.2 and 3.2 §4.12.2, and those that Swagger 2.0 has besides; the first is the default.
_STYLES: dict[Location, tuple[str, ...]] = {
    "path": ("simple", "label", "matrix", *DELIMITERS),
    "query": ("form", "deepObject", *DELIMITERS),
    "header": ("simple", *DELIMITERS),
    "cookie": ("form", "cookie"),
    "querystring": ("form",),
}
_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")  # RFC 9110 §5.6.2
# Set by the layers below, or by nobody. Servers fold `_` to `-`, so `X_API_KEY` is the same header.
_OWN_HEADERS = {"authorization", "host", "cookie", "accept", "connection", "keep-alive", "transfer-encoding", "te",
                "trailer", "expect", "upgrade", "x-api-key", "origin", "referer", "forwarded", "user-agent", "via",
                "x-http-method-override", "x-http-method", "x-method-override", "x-original-url",
                "x-rewrite-url", "x-real-ip", "set-cookie"}  # fmt: skip
_OWN_PREFIXES = ("content-", "proxy-", "sec-", "x-forwarded-", "accept-")


@dataclass(frozen=True, slots=True)
class Parameter:
    """One parameter (OpenAPI 3.1 §4.8.12): `argument` is its name for the agent, `name` its name on the wire."""

    argument: str
    name: str
    location: Location
    style: str
    explode: bool
    required: bool
    allow_reserved: bool = False
    media_type: str = ""
    allow_empty: bool = False


@dataclass(frozen=True, slots=True)
class Inputs:
    """All that an operation takes, and the schema by which an agent gives it."""

    parameters: tuple[Parameter, ...]
    body: Body | None
    schema: JsonObject
    renames: dict[str, str]


def read_inputs(document: JsonObject, reader: SchemaReader, item: JsonObject, raw: JsonObject, path: str) -> Inputs:
    """The inputs of one operation.

    Raises:
        Unusable, BadReference: one of them cannot be given or sent.
    """
    nodes = _merged(document, item, raw, path)
    arguments = argument_names(nodes)
    needs: set[str] = set()
    parameters: list[Parameter] = []
    properties: JsonObject = {}
    for (location, name), node in nodes.items():
        parameter = _parameter(document, location, name, node, arguments[location, name])
        if parameter is None:
            continue
        parameters.append(parameter)
        properties[parameter.argument] = parameter_schema(reader, node, needs)
    required = [parameter.argument for parameter in parameters if parameter.required]
    found = read_body(document, reader, raw, needs)
    if found:
        properties[BODY] = found.schema
        if found.body.required:
            required.append(BODY)
    schema: JsonObject = {"type": "object", "properties": properties, "additionalProperties": False}
    if required:
        schema["required"] = list[JsonValue](required)
    if definitions := reader.definitions(needs):
        schema["$defs"] = definitions
    return Inputs(tuple(parameters), found.body if found else None, schema, reader.renames_in(schema))


def _merged(document: JsonObject, item: JsonObject, raw: JsonObject, path: str) -> dict[tuple[str, str], JsonObject]:
    """The parameters by place and name; the operation's go before its path's, and both before what was forgotten."""
    merged: dict[tuple[str, str], JsonObject] = {}
    for node in [*as_list(item.get("parameters")), *as_list(raw.get("parameters"))]:
        found = follow(document, node)
        location, name = as_text(found.get("in")), as_text(found.get("name"))
        if location != "path" or f"{{{name}}}" in path:
            merged[location, name] = found
    for name in re.findall(r"\{([^{}]+)\}", path):
        merged.setdefault(("path", name), {"schema": {"type": "string"}})
    return merged


def _parameter(document: JsonObject, location: str, name: str, node: JsonObject, argument: str) -> Parameter | None:
    required = node.get("required") is True or location == "path"
    shown = one_line(name, 60)
    if not name:
        raise Unusable("a parameter has no name")
    place = _LOCATIONS.get(location)
    if place is None:
        raise Unusable(f"parameter {shown!r} is in {one_line(location, 20)!r}, which is no place")
    if place == "cookie" and is_credential(document, name):
        if required:
            raise Unusable(f"it needs the cookie {shown!r}, and credentials are not arguments")
        return None
    if place == "header":
        folded = name.lower().replace("_", "-")
        if folded in _OWN_HEADERS or folded.startswith(_OWN_PREFIXES):
            return None
    if place in ("header", "cookie") and not _TOKEN.fullmatch(name):
        raise Unusable(f"{shown!r} is no name for a {place}")
    styles = _STYLES[place]
    style = next((known for known in styles if known == node.get("style")), styles[0])
    explode = node.get("explode")
    return Parameter(
        argument=argument,
        name=name,
        location=place,
        style=style,
        explode=explode if isinstance(explode, bool) else style in ("form", "cookie"),
        required=required,
        allow_reserved=node.get("allowReserved") is True,
        media_type=next(iter(as_object(node.get("content"))), ""),
        allow_empty=node.get("allowEmptyValue") is True and place == "query",
    )
