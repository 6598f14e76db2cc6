"""Parameters of operations, and their arguments."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from ..formats.json_values import JsonObject, JsonValue, as_list, as_object, as_text
from ..formats.media_types import TOKEN
from ..formats.text import one_line, sentences, short_digest
from ..problems import UnusableError
from ..schema.property_names import VALID_NAME
from ..schema.reader import SchemaReader
from ..schema.validation import BODY
from .bodies import Body, read_body
from .parameter_styles import LOCATIONS, STYLES, Location
from .security import is_credential

# Set by HTTP clients or proxies only. Servers treat `_` as `-`, so `X_API_KEY` is the same header.
_RESERVED_HEADERS = {"authorization", "host", "cookie", "accept", "connection", "keep-alive", "transfer-encoding", "te",
                "trailer", "expect", "upgrade", "x-api-key", "origin", "referer", "forwarded", "user-agent", "via",
                "x-http-method-override", "x-http-method", "x-method-override", "x-original-url",
                "x-rewrite-url", "x-real-ip", "set-cookie"}  # fmt: skip
_RESERVED_PREFIXES = ("content-", "proxy-", "sec-", "x-forwarded-", "accept-")
_NOT_SCHEMA = {"name", "in", "required", "style", "explode", "allowReserved", "allowEmptyValue", "content", "schema"}
Key = tuple[str, str]
_MAX_ARGUMENT = 64


@dataclass(frozen=True, slots=True)
class Parameter:
    """A parameter (OpenAPI 3.1 §4.8.12), with its name in requests and the name of its `argument`."""

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
    """The parameters and body of an operation, and the schema of its arguments."""

    parameters: tuple[Parameter, ...]
    body: Body | None
    schema: JsonObject
    renames: dict[str, str]


def read_inputs(reader: SchemaReader, path_item: JsonObject, operation: JsonObject, path: str) -> Inputs:
    """Return the inputs of an operation.

    Raises:
        UnusableError, InvalidReferenceError: an input cannot be sent.
    """
    nodes = _merge(reader, path_item, operation, path)
    arguments = argument_names(nodes)
    parameters: list[Parameter] = []
    properties: JsonObject = {}
    for (location, name), node in nodes.items():
        parameter = _parameter(reader, location, name, node, arguments[location, name])
        if parameter is None:
            continue
        parameters.append(parameter)
        properties[parameter.argument] = parameter_schema(reader, node)
    required = [parameter.argument for parameter in parameters if parameter.required]
    body, body_schema = read_body(reader, operation) or (None, {})
    if body:
        properties[BODY] = body_schema
        required += [BODY] if body.required else []
    schema: JsonObject = {"type": "object", "properties": properties, "additionalProperties": False}
    if required:
        schema["required"] = list[JsonValue](required)
    if definitions := reader.definitions(schema):
        schema["$defs"] = definitions
    return Inputs(tuple(parameters), body, schema, reader.renames_in(schema))


def _merge(reader: SchemaReader, path_item: JsonObject, operation: JsonObject, path: str) -> dict[Key, JsonObject]:
    """Return the parameters of path item and operation, and undeclared ones in the path."""
    merged: dict[Key, JsonObject] = {}
    for node in [*as_list(path_item.get("parameters")), *as_list(operation.get("parameters"))]:
        parameter = reader.follow(node)
        location, name = as_text(parameter.get("in")), as_text(parameter.get("name"))
        if location != "path" or f"{{{name}}}" in path:
            merged[location, name] = parameter
    for name in re.findall(r"\{([^{}]+)\}", path):
        merged.setdefault(("path", name), {"schema": {"type": "string"}})
    return merged


def _parameter(reader: SchemaReader, location: str, name: str, node: JsonObject, argument: str) -> Parameter | None:
    required = node.get("required") is True or location == "path"
    shown = one_line(name, 60)
    if not name:
        raise UnusableError("a parameter has no name")
    known = LOCATIONS.get(location)
    if known is None:
        raise UnusableError(f"parameter {shown!r} has the unsupported location {one_line(location, 20)!r}")
    if known == "cookie" and is_credential(reader.document, name):
        if required:
            raise UnusableError(f"it requires the cookie {shown!r}, and credentials are not arguments")
        return None
    if known == "header" and _is_reserved(name):
        return None
    if known in ("header", "cookie") and not TOKEN.fullmatch(name):
        raise UnusableError(f"invalid {known} name {shown!r}")
    styles = STYLES[known]
    style = next((style for style in styles if style == node.get("style")), styles[0])
    explode = node.get("explode")
    return Parameter(
        argument=argument,
        name=name,
        location=known,
        style=style,
        explode=explode if isinstance(explode, bool) else style in ("form", "cookie"),
        required=required,
        allow_reserved=node.get("allowReserved") is True,
        media_type=next(iter(as_object(node.get("content"))), ""),
        allow_empty=node.get("allowEmptyValue") is True and known == "query",
    )


def _is_reserved(header: str) -> bool:
    name = header.lower().replace("_", "-")
    return name in _RESERVED_HEADERS or name.startswith(_RESERVED_PREFIXES)


def parameter_schema(reader: SchemaReader, node: JsonObject) -> JsonObject:
    """Convert the schema of a parameter object (OpenAPI 3.1 §4.8.12).

    Raises:
        InvalidReferenceError: a reference in it leads nowhere.
    """
    annotations: JsonObject = {key: node[key] for key in ("description", "deprecated") if node.get(key)}
    examples = (as_object(example).get("value") for example in as_object(node.get("examples")).values())
    example = next((value for value in (node.get("example"), *examples) if value is not None), None)
    if example is not None:
        annotations["example"] = example
    schema = reader.read({**_schema_of(node), **annotations})
    if node.get("allowEmptyValue") is True:
        text = sentences(as_text(schema.get("description")), "May be empty.")
        return {**schema, "description": one_line(text, 400)}
    return schema


def _schema_of(node: JsonObject) -> JsonObject:
    for media in as_object(node.get("content")).values():
        return as_object(as_object(media).get("schema"))
    if "schema" in node:
        return as_object(node["schema"])
    # Swagger 2 syntax, in documents that were converted manually.
    return {key: value for key, value in node.items() if key not in _NOT_SCHEMA}


def argument_names(keys: Iterable[Key]) -> dict[Key, str]:
    """Return a distinct argument name that hosts accept for each parameter, by location and name.

    Parameters with the same name are distinguished by location, others that would be named alike by a digest. No name
    depends on the order of the parameters.
    """
    keys = list(keys)
    uses = Counter(name for _, name in keys)
    names = {(location, name): _argument(location, name, shared=uses[name] > 1) for location, name in keys}
    uses = Counter(names.values())
    return {key: name if uses[name] == 1 or name == key[1] else _distinct(name, key) for key, name in names.items()}


def _argument(location: str, name: str, *, shared: bool) -> str:
    plain = name
    if not VALID_NAME.fullmatch(name):
        plain = re.sub(r"[^A-Za-z0-9_.-]+", "_", name).strip("_")[:_MAX_ARGUMENT]
    if not plain:
        return _distinct(location, (location, name))
    if shared or plain == BODY:
        return f"{plain[: _MAX_ARGUMENT - 1 - len(location)]}_{location}"
    return plain


def _distinct(name: str, key: Key) -> str:
    return f"{name[: _MAX_ARGUMENT - 7]}_{short_digest(' '.join(key))}"
