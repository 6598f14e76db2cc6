"""The public resolver: GS1 Digital Links, answered as the caller prefers."""

from collections.abc import Iterator
from typing import Any

import httpx2
import pytest

from ..fakes.person import http_client
from ..fakes.service import Sandbox

RECALLED = "00614141123452"
VOCABULARY = "https://gs1.org/voc/"
LINKSET = "application/linkset+json"


@pytest.fixture
def http(sandbox: Sandbox) -> Iterator[httpx2.Client]:
    with http_client(sandbox) as client:
        yield client


def _links(http: httpx2.Client, path: str) -> dict[str, Any]:
    response = http.get(path, headers={"Accept": LINKSET})
    assert response.headers["content-type"] == LINKSET
    context: dict[str, Any] = response.json()["linkset"][0]
    return context


@pytest.mark.parametrize(
    ("accept", "status", "content"),
    [
        (None, 200, "application/json"),
        ("*/*", 200, "application/json"),
        ("application/json", 200, "application/json"),
        ("image/png", 200, "application/json"),
        (LINKSET, 200, LINKSET),
        (f"text/html;q=0.1, {LINKSET}", 200, LINKSET),
        ("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", 302, "text/html; charset=utf-8"),
    ],
)
def test_the_response_follows_the_accept_header(
    http: httpx2.Client, accept: str | None, status: int, content: str
) -> None:
    request = http.build_request("GET", f"/01/{RECALLED}")
    if accept is None:
        del request.headers["accept"]
    else:
        request.headers["accept"] = accept
    response = http.send(request)

    assert (response.status_code, response.headers["content-type"]) == (status, content)
    assert response.headers["vary"] == "Accept"
    assert response.headers["access-control-allow-origin"] == "*"


def test_json_is_the_product(sandbox: Sandbox, http: httpx2.Client) -> None:
    product = http.get(f"/products/api/v1/products/{RECALLED}", headers={"X-API-Key": sandbox.api_key}).json()

    assert http.get(f"/01/{RECALLED}/10/A/21/B").json() == product


@pytest.mark.parametrize("written", ["614141123452", "0614141123452"])
def test_shorter_gtins_are_padded(http: httpx2.Client, written: str) -> None:
    assert http.get(f"/01/{written}").json()["gtin"] == RECALLED


def test_the_linkset_lists_links_in_gs1s_vocabulary(sandbox: Sandbox, http: httpx2.Client) -> None:
    context = _links(http, f"/01/{RECALLED}")

    assert context["anchor"] == f"{sandbox.url}/01/{RECALLED}"
    assert context["itemDescription"] == "Organic Peanut Butter, smooth, 400 g"
    assert len(context[VOCABULARY + "defaultLink"]) == 1
    assert context[VOCABULARY + "pip"][0]["href"] == f"{sandbox.url}/p/{RECALLED}"
    assert context[VOCABULARY + "recipeInfo"][0]["href"] == "https://brand.example/peanut-butter"
    assert {"href", "title", "type", "hreflang"} == context[VOCABULARY + "allergenInfo"][0].keys()


@pytest.mark.parametrize("query", ["linkType=linkset", "linkType=all"])
def test_link_type_can_request_the_linkset(http: httpx2.Client, query: str) -> None:
    assert http.get(f"/01/{RECALLED}?{query}").json()["linkset"]


@pytest.mark.parametrize(
    ("path", "recalled"),
    [("", True), ("/10/LOT42", True), ("/10/OTHER", False), ("/10/X9%2F1", True)],
    ids=["any lot", "recalled lot", "other lot", "prefix with a slash"],
)
def test_a_recall_is_linked_for_its_lots(http: httpx2.Client, path: str, recalled: bool) -> None:
    assert (VOCABULARY + "recallStatus" in _links(http, f"/01/{RECALLED}{path}")) is recalled


@pytest.mark.parametrize(
    "link_type", ["gs1:pip", "https://gs1.org/voc/pip", "https://www.gs1.org/voc/pip", "gs1:defaultLink"]
)
def test_a_link_type_redirects_to_its_link(sandbox: Sandbox, http: httpx2.Client, link_type: str) -> None:
    response = http.get(f"/01/{RECALLED}", params={"linkType": link_type, "utm": "a b"})

    assert response.status_code == 302
    assert response.headers["location"] == f"{sandbox.url}/p/{RECALLED}?utm=a+b"


def test_a_link_type_without_a_link_is_404(http: httpx2.Client) -> None:
    response = http.get(f"/01/{RECALLED}?linkType=gs1:warranty")

    assert (response.status_code, response.headers["content-type"]) == (404, "application/problem+json")


def test_a_browser_ends_on_the_products_page(http: httpx2.Client) -> None:
    page = http.get(f"/01/{RECALLED}", headers={"Accept": "text/html"}, follow_redirects=True)

    assert "Salmonella" in page.text
    assert page.url.path == f"/p/{RECALLED}"


@pytest.mark.parametrize(
    "path",
    [
        "/01/",
        "/01/abc",
        "/01/00614141123453",
        f"/01/{RECALLED}/10",
        f"/01/{RECALLED}/99/x",
        f"/01/{RECALLED}/10/%20",
        f"/01/{RECALLED}/10/{'x' * 21}",
        f"/01/{RECALLED}/10/a/10/b",
        f"/01/{RECALLED}/21/a/10/b",
    ],
)
def test_an_invalid_digital_link_is_400(http: httpx2.Client, path: str) -> None:
    response = http.get(path)

    assert (response.status_code, response.headers["content-type"]) == (400, "application/problem+json")


@pytest.mark.parametrize("path", [f"/01/{RECALLED}/22/2A/10/L/21/S", f"/01/{RECALLED}/22/2A", f"/01/{RECALLED}/21/S/"])
def test_qualifiers_are_optional_in_their_order(http: httpx2.Client, path: str) -> None:
    assert http.get(path).status_code == 200


def test_an_unknown_gtin_is_404(http: httpx2.Client) -> None:
    assert http.get("/01/09520000999995").status_code == 404


def test_head_and_options_are_answered(http: httpx2.Client) -> None:
    head = http.head(f"/01/{RECALLED}")
    options = http.options(f"/01/{RECALLED}", headers={"Origin": "https://shop.example"})

    assert (head.status_code, head.content) == (200, b"")
    assert 'rel="linkset"' in head.headers["link"]
    assert (options.status_code, options.headers["allow"]) == (204, "GET, HEAD, OPTIONS")
    assert http.post(f"/01/{RECALLED}").status_code == 405


def test_rules_end_when_the_product_is_unclaimed(sandbox: Sandbox, http: httpx2.Client) -> None:
    http.delete(f"/products/api/v1/products/{RECALLED}", headers={"X-API-Key": sandbox.api_key})

    assert VOCABULARY + "recipeInfo" not in _links(http, f"/01/{RECALLED}")


def test_the_resolver_describes_itself(sandbox: Sandbox, http: httpx2.Client) -> None:
    description = http.get("/.well-known/gs1resolver").json()

    assert description["resolverRoot"] == sandbox.url
    assert description["supportedPrimaryKeys"] == ["01"]
