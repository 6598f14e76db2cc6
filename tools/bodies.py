"""The body of an operation: the media type in which it is sent, and the schema by which an agent gives it."""

from __future__ import annotations

import re
from dataclasses import dataclass

from .json_values import JsonObject, as_list, as_object, as_text, to_text
from .problems import Unusable
from .schemas import SchemaReader, follow
from .text import clean, one_line

BODY = "body"
_EXAMPLE_LIMIT = 600


@dataclass(frozen=True, slots=True)
class Body:
    """A request body: the one media type that is sent, and whether the operation needs it."""

    media_type: str
    required: bool


@dataclass(frozen=True, slots=True)
class FoundBody:
    """A body and the schema of the argument `body`."""

    body: Body
    schema: JsonObject


def read_body(document: JsonObject, reader: SchemaReader, raw: JsonObject, needs: set[str]) -> FoundBody | None:
    """The body of one operation, if it takes one; references that stay in its schema are added to `needs`.

    Raises:
        Unusable, BadReference: the operation needs it, and it cannot be given or sent.
    """
    node = raw.get("requestBody")
    if node is None:
        return None
    found = follow(document, node)
    required = found.get("required") is True
    content = as_object(found.get("content"))
    media_type = next((media for media in content if _is_json(media)), None)
    if media_type is None:
        if not required or not content:
            return None
        kinds = one_line(", ".join(sorted(content)), 120)
        raise Unusable(f"its body is {kinds}, which is not sent yet")
    media = as_object(content[media_type])
    schema = _with_example(reader.read(media.get("schema"), needs), media)
    return FoundBody(Body(clean(media_type), required), schema)


def _with_example(schema: JsonObject, media: JsonObject) -> JsonObject:
    """A body of which nothing else is said, with the document's example (OpenAPI 3.1 §4.8.14) in its description.

    In the description, because hosts drop or refuse the keyword `examples`.
    """
    said = as_object(media.get("schema"))
    named = (as_object(one).get("value") for one in as_object(media.get("examples")).values())
    examples = [media.get("example"), *named, said.get("example"), *as_list(said.get("examples"))]
    example = next((one for one in examples if one is not None), None)
    if example is None or set(schema) - {"description", "type", "additionalProperties"}:
        return schema
    told = as_text(schema.get("description")).rstrip(". ")
    text = f"{told}. " if told else ""
    return {**schema, "description": one_line(f"{text}Example: {to_text(example)}", _EXAMPLE_LIMIT)}


def _is_json(media_type: str) -> bool:
    essence = media_type.split(";")[0].strip().lower()
    return bool(re.fullmatch(r"application/([a-z0-9.-]+\+)?json", essence))
