from __future__ import annotations

import json
from typing import Any

import pytest

from closient_mcp.tools.api_words import api_words
from closient_mcp.tools.catalog import MAX_ENTRIES, NoCatalog, read_catalog

ADDRESS = "https://www.example.com/.well-known/api-catalog"


def read(*contexts: Any) -> Any:
    return read_catalog(json.dumps({"linkset": contexts}).encode(), ADDRESS)


def test_each_context_of_closients_catalog_is_an_api_with_its_description() -> None:
    context = {
        "anchor": "https://www.example.com/search/api/v1/",
        "service-desc": [{"href": "https://www.example.com/search/api/v1/openapi.json", "type": "application/json"}],
    }
    (entry,) = read(context).entries
    assert (entry.api, entry.anchor, entry.description) == (
        "search",
        "https://www.example.com/search/api/v1/",
        "https://www.example.com/search/api/v1/openapi.json",
    )


def test_relative_addresses_are_resolved_against_the_catalogs_own() -> None:
    (entry,) = read({"anchor": "/a/", "service-desc": [{"href": "../spec/a.json"}]}).entries
    assert (entry.anchor, entry.description) == ("https://www.example.com/a/", "https://www.example.com/spec/a.json")


@pytest.mark.parametrize("target", ["/a.json", {"href": "/a.json"}, [{"href": "/a.json"}], ["/a.json"]])
def test_a_link_may_be_a_string_an_object_or_an_array_of_either(target: Any) -> None:
    assert read({"anchor": "/a", "service-desc": target}).entries[0].description == "https://www.example.com/a.json"


def test_the_first_of_two_descriptions_of_one_api_is_taken() -> None:
    (entry,) = read({"anchor": "/a", "service-desc": [{"href": "/a.json"}, {"href": "/a.yaml"}]}).entries
    assert entry.description == "https://www.example.com/a.json"


def test_two_anchors_that_share_a_description_are_one_api() -> None:
    assert len(read({"anchor": "/a", "service-desc": "/s"}, {"anchor": "/b", "service-desc": "/s"}).entries) == 1


def test_an_entry_without_a_description_costs_only_itself_and_is_named() -> None:
    catalog = read({"anchor": "/a", "service-doc": "/docs"}, {"anchor": "/b", "service-desc": "/b.json"})
    assert [entry.api for entry in catalog.entries] == ["b"]
    assert [(p.subject, p.pointer) for p in catalog.problems] == [("/a", "/linkset/0")]


@pytest.mark.parametrize("href", ["ftp://x/a.json", "http://[bad", "https://u:p@host/a.json", "javascript:alert(1)"])
def test_an_entry_with_an_unusable_address_costs_only_itself(href: str) -> None:
    catalog = read({"anchor": "/a", "service-desc": href}, {"anchor": "/b", "service-desc": "/b.json"})
    assert [entry.api for entry in catalog.entries] == ["b"]
    assert len(catalog.problems) == 1


@pytest.mark.parametrize("context", [None, 1, "text", [], {}, {"anchor": 5}, {"service-desc": {"href": 7}}])
def test_a_context_of_the_wrong_shape_costs_only_itself(context: Any) -> None:
    assert len(read(context, {"anchor": "/b", "service-desc": "/b.json"}).entries) == 1


@pytest.mark.parametrize(
    ("body", "says"),
    [
        (b"<!doctype html><title>App</title>", "a web page (HTML)"),
        (b"  \n<html>", "a web page (HTML)"),
        (b"not json", "not JSON"),
        (b"\xff\xfe", "not UTF-8"),
        (b"[]", "`linkset`"),
        (b'{"links": []}', "`linkset`"),
        (b"[" * 100_000, "nested"),
        (b"", "not JSON"),
    ],
)
def test_what_is_no_catalog_is_refused_in_words(body: bytes, says: str) -> None:
    with pytest.raises(NoCatalog, match=says.replace("(", r"\(").replace(")", r"\)")):
        read_catalog(body, ADDRESS)


def test_an_empty_catalog_is_a_catalog() -> None:
    assert read().entries == ()


def test_an_api_is_called_by_the_last_telling_word_of_its_path() -> None:
    anchors = ["https://h/search/api/v1/", "https://h/epcis/api/2.0/", "https://h/byos/", "https://shop.h.com/v2"]
    assert api_words(anchors) == ["search", "epcis", "byos", "shop"]


def test_the_word_of_an_api_at_the_root_does_not_depend_on_where_it_runs() -> None:
    assert api_words(["https://www.h.com/"]) == api_words(["http://127.0.0.1:8000/"]) == ["api"]


def test_apis_that_nothing_in_their_paths_tells_apart_still_have_words_of_their_own() -> None:
    words = api_words(["https://a.h.com/", "https://b.h.com/", "https://h/x?1", "https://h/x?2"])
    assert words[:2] == ["a", "b"] and len(set(words)) == 4


def test_a_catalog_of_many_thousand_entries_is_read_in_no_time_and_cut_with_a_word() -> None:
    contexts = [{"anchor": f"/{i}/x/api", "service-desc": f"/{i}.json"} for i in range(MAX_ENTRIES + 5)]
    catalog = read(*contexts)
    assert len(catalog.entries) == len({entry.api for entry in catalog.entries}) == MAX_ENTRIES
    assert "10005 entries" in catalog.problems[0].reason


def test_equal_words_take_more_of_their_paths_whatever_their_order() -> None:
    anchors = ["https://h/store/orders/v1", "https://h/admin/orders/v1", "https://h/other"]
    assert api_words(anchors) == ["store_orders", "admin_orders", "other"]
    assert api_words(anchors[::-1]) == ["other", "admin_orders", "store_orders"]


def test_two_versions_of_an_api_are_told_apart_by_their_versions() -> None:
    assert api_words(["https://h/orders/v1", "https://h/orders/v2"]) == ["orders_v1", "orders_v2"]


def test_of_two_anchors_with_one_description_the_first_is_the_apis() -> None:
    (entry,) = read({"anchor": "/a", "service-desc": "/s"}, {"anchor": "/b", "service-desc": "/s"}).entries
    assert entry.anchor == "https://www.example.com/a"
