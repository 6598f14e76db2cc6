from __future__ import annotations

from typing import Any

import pytest

from closient_mcp.tools.schema.keywords import description_of, is_portable, keywords, types_of


@pytest.mark.parametrize(
    "pattern", ["^[a-z]+$", r"^\d{4}-\d{2}$", r"[\w\-.]+@x", "(?:a|b)?", "a(?=b)", r"^\[\]$", r"(?<!a)b", "x{2,}", ""]
)
def test_a_portable_pattern_is_kept(pattern: str) -> None:
    assert is_portable(pattern)
    assert keywords({"pattern": pattern}, "string") == {"type": "string", "pattern": pattern}


@pytest.mark.parametrize(
    "pattern",
    ["(?i)a", "(?P<n>a)", r"\p{L}", r"\Aa\Z", "a++", "(?>a)", "[[:alpha:]]", "{a}", r"\@", "(", "a]", "[^]", "x" * 201,
     r"a\-b", "(?#c)", "a}", r"\a", "[]a]"],
)  # fmt: skip
def test_a_pattern_that_is_not_portable_is_omitted(pattern: str) -> None:
    assert not is_portable(pattern)
    assert keywords({"pattern": pattern}, "string") == {"type": "string"}


TYPES: list[tuple[Any, tuple[list[str], bool]]] = [
    ({"type": "string", "nullable": True}, (["string"], True)),
    ({"type": ["string", "null"]}, (["string"], True)),
    ({"type": "null"}, (["null"], False)),
    ({"enum": ["a", None]}, (["string"], True)),
    ({"enum": [None]}, ([], False)),
    ({"enum": ["a", 1]}, ([], False)),
    ({"const": 1}, (["integer"], False)),
    ({"properties": {}}, (["object"], False)),
    ({"items": {}}, (["array"], False)),
    ({"type": "file"}, (["string"], False)),
    ({"type": "Integer"}, (["integer"], False)),
    ({"type": "strange"}, ([], False)),
    ({}, ([], False)),
]


@pytest.mark.parametrize(("schema", "expected"), TYPES)
def test_types_are_normalized(schema: Any, expected: tuple[list[str], bool]) -> None:
    assert types_of(schema) == expected


@pytest.mark.parametrize(
    ("schema", "kind", "expected"),
    [
        ({"enum": ["a", "a", "b", None]}, "string", {"enum": ["a", "b"]}),
        ({"enum": [1, True, 2.5]}, "string", {"enum": ["1", "true", "2.5"]}),
        ({"enum": ["1", "x", 2.0]}, "integer", {"enum": [1, 2]}),
        ({"enum": ["true", "no"]}, "boolean", {"enum": [True]}),
        ({"enum": [1, 2.5]}, "number", {"enum": [1, 2.5]}),
        ({"const": "1", "pattern": "x"}, "integer", {"const": 1}),
        ({"minimum": 2, "maximum": 1}, "integer", {}),
        ({"minLength": 2, "maxLength": 1}, "string", {}),
        ({"minimum": 1, "exclusiveMinimum": True, "maximum": 5}, "number", {"exclusiveMinimum": 1, "maximum": 5}),
        ({"minimum": 1, "exclusiveMinimum": False}, "number", {"minimum": 1}),
        ({"minimum": -(2**63), "maximum": 2**63 - 1}, "integer", {}),
        ({"minimum": 0}, "integer", {"minimum": 0}),
        ({"minLength": 0, "maximum": 5, "uniqueItems": True}, "string", {}),
        ({"format": "date-time"}, "string", {"format": "date-time"}),
        ({"format": "int64"}, "integer", {}),
        ({"format": "byte"}, "string", {}),
        ({"multipleOf": 0}, "number", {}),
        ({"multipleOf": 5}, "number", {"multipleOf": 5}),
    ],
)
def test_supported_keywords_are_kept(schema: Any, kind: str, expected: Any) -> None:
    assert keywords(schema, kind) == {"type": kind, **expected}


def test_a_type_without_matching_enum_values_is_omitted() -> None:
    assert keywords({"enum": ["a", "b"]}, "integer") is None


@pytest.mark.parametrize(
    ("schema", "kind", "expected"),
    [
        ({"description": "A thing", "default": 10}, "integer", "A thing. Default 10."),
        ({"description": "A thing (default 10)", "default": 10}, "integer", "A thing (default 10)"),
        ({"default": False}, "boolean", "Default false."),
        ({"default": None}, "string", ""),
        ({"default": {"a": 1}}, "object", ""),
        ({"example": "2024"}, "string", "E.g. 2024."),
        ({"examples": ["a"], "description": "Text"}, "string", "Text"),
        ({"format": "iban"}, "string", "Format: iban."),
        ({"format": "int64"}, "integer", ""),
        ({"deprecated": True, "description": "Old one."}, "string", "Old one. Deprecated."),
        ({"description": "See <a href='https://x'>here</a>, [there](https://y) &amp; **so**"}, "string",
         "See here, there & so"),
    ],
)  # fmt: skip
def test_unsupported_keywords_are_described(schema: Any, kind: str, expected: str) -> None:
    assert description_of(schema, kind) == expected
