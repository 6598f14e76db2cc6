from __future__ import annotations

import json
from functools import cache
from typing import Any, cast

import pytest

from closient_mcp.tools.http.sender import Sender
from closient_mcp.tools.toolset.generated import operation_tool
from closient_mcp.tools.toolset.ranking import ToolIndex
from closient_mcp.tools.toolset.tool import Tool

from ...fakes.document_tools import tools_of
from ...fakes.paths import ROOT
from ...fakes.service import document, operation
from ...fakes.specs import all_specs, spec_files

LANGUAGES = json.loads((ROOT / "tests/vectors/languages.json").read_text(encoding="utf-8"))
# Questions over published documents, each with the operations that answer it.
QUESTIONS = json.loads((ROOT / "tests/vectors/operation_questions.json").read_text(encoding="utf-8"))
ORDERS = tools_of(
    document(
        {
            "/v1/orders": {"get": operation(operationId="listOrders"), "post": operation(operationId="createOrder")},
            "/v1/orders/{id}": {
                "get": operation(operationId="getOrder"),
                "delete": operation(operationId="deleteOrder"),
            },
            "/v1/orders/{id}/items": {"get": operation(operationId="listOrderItems")},
            "/v1/people": {"get": operation(operationId="listPeople", summary="People of the LISTORDERS team")},
        }
    )
)


def names(query: str) -> list[str]:
    return [found.tool.name for found in ToolIndex(ORDERS).search(query)]


@pytest.mark.parametrize(
    ("query", "first"),
    [
        ("listOrders", ["a_list_orders"]),
        ("listorders", ["a_list_orders"]),
        ("a_get_order", ["a_get_order"]),
        ("GET /v1/orders/{orderId}", ["a_get_order"]),
        ("get /v1/orders/", ["a_list_orders"]),
        ("/v1/orders", ["a_list_orders", "a_create_order"]),
        ("creating an order please", ["a_create_order"]),
        ("list the orders", ["a_list_orders"]),
        ("remove order", ["a_delete_order"]),
        ("craete ordr", ["a_create_order"]),
    ],
)
def test_the_operation_that_is_meant_comes_first(query: str, first: list[str]) -> None:
    assert names(query)[: len(first)] == first


@pytest.mark.parametrize("query", ["create", "get", "delete everything", "show me something"])
def test_a_verb_that_fits_everything_finds_weak_hits_only(query: str) -> None:
    assert [found for found in ToolIndex(ORDERS).search(query) if not found.weak] == []


def test_a_tool_that_lacks_most_of_the_query_is_weak() -> None:
    index = ToolIndex(ORDERS)
    assert [found.weak for found in index.search("order a pizza in Paris")][:1] == [True]
    assert [found.weak for found in index.search("create order")][:1] == [False]


def test_an_operation_is_found_by_a_member_of_its_answer() -> None:
    answer = {"type": "object", "properties": {"serving_size": {"type": "string"}}}
    responses = {"200": {"description": "", "content": {"application/json": {"schema": answer}}}}
    paths = {"/a": {"get": operation(operationId="facts", responses=responses)}, "/b": {"get": operation()}}
    assert ToolIndex(tools_of(document(paths))).search("size of a serving")[0].tool.operation_id == "facts"


@pytest.mark.parametrize("row", LANGUAGES, ids=lambda row: row["language"])
def test_an_operation_is_found_in_its_own_language(row: Any) -> None:
    paths = {f"/p{i}": {"get": operation(operationId=f"other{i}", summary=f"List things {i}")} for i in range(30)}
    paths["/o"] = {"post": operation(operationId="op1", summary=row["summary"])}
    index = ToolIndex(tools_of(document(paths)))
    assert [index.search(query)[0].tool.operation_id for query in row["queries"]] == ["op1"] * len(row["queries"])


@cache
def published_tools() -> dict[str, list[Tool]]:
    return {
        name: [operation_tool(one, cast(Sender, None)) for one in spec.description.operations]
        for name, spec in all_specs().items()
    }


@cache
def published_index(name: str) -> ToolIndex:
    return ToolIndex(published_tools()[name])


@pytest.mark.skipif(not spec_files(), reason="OPENAPI_DOCUMENTS is not set to a folder of real documents")
@pytest.mark.parametrize(
    ("kind", "most", "share"), [("exact", 1, 1.0), ("agent", 5, 0.95), ("reworded", 5, 0.95), ("person", 5, 0.4)]
)
def test_questions_over_published_documents_are_answered(kind: str, most: int, share: float) -> None:
    answered = 0
    for name, question, right in QUESTIONS[kind]:
        tools = [found.tool for found in published_index(name).search(question)[:most]]
        answered += any(f"{tool.method} {tool.path}" in right for tool in tools)
    assert answered >= share * len(QUESTIONS[kind])


@pytest.mark.skipif(not spec_files(), reason="OPENAPI_DOCUMENTS is not set to a folder of real documents")
def test_what_no_document_answers_has_weak_hits_only() -> None:
    asked = {name for name, *_ in QUESTIONS["agent"]}
    index = ToolIndex(tool for name in asked for tool in published_tools()[name])
    strong = [question for question in QUESTIONS["unanswered"] if not all(hit.weak for hit in index.search(question))]
    assert strong == []
