"""The discovery documents, and the OpenAPI documents that the catalog leads to."""

import hashlib
import json
import re
from collections.abc import Iterator
from typing import Any

import httpx2
import pytest
from jsonschema import Draft202012Validator

from ..fakes.closient_apis import APPS, BASES
from ..fakes.person import http_client
from ..fakes.service import Sandbox, fits

DOCUMENTS = [
    "api-catalog",
    "agent-skills/index.json",
    "mcp.json",
    "openid-configuration",
    "oauth-authorization-server",
    "oauth-protected-resource",
    "gs1resolver",
]
SERVED = [
    "account", "brands", "certifications", "compliance", "locations", "products", "resolver", "retailers", "search",
]  # fmt: skip
UNSERVED = [app for app in APPS if app not in SERVED]


@pytest.fixture
def http(sandbox: Sandbox) -> Iterator[httpx2.Client]:
    with http_client(sandbox) as client:
        yield client


def test_the_catalog_lists_every_app_and_nothing_of_the_sandbox_itself(sandbox: Sandbox, http: httpx2.Client) -> None:
    response = http.get("/.well-known/api-catalog")

    assert [context["anchor"] for context in response.json()["linkset"]] == [
        f"{sandbox.url}/{base}/" for base in BASES.values()
    ]
    assert 'profile="https://www.rfc-editor.org/info/rfc9727"' in response.headers["content-type"]
    assert "__sandbox__" not in response.text


@pytest.mark.parametrize("name", DOCUMENTS)
def test_each_document_answers_head_and_carries_rate_limits(http: httpx2.Client, name: str) -> None:
    response = http.head(f"/.well-known/{name}")

    assert (response.status_code, response.content) == (200, b"")
    assert response.headers["ratelimit-policy"] == "300;w=60, 10000;w=86400"
    assert response.headers["access-control-allow-origin"] == "*"


def test_the_front_page_links_to_the_catalog(http: httpx2.Client) -> None:
    response = http.get("/")

    assert response.headers["link"] == '</.well-known/api-catalog>; rel="api-catalog"'
    assert response.headers["content-type"].startswith("text/html")


@pytest.mark.parametrize("name", ["openid-configuration", "oauth-authorization-server"])
def test_the_servers_metadata_is_complete(sandbox: Sandbox, http: httpx2.Client, name: str) -> None:
    metadata = http.get(f"/.well-known/{name}").json()

    assert metadata["issuer"] == sandbox.url
    assert {member: value for member, value in metadata.items() if member.endswith("_endpoint")} == {
        f"{what}_endpoint": f"{sandbox.url}/oauth/{path}/"
        for what, path in {
            "authorization": "authorize",
            "token": "token",
            "registration": "register",
            "revocation": "revoke_token",
            "introspection": "introspect",
            "userinfo": "userinfo",
            "device_authorization": "device-authorization",
        }.items()
    }
    assert metadata["code_challenge_methods_supported"] == ["S256"]
    assert metadata["authorization_response_iss_parameter_supported"] is True
    assert "none" in metadata["token_endpoint_auth_methods_supported"]
    assert {f"{app}:{access}" for app in APPS for access in ("read", "write")} < set(metadata["scopes_supported"])


def test_the_resource_names_its_authorization_server(sandbox: Sandbox, http: httpx2.Client) -> None:
    metadata = http.get("/.well-known/oauth-protected-resource").json()

    assert (metadata["resource"], metadata["authorization_servers"]) == (sandbox.url, [sandbox.url])


def test_each_skill_that_the_quickstart_names_is_at_the_url_in_the_index(http: httpx2.Client) -> None:
    skills = http.get("/.well-known/agent-skills/index.json").json()["skills"]

    assert [skill["name"] for skill in skills] == [
        "closient-api-quickstart", "closient-openapi-tour", "local-product-search", "resolve-gtin",
        "check-product-availability", "decode-gs1-ai", "build-gs1-digital-link", "claim-brand", "onboard-retailer",
    ]  # fmt: skip
    for skill in skills:
        text = http.get(skill["url"])
        assert text.text.startswith(f"---\nname: {skill['name']}\ndescription: {skill['description']}\n---\n")
        assert skill["digest"] == f"sha256:{hashlib.sha256(text.content).hexdigest()}"
    assert http.get("/.well-known/agent-skills/other/SKILL.md").status_code == 404


def test_llms_txt_links_to_what_is_there(sandbox: Sandbox, http: httpx2.Client) -> None:
    links = re.findall(r"\]\((.*?)\)", http.get("/llms.txt").text)

    assert {f"{sandbox.url}/{base}/openapi.json" for base in BASES.values()} < set(links)
    assert {http.get(link).status_code for link in links} == {200}


def test_the_server_card_names_no_server_and_the_front_page_says_so(http: httpx2.Client) -> None:
    assert http.get("/.well-known/mcp.json").json()["remotes"] == []
    assert "hosts no MCP server of its own" in http.get("/").text


@pytest.mark.parametrize("app", APPS)
def test_each_document_is_openapi_3_1_with_valid_schemas(sandbox: Sandbox, http: httpx2.Client, app: str) -> None:
    document = http.get(f"/{BASES[app]}/openapi.json").json()

    assert document["openapi"] == "3.1.0"
    assert document["servers"][0]["url"] == sandbox.url
    assert all(path.startswith(f"/{BASES[app]}/") for path in document["paths"])
    for schema in _schemas(document):
        Draft202012Validator.check_schema(schema)
    for reference in _references(document):
        assert reference.removeprefix("#/components/schemas/") in document["components"]["schemas"]


def operations_of(http: httpx2.Client, app: str) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """The method, path and description of each operation."""
    for path, methods in http.get(f"/{BASES[app]}/openapi.json").json()["paths"].items():
        for method, operation in methods.items():
            yield method, path, operation


def problems_of(operation: dict[str, Any]) -> set[str]:
    """The statuses that an operation answers with a problem document."""
    content = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
    return {status for status, response in operation["responses"].items() if response.get("content") == content}


@pytest.mark.parametrize("app", SERVED)
def test_every_operation_declares_the_errors_it_can_answer(http: httpx2.Client, app: str) -> None:
    for _, path, operation in operations_of(http, app):
        expected = {"401", "403", "429"}
        expected |= {"404"} if "{" in path else set()
        expected |= {"422"} if operation["parameters"] else set()
        expected |= {"400", "422"} if "requestBody" in operation else set()
        assert expected <= problems_of(operation), path


@pytest.mark.parametrize("app", UNSERVED)
def test_what_the_sandbox_does_not_serve_answers_the_501_that_is_declared(
    sandbox: Sandbox, http: httpx2.Client, app: str
) -> None:
    for method, path, operation in operations_of(http, app):
        response = http.request(method, path, headers={"X-API-Key": sandbox.api_key}, json={})

        assert (response.status_code, response.json()["error_code"]) == (501, "not_implemented"), path
        assert response.headers["content-type"] == "application/problem+json"
        assert response.json()["retryable"] is False
        assert problems_of(operation) == operation["responses"].keys() == {"401", "403", "429", "501"}
        anonymous = http.request(method, path).status_code
        assert anonymous == (401 if "security" in operation else 501)


def test_what_no_document_describes_is_not_found(sandbox: Sandbox, http: httpx2.Client) -> None:
    key = {"X-API-Key": sandbox.api_key}

    assert http.get("/billing/api/v1/nothing", headers=key).status_code == 404
    wrong = http.put("/integrations/api/v1/webhooks/endpoints/", headers=key)
    assert (wrong.status_code, wrong.headers["allow"]) == (405, "GET, POST")


@pytest.mark.parametrize(
    "path",
    [
        "/search/api/v1/search",
        "/products/api/v1/trade-items",
        "/compliance/api/v1/nothing",
        "/products/api/v1/products/12",
    ],
)
def test_an_error_is_as_its_document_declares(http: httpx2.Client, path: str) -> None:
    response = http.get(path)
    schema = http.get("/search/api/v1/openapi.json").json()["components"]["schemas"]["Problem"]

    assert response.status_code >= 400
    assert fits(schema, response.json())
    assert not fits(schema, {"detail": "x"})


@pytest.mark.parametrize("app", APPS)
def test_each_operation_has_a_summary_and_a_unique_id(http: httpx2.Client, app: str) -> None:
    document = http.get(f"/{BASES[app]}/openapi.json").json()
    operations = [operation for path in document["paths"].values() for operation in path.values()]
    ids = [operation["operationId"] for operation in operations]

    assert len(set(ids)) == len(ids)
    assert all(name.startswith(f"apps_{app}_api_v1_views_") for name in ids)
    assert all(operation["summary"] and operation["description"] for operation in operations)
    assert all(parameter.get("description") for parameter in _queries(operations))


@pytest.mark.parametrize("app", ["products", "resolver", "account"])
def test_documents_declare_the_key_and_no_scopes(http: httpx2.Client, app: str) -> None:
    document = http.get(f"/{BASES[app]}/openapi.json").json()

    assert document["components"]["securitySchemes"] == {
        "ApiKeyAuth": {"type": "apiKey", "in": "header", "name": "X-API-Key"}
    }
    assert document["paths"][f"/{app}/api/v1/{FIRST[app]}"]["get"]["security"] == [{"ApiKeyAuth": []}]


def test_the_catalog_search_is_public_in_its_document(http: httpx2.Client) -> None:
    document = http.get("/search/api/v1/openapi.json").json()

    assert "security" not in document["paths"]["/search/api/v1/search"]["get"]


FIRST = {
    "products": "trade-items/{gtin}",
    "resolver": "organizations/{organization_id}/resolution-rules",
    "account": "whoami",
}


def _schemas(document: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield from document["components"]["schemas"].values()
    for path in document["paths"].values():
        for operation in path.values():
            yield from (parameter["schema"] for parameter in operation["parameters"])


def _queries(operations: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    return (item for operation in operations for item in operation["parameters"] if item["in"] == "query")


def _references(node: object) -> set[str]:
    """Where the references in a document lead to, by the text of the document."""
    return set(re.findall(r'"\$ref": "([^"]+)"', json.dumps(node)))
