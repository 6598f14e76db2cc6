"""For any style and value: what is sent, read by a reader written from the specifications alone, equals what was given.

The readers stand here and use nothing of ours: for paths the tables of OpenAPI 3.1 §4.8.12 and RFC 6570 backwards,
for queries, forms, cookies and headers the readers of other projects.
"""

from __future__ import annotations

import json
import re
from base64 import b64encode
from email import message_from_bytes
from email.policy import HTTP
from io import BytesIO
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from starlette.requests import cookie_parser
from werkzeug.datastructures import MultiDict
from werkzeug.formparser import FormDataParser

from closient_mcp.tools.calls.encoding import encode_body
from closient_mcp.tools.calls.requests import build_request
from closient_mcp.tools.errors import InvalidArgumentsError
from closient_mcp.tools.formats.json_values import JsonObject, JsonValue
from closient_mcp.tools.http.messages import Request
from closient_mcp.tools.openapi.operation import Body, Operation, Parameter, Part
from closient_mcp.tools.openapi.parameter_styles import Location

NAME = "p [x]&=/ü"
texts = st.text(max_size=12)
filled = st.text(min_size=1, max_size=12)
scalars = st.one_of(texts, st.integers(), st.booleans())
arrays = st.lists(scalars, min_size=1, max_size=4)
objects = st.dictionaries(filled, scalars, min_size=1, max_size=4)
scalar_or_more = st.one_of(scalars, arrays, objects)


def build(
    location: Location, value: JsonValue, style: str, explode: bool = False, *, reserved: bool = False, name: str = NAME
) -> Request:
    parameter = Parameter("p", name, location, style, explode, True, reserved)
    path = f"/a/{{{name}}}/b/" if location == "path" else "/a/"
    made = Operation("t", "s", "a", "GET", path, "https://h/v1", "", "", "read", (parameter,), None, {})
    return build_request(made, {"p": value})


def text(value: JsonValue) -> str:
    """A scalar as it has to arrive."""
    return value if isinstance(value, str) else json.dumps(value)


def as_text(value: JsonValue) -> Any:
    """A value as it has to arrive, where every scalar arrives as text."""
    if isinstance(value, dict):
        return {key: as_text(member) for key, member in value.items()}
    return [as_text(item) for item in value] if isinstance(value, list) else text(value)


def segment(url: str) -> str:
    """The one segment that a path parameter may fill."""
    parts = urlsplit(url)
    segments = parts.path.split("/")
    assert (parts.scheme, parts.netloc, parts.query, parts.fragment) == ("https", "h", "", "")
    assert (segments[:3], segments[4:]) == (["", "v1", "a"], ["b", ""])
    assert unquote(segments[3]).strip(".")
    return segments[3]


def read_path(sent: str, style: str, explode: bool, kind: type) -> Any:
    """RFC 6570 backwards: the operators none, `.` and `;`."""
    before = {"simple": "", "label": ".", "matrix": ";"}[style]
    assert sent.startswith(before)
    plain = sent.removeprefix(before)
    separator = {"simple": ",", "label": "." if explode else ",", "matrix": ";" if explode else ","}[style]
    if style == "matrix" and not (explode and kind is dict):
        names = [part.partition("=")[0] for part in plain.split(";")]
        assert {unquote(name) for name in names} == {NAME}
        plain = separator.join(part.partition("=")[2] for part in plain.split(";"))
    parts = plain.split(separator)
    if kind is dict and explode:
        return {unquote(part.partition("=")[0]): unquote(part.partition("=")[2]) for part in parts}
    values = [unquote(part) for part in parts]
    if kind is dict:
        return dict(zip(values[::2], values[1::2], strict=True))
    return values if kind is list else unquote(plain)


@pytest.mark.parametrize("explode", [False, True])
@pytest.mark.parametrize("style", ["simple", "label", "matrix"])
@given(value=scalar_or_more)
def test_a_path_parameter_arrives_as_it_was_given(style: str, explode: bool, value: JsonValue) -> None:
    if style == "label" and explode and re.search(r"\.", json.dumps(value)):
        return  # a dot is both a separator and an unreserved character there (RFC 6570 §3.2.5)
    try:
        sent = segment(build("path", value, style, explode).url)
    except InvalidArgumentsError:
        assert all(not part.strip(".") for part in as_text([value]) if isinstance(part, str)) or value in ([""], ["."])
        return
    assert read_path(sent, style, explode, type(value)) == as_text(value)


@pytest.mark.parametrize("reserved", [False, True])
@given(value=scalar_or_more)
def test_an_exploded_query_parameter_arrives_as_it_was_given(reserved: bool, value: JsonValue) -> None:
    assert read_query(build("query", value, "form", True, reserved=reserved).url) == as_pairs(NAME, value)


@pytest.mark.parametrize(
    ("style", "delimiter"), [("form", ","), ("spaceDelimited", "%20"), ("pipeDelimited", "%7C")], ids=str
)
@pytest.mark.parametrize("reserved", [False, True])
@given(value=st.one_of(arrays, objects))
def test_a_delimited_query_parameter_arrives_as_it_was_given(
    style: str, delimiter: str, reserved: bool, value: JsonValue
) -> None:
    plain = str.maketrans("", "", " |")  # what delimits is no text of such an array
    value = json.loads(json.dumps(value).translate(plain)) if style != "form" else value
    if not value:
        return
    name, _, sent = urlsplit(build("query", value, style, reserved=reserved).url).query.partition("=")
    parts = [unquote(part) for part in sent.split(delimiter)]
    assert "&" not in sent
    assert "#" not in sent
    assert unquote(name) == NAME
    read = parts if isinstance(value, list) else dict(zip(parts[::2], parts[1::2], strict=True))
    assert read == as_text(value)


nested = st.dictionaries(
    st.text(alphabet=st.characters(exclude_characters="[]", codec="utf-8"), min_size=1, max_size=6),
    st.recursive(
        scalars,
        lambda inner: st.one_of(
            st.lists(scalars, min_size=1, max_size=3),
            st.dictionaries(st.sampled_from(["a", "b c", "ü&="]), inner, min_size=1, max_size=3),
        ),
        max_leaves=6,
    ),
    min_size=1,
    max_size=3,
)


@given(value=nested)
def test_a_deep_object_arrives_as_it_was_given(value: JsonObject) -> None:
    found: dict[str, Any] = {}
    for key, sent in read_query(build("query", value, "deepObject", True, name="p").url):
        put(found, [part.rstrip("]") for part in key.split("[")], sent)
    assert {"p": as_lists(value)} == found


def put(found: dict[str, Any], path: list[str], value: str) -> None:
    for part in path[:-1]:
        found = found.setdefault(part, {})
    found.setdefault(path[-1], []).append(value)


def as_lists(value: JsonValue) -> Any:
    if isinstance(value, dict):
        return {key: as_lists(member) for key, member in value.items()}
    return as_text(value) if isinstance(value, list) else [text(value)]


def read_query(url: str) -> list[tuple[str, str]]:
    parts = urlsplit(url)
    assert (parts.netloc, parts.path, parts.fragment) == ("h", "/v1/a/", "")
    return parse_qsl(parts.query, keep_blank_values=True, strict_parsing=True)


def as_pairs(name: str, value: JsonValue) -> list[tuple[str, str]]:
    if isinstance(value, dict):
        return [(key, text(member)) for key, member in value.items()]
    return [(name, text(item)) for item in (value if isinstance(value, list) else [value])]


printable = st.text(alphabet=st.characters(min_codepoint=33, max_codepoint=126, exclude_characters=",="), min_size=1)


@given(value=st.one_of(printable, st.lists(printable, min_size=1), st.dictionaries(printable, printable, min_size=1)))
def test_a_header_arrives_as_it_was_given(value: JsonValue) -> None:
    sent = build("header", value, "simple", True, name="X-P").headers["x-p"]
    message = message_from_bytes(f"x-p: {sent}\r\n\r\n".encode(), policy=HTTP)
    assert list(message.keys()) == ["x-p"]
    parts = sent.split(",")
    pairs = dict(part.split("=", 1) for part in parts) if isinstance(value, dict) else None
    assert (pairs or (parts if isinstance(value, list) else sent)) == value


@given(value=texts)
def test_rule_3_a_cookie_is_one_cookie_and_arrives_as_it_was_given(value: str) -> None:
    sent = build("cookie", value, "form", True, name="p").headers["cookie"]
    assert sent.isascii()
    assert sent.isprintable()
    read = cookie_parser(sent)
    assert {key: unquote(one) for key, one in read.items()} == {"p": value}


@given(value=texts)
def test_rule_3_a_header_or_cookie_that_cannot_be_sent_is_refused(value: str) -> None:
    for location, style in (("header", "simple"), ("cookie", "cookie")):
        try:
            headers = build("header" if location == "header" else "cookie", value, style, name="p").headers
        except InvalidArgumentsError:
            continue
        sent = headers["p" if location == "header" else "cookie"]
        assert sent.isascii()
        assert not re.search(r"[\x00-\x08\x0a-\x1f\x7f]", sent)
        assert location == "header" or cookie_parser(sent) == {"p": value}


# Readers take a backslash in a quoted name in different ways: browsers send it as it is.
names = st.text(alphabet=st.characters(exclude_characters="\\", codec="utf-8"), min_size=1, max_size=12)
fields = st.dictionaries(names, st.one_of(scalars, arrays, objects), max_size=5)


@given(value=fields)
def test_a_form_arrives_as_it_was_given(value: JsonObject) -> None:
    encoded = encode_body(Body("application/x-www-form-urlencoded", True, "form"), value, {})
    read = parse_qsl((encoded.content or b"").decode(), keep_blank_values=True)
    assert MultiDict(read) == MultiDict(content_pairs(value))


def content_pairs(value: JsonObject) -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    for name, member in value.items():
        if isinstance(member, dict):
            found.append((name, json.dumps(member, ensure_ascii=False, separators=(",", ":"))))
        else:
            found += as_pairs(name, member)
    return found


@settings(max_examples=60)
@given(value=fields, content=st.binary(max_size=300), filename=filled)
def test_a_multipart_form_arrives_as_it_was_given(value: JsonObject, content: bytes, filename: str) -> None:
    body = Body("multipart/form-data", True, "multipart", (Part("file", file=True),))
    given_file: JsonObject = {"base64": b64encode(content).decode(), "filename": filename}
    try:
        encoded = encode_body(body, {**value, "file": given_file}, {})
    except InvalidArgumentsError:
        assert re.search(r"[/\\\x00-\x1f\x7f]", filename)
        return
    sent = encoded.content or b""
    environ = {"wsgi.input": BytesIO(sent), "CONTENT_LENGTH": str(len(sent)), "CONTENT_TYPE": encoded.content_type}
    parser = FormDataParser(stream_factory=in_memory)
    _, form, files = parser.parse_from_environ({**environ, "REQUEST_METHOD": "POST"})
    value.pop("file", None)
    wanted = MultiDict([(browser(name), sent_text) for name, sent_text in content_pairs(value)])
    assert {browser(key): form.getlist(key) for key in form} == {key: wanted.getlist(key) for key in wanted}
    assert files["file"].read() == content


def in_memory(*_: Any, **__: Any) -> BytesIO:
    """Where a file is kept that nobody need close."""
    return BytesIO()


def browser(name: str) -> str:
    """A name as it reads after browsers' quoting (HTML, multipart/form-data encoding algorithm)."""
    return name.replace('"', "%22").replace("\r", "%0D").replace("\n", "%0A")


@pytest.mark.parametrize("location", ["path", "query", "cookie", "header"])
def test_rule_3_a_lone_surrogate_is_rejected_everywhere(location: Location) -> None:
    with pytest.raises(InvalidArgumentsError):
        build(location, "a\ud800b", "simple" if location in ("path", "header") else "form", name="p")
