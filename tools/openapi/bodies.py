"""Request bodies: the media type to send, and the schema of the argument."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from ..formats.json_values import JsonObject, as_list, as_object, as_text, to_text
from ..formats.media_types import BodyFormat, body_format, essence, is_media_type, sendable
from ..formats.text import clean, one_line
from ..problems import UnusableError
from ..schema.file_schemas import FILE, is_binary, with_files
from ..schema.reader import SchemaReader
from .forms import Form, Part, flatten, read_form

_MERGE_PATCH = "application/merge-patch+json"
_EXAMPLE_LIMIT = 600
_SCALARS = ("string", "integer", "number", "boolean")
# The order of preference: the most structured formats come first.
_FORMATS: tuple[BodyFormat, ...] = ("json", "lines", "form", "multipart", "text", "binary")


@dataclass(frozen=True, slots=True)
class Body:
    """A request body, and the media type and format in which it is sent.

    `parts` describe fields of a form; one without a name applies to all other fields. `media_types` are all types
    that a binary body may have, from which the file's own type selects.
    """

    media_type: str
    required: bool
    kind: BodyFormat = "json"
    parts: tuple[Part, ...] = ()
    media_types: tuple[str, ...] = ()

    def part(self, name: str) -> Part:
        """Return the description of a form's field."""
        return next((part for key in (name, "") for part in self.parts if part.name == key), Part(name))

    @property
    def takes_files(self) -> bool:
        """Whether it is or contains a file."""
        return self.kind == "binary" or any(part.file for part in self.parts)


@dataclass(frozen=True, slots=True)
class _Choice:
    media_type: str
    kind: BodyFormat
    media: JsonObject
    form: Form | None
    names: frozenset[str]


def read_body(reader: SchemaReader, operation: JsonObject) -> tuple[Body, JsonObject] | None:
    """Return the body of an operation and the schema of the argument `body`, if there is one.

    Raises:
        UnusableError, InvalidReferenceError: the body is required and cannot be sent.
    """
    if operation.get("requestBody") is None:
        return None
    node = reader.follow(operation["requestBody"])
    required = node.get("required") is True
    content = as_object(node.get("content"))
    choices = list(_choices(reader, content))
    if not choices:
        if required and content:
            raise UnusableError(f"invalid media types of its body: {one_line(', '.join(sorted(content)), 120)}")
        return None
    choice = _best(choices)
    schema = _schema(reader, choice)
    # Some generators write a form without fields for every operation.
    is_empty = not schema.get("properties") and schema.get("additionalProperties") is False
    if not required and choice.form and is_empty:
        return None
    description = one_line(as_text(node.get("description")), 300)
    if description and "description" not in schema:
        schema = {**schema, "description": description}
    binary = tuple(choice.media_type for choice in choices if choice.kind == "binary")
    parts = choice.form.parts if choice.form else ()
    media_types = binary if choice.kind == "binary" else ()
    body = Body(sendable(choice.media_type, choice.kind), required, choice.kind, parts, media_types)
    return body, _with_example(schema, choice.media)


def _choices(reader: SchemaReader, content: JsonObject) -> Iterator[_Choice]:
    for name, value in content.items():
        media_type = clean(name).strip()
        if not is_media_type(media_type):
            continue
        media = dict(reader.follow(value))
        schema = reader.follow_schema(media.get("schema", {}))
        flat = flatten(reader, schema)
        if essence(media_type) == _MERGE_PATCH and "properties" in flat:
            media["schema"] = _merge_patch(flat)
        kind = body_format(media_type, binary_schema=is_binary(schema), string_schema=schema.get("type") == "string")
        form = read_form(reader, media, kind) if kind in ("form", "multipart") else None
        yield _Choice(media_type, kind, media, form, frozenset(as_object(flat.get("properties"))))


def _best(choices: list[_Choice]) -> _Choice:
    """Prefer JSON to forms, text and binary, but a form with files to JSON with the same properties."""
    best = min(choices, key=_rank)
    if best.kind in ("json", "form") and best.names:
        return next((c for c in choices if c.form and _has_files(c.form) and best.names <= c.names), best)
    return best


def _has_files(form: Form) -> bool:
    return any(part.file for part in form.parts)


def _rank(choice: _Choice) -> tuple[int, int]:
    """Plain JSON comes first, ranges and JSON Patch last."""
    plain = essence(choice.media_type)
    last = "*" in plain or plain == "application/json-patch+json"
    return _FORMATS.index(choice.kind), 0 if plain == "application/json" else 2 if last else 1


def _schema(reader: SchemaReader, choice: _Choice) -> JsonObject:
    node = choice.media.get("schema")
    if choice.form:
        return with_files(reader.read(choice.form.schema))
    if choice.kind == "binary":
        text = one_line(as_text(as_object(node).get("description")), 200)
        return {**FILE, "description": f"{text.rstrip('.')}. {FILE['description']}"} if text else FILE
    if choice.kind == "lines" and "itemSchema" in choice.media:  # OpenAPI 3.2 §4.14.1
        return {"type": "array", "items": reader.read(choice.media["itemSchema"])}
    schema = reader.read(node)
    if choice.kind != "text" or schema.get("type") in _SCALARS:
        return schema
    return {"type": "string", "description": f"The whole body as {essence(choice.media_type)}."}


def _merge_patch(schema: JsonObject) -> JsonObject:
    """Return the schema of a merge patch: no member is required, and null removes one (RFC 7396 §1)."""
    properties: JsonObject = {
        name: member if as_object(member).get("readOnly") is True else {"anyOf": [member, {"type": "null"}]}
        for name, member in as_object(schema.get("properties")).items()
    }
    return {**{key: value for key, value in schema.items() if key != "required"}, "properties": properties}


def _with_example(schema: JsonObject, media: JsonObject) -> JsonObject:
    """Add an example (OpenAPI 3.1 §4.8.14) to the description of a body that has no other schema.

    Hosts drop or reject the keyword `examples`.
    """
    original = as_object(media.get("schema"))
    named = (as_object(node).get("value") for node in as_object(media.get("examples")).values())
    examples = [media.get("example"), *named, original.get("example"), *as_list(original.get("examples"))]
    example = next((value for value in examples if value is not None), None)
    if example is None or set(schema) - {"description", "type", "additionalProperties"}:
        return schema
    description = as_text(schema.get("description")).rstrip(". ")
    text = f"{description}. " if description else ""
    shown = example if isinstance(example, str) and schema.get("type") == "string" else to_text(example)
    return {**schema, "description": one_line(f"{text}Example: {shown}", _EXAMPLE_LIMIT)}
