from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import pytest

from closient_mcp.tools.formats.json_values import JsonObject, as_object
from closient_mcp.tools.openapi.operation import Body, Operation, Source
from closient_mcp.tools.openapi.operations import NotOpenApiError, read_operations
from closient_mcp.tools.problems import Problem

from ...fakes.described import read_described
from ...fakes.paths import VECTORS
from ...fakes.service import document, operation

HOST = "https://www.example.com"
SOURCE = Source("closient", ("things",), "things", f"{HOST}/things/openapi.json", f"{HOST}/things/", frozenset({HOST}))


def read(paths: dict[str, Any], **members: Any) -> tuple[list[Operation], list[Problem]]:
    return read_operations(document(paths, **members), SOURCE)


def only(paths: dict[str, Any], **members: Any) -> Operation:
    operations, problems = read(paths, **members)
    assert problems == []
    (found,) = operations
    return found


def test_an_operation_has_a_name_a_description_and_a_schema() -> None:
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


def test_operations_inherit_and_override_parameters_of_the_path_item() -> None:
    shared = [{"name": "q", "in": "query", "schema": {"type": "string"}}]
    own = [{"name": "q", "in": "query", "required": True, "schema": {"type": "integer"}}]
    found = only({"/t": {"parameters": shared, "get": operation(parameters=own)}})
    assert found.input_schema["properties"] == {"q": {"type": "integer"}}


def test_parameters_with_one_name_in_several_locations_stay_distinct() -> None:
    places: list[dict[str, Any]] = [
        {"name": "id", "in": where, "required": True, "schema": {}} for where in ("path", "query", "header")
    ]
    found = only({"/t/{id}": {"get": operation(parameters=places)}})
    assert found.input_schema["required"] == ["id_path", "id_query", "id_header"]


@pytest.mark.parametrize(
    "header", ["Authorization", "Authorization: Bearer <TOKEN>", "X-API-Key", "X_API_KEY", "Content-Type"]
)
def test_headers_that_are_sent_anyway_are_no_arguments(header: str) -> None:
    found = only({"/t": {"get": operation(parameters=[{"name": header, "in": "header", "required": True}])}})
    assert found.input_schema["properties"] == {}


def test_an_undeclared_path_parameter_is_an_argument() -> None:
    assert only({"/t/{id}": {"get": operation()}}).input_schema["required"] == ["id"]


@pytest.mark.parametrize(
    ("broken", "reason"),
    [
        ({"parameters": [{"in": "query", "required": True}]}, "no name"),
        ({"parameters": [{"name": "x", "in": "nowhere", "required": True}]}, "unsupported location 'nowhere'"),
        ({"parameters": [{"name": "a b", "in": "header", "required": True}]}, "invalid header name 'a b'"),
        ({"parameters": [{"name": "sessionid", "in": "cookie", "required": True}]}, "cookie"),
    ],
)
def test_an_invalid_operation_is_a_problem_with_its_pointer(broken: Any, reason: str) -> None:
    paths = {"/bad": {"get": operation(**broken)}, "/good": {"get": operation()}}
    operations, (problem,) = read(paths)
    assert [found.path for found in operations] == ["/good"]
    assert reason in problem.reason
    assert (problem.subject, problem.pointer) == ("GET /bad", "/paths/~1bad/get")


@pytest.mark.parametrize(
    ("parameter", "reason"),
    [
        ({"$ref": "#/components/parameters/None"}, "leads nowhere"),
        ({"$ref": "other.json#/x"}, "another file"),
        ({"in": "query"}, "no name"),
        ({"name": "x", "in": "nowhere"}, "unsupported location 'nowhere'"),
        ({"name": "X Odd: <VALUE>", "in": "header"}, "invalid header name"),
        ({"name": "sessionid", "in": "cookie"}, "cookie 'sessionid' is a credential"),
        ({"name": "Content-Length", "in": "header", "required": True}, "belongs to the connection"),
        ({"name": "X-HTTP-Method-Override", "in": "header"}, "could change the method"),
    ],
)
def test_a_parameter_that_cannot_be_an_argument_loses_only_itself(parameter: Any, reason: str) -> None:
    good = {"name": "q", "in": "query", "schema": {"type": "string"}}
    (found,), (problem,) = read({"/t": {"get": operation(parameters=[parameter, good])}})
    assert found.input_schema["properties"] == {"q": {"type": "string"}}
    assert reason in problem.reason
    assert problem.effect == "the parameter is left out"


@pytest.mark.parametrize(
    "header",
    ["Accept-Language", "Content-Language", "content-range", "Content-Encoding", "User-Agent", "X-Forwarded-For",
     "Prefer", "If-Match", "X-Api-Version", "Origin", "Idempotency-Key", "X-Auth-Scope"],
)  # fmt: skip
def test_other_headers_are_arguments(header: str) -> None:
    found = only({"/t": {"get": operation(parameters=[{"name": header, "in": "header", "required": True}])}})
    assert found.input_schema["required"] == [header]


@pytest.mark.parametrize(("place", "name"), [("header", "X-Shop-Token"), ("query", "api_key"), ("cookie", "k")])
def test_rule_3_what_carries_the_credential_is_no_argument(place: str, name: str) -> None:
    schemes = {"a": {"type": "apiKey", "in": place, "name": name}}
    given = [{"name": name, "in": place, "required": True, "schema": {"type": "string"}}]
    found = only({"/t": {"get": operation(parameters=given)}}, components={"securitySchemes": schemes})
    assert found.input_schema["properties"] == {}


@pytest.mark.parametrize(
    ("template", "path"),
    [("/a/{id:int}", "/a/{id}"), ("/a/{id:[0-9]{3}}/b", "/a/{id}/b"), ("/a/{name:.+}", "/a/{name}"),
     ("/v1/{name=things/*}:run", "/v1/{name}:run"), ("/a/{+path}", "/a/{path}"), ("/a/{path*}", "/a/{path}")],
)  # fmt: skip
def test_types_and_patterns_in_a_path_belong_to_no_name(template: str, path: str) -> None:
    assert only({template: {"get": operation()}}).path == path


def test_a_declared_parameter_may_stand_in_a_path_as_web_frameworks_write_it() -> None:
    declared = [{"name": "id", "in": "path", "required": True, "schema": {"type": "integer"}}]
    found = only({"/a/:id/:undeclared": {"get": operation(parameters=declared)}})
    assert (found.path, [parameter.name for parameter in found.parameters]) == ("/a/{id}/:undeclared", ["id"])


def test_a_declared_parameter_with_a_colon_keeps_its_name() -> None:
    declared = [{"name": "id:int", "in": "path", "required": True, "schema": {"type": "integer"}}]
    found = only({"/a/{id:int}": {"get": operation(parameters=declared)}})
    assert [parameter.name for parameter in found.parameters] == ["id:int"]


@pytest.mark.parametrize("method", ["post", "put", "patch"])
@pytest.mark.parametrize("body", [{}, {"requestBody": {}}, {"requestBody": {"content": {}}}])
def test_an_undescribed_body_may_be_sent(method: str, body: Any) -> None:
    found = only({"/t": {method: operation(**body)}})
    assert found.input_schema["properties"] == {
        "body": {"description": "The document describes no body: any JSON, if the service needs some."}
    }
    assert "required" not in found.input_schema
    assert found.body == Body("application/json", required=False)


@pytest.mark.parametrize("media_type", ["", "json", "no media type"])
def test_a_body_without_a_usable_media_type_is_json(media_type: str) -> None:
    content = {media_type: {"schema": {"type": "object", "properties": {"a": {"type": "string"}}}}}
    found = only({"/t": {"post": operation(requestBody={"required": True, "content": content})}})
    assert found.body == Body("application/json", required=True)
    assert as_object(found.input_schema["properties"])["body"] == content[media_type]["schema"]


def test_an_operation_at_another_origin_is_a_problem() -> None:
    elsewhere = replace(SOURCE, anchor="https://elsewhere.example/")
    paths = {"/bad": {"get": operation()}}
    operations, (problem,) = read_operations(document(paths, servers=[{"url": "https://evil.example"}]), elsewhere)
    assert operations == []
    assert "https://evil.example, https://elsewhere.example" in problem.reason


@pytest.mark.parametrize("server", ["http://localhost:8000", HOST.replace("https", "http"), "mailto:x"])
def test_localhost_servers_and_other_schemes_mean_the_documents_host(server: str) -> None:
    document_alone = replace(SOURCE, anchor="")
    paths = {"/a": {"get": operation()}}
    (found,), _ = read_operations(document(paths, servers=[{"url": server}]), document_alone)
    assert found.base == HOST


def test_a_server_relative_to_a_file_needs_the_setting_base() -> None:
    paths = {"/a": {"get": operation()}}
    local = replace(SOURCE, anchor="", url="file:///home/openapi.json")
    operations, (problem,) = read_operations(document(paths, servers=[{"url": "/v1"}]), local)
    assert operations == []
    assert problem.reason == "'file:///v1' is not an http(s) URL; set the URL of the API as `base`"


def test_the_documents_host_is_no_fallback_for_a_server_on_another() -> None:
    paths = {"/a": {"get": operation()}}
    servers = [{"url": "https://elsewhere.example/v1"}]
    operations, (problem,) = read_operations(document(paths, servers=servers), replace(SOURCE, anchor=""))
    assert operations == []
    assert "served at https://elsewhere.example" in problem.reason


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
def test_a_document_without_operations_has_a_reason(contents: JsonObject, reason: str) -> None:
    with pytest.raises(NotOpenApiError, match=reason):
        read_operations(contents, SOURCE)


@pytest.mark.parametrize("node", [None, 1, "x", [], {"get": 5}, {"get": []}, {"parameters": 3}])
def test_a_path_of_the_wrong_type_is_ignored(node: Any) -> None:
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
        ([{"url": f" {HOST}/v4 "}], "/a", f"{HOST}/v4"),
        ([{"url": f"{HOST.removeprefix('https://')}/v5"}], "/a", f"{HOST}/v5"),
    ],
)
def test_the_base_is_the_first_server_with_an_allowed_origin(servers: Any, path: str, base: str) -> None:
    members = {} if servers is None else {"servers": servers}
    assert only({path: {"get": operation()}}, **members).base == base


@pytest.mark.parametrize(
    ("method", "path", "operation_id", "tier"),
    [
        ("get", "/t", "list_things", "read"),
        ("post", "/t", "create_thing", "create"),
        ("put", "/t", "replace_thing", "destructive"),
        ("patch", "/t", "update_thing", "update"),
        ("delete", "/t", "delete_thing", "destructive"),
        ("post", "/data/search/", "", "read"),
        ("post", "/keys/{id}/revoke", "", "destructive"),
        ("post", "/orders/{id}", "cancel_order", "destructive"),
        ("get", "/delete", "delete_everything", "destructive"),
        ("get", "/cancel-reasons", "list_cancel_reasons", "read"),
        ("post", "/lookup-tables", "create_lookup_table", "create"),
        ("post", "/alerts", "search_alert_create", "create"),
        ("post", "/users", "find_or_create_user", "create"),
        ("post", "/verify-email", "send_verification", "update"),
        ("post", "/desk/check-in", "check_in", "create"),
        ("post", "/query-templates", "addTemplate", "create"),
        ("post", "/items", "validate_and_store", "create"),
        ("post", "/indexes", "createSearchIndex", "create"),
        ("post", "/items/bulk-delete", "bulk_delete_items", "destructive"),
        ("post", "/x/replace", "", "destructive"),
    ],
)
def test_the_tier_follows_method_and_words(method: str, path: str, operation_id: str, tier: str) -> None:
    assert only({path: {method: operation(operationId=operation_id)}}).tier == tier


def test_text_of_a_document_is_cleaned() -> None:
    found = only({"/t": {"get": operation(summary="Get\u202e it\u200b", description="See\x00 \U000e0041this")}})
    assert found.description.startswith("Get it. See this")


def test_descriptions_are_short_enough_for_the_strictest_host() -> None:
    found = only({"/t": {"get": operation(summary="word " * 100, description="word " * 5000)}})
    assert len(found.description) < 1024


def test_names_do_not_depend_on_the_order_of_the_paths() -> None:
    paths = {f"/{word}": {"get": operation(operationId="list")} for word in ("a", "b", "c")}
    forwards, _ = read(paths)
    backwards, _ = read(dict(reversed(paths.items())))
    assert {o.path: o.name for o in forwards} == {o.path: o.name for o in backwards}


@pytest.mark.parametrize(
    ("node", "reason"),
    [
        ({"trace": {}}, "unsupported method TRACE"),
        ({"TRACE": {}}, "unsupported method TRACE"),
        ({"additionalOperations": {"CONNECT": {}}}, "unsupported method CONNECT"),
        ({"additionalOperations": {"BAD NAME": {}}}, "invalid method name"),
        ({"additionalOperations": {"COPY": None}}, "it is not an object"),
        ({"get": {}, "GET": {}}, "the path has this method twice"),
        ({"get": {}, "additionalOperations": {"GET": {}}}, "the path has this method twice"),
        ({"get": None}, "it is not an object"),
        ({"get": {"parameters": {"q": {}}}}, "its `parameters` are not an array"),
        ({"get": {}, "parameters": "q"}, "its `parameters` are not an array"),
        ({"get": {"parameters": ["q"]}}, "one of its `parameters` is not an object"),
        ({"get": {"parameters": [{"name": "q", "in": "path"}]}}, "its path parameter 'q' is not in the path"),
        ({"get": []}, "it is not an object"),
        ([], "it is not an object"),
    ],
)
def test_skipped_operations_are_reported(node: Any, reason: str) -> None:
    _, (problem,) = read({"/a": node})
    assert problem.reason == reason


def test_query_and_custom_methods_are_sent_as_written() -> None:
    """OpenAPI 3.2 §4.8.9: `query`, and the keys of `additionalOperations` with their capitals."""
    copy = operation(operationId="copyThing")
    item = {"query": operation(operationId="runThings"), "additionalOperations": {"COPY": copy, "Lock": operation()}}
    operations, problems = read({"/t": item}, openapi="3.2.0", tags=[{"name": "a", "parent": "b"}, {"name": "b"}])
    assert problems == []
    assert [(o.method, o.name, o.tier) for o in operations] == [
        ("QUERY", "things_run_things", "read"),
        ("COPY", "things_copy_thing", "destructive"),
        ("Lock", "things_lock_t", "destructive"),
    ]


def test_a_querystring_parameter_is_supported() -> None:
    query: JsonObject = {"name": "q", "in": "querystring", "content": {"application/json": {"schema": {}}}}
    operations, _ = read({"/a": {"get": operation(parameters=[query])}, "/b": {"get": operation()}})
    assert operations[-1].path == "/b"


@pytest.mark.parametrize(
    ("version", "notices"),
    [("3.0.0", 0), ("3.1.1", 0), ("3.2.0", 0), (3.0, 0), (3.1, 0), (3, 0), ("3.9.1", 1), (3.9, 1), ("3.10.0", 1)],
)
def test_openapi_3_is_read_and_unknown_versions_are_reported(version: Any, notices: int) -> None:
    operations, problems = read({"/a": {"get": operation()}}, openapi=version)
    assert len(operations) == 1
    assert [problem.effect for problem in problems] == ["it is read as OpenAPI 3.2"] * notices


@pytest.mark.parametrize("version", ["4.0.0", "2.0", "", None, True, [], {}, "30", 4])
def test_no_other_version_is_read(version: Any) -> None:
    with pytest.raises(NotOpenApiError):
        read({"/a": {"get": operation()}}, openapi=version)


def test_a_document_with_only_webhooks_is_reported() -> None:
    operations, (problem,) = read_operations({"openapi": "3.1.0", "webhooks": {"a": {"post": {}}}}, SOURCE)
    assert operations == []
    assert (problem.effect, problem.pointer) == ("there is nothing to call", "/webhooks")
    assert problem.reason == "it has 1 webhooks, which the service calls, and no paths"


def test_rule_1_a_path_without_a_slash_does_not_extend_the_host_name() -> None:
    assert only({".evil.example/t": {"get": operation()}}).path == "/.evil.example/t"


def test_paths_that_differ_only_in_parameter_names_are_both_kept() -> None:
    operations, problems = read({"/t/{id}": {"get": operation()}, "/t/{name}": {"get": operation()}})
    assert problems == []
    assert len({one.name for one in operations}) == 2


def test_siblings_of_a_reference_override_its_target() -> None:
    shared = {"get": operation(operationId="get_shared", summary="Shared"), "delete": operation()}
    paths = {
        "/a": {"$ref": "#/components/pathItems/Shared", "delete": operation(summary="Own")},
        "/b": {"get": {"$ref": "#/components/pathItems/Shared/get", "summary": "Own"}},
    }
    operations, problems = read(paths, components={"pathItems": {"Shared": shared}})
    assert problems == []
    assert sorted((o.method, o.path, o.title) for o in operations) == [
        ("DELETE", "/a", "Own"),
        ("GET", "/a", "Shared"),
        ("GET", "/b", "Own"),
    ]


def test_members_of_the_wrong_type_are_ignored() -> None:
    wrong = operation(operationId=5, summary=[], description={}, tags=[1, "t", None], security=7, servers="x")
    found = only({"/things": {"get": wrong}}, servers="https://evil.example", components=None, security=[5, "x"])
    assert (found.name, found.base, found.tags, found.scopes) == (
        "things_list_things",
        f"{HOST}/things",
        ("t",),
        (),
    )


def test_a_server_variable_of_the_wrong_type_is_empty() -> None:
    servers = [{"url": "/v{a}{b}{c}", "variables": {"a": {"default": {"x": 1}}, "b": 5, "c": {"default": 2}}}]
    assert only({"/a": {"get": operation()}}, servers=servers).base == f"{HOST}/v2"


def test_the_reason_for_an_unresolved_reference_is_reported() -> None:
    outside = "https://elsewhere.example/a.json#/A"
    unresolved = {outside: "it is at another origin"}
    paths = {"/a": {"get": operation(parameters=[{"$ref": outside}])}}
    _, (problem,) = read_operations(document(paths), SOURCE, unresolved)
    assert problem.reason == f"it refers to {outside}: it is at another origin"


def test_the_number_of_problems_is_limited(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("closient_mcp.tools.openapi.operations.MAX_PROBLEMS", 3)
    _, problems = read({f"/{i}": {"get": None} for i in range(5)})
    assert [p.reason for p in problems] == ["it is not an object"] * 3 + ["there are 5 problems"]


def test_a_method_in_capitals_is_the_method() -> None:
    assert only({"/a": {"GET": operation()}}).method == "GET"


def test_an_undeclared_path_parameter_differs_from_a_query_parameter() -> None:
    query = {"name": "id", "in": "query", "schema": {"type": "integer"}}
    found = only({"/i/{id}": {"get": operation(parameters=[query])}})
    assert found.input_schema["properties"] == {"id_query": {"type": "integer"}, "id_path": {"type": "string"}}


def test_parameters_with_invalid_names_have_distinct_names() -> None:
    query: list[dict[str, Any]] = [{"name": name, "in": "query", "schema": {}} for name in ("цена", "вес", "a[b]")]
    names = list(as_object(only({"/i": {"get": operation(parameters=query)}}).input_schema["properties"]))
    assert len(names) == 3
    assert all(re.fullmatch(r"[A-Za-z0-9_.-]{1,64}", name) for name in names)


def test_a_malformed_server_does_not_hide_a_good_one() -> None:
    servers = [{"url": "mailto:x"}, {"url": f"{HOST}/v2"}]
    assert only({"/a": {"get": operation()}}, servers=servers).base == f"{HOST}/v2"


def test_a_bug_with_one_operation_does_not_affect_the_others(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("closient_mcp.tools.openapi.operations.tier_of", {"good": "read"}.__getitem__)
    operations, (problem,) = read({"/a": {"get": operation()}})
    assert operations == []
    assert "could not be read (TypeError)" in problem.reason
    assert "Traceback" in caplog.text


def test_too_many_operations_are_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("closient_mcp.tools.openapi.operations.MAX_OPERATIONS", 2)
    operations, (problem,) = read({f"/{i}": {"get": operation()} for i in range(5)})
    assert len(operations) == 2
    assert "it has 5 operations; 2 are read" in problem.reason


def test_problems_are_cleaned() -> None:
    _, (problem,) = read({"/a[31m‮": {"get": operation(parameters=[{"$ref": "#/x]0;y"}])}})
    assert "" not in str(problem)
    assert "‮" not in str(problem)


def test_a_shared_schema_is_converted_once() -> None:
    large = {"type": "object", "properties": {f"p{i}": {"type": "string"} for i in range(500)}}
    body = {"required": True, "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Large"}}}}
    operations, _ = read(
        {f"/{i}": {"post": operation(requestBody=body)} for i in range(3)}, components={"schemas": {"Large": large}}
    )
    converted = [as_object(found.input_schema["$defs"])["Large"] for found in operations]
    assert converted[0] is converted[1] is converted[2]


@pytest.mark.parametrize("identifier", ["A" * 120_000, "a-" * 60_000, "x" * 120_000])
def test_a_huge_identifier_is_processed_quickly(identifier: str) -> None:
    assert len(only({"/a": {"get": operation(operationId=identifier, summary=identifier)}}).name) <= 64


def test_scopes_come_from_operation_document_or_system() -> None:
    schemes = {"securitySchemes": {"o": {"type": "oauth2"}, "k": {"type": "apiKey"}}}
    paths = {
        "/own": {"get": operation(security=[{"k": []}, {"o": ["things.read", "more"]}])},
        "/whole": {"get": operation()},
        "/none": {"post": operation(security=[])},
    }
    found, _ = read_operations(
        document(paths, components=schemes, security=[{"o": ["all"]}]), replace(SOURCE, app_scopes=True)
    )
    assert [o.scopes for o in found] == [("things.read", "more"), ("all",), ("things:write",)]


def test_the_query_of_a_server_is_no_part_of_the_base() -> None:
    assert only({"/a": {"get": operation()}}, servers=[{"url": f"{HOST}/v2?key=x"}]).base == f"{HOST}/v2"


def test_an_operation_may_be_served_at_a_further_origin() -> None:
    servers = [{"url": "https://upload.example/api"}]
    further = replace(SOURCE, origins=frozenset({HOST, "https://upload.example"}))
    elsewhere = {"/files": {"get": operation(), "post": operation(servers=servers)}}
    operations, problems = read_operations(document(elsewhere), further)
    assert problems == []
    assert [found.base for found in operations] == [f"{HOST}/things", "https://upload.example/api"]


def test_ids_of_frameworks_are_cut_whatever_their_case() -> None:
    described = (VECTORS / "openapi" / "framework-operation-ids.json").read_bytes()
    operations, _ = read_described(described, "https://api.example")
    assert [found.name for found in operations] == [
        "s_get_audio_from_history_item",
        "s_get_documentation_from_knowledge_base",
        "s_add_item",
        "s_read_items",
    ]
