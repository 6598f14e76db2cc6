"""How a service's descriptions are found: by its site, by their own URLs, in files."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from closient_mcp.tools.catalog.discovery import DocumentSource
from closient_mcp.tools.formats.link_header import read_links
from closient_mcp.tools.systems import system as system_module

from ...fakes.service import Reply, Service, running_service
from ...fakes.systems import api, loaded, names, skipped

CATALOG = "/.well-known/api-catalog"


def link(target: str, relation: str = "api-catalog") -> dict[str, str]:
    return {"Link": f'<{target}>; rel="{relation}"'}


async def test_the_well_known_catalog_of_a_site_comes_first(service: Service) -> None:
    service.serve_apis(a=api("things"))
    service.routes["/docs"] = Reply(headers=link("/other"))
    assert names(await loaded(service, DocumentSource(site=f"{service.url}/docs"))) == ["acme_a_get_things"]
    assert [got.path for got in service.received] == [CATALOG, "/a/api/v1/openapi.json"]


@pytest.mark.parametrize("there", [Reply(status=404), Reply("<html>"), Reply(status=500), Reply({"a": 1})])
async def test_rfc_9727_3_a_catalog_may_be_named_by_a_link_header(service: Service, there: Reply) -> None:
    service.serve_apis(a=api("things"))
    service.routes |= {"/hidden/catalog": service.routes[CATALOG], CATALOG: there}
    service.routes["/docs"] = Reply("a page", headers=link("/hidden/catalog"))
    assert names(await loaded(service, DocumentSource(site=f"{service.url}/docs"))) == ["acme_a_get_things"]
    assert [got.method for got in service.received if got.path == "/docs"] == ["HEAD"]


async def test_a_link_header_is_requested_by_get_if_head_has_none(service: Service) -> None:
    service.serve_apis(a=api("things"))
    service.routes |= {"/hidden": service.routes[CATALOG], CATALOG: Reply(status=404)}
    service.routes["/"] = lambda got: Reply(status=405) if got.method == "HEAD" else Reply(headers=link("hidden"))
    assert names(await loaded(service, DocumentSource(site=service.url + "/"))) == ["acme_a_get_things"]


async def test_the_link_of_a_redirected_site_is_relative_to_its_final_url(service: Service) -> None:
    service.serve_apis(a=api("things"))
    service.routes |= {"/docs/catalog": service.routes[CATALOG], CATALOG: Reply(status=404)}
    service.routes |= {"/": Reply(status=302, headers={"Location": "/docs/"})}
    service.routes |= {"/docs/": Reply(status=401, headers=link("catalog"))}
    assert names(await loaded(service, DocumentSource(site=service.url + "/"))) == ["acme_a_get_things"]


@pytest.mark.parametrize(
    ("header", "says"),
    [
        ("", "has none"),
        ('</x>; rel="service-desc"', "has none"),
        ('</x>; rel="api-catalog"; anchor="https://elsewhere.example/"', "has none"),
        ('<file:///etc/passwd>; rel="api-catalog"', "has none"),
        ('</x>; rel="api-catalog"', "and none at"),
        (f'<{CATALOG}>; rel="api-catalog"', "has none"),
    ],
)
async def test_a_site_without_a_catalog_is_reported_with_all_attempts(service: Service, header: str, says: str) -> None:
    service.routes["/"] = Reply(headers={"Link": header} if header else {})
    system = await loaded(service, DocumentSource(site=service.url + "/"))
    assert f"no api-catalog at {service.url}{CATALOG}: HTTP 404 Not Found" in system.failure
    assert says in system.failure
    assert not system.loaded


async def test_rule_2_a_link_header_must_not_name_private_addresses(service: Service) -> None:
    service.routes["/"] = Reply(headers=link("https://10.0.0.1/catalog"))
    system = await loaded(service, DocumentSource(site=service.url + "/"))
    assert "10.0.0.1 has the private address" in system.failure


async def test_other_discovery_documents_are_never_read(service: Service) -> None:
    await loaded(service, DocumentSource(site=service.url))
    assert {got.path for got in service.received} == {CATALOG, "/"}


@pytest.mark.parametrize(
    ("header", "links"),
    [
        ('<a>; rel="api-catalog"', [("a", ("api-catalog",))]),
        ("<a>; rel=api-catalog", [("a", ("api-catalog",))]),
        ('<a>;REL="next API-Catalog"', [("a", ("next", "api-catalog"))]),
        ('<a>; rel=x; rel="api-catalog"', [("a", ("x",))]),
        ('<a,b;c>; title="x, <y>; rel=\\"no\\""; rel=up , <d>;rel=down', [("a,b;c", ("up",)), ("d", ("down",))]),
        ('<a>; crossorigin; rel="x", , <b>', [("a", ("x",)), ("b", ())]),
        ("<a>; title*=UTF-8''%e2%82%ac; rel=x", [("a", ("x",))]),
        ("nonsense", []),
        ("<a>; rel=x nonsense, <b>; rel=y", [("a", ("x",))]),
        ("", []),
    ],
)
def test_rfc_8288_link_headers(header: str, links: list[tuple[str, tuple[str, ...]]]) -> None:
    assert [(one.href, one.relations) for one in read_links(header)] == links


def test_a_hostile_link_header_is_parsed_quickly() -> None:
    for text in ('<a>; x="' + "\\" * 50_000, "<a>" + ";a" * 50_000, "<" * 50_000, ", " * 50_000, "<a>" + "; " * 50_000):
        assert len(read_links(text)) <= 1


async def test_a_single_document_has_no_word_in_tool_names(service: Service) -> None:
    service.routes["/openapi.json"] = Reply(api("leads"))
    system = await loaded(service, DocumentSource(document_urls=(f"{service.url}/openapi.json",)))
    assert [(one.name, one.api, one.base) for one in system.operations()] == [("acme_get_leads", "acme", service.url)]


async def test_a_catalog_with_a_single_document_has_its_word_in_tool_names(service: Service) -> None:
    service.serve_apis(a=api("things"))
    assert names(await loaded(service)) == ["acme_a_get_things"]


async def test_several_documents_are_named_after_their_urls(service: Service) -> None:
    service.routes |= {"/orders/openapi.json": Reply(api("a")), "/v2/stock.yaml": Reply("openapi: 3.0.0\npaths: {}")}
    service.routes["/stock.json"] = Reply(api("b"))
    urls = tuple(service.url + path for path in ("/orders/openapi.json", "/v2/stock.yaml", "/stock.json"))
    found = [await loaded(service, DocumentSource(document_urls=order)) for order in (urls, urls[::-1])]
    words = [{entry.document_url: entry.api for entry in system.entries} for system in found]
    assert words[0] == words[1]
    assert len(set(words[0].values())) == 3
    assert names(found[0]) == names(found[1])
    assert words[0][urls[0]] == "orders"


async def test_base_replaces_the_whole_server_url(service: Service) -> None:
    service.routes["/openapi.json"] = Reply(api("a", servers=[{"url": "https://api.acme.example/v1"}]))
    way = DocumentSource(document_urls=(f"{service.url}/openapi.json",), base=f"{service.url}/other/")
    system = await loaded(service, way)
    assert [one.base for one in system.operations()] == [f"{service.url}/other"]
    assert not system.skipped()


async def test_rule_1_a_base_at_a_foreign_origin_is_rejected(service: Service) -> None:
    system = await loaded(service, DocumentSource(catalog=service.url, base="https://elsewhere.example"))
    assert "`base` https://elsewhere.example is not a URL that its calls may go to" in system.failure


def write(folder: Path, **files: Any) -> None:
    for name, content in files.items():
        text = content if isinstance(content, str) else json.dumps(content)
        (folder / name.replace("__", ".")).write_text(text, encoding="utf-8")


async def test_a_document_may_be_a_local_file(service: Service, tmp_path: Path) -> None:
    write(tmp_path, acme__json=api("leads", servers=[{"url": f"{service.url}/v1"}]))
    system = await loaded(service, DocumentSource(document_urls=((tmp_path / "acme.json").as_uri(),)))
    assert [(one.name, one.base) for one in system.operations()] == [("acme_get_leads", f"{service.url}/v1")]


@pytest.mark.parametrize("servers", [[], [{"url": "/v1"}]])
async def test_a_file_without_an_absolute_server_url_requires_a_base(
    service: Service, tmp_path: Path, servers: list[Any]
) -> None:
    write(tmp_path, acme__json=api("leads", servers=servers))
    file = (tmp_path / "acme.json").as_uri()
    system = await loaded(service, DocumentSource(document_urls=(file,)))
    assert not names(system)
    assert "set `base` to the URL of the API" in skipped(system)["acme.json"]
    assert names(await loaded(service, DocumentSource(document_urls=(file,), base=service.url))) == ["acme_get_leads"]


@pytest.mark.parametrize("where", ["file:///nowhere/at/all.json", "file://elsewhere/x.json", "file:"])
async def test_a_missing_file_is_reported(service: Service, where: str) -> None:
    assert "file" in next(iter(skipped(await loaded(service, DocumentSource(document_urls=(where,)))).values()))


async def test_a_local_catalog_lists_files_beside_it_and_remote_documents(service: Service, tmp_path: Path) -> None:
    folder = tmp_path / "with blank"
    (folder / "specs").mkdir(parents=True)
    contexts = [
        {"anchor": f"{service.url}/a/v1", "service-desc": "specs/a.json"},
        {"anchor": f"{service.url}/b", "service-desc": f"{service.url}/b.json"},
        {"anchor": f"{service.url}/c", "service-desc": "../outside.json"},
        {"anchor": f"{service.url}/d", "service-desc": "specs/%2e%2e/%2e%2e/outside.json"},
        {"anchor": f"{service.url}/e", "service-desc": "specs/link.json"},
        {"service-desc": "specs/f.json"},
        {"anchor": "g", "service-desc": "specs/g.json"},
        {"anchor": f"{service.url}/h", "service-desc": "file://elsewhere/h.json"},
    ]
    write(folder, catalog__json={"linkset": contexts})
    write(folder / "specs", a__json=api("a"), f__json=api("f"), g__json=api("g", servers=[{"url": service.url}]))
    write(tmp_path, outside__json=api("outside"))
    (folder / "specs" / "link.json").symlink_to(tmp_path / "outside.json")
    service.routes["/b.json"] = Reply(api("b"))
    system = await loaded(service, DocumentSource(catalog=(folder / "catalog.json").as_uri()))
    assert {one.name: one.base for one in system.operations()} == {
        "acme_a_get_a": f"{service.url}/a/v1",
        "acme_b_get_b": f"{service.url}/b",
        "acme_g_get_g": service.url,
    }
    outside = "the file is outside the catalog's folder"
    assert skipped(system)["outside.json"] == skipped(system)["link.json"] == outside
    assert "set `base`" in skipped(system)["f.json"]
    assert "a file on another machine" in skipped(system)["h"]


async def test_rule_2_remote_catalogs_must_not_list_local_files(service: Service, tmp_path: Path) -> None:
    write(tmp_path, secret__json=api("secret"), catalog__json={"linkset": [{"api-catalog": f"{service.url}/c"}]})
    secret = (tmp_path / "secret.json").as_uri()
    contexts = [{"anchor": "/a", "service-desc": secret}, {"anchor": "/b", "service-desc": "/b.json"}]
    service.routes["/c"] = Reply({"linkset": [*contexts, {"anchor": "/c", "api-catalog": secret}]})
    service.routes["/b.json"] = Reply(status=302, headers={"Location": secret})
    system = await loaded(service, DocumentSource(catalog=(tmp_path / "catalog.json").as_uri()))
    assert not names(system)
    assert sum("is not an http(s) URL" in problem.reason for problem in system.skipped()) == 3


async def test_rule_2_a_file_larger_than_the_limit_is_rejected(
    service: Service, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from closient_mcp.tools.http import reader

    monkeypatch.setattr(reader, "MAX_BYTES", 2**20)
    write(tmp_path, big__json=" " * (2**20 + 1))
    system = await loaded(service, DocumentSource(document_urls=((tmp_path / "big.json").as_uri(),)))
    assert skipped(system) == {"big.json": "larger than 1 MiB"}


async def test_loading_can_be_repeated_after_a_failure(service: Service) -> None:
    system_way = DocumentSource(catalog=f"{service.url}{CATALOG}")
    assert (await loaded(service, system_way)).failure
    service.serve_apis(a=api("things"))
    assert not (await loaded(service, system_way)).failure


async def test_a_catalog_reached_twice_is_read_once(service: Service) -> None:
    with running_service() as other:
        other.routes[CATALOG] = Reply(status=301, headers={"Location": f"{service.url}{CATALOG}"})
        service.serve_apis(a=api("things"))
        catalog = service.catalog_of("a")
        catalog["linkset"].append({"api-catalog": f"{other.url}{CATALOG}"})
        service.routes[CATALOG] = Reply(catalog)
        system = await loaded(service)
        assert names(system) == ["acme_a_get_things"]
        assert not system.skipped()


def test_bounds_are_what_the_documentation_says() -> None:
    assert (system_module.MAX_DOCUMENTS, system_module.MAX_PER_SEARCH, system_module.MAX_KEPT) == (60, 5, 200)
