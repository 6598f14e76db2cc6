"""The schema of one parameter, with all that its document says of it."""

from __future__ import annotations

from .json_values import JsonObject, as_object, as_text
from .keywords import sentences
from .schemas import SchemaReader
from .text import one_line

_OWN = {"name", "in", "required", "style", "explode", "allowReserved", "allowEmptyValue", "content", "schema"}


def parameter_schema(reader: SchemaReader, node: JsonObject, needs: set[str]) -> JsonObject:
    """The schema of a parameter object (OpenAPI 3.1 §4.8.12), converted.

    Raises:
        BadReference: something in it refers to nothing.
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
