"""Catalogs as they are published, each served and read as a whole; the shapes are real, the content is ours."""

from __future__ import annotations

import json
from typing import Any

import pytest

from closient_mcp.tools.catalog.discovery import DocumentSource
from closient_mcp.tools.systems import system as system_module
from closient_mcp.tools.systems.system import System

from ...fakes.service import Reply, Service, running_service
from ...fakes.systems import api, loaded, names, opened, skipped

OPENAPI = "application/openapi+json;version=3.1"
CATALOG = "/.well-known/api-catalog"


def serve(service: Service, *contexts: Any, **members: Any) -> None:
    service.routes[CATALOG] = Reply({"linkset": contexts, **members})


def yaml_of(name: str) -> str:
    return (
        f"openapi: 3.1.0\ninfo: {{title: T, version: 1}}\npaths:\n  /{name}:\n    get:\n      operationId: get_{name}\n"
    )


async def test_one_context_per_app(service: Service) -> None:
    service.serve_apis(search=api("hits"), products=api("items"))
    system = await loaded(service)
    assert names(system) == ["acme_products_get_items", "acme_search_get_hits"]
    assert system.complete
    assert not system.skipped()


async def test_of_600_contexts_only_a_limited_number_is_fetched(service: Service) -> None:
    slugs = [f"maker-{number:03}" for number in range(600)]
    serve(
        service,
        *(
            {
                "anchor": f"{service.url}/store/{slug}/",
                "title": f"The store of {slug}",
                "description": "A plain string",
                "service-desc": [{"href": f"/specs/{slug}.json", "type": "application/vnd.oai.openapi"}],
                "describedby": [{"href": f"/schemas/{slug}", "title": "JSONSchema"}],
            }
            for slug in slugs
        ),
    )
    for slug in slugs:
        service.routes[f"/specs/{slug}.json"] = Reply(api("orders"))
    async with opened(service, pins=("maker_599",)) as system:
        await system.load()
        assert len(system.entries) == 600
        assert len({entry.api for entry in system.entries}) == 600
        assert len(service.received) == 1 + system_module.MAX_DOCUMENTS
        assert "acme_maker_599_get_orders" in names(system)
        assert "600 documents; 60 are read at the start" in system.skipped()[0].reason
        assert await system.load_matching("orders of the store maker 432")
        assert "acme_maker_432_get_orders" in names(system)
        assert len(service.received) <= 1 + system_module.MAX_DOCUMENTS + system_module.MAX_PER_SEARCH


async def test_documents_read_on_demand_are_evicted(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(system_module, "MAX_DOCUMENTS", 2)
    monkeypatch.setattr(system_module, "MAX_KEPT", 3)
    service.serve_apis(**{f"{letter}x": api(f"{letter}x") for letter in "abcde"})
    async with opened(service) as system:
        await system.load()
        at_start = names(system)
        assert await system.load_matching("", "cx")
        assert await system.load_for_tool("acme_dx_get_dx")
        assert names(system) == [*at_start, "acme_dx_get_dx"]
        assert not await system.load_matching("", "dx")
        assert system.is_on_demand("dx")
        assert not system.is_on_demand("ax")
        assert not await system.load_matching("nothing like it")


async def test_the_documents_used_last_are_kept_under_the_same_names(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(system_module, "MAX_DOCUMENTS", 1)
    monkeypatch.setattr(system_module, "MAX_KEPT", 3)
    service.serve_apis(**{f"{letter}x": api("things", servers=[{"url": "/v1"}]) for letter in "bacde"})
    async with opened(service) as system:
        await system.load()
        for wanted in ("ax", "cx", "ax", "dx"):
            await system.load_matching("", wanted)
        assert names(system) == ["acme_ax_get_things", "acme_bx_get_things", "acme_dx_get_things"]


async def test_anchors_that_share_a_document_are_one_api_with_both_titles(service: Service) -> None:
    base = service.url
    shared = {"service-desc": [{"href": f"{base}/api/v1/openapi.json", "type": OPENAPI}]}
    card = {"service-desc": [{"href": f"{base}/.well-known/mcp.json", "type": "application/json"}]}
    items = [
        {"href": f"{base}/api/v1/scans", "type": OPENAPI, "title": "Scans"},
        {"href": f"{base}/api/v1/mcp", "type": "application/json", "title": "The MCP server"},
        {"href": f"{base}/api/v1/ask", "type": OPENAPI, "title": "Questions"},
    ]
    serve(
        service,
        {"anchor": f"{base}{CATALOG}", "item": items},
        {"anchor": f"{base}/api/v1/scans", **shared, "status": [{"href": f"{base}/health"}]},
        {"anchor": f"{base}/api/v1/mcp", **card, "service-doc": [{"href": f"{base}/mcp", "type": "text/html"}]},
        {"anchor": f"{base}/api/v1/ask", **shared},
    )
    service.routes["/api/v1/openapi.json"] = Reply(api("scans"))
    system = await loaded(service)
    assert names(system) == ["acme_scans_get_scans"]
    assert system.entries[0].titles == ("Scans", "Questions")
    assert skipped(system) == {"mcp.json": "skipped: an MCP server or its card"}
    asked = [got.path for got in service.received]
    assert asked == [CATALOG, "/api/v1/openapi.json"], "an item is the API, not its description"


async def test_documents_that_differ_only_by_query_are_different_apis(service: Service) -> None:
    serve(
        service,
        *(
            {
                "anchor": f"{service.url}/reference/{name}",
                "service-desc": [{"href": f"/openapi.yaml?api={name}", "type": "application/yaml"}],
            }
            for name in ("hris", "ats")
        ),
    )
    service.routes["/openapi.yaml"] = lambda got: Reply(yaml_of(got.query.removeprefix("api=")))
    assert names(await loaded(service)) == ["acme_ats_get_ats", "acme_hris_get_hris"]


async def test_items_and_entries_in_one_document(service: Service) -> None:
    serve(
        service,
        {"anchor": CATALOG, "item": [{"href": "/api/a"}, {"href": "/api/b"}]},
        {
            "anchor": "/api/a",
            "service-desc": [
                {"href": "/a.yaml", "type": "application/vnd.oai.openapi"},
                {"href": "/a.json", "type": "application/json"},
            ],
            "service-meta": [{"href": "/a-meta", "type": "application/json"}],
        },
    )
    service.routes["/a.json"] = Reply(api("things"))
    system = await loaded(service)
    assert names(system) == ["acme_a_get_things"], "of the JSON and the YAML of one document the JSON is read"
    assert skipped(system) == {"b": "the catalog lists it as an `item` without a document"}


async def test_the_yaml_alternate_is_read_if_the_json_is_missing(service: Service) -> None:
    serve(service, {"anchor": "/a", "service-desc": ["/a.json", {"href": "/a.yaml"}]})
    service.routes["/a.yaml"] = Reply(yaml_of("things"))
    system = await loaded(service)
    assert names(system) == ["acme_a_get_things"]
    assert not system.skipped()


async def test_catalogs_nested_by_their_relation(service: Service) -> None:
    serve(
        service, {"anchor": CATALOG, "api-catalog": [{"href": "/iot/api-catalog"}, {"href": "/ecommerce/api-catalog"}]}
    )
    for name in ("iot", "ecommerce"):
        context = {"anchor": f"/{name}/", "service-desc": [{"href": f"/{name}.json"}]}
        service.routes[f"/{name}/api-catalog"] = Reply({"linkset": [context]})
        service.routes[f"/{name}.json"] = Reply(api("things"))
    assert names(await loaded(service)) == ["acme_ecommerce_get_things", "acme_iot_get_things"]


async def test_catalogs_nested_by_their_type_alone(service: Service) -> None:
    inner = "/commerce/.well-known/api-catalog"
    serve(
        service,
        {"anchor": "/commerce", "service-desc": [{"href": inner, "type": "application/linkset+json"}]},
        {"anchor": "/other", "related": {"href": "/lost", "type": "application/linkset+json; profile=x"}},
    )
    service.routes[inner] = Reply({"linkset": [{"anchor": "/commerce/v1", "service-desc": "/commerce/spec"}]})
    service.routes["/commerce/spec"] = Reply(api("carts"))
    system = await loaded(service)
    assert names(system) == ["acme_commerce_get_carts"]
    assert skipped(system) == {"lost": "no api-catalog there: HTTP 404 Not Found"}


async def test_the_bare_string_of_rfc_9727s_own_example(service: Service) -> None:
    serve(service, {"anchor": "/", "item": [{"href": "/x"}], "api-catalog": f"{service.url}/more"})
    service.routes["/more"] = Reply({"linkset": [{"anchor": "/x", "service-desc": [{"href": "/x.json"}]}]})
    service.routes["/x.json"] = Reply(api("things"))
    assert names(await loaded(service)) == ["acme_x_get_things"]


async def test_links_under_api_catalog_are_classified(service: Service) -> None:
    profile = [{"href": "https://www.rfc-editor.org/info/rfc9727"}]
    serve(
        service,
        {"anchor": CATALOG, "profile": profile},
        {
            "anchor": "/crm",
            "api-catalog": [
                {"href": "/openapi.yaml", "type": "application/yaml"},
                {"href": "/docs", "type": "text/html"},
                {"href": "/.well-known/mcp/server-card.json", "type": "application/json"},
                {"href": "/.well-known/oauth-authorization-server", "type": "application/json"},
            ],
        },
    )
    service.routes["/openapi.yaml"] = Reply(yaml_of("leads"))
    system = await loaded(service)
    assert names(system) == ["acme_crm_get_leads"]
    assert skipped(system) == {
        "docs": "skipped: a web page (HTML)",
        "server-card.json": "skipped: an MCP server or its card",
        "oauth-authorization-server": "skipped: OAuth metadata",
    }
    assert len(service.received) == 2


async def test_one_anchor_with_two_documents_without_extensions(service: Service) -> None:
    ids = ("65a1b2c3d4e5f60718293a4b", "75a1b2c3d4e5f60718293a4b")
    serve(service, *({"anchor": "/", "service-desc": [{"href": f"/openapi/{one}"}]} for one in ids))
    service.routes |= {f"/openapi/{ids[0]}": Reply(api("a")), f"/openapi/{ids[1]}": Reply(api("b"))}
    system = await loaded(service)
    assert len(system.entries) == len({entry.api for entry in system.entries}) == 2
    assert [name.rsplit("_", 1)[1] for name in names(system)] in (["a", "b"], ["b", "a"])


async def test_equal_documents_at_two_urls_are_one_api(service: Service) -> None:
    serve(service, {"anchor": "/b", "service-desc": "/2.json"}, {"anchor": "/a", "service-desc": "/1.json"})
    same = Reply(api("things", servers=[{"url": "/v1"}]))
    service.routes |= {"/1.json": same, "/2.json": same}
    system = await loaded(service)
    assert names(system) == ["acme_a_get_things"]
    assert skipped(system) == {"2.json": f"it is the same document as {service.url}/1.json"}


async def test_equal_documents_of_apis_in_two_places_are_two(service: Service) -> None:
    serve(service, {"anchor": "/eu", "service-desc": "/1.json"}, {"anchor": "/us", "service-desc": "/2.json"})
    service.routes |= {"/1.json": Reply(api("things")), "/2.json": Reply(api("things"))}
    assert names(await loaded(service)) == ["acme_eu_get_things", "acme_us_get_things"]


async def test_an_empty_catalog_is_reported(service: Service) -> None:
    serve(service)
    system = await loaded(service)
    assert not system.failure
    assert system.complete
    assert not names(system)
    assert skipped(system)["api-catalog"].startswith("the catalog is empty")


async def test_an_html_page_with_status_200_is_no_catalog(service: Service) -> None:
    service.routes[CATALOG] = Reply("<!doctype html><div id=app>", headers={"Content-Type": "text/html"})
    assert "got a web page (HTML)" in (await loaded(service)).failure


@pytest.mark.parametrize("kind", ["application/json", "application/octet-stream", "text/plain", "text/html"])
async def test_the_content_type_of_a_catalog_is_ignored(service: Service, kind: str) -> None:
    service.serve_apis(a=api("things"))
    catalog = json.dumps(service.catalog_of("a"))
    service.routes[CATALOG] = Reply(catalog, headers={"Content-Type": kind})
    assert names(await loaded(service)) == ["acme_a_get_things"]


async def test_a_flat_list_of_links_is_read_and_reported(service: Service) -> None:
    links = [
        {"rel": "service-desc", "href": "/openapi.json", "type": "application/json"},
        {"rel": "service-doc", "href": "/docs", "type": "text/html"},
        {"rel": "service-desc", "href": "/llms.txt", "type": "text/plain"},
    ]
    service.routes |= {CATALOG: Reply({"links": links}), "/openapi.json": Reply(api("things"))}
    system = await loaded(service)
    assert names(system) == ["acme_api_get_things"]
    assert skipped(system) == {
        "api-catalog": "it has `links` instead of a `linkset` (RFC 9264)",
        "llms.txt": "skipped: text for people or models (such as llms.txt)",
    }


@pytest.mark.parametrize("member", ["openAPISpec", "specification", "openapi"])
async def test_a_list_of_apis_with_openapi_urls_is_read(service: Service, member: str) -> None:
    apis = [
        {"name": "Orders", "baseURL": f"{service.url}/orders/v1", member: "/orders.json"},
        {"name": "Mystery", "url": f"{service.url}/mystery"},
    ]
    service.routes |= {CATALOG: Reply({"apis": apis}), "/orders.json": Reply(api("open"))}
    system = await loaded(service)
    assert [(one.name, one.base) for one in system.operations()] == [
        ("acme_orders_get_open", f"{service.url}/orders/v1")
    ]
    assert skipped(system)["Mystery"] == "no member has the URL of its OpenAPI document (it has name, url)"


@pytest.mark.parametrize("member", ["relations", "links"])
async def test_contexts_that_list_their_relations(service: Service, member: str) -> None:
    links = [{"rel": "service-desc", "href": "/openapi.json"}, {"rel": "service-doc", "href": "/docs"}]
    serve(service, {"anchor": "/games", member: links}, _comment="made by hand")
    service.routes["/openapi.json"] = Reply(api("players"))
    system = await loaded(service)
    assert names(system) == ["acme_games_get_players"]
    assert not system.skipped()


async def test_items_whose_targets_have_their_own_relation(service: Service) -> None:
    items = [
        {"href": "/spec", "rel": "service-desc"},
        {"href": "/docs", "rel": "service-doc", "type": "text/html"},
    ]
    serve(service, {"anchor": "/lab", "item": items})
    service.routes["/spec"] = Reply(api("tests"))
    assert names(await loaded(service)) == ["acme_lab_get_tests"]


async def test_members_that_are_not_links_are_ignored(service: Service) -> None:
    extras = {
        "_comment": "hello",
        "profile": "https://www.rfc-editor.org/info/rfc9727",
        "title": "T",
        "description": "D",
    }
    context = {"anchor": "/a", **extras, "publisher": [{"href": "urn:x"}], "service-desc": [{"href": "/a.json"}]}
    serve(service, context, **{"linkset-metadata": {"publisher": "x"}, "linkset-meta": []})
    service.routes["/a.json"] = Reply(api("things"))
    system = await loaded(service)
    assert names(system) == ["acme_a_get_things"]
    assert not system.skipped()
    assert system.entries[0].titles == ("T",)


async def test_a_catalog_that_names_itself_is_read_once(service: Service) -> None:
    me = {"href": f"{service.url}{CATALOG}/", "type": "application/linkset+json"}
    described = {"anchor": "/a", "item": [{"href": "/a"}], "describedby": [me], "service-desc": "/a.json"}
    serve(service, {"anchor": CATALOG, "api-catalog": CATALOG}, described)
    service.routes["/a.json"] = Reply(api("things"))
    system = await loaded(service)
    assert names(system) == ["acme_a_get_things"]
    assert not system.skipped()
    assert [got.path for got in service.received] == [CATALOG, "/a.json"]


async def test_catalogs_of_two_hosts_that_list_each_other_are_read_once(service: Service) -> None:
    with running_service() as other:
        serve(service, {"anchor": "/a", "service-desc": "/a.json"}, {"api-catalog": f"{other.url}{CATALOG}"})
        serve(other, {"anchor": "/b", "service-desc": "/b.json"}, {"api-catalog": f"{service.url}{CATALOG}"})
        service.routes["/a.json"] = Reply(api("things"))
        other.routes["/b.json"] = Reply(api("things"))
        system = await loaded(service, origins=(other.url,))
        assert names(system) == ["acme_a_get_things", "acme_b_get_things"]
        assert [got.path for got in other.received] == [CATALOG, "/b.json"]


async def test_nested_catalogs_are_read_to_a_limited_depth(service: Service) -> None:
    for depth in range(6):
        path = CATALOG if depth == 0 else f"/catalog{depth}"
        context = {"anchor": f"/a{depth}", "service-desc": f"/{depth}.json", "api-catalog": f"/catalog{depth + 1}"}
        service.routes |= {path: Reply({"linkset": [context]}), f"/{depth}.json": Reply(api(f"x{depth}"))}
    system = await loaded(service)
    assert [name[-2:] for name in names(system)] == ["x0", "x1", "x2", "x3"]
    assert skipped(system) == {"catalog4": "nested more than 3 levels deep"}


async def test_the_number_of_nested_catalogs_is_limited(service: Service) -> None:
    serve(service, {"api-catalog": [f"/c{number}" for number in range(60)]})
    service.routes |= {f"/c{number}": Reply({"linkset": [{}]}) for number in range(60)}
    system = await loaded(service)
    assert len(service.received) == 50
    assert skipped(system)["c59"] == "there are more than 50 nested catalogs"


async def test_rule_1_documents_are_fetched_without_credentials(service: Service) -> None:
    with running_service() as elsewhere:
        serve(service, {"anchor": "/a", "service-desc": f"{elsewhere.url}/a.json"})
        elsewhere.routes["/a.json"] = Reply(api("things", servers=[{"url": f"{service.url}/v1"}]))
        system = await loaded(service)
        assert [one.base for one in system.operations()] == [f"{service.url}/v1"]
        assert not {"authorization", "x-api-key", "cookie"} & elsewhere.received[0].headers.keys()


async def test_rule_1_an_api_at_another_origin_is_not_called(service: Service) -> None:
    serve(service, {"anchor": "https://elsewhere.example/a", "service-desc": "/a.json"})
    service.routes["/a.json"] = Reply(api("things", servers=[{"url": "https://elsewhere.example/v1"}]))
    system = await loaded(service)
    assert not names(system)
    assert "https://elsewhere.example, which is not a URL of this system" in skipped(system)["things"]


async def test_a_document_that_requires_sign_in_is_reported(service: Service) -> None:
    service.serve_apis(a=api("things"), b=api("things"))
    service.routes["/b/api/v1/openapi.json"] = Reply(status=401, headers={"WWW-Authenticate": "Bearer"})
    system = await loaded(service)
    assert names(system) == ["acme_a_get_things"]
    assert not system.complete
    assert skipped(system) == {"openapi.json": "HTTP 401 Unauthorized"}


NOT_OPENAPI = [
    ("# Acme\n\n> Everything about Acme\n\n- [Docs](https://x/docs): all of them", "plain text (such as an llms.txt)"),
    ("Just some words.", "plain text"),
    ("", "not JSON"),
    ("<!doctype html>", "a web page (HTML)"),
    ('<?xml version="1.0"?><wsdl:definitions xmlns:wsdl="http://schemas.xmlsoap.org/wsdl/"/>', "a WSDL document"),
    ('<?xml version="1.0"?><a/>', "an XML document"),
    ("type Query {\n  a(b: Int): String\n}\n", "a GraphQL schema"),
    ('{"data": {"__schema": {}}}', "a GraphQL schema"),
    ('{"asyncapi": "3.0.0"}', "AsyncAPI 3.0.0"),
    ("asyncapi: 2.6.0\nchannels: {}\n", "AsyncAPI 2.6.0"),
    ('{"serverInfo": {"name": "x"}}', "an MCP server's card"),
    ('{"$schema": "https://static.modelcontextprotocol.io/schemas/server.json"}', "an MCP server's card"),
    ('{"jsonrpc": "2.0", "error": {}}', "a JSON-RPC endpoint"),
    ('{"linkset": []}', "an api-catalog"),
    ('{"issuer": "x", "authorization_endpoint": "y"}', "OAuth metadata"),
    ('{"namespaces": [], "routes": {}}', "WordPress"),
    ('{"operations": []}', "no `openapi` member"),
    ("[1, 2]", "a list"),
    ("openapi: 3.1.0\npaths: {\n", "not YAML"),
]


@pytest.mark.parametrize(("body", "says"), NOT_OPENAPI)
async def test_other_content_is_reported_by_its_kind(service: Service, body: str, says: str) -> None:
    service.serve_apis(a=api("things"), b=api("things"))
    service.routes["/b/api/v1/openapi.json"] = Reply(body)
    system = await loaded(service)
    assert names(system) == ["acme_a_get_things"]
    assert says in skipped(system)["openapi.json"]


@pytest.mark.parametrize(
    ("href", "kind", "says"),
    [
        ("/docs", "text/html", "a web page"),
        ("/llms-full.txt", "", "such as llms.txt"),
        ("/api/mcp", "application/json", "an MCP server"),
        ("/graphql", "", "GraphQL"),
        ("/schema", "application/graphql", "GraphQL"),
        ("/asyncapi.yaml", "application/yaml", "AsyncAPI"),
        ("/events", "application/vnd.aai.asyncapi+json", "AsyncAPI"),
        ("/service?wsdl", "", "a WSDL"),
        ("/service", "text/xml", "a WSDL"),
        ("/wp-json/", "", "WordPress"),
        ("/data", "text/n3", "such as llms.txt"),
        ("/data", "application/protobuf", "of type application/protobuf"),
    ],
)
async def test_links_to_other_kinds_of_content_are_not_fetched(
    service: Service, href: str, kind: str, says: str
) -> None:
    serve(
        service,
        {"anchor": "/a", "service-desc": [{"href": href, "type": kind}]},
        {"anchor": "/b", "service-desc": "/b.json"},
    )
    service.routes["/b.json"] = Reply(api("things"))
    system = await loaded(service)
    assert names(system) == ["acme_b_get_things"]
    (problem,) = system.skipped()
    assert problem.reason.startswith("skipped: ")
    assert says in problem.reason
    assert len(service.received) == 2


async def test_service_meta_is_used_if_service_desc_is_not_openapi(service: Service) -> None:
    card = {"href": "/.well-known/mcp/server-card.json", "type": "application/json"}
    spec = {"href": "/openapi", "type": "application/vnd.oai.openapi+json;version=3.0"}
    serve(service, {"anchor": "/world", "service-desc": [card], "service-meta": [spec], "agent-skills-index": []})
    service.routes["/openapi"] = Reply(api("news"))
    system = await loaded(service)
    assert names(system) == ["acme_world_get_news"]
    assert skipped(system) == {"server-card.json": "skipped: an MCP server or its card"}


async def test_an_item_that_is_a_document_is_read(service: Service) -> None:
    serve(service, {"anchor": CATALOG, "item": [{"href": "/shop/openapi.json", "type": OPENAPI}]})
    service.routes["/shop/openapi.json"] = Reply(api("carts"))
    system = await loaded(service)
    assert [(one.name, one.base) for one in system.operations()] == [("acme_shop_get_carts", service.url)]


async def test_servers_override_an_anchor_that_is_a_documentation_page(service: Service) -> None:
    with running_service() as docs:
        page = f"{docs.url}/reference/foo"
        spec = {"href": f"{docs.url}/openapi.yaml?api=1", "type": "application/yaml"}
        serve(docs, {"anchor": page, "service-desc": [spec], "service-doc": [{"href": page, "type": "text/html"}]})
        docs.routes["/openapi.yaml"] = Reply(f"servers: [{{url: '{service.url}/v2'}}]\n{yaml_of('foo')}")
        system = await loaded(service, DocumentSource(catalog=f"{docs.url}{CATALOG}"))
        assert [(one.name, one.base) for one in system.operations()] == [("acme_foo_get_foo", f"{service.url}/v2")]
        assert "the catalog has the API at " + docs.url in skipped(system)["openapi.yaml?api=1"]


async def test_relative_urls_are_resolved_against_the_final_url(service: Service) -> None:
    service.routes[CATALOG] = Reply(status=302, headers={"Location": "/deep/er/catalog.json"})
    contexts = [{"anchor": "../x/", "service-desc": {"href": "x.json"}}, {"service-desc": "y.json"}]
    service.routes["/deep/er/catalog.json"] = Reply({"linkset": contexts})
    service.routes |= {"/deep/er/x.json": Reply(api("a")), "/deep/er/y.json": Reply(api("b"))}
    system = await loaded(service)
    assert {one.name: one.base for one in system.operations()} == {
        "acme_x_get_a": f"{service.url}/deep/x",
        "acme_y_get_b": service.url,
    }


async def test_a_redirect_to_a_catalog_on_another_host_is_reported(service: Service) -> None:
    with running_service() as canonical:
        service.routes[CATALOG] = Reply(status=308, headers={"Location": f"{canonical.url}{CATALOG}"})
        serve(canonical, {"anchor": f"{service.url}/a", "service-desc": f"{service.url}/a.json"})
        service.routes["/a.json"] = Reply(api("things"))
        system = await loaded(service)
        assert names(system) == ["acme_a_get_things"]
        assert skipped(system)["api-catalog"] == f"it redirects to the catalog of another host, {canonical.url}"


async def test_names_do_not_depend_on_other_documents(service: Service) -> None:
    def read(system: System) -> set[str]:
        return set(names(system))

    service.serve_apis(a=api("things"), b=api("things"))
    whole = read(await loaded(service))
    service.routes["/a/api/v1/openapi.json"] = Reply(status=500)
    assert read(await loaded(service)) < whole


async def test_servers_replaced_by_the_catalogs_url_are_reported(
    service: Service,
) -> None:
    service.serve_apis(a=api("things", servers=[{"url": "https://production.example/a"}]))
    system = await loaded(service)
    assert [one.base for one in system.operations()] == [f"{service.url}/a/api/v1"]
    assert "its servers are at https://production.example" in skipped(system)["openapi.json"]
