"""How the body of an operation is read from its document, and written."""

from __future__ import annotations

import re
from base64 import b64encode
from typing import Any
from urllib.parse import unquote

import pytest

from closient_mcp.tools.calls.requests import build_request
from closient_mcp.tools.errors import InvalidArgumentsError
from closient_mcp.tools.formats.json_values import JsonObject, JsonValue, as_list, as_object
from closient_mcp.tools.formats.media_types import is_media_type
from closient_mcp.tools.http.messages import Request
from closient_mcp.tools.openapi.operation import Operation, Source
from closient_mcp.tools.openapi.operations import read_operations
from closient_mcp.tools.schema.file_schemas import FILE, allow_paths
from closient_mcp.tools.schema.validation import ArgumentChecker
from closient_mcp.tools.systems.compiled import pack, unpack

from ...fakes.service import fits

BINARY: dict[str, Any] = {"type": "string", "format": "binary"}
PERSON: dict[str, Any] = {"type": "object", "properties": {"name": {"type": "string"}, "id": {"type": "integer"}}}
UPLOAD: dict[str, Any] = {"type": "object", "properties": {**PERSON["properties"], "photo": BINARY}}
JSON = "application/json"
FORM = "application/x-www-form-urlencoded"
PATCH = "application/merge-patch+json"
MULTIPART = "multipart/form-data"


def read(content: dict[str, Any], *, required: bool = True, **components: Any) -> Operation:
    """The operation whose body is given by its media types: schemas, or whole Media Type Objects."""
    media = {name: one if "schema" in one else {"schema": one} for name, one in content.items()}
    body = {"required": required, "content": media}
    document: dict[str, Any] = {
        "openapi": "3.1.0",
        "info": {"title": "t", "version": "1"},
        "paths": {"/a": {"post": {"operationId": "send", "requestBody": body, "responses": {}}}},
        "components": {"schemas": components},
    }
    source = Source("s", (), "", "https://h/openapi.json", "https://h", frozenset({"https://h"}), base="https://h")
    operations, problems = read_operations(document, source)
    assert problems == []
    return operations[0]


def schema(operation: Operation) -> JsonObject:
    return as_object(as_object(operation.input_schema["properties"]).get("body"))


def send(content: dict[str, Any], body: JsonValue, **components: Any) -> Request:
    operation = read(content, **components)
    return build_request(operation, ArgumentChecker().check("send", operation.input_schema, {"body": body}))


def base64(content: bytes) -> str:
    return b64encode(content).decode()


def parts_of(request: Request) -> list[tuple[str, bytes]]:
    """Head and content of each part."""
    boundary = request.headers["content-type"].partition("boundary=")[2]
    _, *parts, end = (request.content or b"").split(f"--{boundary}".encode())
    assert end == b"--\r\n"
    split = [part.removeprefix(b"\r\n").removesuffix(b"\r\n").split(b"\r\n\r\n", 1) for part in parts]
    return [(head.decode(), content) for head, content in split]


@pytest.mark.parametrize(
    ("content", "chosen", "kind"),
    [
        ({FORM: PERSON, JSON: PERSON}, JSON, "json"),
        ({"application/vnd.acme+json": PERSON, JSON: PERSON}, JSON, "json"),
        ({"application/json-patch+json": {}, PATCH: {}}, PATCH, "json"),
        ({"text/json": PERSON, "application/*+json": PERSON}, "text/json", "json"),
        ({"application/json; charset=utf-8": PERSON}, "application/json; charset=utf-8", "json"),
        ({"*/*": PERSON}, JSON, "json"),
        ({"*/*": BINARY}, "application/octet-stream", "binary"),
        ({MULTIPART: PERSON, FORM: PERSON}, FORM, "form"),
        ({JSON: PERSON, MULTIPART: UPLOAD}, MULTIPART, "multipart"),
        ({FORM: PERSON, MULTIPART: UPLOAD}, MULTIPART, "multipart"),
        ({JSON: {**PERSON, "properties": {"url": {}}}, MULTIPART: UPLOAD}, JSON, "json"),
        ({JSON: UPLOAD, MULTIPART: UPLOAD}, MULTIPART, "multipart"),
        ({FORM: UPLOAD, MULTIPART: UPLOAD}, MULTIPART, "multipart"),
        ({"text/plain": {"type": "string"}, "application/octet-stream": BINARY}, "text/plain", "text"),
        ({"text/csv": BINARY}, "text/csv", "binary"),
        ({"text/*": {"type": "string"}}, "text/plain", "text"),
        ({"application/pdf": BINARY}, "application/pdf", "binary"),
        ({"application/yaml": PERSON}, "application/yaml", "text"),
        ({"application/soap+xml": PERSON}, "application/soap+xml", "text"),
        ({"application/x-own": {"type": "string"}}, "application/x-own", "text"),
        ({"application/octet-stream": {"type": "string"}}, "application/octet-stream", "binary"),
        ({"application/zip": {}}, "application/zip", "binary"),
        ({"application/vnd.elasticsearch+x-ndjson; compatible-with=9": {"type": "array"}},
         "application/vnd.elasticsearch+x-ndjson; compatible-with=9", "lines"),
    ],
)  # fmt: skip
def test_the_most_structured_media_type_is_preferred(content: dict[str, Any], chosen: str, kind: str) -> None:
    for order in (content, dict(reversed(content.items()))):
        body = read(order).body
        assert body
        assert (body.media_type, body.kind) == (chosen, kind)


LINK: dict[str, Any] = {"type": "object", "properties": {"photo": {"type": "string", "format": "uri"}}}
PHOTO: dict[str, Any] = {"type": "object", "properties": {"photo": BINARY}}


@pytest.mark.parametrize(
    ("content", "value", "media_type"),
    [
        ({JSON: LINK, MULTIPART: PHOTO}, {"photo": "https://a.example/x.png"}, JSON),
        ({JSON: LINK, MULTIPART: PHOTO}, {"photo": {"base64": "AAEC"}}, MULTIPART),
        ({JSON: LINK, "image/png": {}}, {"photo": "https://a.example/x.png"}, JSON),
        ({JSON: LINK, "image/png": {}}, {"base64": "AAEC"}, "image/png"),
        ({JSON: {}, MULTIPART: PHOTO}, ["a"], JSON),
        ({JSON: {}, MULTIPART: PHOTO}, {"photo": {"base64": "AAEC", "filename": "a.png"}}, MULTIPART),
    ],
)
def test_the_arguments_decide_between_media_types(content: dict[str, Any], value: Any, media_type: str) -> None:
    for order in (content, dict(reversed(content.items()))):
        operation = read(order)
        (kept,), _ = unpack(pack([operation], []))
        request = build_request(kept, ArgumentChecker().check("t", kept.input_schema, {"body": value}))
        assert request.headers["content-type"].startswith(media_type)


def test_a_path_may_be_given_for_the_file_of_an_alternative() -> None:
    operation = read({JSON: LINK, MULTIPART: PHOTO})
    shown = allow_paths(schema(operation))
    value: JsonObject = {"photo": {"path": "a.png"}}
    checked = ArgumentChecker().check("t", {"properties": {"body": shown}}, {"body": value})
    assert b"image/png" in (build_request(operation, checked, {"a.png": b"x"}).content or b"")


def test_files_are_found_in_references_lists_and_unions() -> None:
    form = {
        "allOf": [{"$ref": "#/components/schemas/Base"}, {"properties": {"more": {"type": "array", "items": BINARY}}}],
        "required": ["photo"],
    }
    base = {
        "type": "object",
        "properties": {
            "photo": {"$ref": "#/components/schemas/Bytes"},
            "maybe": {"anyOf": [{"type": "string", "contentMediaType": "application/octet-stream"}, {"type": "null"}]},
            "encoded": {"type": "string", "contentEncoding": "base64", "contentMediaType": "image/png"},
            "note": {"type": "string"},
        },
    }
    operation = read({MULTIPART: form}, Base=base, Bytes={**BINARY, "description": "The picture."})
    properties = as_object(schema(operation)["properties"])
    assert operation.body
    assert {part.name for part in operation.body.parts if part.file} == {"photo", "maybe", "more"}
    assert as_object(properties["photo"])["properties"] == FILE["properties"]
    assert as_object(properties["photo"])["description"] == "The picture. A file: its bytes as base64."
    assert as_object(properties["more"])["items"] == FILE
    assert FILE in as_list(as_object(properties["maybe"])["anyOf"])
    assert as_object(properties["encoded"])["type"] == as_object(properties["note"])["type"] == "string"
    assert schema(operation)["required"] == ["photo"]
    assert list(properties) == ["photo", "maybe", "encoded", "note", "more"]


def test_bodies_of_every_kind_survive_packing() -> None:
    for content in (
        {MULTIPART: {"schema": UPLOAD, "encoding": {"photo": {"contentType": "image/png"}, "name": {"style": "form"}}}},
        {"image/*": BINARY},
        {JSON: PERSON},
    ):
        operation = read(content)
        assert unpack(pack([operation], []))[0] == [operation]


@pytest.mark.parametrize(
    ("encoding", "value", "sent"),
    [
        ({}, {"a": [1, 2]}, "a=1&a=2"),
        ({}, {"a": {"b": 1}}, "a=%7B%22b%22%3A1%7D"),
        ({}, {"a": [{"b": 1}]}, "a=%7B%22b%22%3A1%7D"),
        ({}, {"a": None, "b": True}, "b=true"),
        ({}, {"a": []}, ""),
        ({"a": {"explode": False}}, {"a": [1, 2]}, "a=1,2"),
        ({"a": {"style": "spaceDelimited"}}, {"a": [1, 2]}, "a=1%202"),
        ({"a": {"style": "pipeDelimited", "explode": False}}, {"a": [1, 2]}, "a=1%7C2"),
        ({"a": {"style": "form"}}, {"a": {"b": 1, "c": "x"}}, "b=1&c=x"),
        ({"a": {"style": "deepObject", "explode": True}}, {"a": {"b": {"c": 1}}}, "a%5Bb%5D%5Bc%5D=1"),
        ({"a": {"style": "deepObject", "explode": True}}, {"a": ["x", "y"]}, "a%5B%5D=x&a%5B%5D=y"),
        ({"a": {"style": "deepObject"}}, {"a": [{"p": 1}, {"p": 2}]}, "a%5B0%5D%5Bp%5D=1&a%5B1%5D%5Bp%5D=2"),
        ({"a": {"allowReserved": True}}, {"a": "x/y?z&+#[]"}, "a=x/y?z%26%2B%23%5B%5D"),
        ({"a": {"contentType": "application/json"}}, {"a": [1, 2]}, "a=%5B1%2C2%5D"),
        ({"a": {"contentType": "application/json"}}, {"a": '{"b":1}'}, "a=%7B%22b%22%3A1%7D"),
        ({"a": {"contentType": "text/plain"}}, {"a": "ü"}, "a=%C3%BC"),
    ],
)
def test_a_form_is_written_by_its_encoding(encoding: dict[str, Any], value: JsonObject, sent: str) -> None:
    request = send({FORM: {"schema": {"type": "object"}, "encoding": encoding}}, value)
    assert (request.headers["content-type"], request.content) == (FORM, sent.encode())


def test_multipart_parts_have_the_types_and_headers_of_their_encoding() -> None:
    form = {
        "type": "object",
        "properties": {"meta": {"type": "object"}, "rows": {"type": "array"}, "xml": {"type": "string"}, "f": BINARY},
    }
    headers = {
        "X-Kind": {"schema": {"const": "a"}},
        "X-Open": {"schema": {"type": "string"}},
        "Content-Type": {"schema": {"const": "a/b"}},
    }
    encoding = {
        "meta": {"contentType": "application/vnd.meta+json", "headers": headers},
        "rows": {"contentType": JSON},
        "xml": {"contentType": "application/xml"},
        "f": {"contentType": "image/png, image/jpeg", "style": "form"},
    }
    value: JsonObject = {"f": {"base64": base64(b"\x00")}, "meta": {"a": None}, "rows": [1, 2], "xml": "<a/>"}
    head = 'Content-Disposition: form-data; name="'
    assert parts_of(send({MULTIPART: {"schema": form, "encoding": encoding}}, value)) == [
        (f'{head}meta"\r\nX-Kind: a\r\nContent-Type: application/vnd.meta+json', b'{"a":null}'),
        (f'{head}rows"\r\nContent-Type: application/json', b"[1,2]"),
        (f'{head}xml"\r\nContent-Type: application/xml', b"<a/>"),
        (f'{head}f"; filename="f.png"\r\nContent-Type: image/png', b"\x00"),
    ]


def test_a_multipart_form_without_a_schema_accepts_fields_and_files() -> None:
    value: JsonObject = {"a": {"b": 1}, "f": {"base64": base64(b"x"), "filename": "x.txt"}, "n": [1, None]}
    request = send({MULTIPART: {"type": "object"}}, value)
    assert [content for _, content in parts_of(request)] == [b'{"b":1}', b"1", b"x"]
    assert request == send({MULTIPART: {"type": "object"}}, value)


def test_rule_3_names_and_content_types_cannot_inject_parts() -> None:
    form = {"type": "object", "additionalProperties": BINARY}
    evil = 'a"\r\nX-Evil: 1\r\n\r\n--'
    ((head, _),) = parts_of(send({MULTIPART: form}, {evil: {"base64": "", "filename": 'x"; name="y'}}))
    assert head.count("\r\n") == 1
    assert 'name="a%22%0D%0AX-Evil' in head
    assert 'filename="x%22; name=%22y"' in head
    for wrong in (
        {"filename": "../x"},
        {"filename": "a\nb"},
        {"content_type": "image/png\r\nX: 1"},
        {"content_type": "*/*"},
    ):
        with pytest.raises(InvalidArgumentsError):
            send({MULTIPART: form}, {"f": {"base64": "", **wrong}})
    assert not any(is_media_type(one) for one in ("a/b\r\nX: 1", "a/b;\r\n c=d", "a", "a/b c", "a/b; x=é", ""))


@pytest.mark.parametrize(
    ("media_types", "given", "sent"),
    [
        (["application/octet-stream"], {}, "application/octet-stream"),
        (["application/octet-stream"], {"filename": "a.png"}, "application/octet-stream"),
        (["application/octet-stream"], {"content_type": "image/png"}, "application/octet-stream"),
        (["image/gif", "application/octet-stream"], {"content_type": "image/gif"}, "image/gif"),
        (["image/png", "image/jpeg"], {"filename": "a.jpg"}, "image/jpeg"),
        (["image/png", "image/jpeg"], {}, "image/png"),
        (["image/*"], {"content_type": "image/webp"}, "image/webp"),
        (["image/*"], {}, "application/octet-stream"),
        (["application/pdf"], {"content_type": "application/pdf"}, "application/pdf"),
    ],
)
def test_a_binary_body_has_the_files_own_type_if_accepted(media_types: list[str], given: JsonObject, sent: str) -> None:
    request = send(dict.fromkeys(media_types, BINARY), {"base64": base64(b"\xff"), **given})
    assert (request.headers["content-type"], request.content) == (sent, b"\xff")


@pytest.mark.parametrize(
    ("media_types", "sent"),
    [(["image/png", "image/jpeg"], "image/jpeg"), (["image/*"], "image/jpeg"), (["image/png"], "image/png")],
)
def test_the_first_bytes_of_a_picture_without_a_name_decide_on_its_type(media_types: list[str], sent: str) -> None:
    request = send(dict.fromkeys(media_types, BINARY), {"base64": base64(b"\xff\xd8\xff\xe0")})
    assert request.headers["content-type"] == sent


def test_an_undeclared_content_type_is_rejected() -> None:
    with pytest.raises(InvalidArgumentsError, match=r"doesn't accept image/gif for this file, only image/png"):
        send({"image/png": BINARY}, {"base64": "", "content_type": "image/gif"})


@pytest.mark.parametrize("text", ["_-_-", "/+/+", "/+ /+\n", "/+/+===="])
def test_base64_is_accepted_in_both_alphabets(text: str) -> None:
    assert send({"application/pdf": BINARY}, {"base64": text}).content == b"\xff\xef\xfe"


@pytest.mark.parametrize("text", ["a", "ä", "a*bc", "data:image/png;base64,AAAA"])
def test_invalid_base64_is_rejected(text: str) -> None:
    with pytest.raises(InvalidArgumentsError, match=r"Invalid `base64`"):
        send({"application/pdf": BINARY}, {"base64": text})


@pytest.mark.parametrize("body", [{"path": "/etc/passwd"}, {"base64": "", "path": "x"}, {"filename": "x"}, "AAAA"])
def test_rule_3_paths_are_rejected_without_a_configured_folder(body: JsonValue) -> None:
    with pytest.raises(InvalidArgumentsError):
        send({"application/pdf": BINARY}, body)
    with pytest.raises(InvalidArgumentsError):
        build_request(read({"application/pdf": BINARY}), {"body": body})


@pytest.mark.parametrize(
    ("media_type", "text", "content_type", "content"),
    [
        ("text/plain", "a", "text/plain", b"a"),
        ("text/plain", "ü", "text/plain; charset=utf-8", b"\xc3\xbc"),
        ("text/csv; charset=iso-8859-1", "ü", "text/csv; charset=iso-8859-1", b"\xfc"),
        ("application/xml", "<a>ü</a>", "application/xml; charset=utf-8", b"<a>\xc3\xbc</a>"),
    ],
)
def test_text_is_encoded_in_the_declared_charset(media_type: str, text: str, content_type: str, content: bytes) -> None:
    request = send({media_type: {"type": "string"}}, text)
    assert (request.headers["content-type"], request.content) == (content_type, content)


def test_text_that_its_charset_cannot_encode_is_rejected() -> None:
    with pytest.raises(InvalidArgumentsError, match="cannot be encoded as iso-8859-1"):
        send({"text/csv; charset=iso-8859-1": {"type": "string"}}, "日本")


def test_an_xml_body_is_a_string_argument() -> None:
    assert schema(read({"application/xml": PERSON})) == {
        "type": "string",
        "description": "The whole body as application/xml.",
    }


def test_a_number_in_a_text_body_is_a_number_argument() -> None:
    assert schema(read({"text/plain": {"type": "integer"}})) == {"type": "integer"}
    assert send({"text/plain": {"type": "boolean"}}, True).content == b"true"


def test_an_optional_form_without_fields_is_omitted() -> None:
    empty: dict[str, Any] = {"type": "object", "properties": {}, "additionalProperties": False}
    assert read({FORM: empty}, required=False).body is None
    assert read({FORM: empty}).body is not None


@pytest.mark.parametrize(
    ("media_type", "sent"),
    [("application/x-ndjson", b'{"a":1}\n[2]\n'), ("application/json-seq", b'\x1e{"a":1}\n\x1e[2]\n')],
)
def test_json_lines_are_an_array_to_the_agent(media_type: str, sent: bytes) -> None:
    assert send({media_type: {"type": "array", "items": {}}}, [{"a": 1}, [2]]).content == sent
    assert schema(read({media_type: {"schema": {}, "itemSchema": PERSON}}))["type"] == "array"


@pytest.mark.parametrize("media_type", [JSON, FORM, MULTIPART, "text/plain", "application/x-ndjson"])
def test_rule_3_lone_surrogates_are_rejected_in_every_body(media_type: str) -> None:
    operation = read({media_type: {}})
    bodies: list[JsonValue] = ["\ud800", {"a": "\ud800"}, {"\ud800": 1}]
    for body in bodies:
        with pytest.raises(InvalidArgumentsError):
            build_request(operation, {"body": body})


def test_null_differs_from_absent_and_numbers_are_exact() -> None:
    operation = read({JSON: {}}, required=False)
    assert build_request(operation, {}).content is None
    assert "content-type" not in build_request(operation, {}).headers
    assert build_request(operation, {"body": None}).content == b"null"
    exact: JsonValue = {"n": 2**70, "d": 0.1, "z": None}
    assert build_request(operation, {"body": exact}).content == b'{"n":1180591620717411303424,"d":0.1,"z":null}'


@pytest.mark.parametrize(
    ("media", "description"),
    [
        ({"schema": {"type": "object"}, "example": {"a": 1}}, 'Example: {"a":1}'),
        ({"schema": {"type": "object", "description": "Any. "}, "example": {"a": 1}}, 'Any. Example: {"a":1}'),
        ({"schema": {"type": "object", "example": {"a": 2}}}, 'Example: {"a":2}'),
        ({"schema": {"type": "object"}, "examples": {"x": {"value": {"a": 3}}}}, 'Example: {"a":3}'),
    ],
)
def test_a_body_without_another_schema_is_described_by_its_example(media: Any, description: str) -> None:
    assert schema(read({JSON: media}))["description"] == description


def test_a_declared_boundary_is_replaced_by_ours() -> None:
    request = send({f'{MULTIPART}; boundary="theirs"; x=y': {"properties": {"a": {"type": "string"}}}}, {"a": "b"})
    assert re.fullmatch(f"{MULTIPART}; x=y; boundary=[0-9a-f]{{40}}", request.headers["content-type"])


def test_the_request_bodys_description_is_used_if_its_schema_has_none() -> None:
    body: JsonObject = {"description": "What to send.", "content": {JSON: {"schema": {}}}}
    document: dict[str, Any] = {"openapi": "3.1.0", "paths": {"/a": {"post": {"requestBody": body}}}}
    source = Source("s", (), "", "https://h/o.json", "https://h", frozenset({"https://h"}), base="https://h")
    assert schema(read_operations(document, source)[0][0])["description"] == "What to send."


def test_invalid_property_names_are_restored_in_requests() -> None:
    properties = {"user[name]": {"type": "string"}, "a file": BINARY}
    for media_type in (JSON, FORM, MULTIPART):
        operation = read({media_type: {"type": "object", "properties": properties}})
        text, file = as_object(schema(operation)["properties"])
        body: JsonObject = {text: "x", file: {"base64": "", "filename": "f"} if media_type == MULTIPART else "f"}
        sent = unquote((build_request(operation, {"body": body}).content or b"").decode())
        assert "user[name]" in sent
        assert "a file" in sent
        assert text not in sent
        assert file not in sent


def test_rfc_7396_members_of_a_merge_patch_are_optional_and_nullable() -> None:
    pet = {"type": "object", "required": ["a"], "properties": {"a": {"type": "string"}, "b": {"readOnly": True}}}
    operation = read({PATCH: {"$ref": "#/components/schemas/Pet"}}, Pet=pet)
    assert fits(operation.input_schema, {"body": {"a": None}})
    assert fits(operation.input_schema, {"body": {}})
    assert not fits(operation.input_schema, {"body": {"a": 1}})
    assert (build_request(operation, {"body": {"a": None}}).content, operation.body and operation.body.media_type) == (
        b'{"a":null}',
        "application/merge-patch+json",
    )


def test_recursive_forms_are_read_in_limited_time() -> None:
    references: list[Any] = [{"$ref": f"#/components/schemas/S{number}"} for number in range(30)]
    bombs: dict[str, Any] = {f"S{number}": {"allOf": references, "anyOf": references} for number in range(30)}
    bombs["S7"] = {**bombs["S7"], "properties": {"f": BINARY, "x": references[3], "l": {"items": references[0]}}}
    operation = read({MULTIPART: {"$ref": "#/components/schemas/S0"}}, **bombs)
    assert operation.body
    assert operation.body.part("f").file


@pytest.mark.parametrize("wrong", [None, True, 1, "x", [], [1], {"a": 1}])
def test_invalid_members_do_not_prevent_reading_a_body(wrong: Any) -> None:
    for media_type in (JSON, FORM, MULTIPART, "text/plain", "image/png", "application/x-ndjson"):
        read({media_type: {"schema": wrong}})
        for key in ("properties", "required", "allOf", "items", "type", "format", "contentMediaType", "enum"):
            read({media_type: {"schema": {"type": "object", key: wrong}}})
            read({media_type: {"schema": {"properties": {"f": {**BINARY, key: wrong}}}}})
        for key in ("contentType", "headers", "style", "explode", "allowReserved"):
            read({media_type: {"schema": {}, "encoding": {"f": {key: wrong}, "g": wrong}}})
        read({media_type: {"schema": {}, "encoding": wrong, "example": wrong, "examples": wrong}})


def test_a_multipart_boundary_does_not_occur_in_parts() -> None:
    request = send({MULTIPART: {"type": "object"}}, {"a": "--x\r\n--"})
    boundary = request.headers["content-type"].partition("boundary=")[2]
    assert re.fullmatch("[0-9a-f]{40}", boundary)
    assert (request.content or b"").count(boundary.encode()) == 2
