from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from closient_mcp.tools.json_values import JsonObject, as_object, parse_json
from closient_mcp.tools.operations import Operation, Source, read_operations
from closient_mcp.tools.problems import Problem

from .service import document, operation

HOST = "https://www.example.com"
SOURCE = Source("closient", ("things",), "things", f"{HOST}/things/openapi.json", f"{HOST}/things/", frozenset({HOST}))
SPECS = Path(__file__).parents[2] / "shared" / "specs"


def read(paths: dict[str, Any], **members: Any) -> tuple[list[Operation], list[Problem]]:
    return read_operations(document(paths, **members), SOURCE)


def only(paths: dict[str, Any], **members: Any) -> Operation:
    operations, problems = read(paths, **members)
    assert problems == []
    (found,) = operations
    return found


def test_an_operation_becomes_a_name_a_description_and_a_schema() -> None:
    found = only(
        {
            "/things/{id}": {
                "get": operation(
                    operationId="get_thing",
                    summary="Get a thing",
                    description="The whole of it.",
                    parameters=[
                        {"name": "id", "in": "path", "required": True, "schema": {"type": "string"}},
                        {"name": "page", "in": "query", "schema": {"type": "integer"}, "description": "Which page."},
                    ],
                )
            }
        }
    )
    assert (found.name, found.method, found.tier, found.base) == ("things_get_thing", "GET", "read", HOST)
    assert found.description == "Get a thing. The whole of it.\nGET /things/{id}"
    assert found.input_schema == {
        "type": "object",
        "properties": {"id": {"type": "string"}, "page": {"type": "integer", "description": "Which page."}},
        "additionalProperties": False,
        "required": ["id"],
    }


def test_a_json_body_is_the_argument_body() -> None:
    body = {"type": "object", "properties": {"name": {"type": "string"}}, "required": ["name"]}
    content = {"application/json": {"schema": body}}
    found = only({"/t": {"post": operation(requestBody={"required": True, "content": content})}})
    assert as_object(found.input_schema["properties"])["body"] == body
    assert found.input_schema["required"] == ["body"]


def test_parameters_of_a_path_item_hold_for_its_operations_which_may_overrule_them() -> None:
    shared = [{"name": "q", "in": "query", "schema": {"type": "string"}}]
    own = [{"name": "q", "in": "query", "required": True, "schema": {"type": "integer"}}]
    found = only({"/t": {"parameters": shared, "get": operation(parameters=own)}})
    assert found.input_schema["properties"] == {"q": {"type": "integer"}}


def test_parameters_of_one_name_in_several_places_stay_apart() -> None:
    places: list[dict[str, Any]] = [
        {"name": "id", "in": where, "required": True, "schema": {}} for where in ("path", "query", "header")
    ]
    found = only({"/t/{id}": {"get": operation(parameters=places)}})
    assert found.input_schema["required"] == ["id_path", "id_query", "id_header"]


@pytest.mark.parametrize("header", ["Authorization", "Host", "Cookie", "X-API-Key", "Content-Type", "Accept"])
def test_headers_that_are_not_the_agents_business_are_no_arguments(header: str) -> None:
    found = only({"/t": {"get": operation(parameters=[{"name": header, "in": "header", "required": True}])}})
    assert found.input_schema["properties"] == {}


def test_a_path_parameter_that_the_document_forgot_is_asked_for_all_the_same() -> None:
    assert only({"/t/{id}": {"get": operation()}}).input_schema["required"] == ["id"]


@pytest.mark.parametrize(
    ("broken", "reason"),
    [
        ({"parameters": [{"$ref": "#/components/parameters/None"}]}, "leads nowhere"),
        ({"parameters": [{"$ref": "other.json#/x"}]}, "another file"),
        ({"parameters": [{"in": "query"}]}, "no name"),
        ({"parameters": [{"name": "x", "in": "nowhere"}]}, "which is no place"),
        ({"parameters": [{"name": "x", "in": "cookie", "required": True}]}, "cookie"),
        ({"requestBody": {"required": True, "content": {"multipart/form-data": {}}}}, "not sent yet"),
        ({"requestBody": {"$ref": "#/components/requestBodies/Loop"}}, "does not end"),
    ],
)
def test_a_broken_operation_costs_itself_and_is_a_problem_with_its_place(broken: Any, reason: str) -> None:
    loop = {"requestBodies": {"Loop": {"$ref": "#/components/requestBodies/Loop"}}}
    paths = {"/bad": {"get": operation(**broken)}, "/good": {"get": operation()}}
    operations, (problem,) = read(paths, components=loop)
    assert [found.path for found in operations] == ["/good"]
    assert reason in problem.reason
    assert (problem.subject, problem.pointer) == ("GET /bad", "/paths/~1bad/get")


def test_an_operation_that_is_served_elsewhere_is_a_problem_and_never_a_call_to_there() -> None:
    elsewhere = replace(SOURCE, anchor="https://elsewhere.example/")
    paths = {"/bad": {"get": operation()}}
    operations, (problem,) = read_operations(document(paths, servers=[{"url": "https://evil.example"}]), elsewhere)
    assert operations == []
    assert "https://elsewhere.example, https://evil.example" in problem.reason


@pytest.mark.parametrize(
    ("contents", "reason"),
    [
        ({}, "no `openapi`"),
        ({"swagger": "2.0"}, "no `openapi`"),
        ({"openapi": "4.0.0"}, "4.0.0"),
        ({"openapi": "3.1.0"}, "no `paths`"),
        ({"openapi": "3.1.0", "paths": []}, "no `paths`"),
    ],
)
def test_a_document_that_gives_nothing_says_why(contents: JsonObject, reason: str) -> None:
    operations, (problem,) = read_operations(contents, SOURCE)
    assert operations == [] and reason in problem.reason


@pytest.mark.parametrize("node", [None, 1, "x", [], {"get": 5}, {"get": []}, {"parameters": 3}])
def test_a_path_of_the_wrong_shape_gives_nothing_and_breaks_nothing(node: Any) -> None:
    operations, _ = read({"/bad": node, "/good": {"get": operation()}})
    assert [found.path for found in operations] == ["/good"]


@pytest.mark.parametrize(
    ("servers", "path", "base"),
    [
        (None, "/things/a", HOST),
        (None, "/a", f"{HOST}/things"),
        ([{"url": "/v2"}], "/a", f"{HOST}/v2"),
        ([{"url": "https://elsewhere.example"}, {"url": f"{HOST}/v3/"}], "/a", f"{HOST}/v3"),
        ([{"url": "https://elsewhere.example"}], "/a", f"{HOST}/things"),
        ([{"url": "/{v}", "variables": {"v": {"default": "v9"}}}], "/a", f"{HOST}/v9"),
    ],
)
def test_the_base_is_the_first_server_that_calls_may_go_to(servers: Any, path: str, base: str) -> None:
    members = {} if servers is None else {"servers": servers}
    assert only({path: {"get": operation()}}, **members).base == base


@pytest.mark.parametrize(
    ("method", "path", "operation_id", "tier"),
    [
        ("get", "/t", "list_things", "read"),
        ("post", "/t", "create_thing", "write"),
        ("put", "/t", "replace_thing", "destructive"),
        ("patch", "/t", "update_thing", "destructive"),
        ("delete", "/t", "delete_thing", "destructive"),
        ("post", "/data/search/", "", "read"),
        ("post", "/keys/{id}/revoke", "", "destructive"),
        ("post", "/orders/{id}", "cancel_order", "destructive"),
        ("get", "/delete", "delete_everything", "destructive"),
    ],
)
def test_the_tier_follows_the_method_and_the_words(method: str, path: str, operation_id: str, tier: str) -> None:
    assert only({path: {method: operation(operationId=operation_id)}}).tier == tier


def test_text_of_a_document_reaches_the_model_without_hidden_characters() -> None:
    found = only({"/t": {"get": operation(summary="Get\u202e it\u200b", description="See\x00 \U000e0041this")}})
    assert found.description.startswith("Get it. See this")


def test_a_description_stays_short_enough_for_the_strictest_host() -> None:
    found = only({"/t": {"get": operation(summary="word " * 100, description="word " * 5000)}})
    assert len(found.description) < 1024


def test_names_do_not_depend_on_the_order_of_the_paths() -> None:
    paths = {f"/{word}": {"get": operation(operationId="list")} for word in ("a", "b", "c")}
    forwards, _ = read(paths)
    backwards, _ = read(dict(reversed(paths.items())))
    assert {o.path: o.name for o in forwards} == {o.path: o.name for o in backwards}


def _openapi_3_in_json() -> list[Any]:
    files = sorted(SPECS.glob("*.json")) if SPECS.is_dir() else []
    return [pytest.param(file, id=file.stem) for file in files] or [
        pytest.param(None, marks=pytest.mark.skip("the folder of real documents is not on this machine"))
    ]


@pytest.mark.parametrize("file", _openapi_3_in_json())
def test_every_real_document_gives_operations_or_named_problems(file: Path) -> None:
    contents = as_object(parse_json(file.read_bytes()))
    contents.pop("servers", None)
    operations, problems = read_operations(contents, SOURCE)
    methods = ("get", "put", "post", "delete", "options", "head", "patch")
    there = [m for item in as_object(contents["paths"]).values() for m in as_object(item) if m in methods]
    assert len(operations) + len(problems) == (len(there) if "openapi" in contents else 1)
    assert len({o.name for o in operations}) == len(operations)
    assert all(p.reason and p.effect for p in problems)
    for found in operations:
        Draft202012Validator.check_schema(found.input_schema)
        assert not {"oneOf", "anyOf", "allOf"} & found.input_schema.keys()
        assert '"nullable"' not in json.dumps(found.input_schema)
