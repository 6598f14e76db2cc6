from __future__ import annotations

import json
from dataclasses import replace
from urllib.parse import unquote, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from closient_mcp.tools.calls.requests import build_request
from closient_mcp.tools.errors import InvalidArgumentsError
from closient_mcp.tools.formats.json_values import JsonObject, JsonValue
from closient_mcp.tools.http.messages import Request
from closient_mcp.tools.openapi.operation import Body, Operation, Parameter, Source
from closient_mcp.tools.openapi.operations import read_operations
from closient_mcp.tools.openapi.parameter_styles import Location


def parameter(
    location: Location, style: str, explode: bool = False, reserved: bool = False, media: str = ""
) -> Parameter:
    return Parameter("p", "p", location, style, explode, True, reserved, media)


def build(parameter: Parameter | None, value: JsonValue, *, body: bool = False) -> Request:
    path = "/a/{p}/b" if parameter and parameter.location == "path" else "/a"
    made = Operation(
        name="t",
        system="s",
        api="a",
        method="POST" if body else "GET",
        path=path,
        base="https://h/v1",
        title="",
        description="",
        tier="read",
        parameters=(parameter,) if parameter else (),
        body=Body("application/json", True) if body else None,
        input_schema={},
    )
    return build_request(made, {"body" if body else "p": value})


# The examples of OpenAPI 3.1 §4.8.12.4: color as blue, as an array, as an object.
ARRAY: JsonValue = ["blue", "black"]
OBJECT: JsonValue = {"R": 100, "G": 200}


@pytest.mark.parametrize(
    ("style", "explode", "value", "sent"),
    [
        ("simple", False, "blue", "blue"),
        ("simple", False, ARRAY, "blue,black"),
        ("simple", False, OBJECT, "R,100,G,200"),
        ("simple", True, OBJECT, "R=100,G=200"),
        ("label", False, "blue", ".blue"),
        ("label", False, ARRAY, ".blue,black"),
        ("label", True, ARRAY, ".blue.black"),
        ("label", True, OBJECT, ".R=100.G=200"),
        ("matrix", False, "", ";p"),
        ("matrix", False, "blue", ";p=blue"),
        ("matrix", False, ARRAY, ";p=blue,black"),
        ("matrix", True, ARRAY, ";p=blue;p=black"),
        ("matrix", True, OBJECT, ";R=100;G=200"),
    ],
)
def test_a_path_parameter_is_written_in_its_style(style: str, explode: bool, value: JsonValue, sent: str) -> None:
    assert build(parameter("path", style, explode), value).url == f"https://h/v1/a/{sent}/b"


@pytest.mark.parametrize(
    ("style", "explode", "value", "sent"),
    [
        ("form", True, "blue", "p=blue"),
        ("form", True, ARRAY, "p=blue&p=black"),
        ("form", False, ARRAY, "p=blue,black"),
        ("form", True, OBJECT, "R=100&G=200"),
        ("form", False, OBJECT, "p=R,100,G,200"),
        ("spaceDelimited", False, ARRAY, "p=blue%20black"),
        ("pipeDelimited", False, ARRAY, "p=blue%7Cblack"),
        ("deepObject", True, OBJECT, "p%5BR%5D=100&p%5BG%5D=200"),
        ("deepObject", True, {"a": {"b": 1}, "c": [1, 2]}, "p%5Ba%5D%5Bb%5D=1&p%5Bc%5D=1&p%5Bc%5D=2"),
        ("form", True, True, "p=true"),
        ("form", True, 9007199254740993, "p=9007199254740993"),
        ("form", True, "", "p="),
        ("form", True, "a b&c=d#e", "p=a%20b%26c%3Dd%23e"),
    ],
)
def test_a_query_parameter_is_written_in_its_style(style: str, explode: bool, value: JsonValue, sent: str) -> None:
    assert build(parameter("query", style, explode), value).url == f"https://h/v1/a?{sent}"


def test_allowed_reserved_characters_stay_and_never_end_the_pair() -> None:
    assert build(parameter("query", "form", reserved=True), "a/b?c&d#e").url == "https://h/v1/a?p=a/b?c%26d%23e"


def test_a_parameter_with_content_is_sent_as_json() -> None:
    sent = urlsplit(build(parameter("query", "form", media="application/json"), {"a": [1]}).url).query
    assert json.loads(unquote(sent.removeprefix("p="))) == {"a": [1]}


@pytest.mark.parametrize(("explode", "sent"), [(False, "R,100,G,200"), (True, "R=100,G=200")])
def test_a_header_parameter_is_written_in_its_style(explode: bool, sent: str) -> None:
    assert build(parameter("header", "simple", explode), OBJECT).headers["p"] == sent


@given(st.one_of(st.text(min_size=1), st.lists(st.text(), min_size=2, max_size=3)))
def test_rule_3_a_path_parameter_never_adds_a_segment_or_dots(value: str | list[JsonValue]) -> None:
    try:
        path = urlsplit(build(parameter("path", "simple"), value).url).path
    except InvalidArgumentsError:
        return
    segments = path.split("/")
    assert len(segments) == 5
    assert segments[:3] == ["", "v1", "a"]
    assert segments[4] == "b"
    assert unquote(segments[3]).strip(".")


@pytest.mark.parametrize("value", ["", ".", "..", "...", [], [""]])
def test_rule_3_a_path_parameter_that_would_change_the_path_is_refused(value: JsonValue) -> None:
    with pytest.raises(InvalidArgumentsError, match="`p` is"):
        build(parameter("path", "simple"), value)


@pytest.mark.parametrize("value", ["a\r\nX-Evil: 1", "a\nb", "a\x00b", ["ok", "a\rb"]])
def test_rule_3_a_header_never_gains_a_line(value: JsonValue) -> None:
    with pytest.raises(InvalidArgumentsError, match="line break"):
        build(parameter("header", "simple"), value)


@pytest.mark.parametrize("value", [None, {}, {"a": None}, [1, 2], "text", 12345678901234567890, False])
def test_a_json_body_is_sent_as_it_was_given(value: JsonValue) -> None:
    request = build(None, value, body=True)
    assert request.headers["content-type"] == "application/json"
    assert json.loads(request.content or b"") == value


@pytest.mark.parametrize("value", ["größe", "\u200b", "日本"])
def test_a_header_must_be_ascii(value: str) -> None:
    with pytest.raises(InvalidArgumentsError, match="must be ASCII"):
        build(parameter("header", "simple"), value)


@pytest.mark.parametrize(
    ("path", "url"),
    [
        ("/qq?admin=1", "https://h/v1/qq?admin=1&p=x"),
        ("/qq?to=/a?b", "https://h/v1/qq?to=/a?b&p=x"),
        ("/f#frag", "https://h/v1/f?p=x"),
        ("/with space/ü", "https://h/v1/with%20space/%C3%BC?p=x"),
        ("/line\nbreak", "https://h/v1/line%0Abreak?p=x"),
    ],
)
def test_a_query_in_the_path_comes_first(path: str, url: str) -> None:
    query = parameter("query", "form", True)
    made = Operation("t", "s", "a", "GET", path, "https://h/v1", "", "", "read", (query,), None, {})
    assert build_request(made, {"p": "x"}).url == url


@pytest.mark.parametrize(
    ("path", "value", "url"),
    [
        ("/a?do={p}", "x&y/z", "https://h/v1/a?do=x%26y%2Fz"),
        ("/a?do={p}&v=1", "", "https://h/v1/a?do=&v=1"),
        ("/a/{p}?again={p}", ["b", "c,d"], "https://h/v1/a/b,c%2Cd?again=b,c%2Cd"),
    ],
)
def test_a_placeholder_in_the_query_of_the_path_is_filled_in(path: str, value: JsonValue, url: str) -> None:
    simple = parameter("path", "simple")
    made = Operation("t", "s", "a", "GET", path, "https://h/v1", "", "", "read", (simple,), None, {})
    assert build_request(made, {"p": value}).url == url


@pytest.mark.parametrize("name", ["id?", "id#"])
def test_a_question_mark_in_the_name_of_a_parameter_begins_no_query(name: str) -> None:
    optional = Parameter("p", name, "path", "simple", False, True)
    path = f"/a/{{{name}}}/b?c=1"
    made = Operation("t", "s", "a", "GET", path, "https://h/v1", "", "", "read", (optional,), None, {})
    assert build_request(made, {"p": "x"}).url == "https://h/v1/a/x/b?c=1"


def test_what_was_not_given_is_not_sent() -> None:
    optional = Parameter("q", "q", "query", "form", True, False)
    made = build(optional, "unused")
    assert made.url == "https://h/v1/a"
    assert made.content is None


@pytest.mark.parametrize("value", [None, [], {}, "", [None]])
def test_a_parameter_that_may_be_empty_is_sent_with_its_name_alone(value: JsonValue) -> None:
    for required in (True, False):
        empty = replace(parameter("query", "form", True), required=required, allow_empty=True)
        assert build(empty, value).url == "https://h/v1/a?p="
        assert build(empty, "x").url == "https://h/v1/a?p=x"


@pytest.mark.parametrize("location", ["query", "header", "cookie"])
@pytest.mark.parametrize("value", [[], {}, [None], {"a": None}])
def test_arrays_and_objects_without_anything_in_them_are_not_sent(location: Location, value: JsonValue) -> None:
    assert build(parameter(location, "form", True), value) == build(None, None)


def test_null_for_something_optional_is_not_sent() -> None:
    assert build(replace(parameter("query", "form"), required=False), None).url == "https://h/v1/a"


def test_requests_of_one_operation_share_a_rate_limit_whatever_their_arguments() -> None:
    path = parameter("path", "simple")
    assert build(path, "1").group == build(path, "2").group == "GET https://h/v1/a/{p}/b"


def test_several_cookies_are_one_header() -> None:
    assert build(parameter("cookie", "form", True), {"a": "1", "b": "x;y"}).headers["cookie"] == "a=1; b=x%3By"


@pytest.mark.parametrize(
    ("media", "value", "sent"),
    [
        ("application/json", {"a": ["&", "#"]}, "%7B%22a%22%3A%5B%22%26%22%2C%22%23%22%5D%7D"),
        ("application/x-www-form-urlencoded", {"a": ["x", "y"], "b": "&#"}, "a=x&a=y&b=%26%23"),
        ("text/plain", "a=1&b=%20 c#d%", "a=1&b=%20%20c%23d%25"),
        ("text/plain", "a=%2F&b=%2f", "a=%2F&b=%2f"),
    ],
)
def test_a_parameter_can_be_the_whole_query(media: str, value: JsonValue, sent: str) -> None:
    assert build(parameter("querystring", "form", media=media), value).url == f"https://h/v1/a?{sent}"


def test_rule_3_a_cookie_that_is_a_credential_is_not_an_argument() -> None:
    cookies: list[JsonValue] = [
        {"in": "cookie", "name": name, "schema": {"type": "string"}}
        for name in ("plain", "k", "JSESSIONID", "csrftoken")
    ]
    document: JsonObject = {
        "openapi": "3.1.0",
        "paths": {"/a": {"get": {"parameters": cookies}}},
        "components": {"securitySchemes": {"x": {"type": "apiKey", "in": "cookie", "name": "k"}}},
    }
    source = Source("s", (), "", "https://h/o.json", "https://h", frozenset({"https://h"}), base="https://h")
    ((operation,), _) = read_operations(document, source)
    assert [(one.name, one.explode) for one in operation.parameters] == [("plain", True)]
