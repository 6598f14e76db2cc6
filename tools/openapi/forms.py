"""Forms, urlencoded and multipart: what the document says of their fields (OpenAPI 3.1 §4.8.14 and §4.8.15)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from ..formats.json_values import JsonObject, JsonValue, as_list, as_object, as_text
from ..formats.media_types import BodyFormat, is_media_type
from ..formats.text import clean
from ..schema.file_schemas import MARK, is_bytes
from ..schema.references import InvalidReferenceError, follow, follow_schema
from .parameter_styles import DELIMITERS

_UNIONS = ("allOf", "anyOf", "oneOf")
_STYLES = ("form", "deepObject", *DELIMITERS)
_DEPTH_LIMIT = 8
_KEPT: tuple[str, ...] = ("description", "nullable", "readOnly")


@dataclass(frozen=True, slots=True)
class Part:
    """What is special about one field: without a `style` it is written as its `content_type` or its value says.

    `headers` are names and values that go with the field in multipart.
    """

    name: str
    content_type: str = ""
    style: str = ""
    explode: bool = True
    allow_reserved: bool = False
    file: bool = False
    headers: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Form:
    """A form's schema with `allOf` and references taken apart, its files as `MARK`."""

    schema: JsonObject
    parts: tuple[Part, ...]


def read_form(document: JsonObject, media: JsonObject, kind: BodyFormat) -> Form:
    """The form that a media type describes.

    Raises:
        InvalidReferenceError: something in it refers to nothing.
    """
    schema = flattened(document, media.get("schema", {}))
    encoding = as_object(media.get("encoding"))
    files: set[str] = set()
    if kind == "multipart":
        properties = as_object(schema.get("properties"))
        marking = _Files(document)
        changed = {name: marking.marked(value) for name, value in properties.items()}
        files = {name for name, value in changed.items() if value is not None}
        if files:
            schema["properties"] = {name: changed[name] or value for name, value in properties.items()}
        extra = schema.get("additionalProperties")
        if isinstance(extra, dict) and (as_bytes := marking.marked(extra)):
            files.add("")
            schema["additionalProperties"] = as_bytes
        elif not properties:
            files.add("")
            schema["description"] = as_text(schema.get("description")) or (
                'Any fields; a file is {"base64": "...", "filename": "...", "content_type": "..."}.'
            )
    names = dict.fromkeys([*encoding, *sorted(files)])
    parts = (_part(document, name, as_object(encoding.get(name)), schema, name in files) for name in names)
    return Form(schema, tuple(part for part in parts if part != Part(part.name)))


def flattened(document: JsonObject, node: JsonValue) -> JsonObject:
    """An object schema in one piece: what it refers to and is made of, put together.

    Raises:
        InvalidReferenceError: something in it refers to nothing.
    """
    schema = follow_schema(document, node)
    result = {key: value for key, value in schema.items() if key not in (*_UNIONS, "$ref")}
    properties: JsonObject = {}
    required: list[JsonValue] = []
    # Each once: what contains itself many times over must not be followed many times over.
    seen: set[int] = set()
    waiting = [(schema, True)]
    while waiting:
        here, certain = waiting.pop(0)
        if id(here) in seen:
            continue
        seen.add(id(here))
        properties |= {name: one for name, one in as_object(here.get("properties")).items() if name not in properties}
        # Of several branches only one has to fit.
        required += as_list(here.get("required")) if certain else []
        for union in _UNIONS:
            branches = [follow_schema(document, branch) for branch in as_list(here.get(union))]
            waiting += [(branch, certain and union == "allOf") for branch in branches]
    if properties or "type" not in result:
        result |= {"type": "object", "properties": properties}
    if required:
        result["required"] = list(dict.fromkeys(name for name in required if isinstance(name, str)))
    return result


class _Files:
    """Finds the fields of a form that are files; what was looked at once is known."""

    def __init__(self, document: JsonObject) -> None:
        self._document = document
        self._known: dict[int, JsonObject | None] = {}

    def marked(self, node: JsonValue, depth: int = 0) -> JsonObject | None:
        """The schema of a field that is a file, may be one, or is a list of them; None where it is something else."""
        try:
            schema = follow(self._document, node)
        except InvalidReferenceError:  # told where the field itself is read
            return None
        if depth > _DEPTH_LIMIT:
            return None
        if id(schema) not in self._known:
            self._known[id(schema)] = None  # of what contains itself
            self._known[id(schema)] = self._marked(schema, depth)
        return self._known[id(schema)]

    def _marked(self, schema: JsonObject, depth: int) -> JsonObject | None:
        if is_bytes(schema):
            return {"type": "string", "enum": [MARK], **{key: schema[key] for key in _KEPT if key in schema}}
        if "items" in schema and (items := self.marked(schema["items"], depth + 1)):
            return {**schema, "items": items}
        for union in _UNIONS:
            branches = as_list(schema.get(union))
            changed = [self.marked(branch, depth + 1) for branch in branches]
            if any(changed):
                mixed: list[JsonValue] = [new or branch for new, branch in zip(changed, branches, strict=True)]
                result: JsonObject = {key: value for key, value in schema.items() if key != union}
                result["allOf" if union == "allOf" else "anyOf"] = mixed
                return result
        return None


def _part(document: JsonObject, name: str, encoding: JsonObject, schema: JsonObject, file: bool) -> Part:
    types = [one.strip() for one in as_text(encoding.get("contentType")).split(",")]
    says_style = any(key in encoding for key in ("style", "explode", "allowReserved")) and not file
    style = as_text(encoding.get("style"))
    style = (style if style in _STYLES else "form") if says_style else ""
    explode = encoding.get("explode")
    return Part(
        name,
        ", ".join(one for one in types if is_media_type(one)),
        style,
        explode if isinstance(explode, bool) else style in ("form", ""),
        encoding.get("allowReserved") is True,
        file,
        tuple(_fixed_headers(document, encoding)),
    )


def _fixed_headers(document: JsonObject, encoding: JsonObject) -> Iterator[tuple[str, str]]:
    """The headers of a part that can only have one value; for others there is nobody to ask."""
    for name, node in as_object(encoding.get("headers")).items():
        schema = follow_schema(document, follow(document, node).get("schema", {}))
        values = as_list(schema.get("enum")) or [schema.get("const")]
        value = as_text(values[0])
        plain = name.replace("-", "").isalnum() and value.isascii() and value.isprintable()
        if len(values) == 1 and value and plain and clean(value) == value and name.lower() not in _OWN:
            yield name, value


_OWN = ("content-type", "content-disposition", "content-length", "content-transfer-encoding")
