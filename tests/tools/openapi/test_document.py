"""Documents in JSON and YAML: the same values from either, and nothing without bounds."""

from __future__ import annotations

import json
from typing import Any

import pytest
import yaml

from closient_mcp.tools.formats.yaml_values import InvalidYamlError, parse_yaml
from closient_mcp.tools.openapi.document import UnreadableDocumentError, read_document

LIMIT = {"name": "limit", "in": "query", "schema": {"type": "integer", "minimum": 1, "default": 10}}
THINGS = """\
openapi: 3.1.0
info:
  title: "Things: a test"
  version: "2024-01-31"
x-limits: &limits
  name: limit
  in: query
  schema: {type: integer, minimum: 1, default: 10}
paths:
  /things/{id}: # a comment
    get:
      operationId: get_thing
      description: |
        Gets a thing.

        - with a list
      parameters:
        - name: id
          in: path
          required: true
          schema: {type: string, pattern: '^[a-z]+$', example: no}
        - *limits
        - <<: *limits
          name: offset
      responses:
        200: {description: well}
        404:
          description: >-
            not
            there
"""


YAML: list[tuple[str, Any]] = [
    ("200: ok", {"200": "ok"}),
    ("on: 1\nyes: 2\nno: off\nY: n", {"on": 1, "yes": 2, "no": "off", "Y": "n"}),
    ("true: 1\nnull: 2\n1.50: 3\n0x1F: 4", {"true": 1, "null": 2, "1.50": 3, "0x1F": 4}),
    ("a: true\nb: False\nc: yes", {"a": True, "b": False, "c": "yes"}),
    ("a: null\nb: ~\nc:\nd: ''", {"a": None, "b": None, "c": None, "d": ""}),
    ("a: 2024-01-31\nb: 2024-01-31T00:00:00Z", {"a": "2024-01-31", "b": "2024-01-31T00:00:00Z"}),
    ("a: 12\nb: -3\nc: 010\nd: 1_000\ne: 12:30:45", {"a": 12, "b": -3, "c": "010", "d": "1_000", "e": "12:30:45"}),
    ("a: 1.5\nb: 1e3\nc: .5\nd: 1.\ne: 1.2.3", {"a": 1.5, "b": 1000.0, "c": 0.5, "d": 1.0, "e": "1.2.3"}),
    ("a: '12'\nb: \"true\"\nc: !!str 12\nd: ! 12", {"a": "12", "b": "true", "c": "12", "d": "12"}),
    ("a: |\n  12\nb: >\n  x\n  y\n", {"a": "12\n", "b": "x y\n"}),
    ("a: 1\na: 2", {"a": 2}),
    ("a: [1, {b: c}, []]\nd: {}", {"a": [1, {"b": "c"}, []], "d": {}}),
    ("a: &x {b: 1}\nc: *x", {"a": {"b": 1}, "c": {"b": 1}}),
    ("&k a: 1\nb: *k", {"a": 1, "b": "a"}),
    ("- &k a\n- {*k : 1}", ["a", {"a": 1}]),
    ("a: &x {b: 1, c: 1}\nd: {<<: *x, c: 2}", {"a": {"b": 1, "c": 1}, "d": {"b": 1, "c": 2}}),
    ("- &x {a: 1}\n- &y {a: 2, b: 2}\n- <<: [*x, *y]", [{"a": 1}, {"a": 2, "b": 2}, {"a": 1, "b": 2}]),
    ("'<<': 1", {"<<": 1}),
    ("%YAML 1.2\n---\na: 1\n---\nb: 2\n", {"a": 1}),
    ("# only a comment", None),
    ("=: =\na: =", {"=": "=", "a": "="}),
]


@pytest.mark.parametrize(("text", "value"), YAML)
def test_yaml_is_read_as_json_and_keys_as_they_are_written(text: str, value: Any) -> None:
    assert parse_yaml(text) == value


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("a: .inf", "not valid JSON"),
        ("a: -.Inf", "not valid JSON"),
        ("a: .nan", "not valid JSON"),
        ("a: 1e999", "too large"),
        ("? [a]\n: 1", "key that is a mapping"),
        ("a: *b", "is undefined"),
        ("a: &a [*a]", "value that contains it"),
        ("- &a [1]\n- {*a : 1}", "not a string"),
        ("a: [", "not YAML"),
        ("a: b: c", "line 1 column 5"),
        ("a: '\x01'", "not YAML"),
        ("[" * 5_000, "levels deep|nesting depth"),  # newer libyaml versions enforce their own limit first
        ("a: " + "{a: " * 5_000, "levels deep"),
    ],
)
def test_unsupported_yaml_is_rejected_with_a_reason(text: str, says: str) -> None:
    with pytest.raises(InvalidYamlError, match=says):
        parse_yaml(text)


@pytest.mark.parametrize("merging", ["", "<<: "])
def test_rule_2_aliases_are_limited(merging: str) -> None:
    lines = ["a0: &a0 {x: 1}"] + [
        f"a{n}: &a{n} {{{merging or 'y: '}[{', '.join([f'*a{n - 1}'] * 10)}]}}" for n in range(1, 12)
    ]
    with pytest.raises(InvalidYamlError, match="aliases repeat more than"):
        parse_yaml("\n".join(lines))


def test_rule_2_aliases_do_not_nest_deeper_than_json_may() -> None:
    steps = 5
    lines = ["a0: &a0 " + "[" * 60 + "]" * 60]
    lines += [f"a{n}: &a{n} " + "[" * 60 + f"*a{n - 1}" + "]" * 60 for n in range(1, steps)]
    with pytest.raises(UnreadableDocumentError, match="nested more than"):
        read_document("\n".join(lines).encode())


@pytest.mark.parametrize("libyaml", [True, False])
def test_yaml_is_read_alike_with_and_without_libyaml(libyaml: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    if not libyaml:
        monkeypatch.delattr(yaml, "CSafeLoader", raising=False)
    assert parse_yaml("a: &x [1, 'b']\nc: *x\n200: {d: on}") == {"a": [1, "b"], "c": [1, "b"], "200": {"d": "on"}}
    with pytest.raises(InvalidYamlError, match="levels deep"):
        parse_yaml("[" * 300)


@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
def test_a_byte_order_mark_makes_no_difference(mark: bytes) -> None:
    assert read_document(mark + b"a: 1") == read_document(mark + b'{"a": 1}') == {"a": 1}


def test_json_does_not_import_yaml() -> None:
    with pytest.raises(UnreadableDocumentError, match=r"not JSON: .* line 1"):
        read_document(b'{"a": 1,}')
    with pytest.raises(UnreadableDocumentError, match="not UTF-8"):
        read_document("a: 1".encode("utf-16"))


def test_json_is_yaml() -> None:
    value: Any = {"a": [1, 2.5, None, True, "ü\n\t\"'"], "b": {"": {}}}
    assert parse_yaml(json.dumps(value)) == value


def test_a_document_means_the_same_in_yaml_and_json() -> None:
    identifier = {"type": "string", "pattern": "^[a-z]+$", "example": "no"}
    operation = {
        "operationId": "get_thing",
        "description": "Gets a thing.\n\n- with a list\n",
        "parameters": [
            {"name": "id", "in": "path", "required": True, "schema": identifier},
            LIMIT,
            {**LIMIT, "name": "offset"},
        ],
        "responses": {"200": {"description": "well"}, "404": {"description": "not there"}},
    }
    assert read_document(THINGS.encode()) == {
        "openapi": "3.1.0",
        "info": {"title": "Things: a test", "version": "2024-01-31"},
        "x-limits": LIMIT,
        "paths": {"/things/{id}": {"get": operation}},
    }


def test_names_in_required_are_strings_in_yaml() -> None:
    schema = b"schema:\n  properties: {1: {}, null: {}, 0x1F: {}}\n  required: [1, null, 0x1F]\n"
    found = read_document(schema + b"q: {required: true}")
    assert found["schema"] == {"properties": {"1": {}, "null": {}, "0x1F": {}}, "required": ["1", "null", "0x1F"]}
    assert found["q"] == {"required": True}
