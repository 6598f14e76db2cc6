"""GraphQL documents, requests and responses."""

from __future__ import annotations

from typing import Any

import pytest
from graphql import GraphQLError, OperationDefinitionNode, parse
from hypothesis import example, given
from hypothesis import strategies as st

from closient_mcp.tools.formats.graphql import (
    MAX_DOCUMENT,
    GraphqlError,
    GraphqlResponse,
    InvalidGraphqlError,
    is_response,
    last_cursor,
    next_cursors,
    operation_kinds,
    parse_response,
    request_body,
)
from closient_mcp.tools.formats.json_values import JsonObject, JsonValue, parse_json


@pytest.mark.parametrize(
    ("document", "kinds"),
    [
        ("{a}", {"": "query"}),
        ("query{a}", {"": "query"}),
        ("query Q($x:[In!]={a:1}) @d(x:{b:2}) {a(x:$x)}", {"Q": "query"}),
        ("mutation M{a}", {"M": "mutation"}),
        ("subscription{a}", {"": "subscription"}),
        ("query A{a} mutation B{b}", {"A": "query", "B": "mutation"}),
        ("# mutation {x}\nquery{a}", {"": "query"}),
        ("# query {x}\rmutation{a}", {"": "mutation"}),
        ('{a(x:"} mutation {")}', {"": "query"}),
        (r'{a(x:"\"} mutation {")}', {"": "query"}),
        ('{a(x:"""} mutation { \\""" " """)}', {"": "query"}),
        ('{a(x:"")} mutation M{b}', None),
        ("fragment query on T {a} query mutation {...query}", {"mutation": "query"}),
        ("query query{a}", {"query": "query"}),
    ],
)
def test_operation_kinds_by_name(document: str, kinds: dict[str, str] | None) -> None:
    if kinds is None:
        with pytest.raises(InvalidGraphqlError):
            operation_kinds(document)
    else:
        assert operation_kinds(document) == kinds


@pytest.mark.parametrize(
    "document",
    [
        "",
        "# nothing",
        "fragment F on T {a}",
        "{a",
        "{a)}",
        "{a}}",
        "query",
        "query Q",
        "query Q R: {a}",
        "type T {a: Int}",
        "extend type T {a: Int}",
        "{a} {b}",
        "{a} query Q {b}",
        "query Q{a} query Q{b}",
        '{a(x:"unended)} mutation {b}',
        '{a(x:"""unended\\""")} mutation {b}',
        '{a(x:"two\nlines")}',
        "{a}; mutation {b}",
        "query Q{a(x:[1)]}",
        'query Q{a(x:"""unended\\""")} query R {b}',
        "{" * 101 + "a" + "}" * 101,
        "{a}" + " " * MAX_DOCUMENT,
    ],
)
def test_invalid_or_ambiguous_documents_are_rejected(document: str) -> None:
    with pytest.raises(InvalidGraphqlError):
        operation_kinds(document)


@pytest.mark.parametrize("character", ["\u2028", "\u2029", "\x85", "\x0b", "\x0c", "\0", "\ufeff"])
def test_ambiguous_line_terminators_are_rejected(character: str) -> None:
    with pytest.raises(InvalidGraphqlError, match="variable"):
        operation_kinds(f"query{{a}} # {character} mutation{{b}}")


PIECES = st.sampled_from(
    ["{", "}", "(", ")", "a", "query", "mutation", "subscription", "fragment", "F", "on", "T", '"', '""', '"""', "\\",
     "\\\"", "#", "\n", " ", ":", "$x", "@d", "...", "[", "]", "!", "1", "1.5", ",", "{a}", "query{a}", "mutation{a}",
     "mutation M{a}", "query Q{a}", "x:"]
)  # fmt: skip


@given(st.lists(PIECES, max_size=14).map("".join))
@example('{a(x:"""a\\"""")}')
@example('query Q{a} #"""\nmutation M{a}')
def test_operation_kinds_agree_with_the_reference_parser(document: str) -> None:
    try:
        ours = operation_kinds(document)
        theirs = parse(document)
    except (InvalidGraphqlError, GraphQLError):
        return
    operations = [node for node in theirs.definitions if isinstance(node, OperationDefinitionNode)]
    assert ours == {node.name.value if node.name else "": node.operation.value for node in operations}


def test_empty_variables_and_operation_name_are_omitted() -> None:
    assert parse_json(request_body("{a}", {})) == {"query": "{a}"}
    body = parse_json(request_body("query Q{a}", {"x": 'é"'}, "Q"))
    assert body == {"query": "query Q{a}", "variables": {"x": 'é"'}, "operationName": "Q"}


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        ({"message": "m", "extensions": {"code": "C0011E"}, "path": ["a", 0, "b"]}, ("m", "C0011E", "a.0.b")),
        ({"message": "C0120E: not found"}, ("C0120E: not found", "", "")),
        ({"message": "m", "extensions": {"code": "OTHER"}}, ("m", "OTHER", "")),
        ({"message": {"error": "invalid_grant"}}, ('{"error":"invalid_grant"}', "", "")),
        ("text", ("text", "", "")),
        ({"message": "m", "extensions": 5, "path": "no list"}, ("m", "", "")),
    ],
)
def test_errors_include_the_code_of_their_extensions(error: Any, expected: tuple[str, str, str]) -> None:
    assert parse_response({"errors": [error]}) == GraphqlResponse({}, (GraphqlError(*expected),))


def test_errors_are_limited_and_cleaned() -> None:
    error: JsonObject = {"message": "m\u202e" + "x" * 999}
    whole: JsonObject = {"data": {"a\u202e": "b\u200b"}, "errors": list[JsonValue]([error] * 30)}
    response = parse_response(whole)
    assert response.data == {"a": "b"}
    assert len(response.errors) == 11
    assert str(response.errors[-1]) == "and 20 more errors"
    assert len(response.errors[0].message) <= 500
    assert "\u202e" not in response.errors[0].message


def test_a_response_has_data_or_errors() -> None:
    assert is_response({"data": {}})
    assert is_response({"errors": [{}]})
    others: list[JsonValue] = [[], None, "x", {}, {"data": None}, {"errors": []}, {"error": "x"}]
    assert not any(map(is_response, others))


def test_a_response_of_nulls_is_empty() -> None:
    assert parse_response({"data": {"a": None, "b": None}}).empty
    assert parse_response({"data": None}).empty
    assert not parse_response({"data": {"a": None, "b": {}}}).empty


def test_the_next_cursor_is_that_of_the_last_edge() -> None:
    more: JsonObject = {"edges": [{"cursor": "c1"}, {"cursor": "c2"}], "pageInfo": {"hasNextPage": True}}
    data: JsonObject = {
        "orders": more,
        "order": {"items": more, "old": {"edges": [], "pageInfo": {"hasNextPage": True}}},
        "done": {"edges": [{"cursor": "c1"}], "pageInfo": {"hasNextPage": False}},
    }
    assert next_cursors(data) == {"orders": "c2", "order.items": "c2", "order.old": ""}


def test_the_search_for_cursors_is_limited() -> None:
    wide: JsonObject = {f"k{n}": {"pageInfo": {"hasNextPage": True}} for n in range(50)}
    assert len(next_cursors(wide)) == 10
    late: JsonObject = {f"early{n}": {} for n in range(2000)} | wide
    assert next_cursors(late) == {}
    assert last_cursor({"edges": [{"cursor": "c" * 2001}]}) == ""
