"""The body of an operation: the media type in which it is sent, and the schema by which an agent gives it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from ..formats.json_values import JsonObject, JsonValue, as_list, as_object, as_text, to_text
from ..formats.media_types import BodyFormat, body_format, essence, is_media_type, sendable
from ..formats.text import clean, one_line
from ..problems import UnusableError
from ..schema.file_schemas import FILE, is_bytes, with_files
from ..schema.reader import SchemaReader
from ..schema.references import follow, follow_schema
from .forms import Form, Part, flattened, read_form

_MERGE_PATCH = "application/merge-patch+json"
_EXAMPLE_LIMIT = 600
_SCALARS = ("string", "integer", "number", "boolean")
# What is chosen where an operation takes several: what says most about its content goes first.
_KINDS: tuple[BodyFormat, ...] = ("json", "lines", "form", "multipart", "text", "binary")


@dataclass(frozen=True, slots=True)
class Body:
    """A request body: the one media type in which it is sent, how that is written, whether the operation needs it.

    `parts` says what is special about some of a form's fields; one without a name is about all others.
    `media_types` are all that an operation takes as bytes: what a file is decides.
    """

    media_type: str
    required: bool
    kind: BodyFormat = "json"
    parts: tuple[Part, ...] = ()
    media_types: tuple[str, ...] = ()

    def part(self, name: str) -> Part:
        """What is said of a field of a form."""
        return next((part for wanted in (name, "") for part in self.parts if part.name == wanted), Part(name))

    @property
    def takes_files(self) -> bool:
        """Whether some of it is given as a file."""
        return self.kind == "binary" or any(part.file for part in self.parts)


@dataclass(frozen=True, slots=True)
class FoundBody:
    """A body and the schema of the argument `body`."""

    body: Body
    schema: JsonObject


@dataclass(frozen=True, slots=True)
class _Choice:
    media_type: str
    kind: BodyFormat
    media: JsonObject
    form: Form | None
    names: frozenset[str]


def read_body(document: JsonObject, reader: SchemaReader, raw: JsonObject, needs: set[str]) -> FoundBody | None:
    """The body of one operation, if it takes one; references that stay in its schema are added to `needs`.

    Raises:
        UnusableError, InvalidReferenceError: the operation needs it, and it cannot be given or sent.
    """
    node = raw.get("requestBody")
    if node is None:
        return None
    found = follow(document, node)
    required = found.get("required") is True
    content = as_object(found.get("content"))
    choices = list(_choices(document, content))
    if not choices:
        if required and content:
            raise UnusableError(f"its body is {one_line(', '.join(sorted(content)), 120)}, which is no media type")
        return None
    choice = _chosen(choices)
    schema = _schema(reader, choice, needs)
    if not required and choice.form and _says_nothing(schema):
        return None
    described = one_line(as_text(found.get("description")), 300)
    if described and "description" not in schema:
        schema = {**schema, "description": described}
    binary = tuple(one.media_type for one in choices if one.kind == "binary") if choice.kind == "binary" else ()
    parts = choice.form.parts if choice.form else ()
    body = Body(sendable(choice.media_type, choice.kind), required, choice.kind, parts, binary)
    return FoundBody(body, _with_example(schema, choice.media))


def _choices(document: JsonObject, content: JsonObject) -> Iterator[_Choice]:
    for name, value in content.items():
        media_type = clean(name).strip()
        if not is_media_type(media_type):
            continue
        media = follow(document, value)
        schema = follow_schema(document, media.get("schema", {}))
        if essence(media_type) == _MERGE_PATCH and "properties" in (whole := flattened(document, schema)):
            patch: JsonObject = {**media, "schema": _as_patch(whole)}
            media = patch
        kind = body_format(media_type, binary_schema=is_bytes(schema), string_schema=schema.get("type") == "string")
        form = read_form(document, media, kind) if kind in ("form", "multipart") else None
        names = frozenset(as_object(flattened(document, schema).get("properties")))
        yield _Choice(media_type, kind, media, form, names)


def _chosen(choices: list[_Choice]) -> _Choice:
    """JSON before forms before text before bytes; but of forms that carry files the one that can say all the same."""
    best = min(choices, key=_rank)
    if best.kind in ("json", "form") and best.names:
        return next((one for one in choices if one.form and _has_files(one.form) and best.names <= one.names), best)
    return best


def _has_files(form: Form) -> bool:
    return any(part.file for part in form.parts)


def _rank(choice: _Choice) -> tuple[int, int]:
    """Inside JSON the plain one goes first; a patch that is written as the thing itself before one of steps."""
    plain = essence(choice.media_type)
    last = "*" in plain or plain == "application/json-patch+json"
    return _KINDS.index(choice.kind), 0 if plain == "application/json" else 2 if last else 1


def _schema(reader: SchemaReader, choice: _Choice, needs: set[str]) -> JsonObject:
    raw = choice.media.get("schema")
    if choice.form:
        return with_files(reader.read(choice.form.schema, needs))
    if choice.kind == "binary":
        return {**FILE, **_described(raw)}
    if choice.kind == "lines" and "itemSchema" in choice.media:  # OpenAPI 3.2 §4.14.1
        return {"type": "array", "items": reader.read(choice.media["itemSchema"], needs)}
    schema = reader.read(raw, needs)
    if choice.kind != "text" or schema.get("type") in _SCALARS:
        return schema
    return {"type": "string", "description": f"The whole body, written as {essence(choice.media_type)}."}


def _as_patch(schema: JsonObject) -> JsonObject:
    """What a merge patch of such an object is: any of its members, and null for each that is to go (RFC 7396 §1)."""
    properties: JsonObject = {
        name: one if as_object(one).get("readOnly") is True else {"anyOf": [one, {"type": "null"}]}
        for name, one in as_object(schema.get("properties")).items()
    }
    return {**{key: value for key, value in schema.items() if key != "required"}, "properties": properties}


def _says_nothing(schema: JsonObject) -> bool:
    """Whether a form has no field that could be given, as some generators write it for every operation."""
    return not schema.get("properties") and schema.get("additionalProperties") is False


def _described(raw: JsonValue) -> JsonObject:
    text = one_line(as_text(as_object(raw).get("description")), 200)
    return {"description": f"{text.rstrip('.')}. {FILE['description']}"} if text else {}


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
    shown = example if isinstance(example, str) and schema.get("type") == "string" else to_text(example)
    return {**schema, "description": one_line(f"{text}Example: {shown}", _EXAMPLE_LIMIT)}
