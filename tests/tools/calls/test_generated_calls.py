"""Generated operations and arguments: what a document allows is never refused, and arrives as it was given."""

from __future__ import annotations

from base64 import b64encode
from decimal import Decimal
from email import message_from_bytes
from email.message import Message
from typing import Any, cast
from urllib.parse import parse_qs, unquote, urlsplit

from hypothesis import given
from hypothesis import strategies as st

from closient_mcp.tools.calls.requests import build_request
from closient_mcp.tools.formats.json_values import JsonObject, JsonValue, parse_json
from closient_mcp.tools.http.messages import Request
from closient_mcp.tools.openapi.operation import Source
from closient_mcp.tools.openapi.operations import read_operations
from closient_mcp.tools.schema.validation import ArgumentChecker

URL = "https://api.example"
PRINTABLE = st.text(st.characters(min_codepoint=0x20, max_codepoint=0x7E), max_size=20).map(str.strip)
STEPS = st.sampled_from([Decimal(step) for step in ("0.01", "0.05", "0.1", "0.25", "0.001", "1e-6", "1.5", "3")])
Pair = tuple[JsonObject, JsonValue]


@st.composite
def multiples(draw: st.DrawFn) -> Pair:
    """The schema of a decimal with a step and bounds, and a value."""
    step, count = draw(STEPS), draw(st.integers(-(10**9), 10**9))
    value = float(step * count)
    return {"type": "number", "multipleOf": float(step), "minimum": value, "maximum": value}, value


@st.composite
def choices(draw: st.DrawFn) -> Pair:
    """The schema of an enumeration, and one of its values."""
    values = draw(st.lists(PRINTABLE.filter(bool), min_size=1, max_size=4, unique=True))
    return {"type": "string", "enum": list[JsonValue](values)}, draw(st.sampled_from(values))


def one_of(kind: str, values: st.SearchStrategy[Any]) -> st.SearchStrategy[Pair]:
    return values.map(lambda value: cast(Pair, ({"type": kind}, value)))


SCALARS = st.one_of(
    multiples(),
    choices(),
    one_of("string", PRINTABLE.filter(bool)),
    one_of("integer", st.integers(-(2**63), 2**63)),
    one_of("boolean", st.booleans()),
    one_of("number", st.floats(allow_nan=False, allow_infinity=False, width=32)),
)
MEMBERS = st.dictionaries(st.from_regex(r"[a-z]{1,8}", fullmatch=True), SCALARS, min_size=1, max_size=4)


def called(parameters: list[JsonObject], body: JsonObject | None, arguments: JsonObject) -> Request:
    node: dict[str, Any] = {"parameters": parameters, "responses": {}}
    if body is not None:
        node["requestBody"] = {"required": True, "content": body}
    document = cast(JsonObject, {"openapi": "3.1.0", "paths": {"/t": {"post": node}}})
    (operation,), problems = read_operations(document, Source("s", (), "", URL, URL, frozenset({URL}), base=URL))
    assert problems == []
    checked = ArgumentChecker().check("t", operation.input_schema, arguments)
    assert checked == arguments
    return build_request(operation, checked)


def as_given(text: str, value: JsonValue) -> bool:
    """Whether a text is the value; numbers are compared as numbers."""
    if isinstance(value, bool):
        return text == str(value).lower()
    return text == value if isinstance(value, str) else parse_json(text) == value


@given(MEMBERS)
def test_members_of_a_body_arrive_as_they_were_given(members: dict[str, Pair]) -> None:
    schema: JsonObject = {
        "type": "object",
        "properties": {name: pair[0] for name, pair in members.items()},
        "required": list[JsonValue](members),
        "additionalProperties": False,
    }
    body: JsonObject = {name: pair[1] for name, pair in members.items()}
    request = called([], {"application/json": {"schema": schema}}, {"body": body})
    assert parse_json(request.content or b"") == body


@given(MEMBERS, MEMBERS, MEMBERS)
def test_parameters_arrive_as_they_were_given(
    query: dict[str, Pair], headers: dict[str, Pair], cookies: dict[str, Pair]
) -> None:
    places = {"query": query, "header": {f"X-{name}": pair for name, pair in headers.items()},
              "cookie": {f"c{name}1": pair for name, pair in cookies.items()}}  # fmt: skip
    parameters: list[JsonObject] = [
        {"name": f"{place[0]}-{name}", "in": place, "required": True, "schema": schema}
        for place, members in places.items()
        for name, (schema, _) in members.items()
    ]
    given = {place: {f"{place[0]}-{n}": pair[1] for n, pair in members.items()} for place, members in places.items()}
    request = called(parameters, None, {name: value for values in given.values() for name, value in values.items()})
    sent = parse_qs(urlsplit(request.url).query, strict_parsing=True)
    assert all(as_given(sent[name][0], value) for name, value in given["query"].items())
    assert all(as_given(request.headers[name.lower()], value) for name, value in given["header"].items())
    pairs = dict(pair.split("=", 1) for pair in request.headers["cookie"].split("; "))
    assert all(as_given(unquote(pairs[name]), value) for name, value in given["cookie"].items())


SPELLINGS: list[tuple[JsonObject, JsonObject]] = [
    ({"type": "string", "format": "binary"}, {}),
    ({"type": "string", "format": "file"}, {}),
    ({"type": "file"}, {}),
    ({"type": "string", "contentEncoding": "binary"}, {}),
    ({"contentMediaType": "image/png"}, {}),
    ({"type": ["string", "null"], "contentMediaType": "application/octet-stream"}, {}),
    ({"type": "string"}, {"contentType": "image/png, image/jpeg"}),
    ({}, {"contentType": "application/octet-stream"}),
    ({"allOf": [{"type": "string", "format": "binary"}], "description": "d"}, {}),
]


@given(st.sampled_from(SPELLINGS), st.binary(max_size=200), MEMBERS)
def test_a_file_arrives_as_it_was_given_in_every_spelling(
    spelling: tuple[JsonObject, JsonObject], content: bytes, members: dict[str, Pair]
) -> None:
    schema: JsonObject = {
        "type": "object",
        "properties": {"thefile1": spelling[0], **{name: pair[0] for name, pair in members.items()}},
    }
    media: JsonObject = {"schema": schema, "encoding": {"thefile1": spelling[1]} if spelling[1] else {}}
    fields: JsonObject = {name: pair[1] for name, pair in members.items()}
    file: JsonObject = {"base64": b64encode(content).decode(), "filename": "a.png"}
    request = called([], {"multipart/form-data": media}, {"body": {**fields, "thefile1": file}})
    parts = parts_of(request)
    assert parts["thefile1"].get_payload(decode=True) == content
    assert parts["thefile1"].get_filename() == "a.png"
    assert all(as_given(str(parts[name].get_payload()), value) for name, value in fields.items())


def parts_of(request: Request) -> dict[str, Message]:
    """The parts of a form, by name, as Python's own reader of MIME sees them."""
    head = f"Content-Type: {request.headers['content-type']}\r\n\r\n".encode()
    parts = cast("list[Message]", message_from_bytes(head + (request.content or b"")).get_payload())
    return {str(part.get_param("name", header="content-disposition")): part for part in parts}
