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
from ..schema.argument_errors import BODY
from ..schema.conversion import with_name
from ..schema.keywords import declared_value
from ..schema.property_names import VALID_NAME
from ..schema.reader import SchemaReader
from .bodies import read_body
from .names import OperationLabel
from .operation import Body, Parameter
from .parameter_styles import LOCATIONS, STYLES
from .withheld import WithheldHeaderError, check_argument, is_own

_NOT_SCHEMA = {"name", "in", "required", "style", "explode", "allowReserved", "allowEmptyValue", "content", "schema"}
Key = tuple[str, str]
_MAX_ARGUMENT = 64


@dataclass(frozen=True, slots=True)
class Inputs:
    """The parameters and body of an operation, the schema of its arguments, and notices of what was left out."""

    parameters: tuple[Parameter, ...]
    body: Body | None
    schema: JsonObject
    renames: dict[str, str]
    notices: tuple[str, ...] = ()


def read_inputs(reader: SchemaReader, path_item: JsonObject, operation: JsonObject, label: OperationLabel) -> Inputs:
    """The inputs of an operation.

    Raises:
        UnusableError: a required input cannot be sent.
    """
    nodes = _merge(reader, path_item, operation, label.path)
    arguments = argument_names(nodes)
    parameters: list[Parameter] = []
    properties: JsonObject = {}
    notices: list[str] = []
    for (location, name), node in nodes.items():
        try:
            parameter = _parameter(reader, location, name, node, arguments[location, name])
        except UnusableError as error:
            if node.get("required") is True and not isinstance(error, WithheldHeaderError):
                raise
            notices.append(str(error))
            continue
        if parameter:
            parameters.append(parameter)
            described = parameter_schema(reader, node)
            # An argument's name may have ASCII letters only.
            shown = name if name.isascii() else parameter.argument
            properties[parameter.argument] = with_name(name, shown, described)
    required = [one.argument for one in parameters if one.required and one.default is None]
    body, body_schema = read_body(reader, operation, label.method) or (None, {})
    if body:
        properties[BODY] = body_schema
        required += [BODY] if body.required else []
    schema: JsonObject = {"type": "object", "properties": properties, "additionalProperties": False}
    if required:
        schema["required"] = list[JsonValue](required)
    if definitions := reader.definitions(schema):
        schema["$defs"] = definitions
    return Inputs(tuple(parameters), body, schema, reader.renames_in(schema), tuple(notices))


def _merge(reader: SchemaReader, path_item: JsonObject, operation: JsonObject, path: str) -> dict[Key, JsonObject]:
    """The parameters of path item and operation, and undeclared ones in the path."""
    merged: dict[Key, JsonObject] = {}
    for node in [*as_list(path_item.get("parameters")), *as_list(operation.get("parameters"))]:
        parameter = reader.follow_if_possible(node, "the parameter is left out")
        if parameter is None:
            continue
        location, name = as_text(parameter.get("in")), as_text(parameter.get("name"))
        if location != "path" or f"{{{name}}}" in path:
            merged[location, name] = parameter
    for name in re.findall(r"\{([^{}]+)\}", path):
        merged.setdefault(("path", name), {"schema": {"type": "string"}})
    return merged


def _parameter(reader: SchemaReader, location: str, name: str, node: JsonObject, argument: str) -> Parameter | None:
    """The parameter, or None if closient-mcp sends it itself.

    Raises:
        UnusableError: it cannot be sent.
    """
    shown = one_line(name, 60)
    if not name:
        raise UnusableError("a parameter has no name")
    known = LOCATIONS.get(location)
    if known is None:
        raise UnusableError(f"parameter {shown!r} has the unsupported location {one_line(location, 20)!r}")
    if is_own(reader.document, known, name):
        return None
    check_argument(known, name)
    if known in ("header", "cookie") and not TOKEN.fullmatch(name):
        raise UnusableError(f"invalid {known} name {shown!r}")
    required = node.get("required") is True or known == "path"
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
        default=_default(reader, node) if required else None,
    )


def _default(reader: SchemaReader, node: JsonObject) -> JsonValue:
    schema = reader.follow_schema(_schema_of(node))
    return declared_value(schema.get("default"), as_text(schema.get("type")))


def parameter_schema(reader: SchemaReader, node: JsonObject) -> JsonObject:
    """Convert the schema of a parameter object (OpenAPI 3.1 §4.8.12)."""
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
    """A distinct argument name that hosts accept for each parameter, by location and name.

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
