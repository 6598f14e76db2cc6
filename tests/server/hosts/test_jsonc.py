"""Setting and removing a member of JSON with comments: every other character stays."""

from __future__ import annotations

import json
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as some

from closient_mcp.server.hosts.errors import HostError
from closient_mcp.server.hosts.jsonc import parse, with_value, without_value

ENTRY = {"command": "/bin/closient-mcp", "args": ["serve"]}
COMMENTED = """\
// Zed settings
{
  "theme": "One Dark", // nice
  /* servers */
  "context_servers": {
    // mine
    "other": {"command": "x", "args": [],}, // stays
    // the last word
  },
}
"""


def test_a_member_is_added_after_comments_in_the_style_of_the_file() -> None:
    assert with_value(COMMENTED, ("context_servers", "closient"), ENTRY) == COMMENTED.replace(
        "    // the last word\n",
        """\
    // the last word
    "closient": {
      "command": "/bin/closient-mcp",
      "args": [
        "serve"
      ]
    },
""",
    )


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("", '{\n  "a": {\n    "b": 1\n  }\n}\n'),
        ("{}", '{\n  "a": {\n    "b": 1\n  }\n}'),
        ("{\n}\n", '{\n  "a": {\n    "b": 1\n  }\n}\n'),
        ('{"x":2}', '{"x":2, "a": {"b": 1}}'),
        ('{"a":{}}', '{"a":{"b": 1}}'),
        ('{"a":{"c":0}}', '{"a":{"c":0, "b": 1}}'),
        ('{\n\t"x": 2 // two\n}\n', '{\n\t"x": 2, // two\n\t"a": {\n\t\t"b": 1\n\t}\n}\n'),
        ('{\r\n    "x": 2\r\n}\r\n', '{\r\n    "x": 2,\r\n    "a": {\r\n        "b": 1\r\n    }\r\n}\r\n'),
        ('{\n "a": {/* none */}\n}', '{\n "a": {/* none */\n  "b": 1\n }\n}'),
        ('{\n "a": {"b": [0], /* c */ "c": 2}\n}', '{\n "a": {"b": 1, /* c */ "c": 2}\n}'),
    ],
    ids=["empty file", "empty object", "empty lines", "one line", "object within", "members within",
         "tabs and a comment", "Windows line ends", "only a comment", "replaced"],
)  # fmt: skip
def test_what_is_around_a_value_that_is_set_stays(before: str, after: str) -> None:
    assert with_value(before, ("a", "b"), 1) == after


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ('{"a": {"b": 1}}', '{"a": {}}'),
        ('{"a": {"b": 1, "c": 2}}', '{"a": {"c": 2}}'),
        ('{"a": {"c": 2, "b": 1}}', '{"a": {"c": 2}}'),
        ('{\n "a": {\n  "c": 2,\n  "b": 1\n }\n}', '{\n "a": {\n  "c": 2\n }\n}'),
        ('{\n "a": {\n  "b": 1, // mine\n  "c": 2\n }\n}', '{\n "a": {\n  // mine\n  "c": 2\n }\n}'),
        ('{\n "a": {\n  "c": 2, // two\n  "b": 1\n }\n}', '{\n "a": {\n  "c": 2 // two\n }\n}'),
        ('{\n "a": {\n  "b": 1 /* x */, "c": 2\n }\n}', '{\n "a": {\n  /* x */ "c": 2\n }\n}'),
        ('{"x": {"b": 1}}', '{"x": {"b": 1}}'),
        ('{"a": [1]}', '{"a": [1]}'),
    ],
    ids=["only", "first", "last", "last line", "a comment after it", "a comment before it",
         "a comment in front of the comma", "elsewhere", "no object"],
)  # fmt: skip
def test_what_is_around_a_value_that_is_removed_stays(before: str, after: str) -> None:
    assert without_value(before, ("a", "b")) == after


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", 'expected a name in double quotes at line 1, column 2'),
        ('{"a": 1 "b": 2}', "expected a comma or } at line 1, column 9"),
        ('{\n  a: 1}', "expected a name in double quotes at line 2, column 3"),
        ('{"a": 1}\n}', "expected the end of the file at line 2, column 1"),
        ('{"a": 01}', "expected a value at line 1, column 7"),
        ('{"a": 1, "a": 2}', "'a' appears twice at line 1, column 10"),
        ('{"a": "C:\\Users"}', "expected a value at line 1, column 7"),
        ("[" * 500, "it is nested too deeply at line 1, column 102"),
    ],
)  # fmt: skip
def test_what_is_not_json_is_named_with_its_place(text: str, message: str) -> None:
    with pytest.raises(HostError) as caught:
        parse(text)
    assert str(caught.value) == f"it is not JSON: {message}"


scalars = some.none() | some.booleans() | some.integers(-9, 9) | some.text(max_size=6)
names = some.text(max_size=6)
documents = some.dictionaries(names, scalars | some.lists(scalars, max_size=2) | some.dictionaries(names, scalars))


@given(documents, names, names, some.sampled_from([None, 1, 4, "\t"]))
def test_a_value_that_is_set_and_removed_leaves_the_values_alone(
    document: dict[str, Any], outer: str, inner: str, indent: int | str | None
) -> None:
    text = json.dumps(document, indent=indent, ensure_ascii=False)
    assert parse(text).value == document
    expected: Any = document.get(outer, {})
    if not isinstance(expected, dict):
        with pytest.raises(HostError, match="is not an object"):
            with_value(text, (outer, inner), ENTRY)
        return
    others = dict(cast("dict[str, Any]", expected))
    others.pop(inner, None)
    changed = with_value(text, (outer, inner), ENTRY)
    assert json.loads(changed) == {**document, outer: {**others, inner: ENTRY}}
    assert json.loads(without_value(changed, (outer, inner))) == {**document, outer: others}
