"""URL-encoded and multipart forms, and the encoding of their fields (OpenAPI 3.1 §4.8.14, §4.8.15)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from ..formats.json_values import JsonObject, JsonValue, as_list, as_object, as_text
from ..formats.media_types import BodyFormat, is_media_type
from ..formats.text import clean
from ..schema.file_schemas import MARK, is_binary
from ..schema.reader import SchemaReader
from .operation import Part
from .parameter_styles import DELIMITERS

_UNIONS = ("allOf", "anyOf", "oneOf")
_STYLES = ("form", "deepObject", *DELIMITERS)
_DEPTH_LIMIT = 8
_KEPT: tuple[str, ...] = ("description", "nullable", "readOnly")


@dataclass(frozen=True, slots=True)
class Form:
    """A form's flattened schema, in which `MARK` stands for files."""

    schema: JsonObject
    parts: tuple[Part, ...]


def read_form(reader: SchemaReader, media: JsonObject, kind: BodyFormat) -> Form:
    """The form in a media type object."""
    schema = flatten(reader, media.get("schema", {}))
    encoding = as_object(media.get("encoding"))
    files: set[str] = set()
    if kind == "multipart":
        properties = as_object(schema.get("properties"))
        marker = _FileMarker(reader)
        markers = {name: _FileMarker(reader, text) for name in encoding if (text := _content_type(encoding, name))}
        changed = {name: markers.get(name, marker).mark(value) for name, value in properties.items()}
        files = {name for name, value in changed.items() if value is not None}
        if files:
            schema["properties"] = {name: changed[name] or value for name, value in properties.items()}
        extra = schema.get("additionalProperties")
        if isinstance(extra, dict) and (marked := marker.mark(extra)):
            files.add("")
            schema["additionalProperties"] = marked
        elif not properties:
            files.add("")
            schema["description"] = as_text(schema.get("description")) or (
                'Any fields; a file is {"base64": "...", "filename": "...", "content_type": "..."}.'
            )
    names = dict.fromkeys([*encoding, *sorted(files)])
    parts = (_part(reader, name, as_object(encoding.get(name)), name in files) for name in names)
    return Form(schema, tuple(part for part in parts if part != Part(part.name)))


def flatten(reader: SchemaReader, node: JsonValue) -> JsonObject:
    """Merge the properties of an object schema's references and branches into one schema."""
    schema = reader.follow_schema(node)
    result = {key: value for key, value in schema.items() if key not in (*_UNIONS, "$ref")}
    properties: JsonObject = {}
    required: list[JsonValue] = []
    # Each once, as schemas may contain themselves many times.
    seen: set[int] = set()
    pending = [(schema, True)]
    for branch, always_applies in pending:
        if id(branch) in seen:
            continue
        seen.add(id(branch))
        own = as_object(branch.get("properties")).items()
        properties |= {name: value for name, value in own if name not in properties}
        required += as_list(branch.get("required")) if always_applies else []
        for union in _UNIONS:
            branches = map(reader.follow_schema, as_list(branch.get(union)))
            pending += [(inner, always_applies and union == "allOf") for inner in branches]
    if properties or "type" not in result:
        result |= {"type": "object", "properties": properties}
    if required:
        result["required"] = list(dict.fromkeys(name for name in required if isinstance(name, str)))
    return result


def takes_file(reader: SchemaReader, node: JsonValue) -> bool:
    """Whether a schema is, may be or contains a file."""
    return _FileMarker(reader).mark(node) is not None


class _FileMarker:
    """Marks files in the schemas of fields with the same media type, each schema once."""

    def __init__(self, reader: SchemaReader, content_type: str = "") -> None:
        self._reader = reader
        self._content_type = content_type
        self._known: dict[int, JsonObject | None] = {}

    def mark(self, node: JsonValue, depth: int = 0) -> JsonObject | None:
        """The marked schema of a field that is, may be or contains a file, else None."""
        schema = self._reader.follow_schema(node)
        if depth > _DEPTH_LIMIT:
            return None
        if id(schema) not in self._known:
            self._known[id(schema)] = None  # if it contains itself
            self._known[id(schema)] = self._mark(schema, depth)
        return self._known[id(schema)]

    def _mark(self, schema: JsonObject, depth: int) -> JsonObject | None:
        if is_binary(schema, self._content_type):
            return {"type": "string", "enum": [MARK], **{key: schema[key] for key in _KEPT if key in schema}}
        if "items" in schema and (items := self.mark(schema["items"], depth + 1)):
            return {**schema, "items": items}
        for union in _UNIONS:
            branches = as_list(schema.get(union))
            changed = [self.mark(branch, depth + 1) for branch in branches]
            if any(changed):
                mixed: list[JsonValue] = [new or branch for new, branch in zip(changed, branches, strict=True)]
                result: JsonObject = {key: value for key, value in schema.items() if key != union}
                result["allOf" if union == "allOf" else "anyOf"] = mixed
                return result
        return None


def _content_type(encoding: JsonObject, name: str) -> str:
    return as_text(as_object(encoding.get(name)).get("contentType"))


def _part(reader: SchemaReader, name: str, encoding: JsonObject, file: bool) -> Part:
    media_types = [media_type.strip() for media_type in as_text(encoding.get("contentType")).split(",")]
    has_style = any(key in encoding for key in ("style", "explode", "allowReserved")) and not file
    style = as_text(encoding.get("style"))
    style = (style if style in _STYLES else "form") if has_style else ""
    explode = encoding.get("explode")
    return Part(
        name,
        ", ".join(filter(is_media_type, media_types)),
        style,
        explode if isinstance(explode, bool) else style in ("form", ""),
        encoding.get("allowReserved") is True,
        file,
        tuple(_fixed_headers(reader, encoding)),
    )


def _fixed_headers(reader: SchemaReader, encoding: JsonObject) -> Iterator[tuple[str, str]]:
    """Yield the headers of a part that have a single possible value; others cannot be set."""
    for name, node in as_object(encoding.get("headers")).items():
        header = reader.follow_if_possible(node, "this header of a form's field is left out")
        schema = reader.follow_schema(as_object(header).get("schema", {}))
        values = as_list(schema.get("enum")) or [schema.get("const")]
        value = as_text(values[0])
        plain = name.replace("-", "").isalnum() and value.isascii() and value.isprintable()
        if len(values) == 1 and value and plain and clean(value) == value and name.lower() not in _OWN:
            yield name, value


_OWN = ("content-type", "content-disposition", "content-length", "content-transfer-encoding")
