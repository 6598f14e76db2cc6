"""The parameters of an operation, and with its body the arguments that an agent gives for them."""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from ..formats.json_values import JsonObject, JsonValue, as_list, as_object, as_text
from ..formats.text import one_line, sentences
from ..problems import UnusableError
from ..schema.property_names import ACCEPTED
from ..schema.reader import SchemaReader
from ..schema.references import follow
from ..schema.validation import BODY
from .bodies import Body, read_body
from .parameter_styles import LOCATIONS, STYLES, Location
from .security import is_credential

_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")  # RFC 9110 §5.6.2
# Set by the layers below, or by nobody. Servers fold `_` to `-`, so `X_API_KEY` is the same header.
_OWN_HEADERS = {"authorization", "host", "cookie", "accept", "connection", "keep-alive", "transfer-encoding", "te",
                "trailer", "expect", "upgrade", "x-api-key", "origin", "referer", "forwarded", "user-agent", "via",
                "x-http-method-override", "x-http-method", "x-method-override", "x-original-url",
                "x-rewrite-url", "x-real-ip", "set-cookie"}  # fmt: skip
_OWN_PREFIXES = ("content-", "proxy-", "sec-", "x-forwarded-", "accept-")
_OWN = {"name", "in", "required", "style", "explode", "allowReserved", "allowEmptyValue", "content", "schema"}
Key = tuple[str, str]
_LONGEST_ARGUMENT = 64


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
        UnusableError, InvalidReferenceError: one of them cannot be given or sent.
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
        raise UnusableError("a parameter has no name")
    place = LOCATIONS.get(location)
    if place is None:
        raise UnusableError(f"parameter {shown!r} is in {one_line(location, 20)!r}, which is no place")
    if place == "cookie" and is_credential(document, name):
        if required:
            raise UnusableError(f"it needs the cookie {shown!r}, and credentials are not arguments")
        return None
    if place == "header":
        folded = name.lower().replace("_", "-")
        if folded in _OWN_HEADERS or folded.startswith(_OWN_PREFIXES):
            return None
    if place in ("header", "cookie") and not _TOKEN.fullmatch(name):
        raise UnusableError(f"{shown!r} is no name for a {place}")
    styles = STYLES[place]
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


def parameter_schema(reader: SchemaReader, node: JsonObject, needs: set[str]) -> JsonObject:
    """The schema of a parameter object (OpenAPI 3.1 §4.8.12), converted.

    Raises:
        InvalidReferenceError: something in it refers to nothing.
    """
    said: JsonObject = {key: node[key] for key in ("description", "deprecated") if node.get(key)}
    examples = (as_object(one).get("value") for one in as_object(node.get("examples")).values())
    example = next((one for one in (node.get("example"), *examples) if one is not None), None)
    if example is not None:
        said["example"] = example
    schema = reader.read({**_schema_of(node), **said}, needs)
    if node.get("allowEmptyValue") is True:
        told = sentences(as_text(schema.get("description")), "May be empty.")
        return {**schema, "description": one_line(told, 400)}
    return schema


def _schema_of(node: JsonObject) -> JsonObject:
    for media in as_object(node.get("content")).values():
        return as_object(as_object(media).get("schema"))
    if "schema" in node:
        return as_object(node["schema"])
    # As Swagger 2 has it, in documents that were turned into OpenAPI 3 by hand.
    return {key: value for key, value in node.items() if key not in _OWN}


def argument_names(keys: Iterable[Key]) -> dict[Key, str]:
    """For each parameter, by its place and name, a name that every host accepts and that is its alone.

    Parameters of one name in several places are told apart by their places, names that read the same by a digest.
    None depends on the order of the parameters.
    """
    keys = list(keys)
    times = Counter(name for _, name in keys)
    names = {(place, name): _argument(place, name, shared=times[name] > 1) for place, name in keys}
    taken = Counter(names.values())
    return {key: name if taken[name] == 1 or name == key[1] else _distinct(name, key) for key, name in names.items()}


def _argument(place: str, name: str, *, shared: bool) -> str:
    plain = _plain(name)
    if not plain:
        return _distinct(place, (place, name))
    if shared or plain == BODY:
        return f"{plain[: _LONGEST_ARGUMENT - 1 - len(place)]}_{place}"
    return plain


def _plain(name: str) -> str:
    if ACCEPTED.fullmatch(name):
        return name
    return re.sub(r"[^A-Za-z0-9_.-]+", "_", name).strip("_")[:_LONGEST_ARGUMENT]


def _distinct(name: str, key: Key) -> str:
    digest = hashlib.sha256(" ".join(key).encode(errors="replace")).hexdigest()[:6]
    return f"{name[: _LONGEST_ARGUMENT - 7]}_{digest}"
