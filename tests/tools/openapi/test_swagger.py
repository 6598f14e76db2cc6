"""Conversion of Swagger 2.0 documents to OpenAPI 3.0."""

from __future__ import annotations

import copy
from typing import Any

import httpx2
import pytest

from closient_mcp.server.cli.probing import probe
from closient_mcp.tools.calls.requests import build_request
from closient_mcp.tools.catalog.discovery import DocumentSource
from closient_mcp.tools.formats.json_values import JsonObject, JsonValue
from closient_mcp.tools.http.fetcher import Fetcher
from closient_mcp.tools.openapi.document import unsupported_reason
from closient_mcp.tools.openapi.operation import Source
from closient_mcp.tools.openapi.operations import read_operations
from closient_mcp.tools.openapi.servers import server_origins
from closient_mcp.tools.openapi.swagger import is_swagger, to_openapi

from ...fakes.service import Reply, Service, operation
from ...fakes.systems import loaded

ADDRESS = "https://docs.example.com/v2/swagger.json"


def swagger(paths: dict[str, Any], **members: Any) -> dict[str, Any]:
    return {"swagger": "2.0", "info": {"title": "Test", "version": "1"}, "paths": paths, **members}


def converted(paths: dict[str, Any], **members: Any) -> Any:
    return to_openapi(swagger(paths, **members), ADDRESS)


def converted_operation(node: dict[str, Any], **members: Any) -> Any:
    return converted({"/t": {"post": operation(**node)}}, **members)["paths"]["/t"]["post"]


def converted_parameter(**node: Any) -> Any:
    return converted_operation({"parameters": [{"name": "p", "in": "query", **node}]})["parameters"][0]


@pytest.mark.parametrize(
    ("members", "urls"),
    [
        ({"host": "a.example", "basePath": "/v1", "schemes": ["https"]}, ["https://a.example/v1"]),
        ({"host": "a.example", "schemes": ["http", "https", "wss"]}, ["https://a.example", "http://a.example"]),
        ({"host": "a.example:8080", "basePath": "v1/"}, ["https://a.example:8080/v1"]),
        ({"host": "a.example", "basePath": "/"}, ["https://a.example"]),
        ({"host": "https://a.example/", "basePath": "/v1"}, ["https://a.example/v1"]),
        ({"basePath": "/v1", "schemes": ["http"]}, ["/v1"]),
        ({}, []),
        ({"host": 5, "basePath": [], "schemes": "https"}, []),
    ],
)
def test_host_base_path_and_schemes_are_servers(members: dict[str, Any], urls: list[str]) -> None:
    assert [server["url"] for server in converted({}, **members).get("servers", [])] == urls


def test_without_schemes_the_documents_scheme_is_used() -> None:
    document = to_openapi(swagger({}, host="a.example"), "http://127.0.0.1:8000/swagger.json")
    assert server_origins(document, "http://127.0.0.1:8000/") == {"http://a.example"}


def test_without_host_the_documents_host_is_used() -> None:
    document = to_openapi(swagger({}, basePath="/v1"), ADDRESS)
    assert server_origins(document, ADDRESS) == {"https://docs.example.com"}


def test_schemes_of_an_operation_are_its_servers() -> None:
    node = converted_operation({"schemes": ["http"]}, host="a.example", schemes=["https"])
    assert node["servers"] == [{"url": "http://a.example"}]


@pytest.mark.parametrize(
    ("place", "collection_format", "joining"),
    [
        ("query", None, {"style": "form", "explode": False}),
        ("query", "csv", {"style": "form", "explode": False}),
        ("query", "ssv", {"style": "spaceDelimited", "explode": False}),
        ("query", "tsv", {"style": "tabDelimited", "explode": False}),
        ("query", "pipes", {"style": "pipeDelimited", "explode": False}),
        ("query", "multi", {"style": "form", "explode": True}),
        ("path", "csv", {"style": "simple", "explode": False}),
        ("header", None, {"style": "simple", "explode": False}),
        ("header", "multi", {"style": "simple", "explode": False}),
    ],
)
def test_a_collection_format_is_a_style(place: str, collection_format: str | None, joining: dict[str, Any]) -> None:
    given = {"collectionFormat": collection_format} if collection_format else {}
    found = converted_parameter(**{"in": place, "type": "array", "items": {"type": "integer"}, **given})
    assert {key: found[key] for key in joining} == joining
    assert found["schema"] == {"type": "array", "items": {"type": "integer"}}


@pytest.mark.parametrize(
    ("collection_format", "header", "encoded"),
    [("ssv", "a b", "a%20b"), ("tsv", "a\tb", "a%09b"), ("pipes", "a|b", "a%7Cb")],
)
def test_a_collection_format_joins_in_every_location(collection_format: str, header: str, encoded: str) -> None:
    joined = {"type": "array", "items": {"type": "string"}, "collectionFormat": collection_format}
    places = {"path": "p", "query": "q", "header": "h", "formData": "f"}
    parameters = [{"in": place, "name": name, "required": True, **joined} for place, name in places.items()]
    document = converted({"/t/{p}": {"post": operation(parameters=parameters)}})
    source = Source("s", (), "", ADDRESS, "", frozenset({"https://docs.example.com"}))
    ((made,), problems) = read_operations(document, source)
    items: list[JsonValue] = ["a", "b"]
    request = build_request(made, {"p": items, "q": items, "h": items, "body": {"f": items}})
    assert request.url == f"https://docs.example.com/t/{encoded}?q={encoded}"
    assert (request.headers["h"], request.content, problems) == (header, f"f={encoded}".encode(), [])


def test_keywords_of_a_parameter_are_its_schema() -> None:
    schema = {
        "type": "integer",
        "format": "int32",
        "enum": [1, 2],
        "default": 1,
        "maximum": 5,
        "exclusiveMaximum": True,
    }
    found = converted_parameter(description="Which.", required=True, allowEmptyValue=True, **schema, **{"x-example": 2})
    assert found == {
        "name": "p", "in": "query", "description": "Which.", "required": True, "allowEmptyValue": True, "example": 2,
        "schema": schema,
    }  # fmt: skip


def test_a_body_parameter_is_the_request_body_in_all_consumed_types() -> None:
    body = {"name": "b", "in": "body", "description": "It.", "required": True, "schema": {"$ref": "#/definitions/T"}}
    node = converted_operation({"parameters": [body], "consumes": ["application/json", "application/xml"]})
    media = {"schema": {"$ref": "#/components/schemas/T"}}
    content = {"application/json": media, "application/xml": media}
    assert node["requestBody"] == {"content": content, "description": "It.", "required": True}
    assert "parameters" not in node
    assert "consumes" not in node


@pytest.mark.parametrize(
    ("own", "whole", "media_types"),
    [
        (None, None, ["application/json"]),
        (None, ["application/merge-patch+json"], ["application/merge-patch+json"]),
        (["text/plain"], ["application/json"], ["text/plain"]),
        ([], ["application/xml"], ["application/json"]),
    ],
)
def test_consumes_of_an_operation_overrides_that_of_the_document(
    own: list[str] | None, whole: list[str] | None, media_types: list[str]
) -> None:
    node: dict[str, Any] = {"parameters": [{"name": "b", "in": "body", "schema": {"type": "object"}}]}
    node |= {"consumes": own} if own is not None else {}
    members = {"consumes": whole} if whole is not None else {}
    assert list(converted_operation(node, **members)["requestBody"]["content"]) == media_types


FIELD = {"name": "n", "in": "formData", "type": "string", "description": "A name.", "required": True}
FILE = {"name": "f", "in": "formData", "type": "file"}
LIST = {"name": "l", "in": "formData", "type": "array", "items": {"type": "string"}, "collectionFormat": "multi"}


def test_form_data_is_a_form() -> None:
    body = converted_operation({"parameters": [FIELD, LIST]})["requestBody"]
    assert body["required"] is True
    assert body["content"] == {
        "application/x-www-form-urlencoded": {
            "schema": {
                "type": "object",
                "properties": {
                    "n": {"type": "string", "description": "A name."},
                    "l": {"type": "array", "items": {"type": "string"}},
                },
                "required": ["n"],
            },
            "encoding": {"l": {"style": "form", "explode": True}},
        }
    }


def test_form_data_with_a_file_is_multipart() -> None:
    node = {"parameters": [FIELD, FILE], "consumes": ["application/json", "application/x-www-form-urlencoded"]}
    ((media_type, media),) = converted_operation(node)["requestBody"]["content"].items()
    assert media_type == "multipart/form-data"
    assert media["schema"]["properties"]["f"] == {"type": "string", "format": "binary"}


def test_form_data_without_files_has_the_consumed_form_types() -> None:
    node = {"parameters": [FIELD], "consumes": ["application/json", "multipart/form-data"]}
    assert list(converted_operation(node)["requestBody"]["content"]) == ["multipart/form-data"]


def test_body_parameters_of_a_path_item_are_inherited_by_operations() -> None:
    body = {"name": "b", "in": "body", "schema": {"type": "string"}}
    own = {"name": "other", "in": "body", "schema": {"type": "integer"}}
    query = {"name": "q", "in": "query", "type": "string"}
    item = {"parameters": [body, query], "put": operation(), "post": operation(parameters=[own])}
    found = converted({"/t": item})["paths"]["/t"]
    schemas = [found[m]["requestBody"]["content"]["application/json"]["schema"] for m in ("put", "post")]
    assert schemas == [{"type": "string"}, {"type": "integer"}]
    assert [one["name"] for one in found["parameters"]] == ["q"]


def test_a_parameter_reference_may_lead_to_a_body_parameter() -> None:
    parameters = {"B": {"name": "b", "in": "body", "schema": {"$ref": "#/definitions/T"}},
                  "Q": {"name": "q", "in": "query", "type": "string"}}  # fmt: skip
    node = {"parameters": [{"$ref": "#/parameters/B"}, {"$ref": "#/parameters/Q"}]}
    found = converted_operation(node, parameters=parameters)
    assert found["requestBody"]["content"]["application/json"]["schema"] == {"$ref": "#/components/schemas/T"}
    assert found["parameters"] == [{"name": "q", "in": "query", "schema": {"type": "string"}}]


def test_properties_named_like_keywords_are_converted() -> None:
    animal = {
        "type": "object",
        "discriminator": "kind",
        "x-nullable": True,
        "example": {"$ref": "#/definitions/X", "x-nullable": 1},
        "properties": {
            "kind": {"type": "string", "x-example": "cat"},
            "discriminator": {"type": "string"},
            "properties": {"type": "array", "items": {"$ref": "#/definitions/Animal"}},
            "x-nullable": {"type": "file"},
        },
    }
    assert converted({}, definitions={"Animal": animal})["components"]["schemas"]["Animal"] == {
        "type": "object",
        "discriminator": {"propertyName": "kind"},
        "nullable": True,
        "example": {"$ref": "#/definitions/X", "x-nullable": 1},
        "properties": {
            "kind": {"type": "string", "example": "cat"},
            "discriminator": {"type": "string"},
            "properties": {"type": "array", "items": {"$ref": "#/components/schemas/Animal"}},
            "x-nullable": {"type": "string", "format": "binary"},
        },
    }


def test_responses_have_their_schema_in_all_produced_types() -> None:
    responses = {"200": {"description": "well", "schema": {"$ref": "#/definitions/T"}},
                 "404": {"$ref": "#/responses/None"}}  # fmt: skip
    found = converted({"/t": {"get": {"responses": responses}}}, produces=["application/json", "text/csv"])
    assert found["paths"]["/t"]["get"]["responses"] == {
        "200": {
            "description": "well",
            "content": {
                media_type: {"schema": {"$ref": "#/components/schemas/T"}}
                for media_type in ("application/json", "text/csv")
            },
        },
        "404": {"$ref": "#/components/responses/None"},
    }


@pytest.mark.parametrize(
    ("scheme", "expected"),
    [
        ({"type": "basic"}, {"type": "http", "scheme": "basic"}),
        ({"type": "apiKey", "in": "header", "name": "X"}, {"type": "apiKey", "in": "header", "name": "X"}),
        (
            {"type": "oauth2", "flow": "accessCode", "authorizationUrl": "a", "tokenUrl": "t", "scopes": {"r": "read"}},
            {
                "type": "oauth2",
                "flows": {"authorizationCode": {"authorizationUrl": "a", "tokenUrl": "t", "scopes": {"r": "read"}}},
            },
        ),
        (
            {"type": "oauth2", "flow": "application", "tokenUrl": "t"},
            {"type": "oauth2", "flows": {"clientCredentials": {"tokenUrl": "t", "scopes": {}}}},
        ),
    ],
)
def test_security_definitions_are_security_schemes(scheme: dict[str, Any], expected: dict[str, Any]) -> None:
    assert converted({}, securityDefinitions={"s": scheme})["components"]["securitySchemes"]["s"] == expected


def test_the_given_document_is_not_modified() -> None:
    given: JsonObject = swagger({"/t": {"post": operation(parameters=[FIELD, FILE])}}, definitions={"T": {"x": 1}})
    before = copy.deepcopy(given)
    to_openapi(given, ADDRESS)
    assert given == before


@pytest.mark.parametrize(
    ("version", "is_one"), [("2.0", True), (2.0, True), (2, True), ("1.2", False), (True, False), (None, False)]
)
def test_the_version_may_be_a_number(version: JsonValue, is_one: bool) -> None:
    assert is_swagger({"swagger": version}) is is_one


def test_another_version_of_swagger_is_named() -> None:
    reason = "unsupported version Swagger 1.2; Swagger 2.0 and OpenAPI 3 are supported"
    assert unsupported_reason({"swagger": "1.2"}) == reason
    assert unsupported_reason({"swagger": "2.0"}) == ""


WRONG: list[tuple[Any, str]] = [
    ({"parameters": {"q": {"in": "query"}}}, "are not an array"),
    ({"parameters": [5]}, "is not an object"),
    (
        {
            "parameters": [
                {"name": "b", "in": "body", "schema": {}},
                {"name": "c", "in": "body", "schema": {}, "required": True},
            ]
        },
        "unsupported location 'body'",
    ),
    (
        {"parameters": [{"name": "b", "in": "body", "schema": {}}, {**FIELD, "required": True}]},
        "unsupported location 'formData'",
    ),
    (5, "it is not an object"),
    (None, "it is not an object"),
]


@pytest.mark.parametrize(("node", "reason"), WRONG)
def test_invalid_operations_are_reported(node: Any, reason: str) -> None:
    paths = {"/bad": {"post": node}, "/good": {"get": operation()}}
    document = converted(paths, host="docs.example.com")
    host = "https://docs.example.com"
    operations, (problem,) = read_operations(document, Source("s", (), "s", ADDRESS, "", frozenset({host})))
    assert [found.path for found in operations] == ["/good"]
    assert reason in problem.reason
    assert problem.pointer == "/paths/~1bad/post"


@pytest.mark.parametrize("paths", [None, [], 5, {"/t": None}, {"/t": []}, {"/t": {"$ref": "#/paths/~1t"}}])
def test_paths_of_the_wrong_type_are_ignored(paths: Any) -> None:
    converted(paths, definitions=[], parameters=5, responses="x", securityDefinitions=[1], produces={})


async def test_a_served_swagger_document_gives_tools(service: Service) -> None:
    get = operation(operationId="listThings", parameters=[{"name": "q", "in": "query", "type": "string"}])
    document = swagger({"/things": {"get": get}}, basePath="/v2", host=service.url.removeprefix("http://"))
    service.routes["/swagger.json"] = Reply(document)
    system = await loaded(service, DocumentSource(document_urls=(f"{service.url}/swagger.json",)))
    (found,) = system.operations()
    assert (found.name, found.base, found.path) == ("acme_list_things", f"{service.url}/v2", "/things")
    assert found.input_schema["properties"] == {"q": {"type": "string"}}
    assert system.skipped() == []


async def test_a_system_is_added_by_its_swagger_document(service: Service) -> None:
    service.routes["/swagger.json"] = Reply(swagger({}, host="127.0.0.1:9", basePath="/v2"))
    async with httpx2.AsyncClient(trust_env=False, verify=False) as client:
        fetcher = Fetcher(client, frozenset({service.url}))
        found = await probe(f"{service.url}/swagger.json", "", fetcher)
    assert found.settings == {"description": f"{service.url}/swagger.json", "base": "http://127.0.0.1:9/v2"}
