from __future__ import annotations

import json
from typing import Any

import pytest

from closient_mcp.tools.catalog import linkset
from closient_mcp.tools.catalog.api_names import api_words
from closient_mcp.tools.catalog.entries import InvalidCatalogError, read_catalog

ADDRESS = "https://www.example.com/.well-known/api-catalog"


def read(*contexts: Any) -> Any:
    return read_catalog(json.dumps({"linkset": contexts}).encode(), ADDRESS)


def test_a_context_with_a_service_desc_is_an_api() -> None:
    context = {
        "anchor": "https://www.example.com/search/api/v1/",
        "service-desc": [{"href": "https://www.example.com/search/api/v1/openapi.json", "type": "application/json"}],
    }
    (entry,) = read(context).entries
    assert (entry.api, entry.anchor, entry.document_url) == (
        "search",
        "https://www.example.com/search/api/v1/",
        "https://www.example.com/search/api/v1/openapi.json",
    )


def test_relative_urls_are_resolved_against_the_catalogs_url() -> None:
    (entry,) = read({"anchor": "/a/", "service-desc": [{"href": "../spec/a.json"}]}).entries
    assert (entry.anchor, entry.document_url) == ("https://www.example.com/a/", "https://www.example.com/spec/a.json")


@pytest.mark.parametrize("target", ["/a.json", {"href": "/a.json"}, [{"href": "/a.json"}], ["/a.json"]])
def test_a_link_may_be_a_string_an_object_or_an_array_of_either(target: Any) -> None:
    assert read({"anchor": "/a", "service-desc": target}).entries[0].document_url == "https://www.example.com/a.json"


def test_the_first_of_two_documents_of_an_api_is_used() -> None:
    (entry,) = read({"anchor": "/a", "service-desc": [{"href": "/a.json"}, {"href": "/a.yaml"}]}).entries
    assert entry.document_url == "https://www.example.com/a.json"


def test_anchors_that_share_a_document_are_one_api() -> None:
    assert len(read({"anchor": "/a", "service-desc": "/s"}, {"anchor": "/b", "service-desc": "/s"}).entries) == 1


def test_an_api_whose_url_is_the_document_of_another_has_a_word_of_its_own() -> None:
    contexts = ({"anchor": "/a", "service-desc": "/a.json"}, {"anchor": "/b", "service-desc": ["/a", "/b.json"]})
    words = [entry.api for entry in read(*contexts).entries]
    assert len(words) == len(set(words)) == 3


def test_an_entry_without_a_document_is_a_problem() -> None:
    catalog = read({"anchor": "/a", "service-doc": "/docs"}, {"anchor": "/b", "service-desc": "/b.json"})
    assert [entry.api for entry in catalog.entries] == ["b"]
    assert [(p.subject, p.pointer) for p in catalog.problems] == [("/a", "/linkset/0")]


@pytest.mark.parametrize("href", ["ftp://x/a.json", "http://[bad", "https://u:p@host/a.json", "javascript:alert(1)"])
def test_an_entry_with_an_invalid_url_is_a_problem(href: str) -> None:
    catalog = read({"anchor": "/a", "service-desc": href}, {"anchor": "/b", "service-desc": "/b.json"})
    assert [entry.api for entry in catalog.entries] == ["b"]
    assert len(catalog.problems) == 1


@pytest.mark.parametrize("context", [None, 1, "text", [], {}, {"anchor": 5}, {"service-desc": {"href": 7}}])
def test_a_context_of_the_wrong_type_does_not_affect_others(context: Any) -> None:
    assert len(read(context, {"anchor": "/b", "service-desc": "/b.json"}).entries) == 1


@pytest.mark.parametrize(
    ("body", "says"),
    [
        (b"<!doctype html><title>App</title>", "a web page (HTML)"),
        (b"  \n<html>", "a web page (HTML)"),
        (b"</a.json>; rel=service-desc; anchor=/a,\n</b.json>; rel=service-desc", "its links are text"),
        (b"not json", "not JSON"),
        (b"\xff\xfe", "not UTF-8"),
        (b"[]", "`linkset`"),
        (b'{"links": []}', "`linkset`"),
        (b"[" * 100_000, "nested"),
        (b"", "not JSON"),
    ],
)
def test_other_content_is_rejected_as_a_catalog_with_a_reason(body: bytes, says: str) -> None:
    with pytest.raises(InvalidCatalogError, match=says.replace("(", r"\(").replace(")", r"\)")):
        read_catalog(body, ADDRESS)


@pytest.mark.parametrize("contexts", [[], [{"anchor": ADDRESS, "item": []}], [{"anchor": ADDRESS, "next": "?page=2"}]])
def test_a_catalog_that_leads_nowhere_is_empty(contexts: list[Any]) -> None:
    catalog = read(*contexts)
    assert catalog.entries == ()
    assert [problem.reason[:20] for problem in catalog.problems] == ["the catalog is empty"]


def test_an_api_is_named_after_the_last_specific_word_of_its_path() -> None:
    anchors = ["https://h/search/api/v1/", "https://h/epcis/api/2.0/", "https://h/byos/", "https://shop.h.com/v2"]
    assert api_words(anchors) == ["search", "epcis", "byos", "shop"]


def test_the_word_of_an_api_at_the_root_does_not_depend_on_its_host() -> None:
    assert api_words(["https://www.h.com/"]) == api_words(["http://127.0.0.1:8000/"]) == ["api"]


def test_apis_with_equal_paths_have_distinct_words() -> None:
    words = api_words(["https://a.h.com/", "https://b.h.com/", "https://h/x?1", "https://h/x?2"])
    assert words[:2] == ["a", "b"]
    assert len(set(words)) == 4


def test_a_very_large_catalog_is_truncated_and_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(linkset, "MAX_CONTEXTS", 100)
    contexts = [{"anchor": f"/{i}/x/api", "service-desc": f"/{i}.json"} for i in range(105)]
    catalog = read(*contexts)
    assert len(catalog.entries) == len({entry.api for entry in catalog.entries}) == 100
    assert "105 entries" in catalog.problems[0].reason


def test_equal_words_are_extended_by_their_paths() -> None:
    anchors = ["https://h/store/orders/v1", "https://h/admin/orders/v1", "https://h/other"]
    assert api_words(anchors) == ["store_orders", "admin_orders", "other"]
    assert api_words(anchors[::-1]) == ["other", "admin_orders", "store_orders"]


def test_versions_of_an_api_are_distinguished() -> None:
    assert api_words(["https://h/orders/v1", "https://h/orders/v2"]) == ["orders_v1", "orders_v2"]


def test_the_first_of_two_anchors_with_one_document_is_used() -> None:
    (entry,) = read({"anchor": "/a", "service-desc": "/s"}, {"anchor": "/b", "service-desc": "/s"}).entries
    assert entry.anchor == "https://www.example.com/a"


def test_two_documents_at_one_anchor_are_named_after_their_own_urls() -> None:
    contexts = [{"anchor": "/", "service-desc": "/orders.json"}, {"anchor": "/", "service-desc": "/users/openapi.yaml"}]
    assert [entry.api for entry in read(*contexts).entries] == ["orders", "users"]
    assert [entry.api for entry in read(*contexts[::-1]).entries] == ["users", "orders"]


def test_apis_that_differ_only_by_query_or_identifier_have_distinct_words() -> None:
    urls = [f"https://api.x.com/{end}" for end in ("openapi.yaml?api=1", "openapi.yaml?api=2", "5f0c2d3e4a5b6c7d8e9f")]
    words = dict(zip(urls, api_words(urls), strict=True))
    assert len(set(words.values())) == 3
    assert all(word.startswith("api_") for word in words.values())
    assert dict(zip(urls[::-1], api_words(urls[::-1]), strict=True)) == words


def test_a_word_that_two_apis_would_get_differently_is_used_by_neither() -> None:
    words = api_words(["https://h/orders_v1", "https://h/orders/v1", "https://h/orders/v2"])
    assert len(set(words)) == 3


def test_json_is_preferred_and_yaml_is_an_alternate() -> None:
    (entry,) = read({"anchor": "/a", "service-desc": ["/a.yaml", "/a.json"]}).entries
    assert (entry.document_url, entry.alternates) == (
        "https://www.example.com/a.json",
        ("https://www.example.com/a.yaml",),
    )


def test_json_and_yaml_of_one_context_are_one_document_by_type() -> None:
    links = [
        {"href": "/spec?f=1", "type": "text/yaml"},
        {"href": "/spec?f=2", "type": "application/json; charset=utf-8"},
    ]
    assert len(read({"anchor": "/a", "service-desc": links}).entries) == 1


@pytest.mark.parametrize(
    "hrefs", [["/a.json", "/b.json"], ["/a.json", "/b.yaml", "/c.json"], ["/a", "/b"], ["/a.json?x=1", "/a.json?x=2"]]
)
def test_links_that_are_not_formats_of_one_document_are_all_read(hrefs: list[str]) -> None:
    assert len(read({"anchor": "/a", "service-desc": hrefs}).entries) == len(hrefs)


def test_json_and_yaml_of_two_contexts_are_one_document_if_named_alike() -> None:
    def count(yaml: str) -> int:
        contexts = ({"anchor": "/a", "service-desc": href} for href in ("/a.json", yaml))
        return len(read(*contexts).entries)

    assert (count("/b.yaml"), count("/a.yaml")) == (2, 1)


MEDIA_TYPES = [
    "application/openapi+json",
    "application/openapi+json;version=3.0",
    "application/vnd.oai.openapi+json",
    "application/vnd.oai.openapi+json;version=3.1",
    "application/vnd.oai.openapi",
    "application/yaml",
    "application/json",
    "",
]


@pytest.mark.parametrize("media_type", MEDIA_TYPES)
def test_documents_are_found_by_every_media_type_in_use(media_type: str) -> None:
    assert len(read({"anchor": "/a", "service-desc": [{"href": "/a", "type": media_type}]}).entries) == 1


@pytest.mark.parametrize("media_type", MEDIA_TYPES)
def test_an_item_with_its_own_document_is_not_a_document(media_type: str) -> None:
    items = {"anchor": ADDRESS, "item": [{"href": "/a/", "type": media_type, "title": "A"}]}
    catalog = read(items, {"anchor": "/a", "service-desc": "/a.json"})
    assert [(entry.document_url, entry.titles) for entry in catalog.entries] == [
        ("https://www.example.com/a.json", ("A",))
    ]
    assert not catalog.problems


def test_service_meta_is_ignored_beside_a_service_desc() -> None:
    meta = {"href": "/meta", "type": "application/openapi+json"}
    assert len(read({"anchor": "/a", "service-desc": "/a.json", "service-meta": meta}).entries) == 1


def test_the_media_type_overrides_the_extension() -> None:
    link = {"href": "/openapi.txt", "type": "application/json"}
    assert len(read({"anchor": "/a", "service-desc": link}).entries) == 1
    assert not read({"anchor": "/a", "service-desc": "/openapi.txt"}).entries


def test_one_context_instead_of_an_array_of_them_is_read() -> None:
    catalog = read_catalog(json.dumps({"linkset": {"anchor": "/a", "service-desc": "/a.json"}}).encode(), ADDRESS)
    assert len(catalog.entries) == 1


def test_an_apis_json_is_read() -> None:
    apis = [{"name": "A", "baseURL": "/a", "properties": [{"type": "OpenAPI", "url": "/a.json"}, {"type": "X"}]}]
    catalog = read_catalog(json.dumps({"apis": apis}).encode(), ADDRESS)
    assert [(entry.api, entry.titles) for entry in catalog.entries] == [("a", ("A",))]


def test_a_long_flat_list_of_links_is_read_completely() -> None:
    links = [{"rel": "service-desc", "href": f"/{n}.json", "anchor": f"/a{n % 3}"} for n in range(600)]
    assert len(read_catalog(json.dumps({"links": links}).encode(), ADDRESS).entries) == 600


def test_the_list_of_problems_is_limited() -> None:
    problems = read(*({"anchor": f"/{n}"} for n in range(1000))).problems
    assert len(problems) == 201
    assert problems[-1].reason == "800 more entries could not be used"


def test_an_invalid_link_does_not_affect_others() -> None:
    catalog = read({"anchor": "/a", "service-desc": ["http://[bad", "/a.json"]})
    assert len(catalog.entries) == 1
    assert len(catalog.problems) == 1


def test_an_anchor_that_is_missing_or_the_catalog_is_ignored() -> None:
    assert [entry.anchor for entry in read({"service-desc": "/a.json"}).entries] == [""]
