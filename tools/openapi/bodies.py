"""Request bodies: the media type to send, and the schema of the argument."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from ..formats.json_values import JsonObject, JsonValue, as_list, as_object, as_text, to_text
from ..formats.media_types import BodyFormat, body_format, concrete_type, essence, is_media_type
from ..formats.text import clean, one_line, sentences
from ..schema.file_schemas import FILE, is_binary, with_files
from ..schema.reader import SchemaReader
from .forms import Form, flatten, read_form, takes_file
from .operation import Body

_WITH_BODY = ("post", "put", "patch")
_UNDESCRIBED: JsonObject = {"description": "The document describes no body: any JSON, if the service needs some."}
_MERGE_PATCH = "application/merge-patch+json"
_EXAMPLE_LIMIT = 600
_SCALARS = ("string", "integer", "number", "boolean")
# The order of preference: the most structured formats come first.
_FORMATS: tuple[BodyFormat, ...] = ("json", "lines", "form", "multipart", "text", "binary")


@dataclass(frozen=True, slots=True)
class _Choice:
    media_type: str
    kind: BodyFormat
    media: JsonObject
    form: Form | None = None
    properties: JsonObject = field(default_factory=dict[str, JsonValue])
    binary: bool = False

    @property
    def files(self) -> set[str]:
        """The names of fields that are files; '' stands for the whole body or any other field."""
        return {part.name for part in self.form.parts if part.file} if self.form else {""} if self.binary else set()


def read_body(reader: SchemaReader, operation: JsonObject, method: str) -> tuple[Body, JsonObject] | None:
    """The body of an operation and the schema of the argument `body`, if there is one."""
    if operation.get("requestBody") is None:
        return (Body("application/json", required=False), _UNDESCRIBED) if method in _WITH_BODY else None
    node = as_object(reader.follow_if_possible(operation["requestBody"], "any body is accepted"))
    content, required = as_object(node.get("content")), node.get("required") is True
    if not content:
        return Body("application/json", required), _UNDESCRIBED
    choices = list(_choices(reader, content))
    untyped = _Choice("application/json", "json", as_object(next(iter(content.values()))))
    first, *others = _offered(reader, choices) if choices else [untyped]
    schema = _schema(reader, first)
    # Some generators write a form without fields for every operation.
    is_empty = not schema.get("properties") and schema.get("additionalProperties") is False
    if not required and first.form and is_empty and not others:
        return None
    body = _body(first, required, choices)
    if others:
        body = replace(body, alternatives=tuple(_body(choice, required, choices) for choice in others))
        alternatives = [_with_media_type(_schema(reader, choice), choice) for choice in others]
        union: JsonObject = {"anyOf": [schema, *alternatives]}
        schema = union
    description = one_line(as_text(node.get("description")), 300)
    if description and "description" not in schema:
        schema = {**schema, "description": description}
    return body, _with_example(schema, first.media)


def _body(choice: _Choice, required: bool, choices: list[_Choice]) -> Body:
    binary = tuple(other.media_type for other in choices if other.kind == "binary") if choice.kind == "binary" else ()
    parts = choice.form.parts if choice.form else ()
    return Body(concrete_type(choice.media_type, choice.kind), required, choice.kind, parts, binary)


def _with_media_type(schema: JsonObject, choice: _Choice) -> JsonObject:
    text = sentences(as_text(schema.get("description")), f"Sent as {essence(choice.media_type)}.")
    return {**schema, "description": text}


def _choices(reader: SchemaReader, content: JsonObject) -> Iterator[_Choice]:
    for name, value in content.items():
        media_type = clean(name).strip()
        if not is_media_type(media_type):
            continue
        media = dict(reader.follow_if_possible(value, "any value is accepted there") or {})
        schema = reader.follow_schema(media.get("schema", {}))
        flat = flatten(reader, schema)
        if essence(media_type) == _MERGE_PATCH and "properties" in flat:
            media["schema"] = _merge_patch(flat)
        binary = is_binary(schema)
        kind = body_format(media_type, binary_schema=binary, string_schema=schema.get("type") == "string")
        form = read_form(reader, media, kind) if kind in ("form", "multipart") else None
        binary = kind == "binary" and (binary or not schema)
        yield _Choice(media_type, kind, media, form, as_object(flat.get("properties")), binary)


def _offered(reader: SchemaReader, choices: list[_Choice]) -> list[_Choice]:
    """Prefer JSON to forms, text and binary, and offer a body with files beside it.

    That replaces the other if it has the same properties, unless one of them is text in one and a file in the other.
    """
    best = min(choices, key=_rank)
    with_files = [] if best.files else [choice for choice in choices if choice.files]
    if best.kind not in ("json", "form") or not with_files:
        return [best]
    other = min(with_files, key=_rank)
    shared = [best.properties[name] for name in best.properties if name in other.files] if best.kind == "json" else []
    is_superset = best.properties and best.properties.keys() <= other.properties.keys()
    return [other] if is_superset and all(takes_file(reader, node) for node in shared) else [best, other]


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
    """The schema of a merge patch: no member is required, and null removes one (RFC 7396 §1)."""
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
