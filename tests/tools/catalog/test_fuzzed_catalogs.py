"""Catalogs, `Link` headers and indexes of skills that are broken or hostile: read, or rejected with a reason."""

from __future__ import annotations

import copy
import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from closient_mcp.tools.catalog.entries import Catalog, InvalidCatalogError, read_catalog
from closient_mcp.tools.catalog.skills import read_index
from closient_mcp.tools.formats.link_header import read_links
from closient_mcp.tools.formats.urls import origin_of
from closient_mcp.tools.http.fetched import Document

from ...fakes.mutations import mutate

URL = "https://www.example.com/.well-known/api-catalog"
LINKSET: Any = {
    "linkset": [
        {"anchor": "/", "item": [{"href": "/orders/", "title": "Orders"}, {"href": "https://x.example/"}]},
        {
            "anchor": "https://www.example.com/orders/",
            "service-desc": [{"href": "/orders/openapi.json", "type": "application/openapi+json", "title": "Orders"}],
            "service-doc": {
                "href": "/orders/docs",
                "hreflang": ["en"],
                "title*": [{"value": "Docs", "language": "en"}],
            },
            "status": ["/orders/status"],
            "api-catalog": [{"href": "/more/api-catalog", "type": "application/linkset+json"}],
        },
        {"anchor": "/stock/v1", "service-desc": [{"href": "spec.yaml"}, {"href": "spec.json", "profile": "x"}]},
    ]
}
APIS: Any = {
    "specificationVersion": "0.16",
    "name": "Example",
    "apis": [
        {
            "name": "Orders",
            "humanURL": "https://www.example.com/orders",
            "baseURL": "https://api.example.com/orders",
            "properties": [{"type": "OpenAPI", "url": "https://www.example.com/orders.yaml"}, {"type": "x"}],
        }
    ],
    "include": [{"name": "More", "url": "https://www.example.com/more.json"}],
}
SKILLS: Any = {
    "$schema": "https://schemas.agentskills.io/discovery/0.2.0/schema.json",
    "skills": [
        {"name": "orders", "type": "skill-md", "description": "Orders", "url": "/skills/orders/SKILL.md", "digest": "x"}
    ],
}


def mutated(data: st.DataObject, *bases: Any) -> bytes:
    value = copy.deepcopy(data.draw(st.sampled_from(bases)))
    for _ in range(data.draw(st.integers(1, 6))):
        mutate(value, data.draw)
    return json.dumps(value).encode()


def read(body: bytes) -> Catalog:
    """The catalog, empty if it is rejected."""
    try:
        return read_catalog(body, URL)
    except InvalidCatalogError:
        return Catalog()


def check(catalog: Catalog) -> None:
    """Every API has a word of its own and URLs that can be requested; what is missing has a reason."""
    words = [entry.api for entry in catalog.entries]
    assert len(set(words)) == len(words)
    assert all(word and word.isascii() and word.isprintable() for word in words)
    for entry in catalog.entries:
        assert all(
            origin_of(url) for url in (entry.document_url, *entry.alternates, *([entry.anchor] * bool(entry.anchor)))
        )
    assert all(origin_of(url) for url in catalog.nested)
    assert all(problem.subject and problem.reason and problem.effect for problem in catalog.problems)


@given(data=st.data())
def test_a_mutated_catalog_is_read_or_rejected(data: st.DataObject) -> None:
    check(read(mutated(data, LINKSET, APIS)))


@given(body=st.one_of(st.binary(max_size=300), st.text(max_size=300).map(lambda text: text.encode("utf-8", "replace"))))
def test_any_bytes_are_a_catalog_or_rejected(body: bytes) -> None:
    check(read(body))


@given(header=st.text(st.sampled_from('<>;,="\\ abrel*\x00\t\xff'), max_size=200) | st.text(max_size=200))
def test_any_link_header_is_read(header: str) -> None:
    links = read_links(header)
    assert all(link.href in header and len(link.relations) <= len(header) for link in links)
    assert "next" in read_links(f"<https://x.example/>; rel=next, {header}")[0].relations


@given(data=st.data())
def test_a_mutated_index_of_skills_is_read_or_rejected(data: st.DataObject) -> None:
    try:
        skills = read_index(Document(mutated(data, SKILLS), URL, 0.0))
    except ValueError:
        return
    assert all(skill.name and origin_of(skill.url) for skill in skills)
