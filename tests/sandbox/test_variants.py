"""The variants: each gives the documented other shape, and a reset ends them."""

from typing import Any

import httpx2
import pytest

from closient_mcp.sandbox.variants.table import VARIANTS

from ..fakes.person import http_client
from ..fakes.service import Sandbox

PLACE = {"latitude": 48.4284, "longitude": -123.3656}
SEARCH, SESSION = "/search/api/v1/search", "/search/api/v1/search/session"
PRODUCTS = "/products/api/v1"
RISOTTO, RECALLED = "09506000134352", "00614141123452"
RECALLS = f"/compliance/api/v1/products/{RECALLED}/recalls"


def session(http: httpx2.Client, **headers: str) -> httpx2.Response:
    return http.post(SESSION, json={"query": "tofu", **PLACE}, headers=headers)


@pytest.mark.parametrize(
    ("variant", "members"),
    [
        ("session-state", {"session_id", "base_query", "active_constraints", "search_history", "is_expired", *PLACE}),
        (None, {"session_id", "base_query", "active_constraints", "search_history", "is_expired", *PLACE, "radius_km",
                "items"}),
    ],
)  # fmt: skip
def test_a_session_has_its_state_alone_or_offers_too(
    sandbox: Sandbox, http: httpx2.Client, variant: str | None, members: set[str]
) -> None:
    sandbox.vary(*[variant] if variant else [])
    assert session(http).json().keys() == members


def test_the_catalog_search_has_results_instead_of_items(sandbox: Sandbox, http: httpx2.Client) -> None:
    before = http.get(SEARCH, params={"q": "tofu"}).json()
    sandbox.vary("results-list")
    after = http.get(SEARCH, params={"q": "tofu"}).json()
    assert after == {"query": "tofu", "total_count": before["total"], "results": before["items"]}


@pytest.mark.parametrize(
    ("variant", "item"),
    [
        ("annotated-items", {"type", "name", "metadata", "store", "offer", "distance_km"}),
        ("older-offers", {"product", "store", "offer", "distance_km"}),
    ],
)
def test_offers_have_another_shape(sandbox: Sandbox, http: httpx2.Client, variant: str, item: set[str]) -> None:
    sandbox.vary(variant)
    first = session(http).json()["items"][0]
    assert first.keys() == item
    assert (first["offer"].get("price_currency") == "CAD") is (variant == "older-offers")


@pytest.mark.parametrize(
    ("variant", "found"),
    [
        ("lookup-by-path", [200, 404, 422]), ("lookup-by-query", [404, 404, 200]),
        ("lookup-by-trade-item", [404, 200, 422]),
    ],
)  # fmt: skip
def test_products_are_found_in_one_way_only(
    sandbox: Sandbox, http: httpx2.Client, variant: str, found: list[int]
) -> None:
    sandbox.vary(variant)
    paths = (f"/products/{RISOTTO}", f"/trade-items/{RISOTTO}", f"/products?gtin={RISOTTO}")
    assert [http.get(PRODUCTS + path).status_code for path in paths] == found
    organization = http.get("/account/api/v1/organizations").json()["data"][0]["id"]
    assert http.get(f"{PRODUCTS}/products", params={"organization_id": organization}).status_code == 200


@pytest.mark.parametrize(("variant", "path"), [("query-only", "refine"), ("refine-only", "query")])
def test_follow_ups_have_one_path_only(sandbox: Sandbox, http: httpx2.Client, variant: str, path: str) -> None:
    sandbox.vary(variant)
    url = f"{SESSION}/{session(http).json()['session_id']}"
    for name in ("refine", "query"):
        assert http.post(f"{url}/{name}", json={"query": "under 5"}).status_code == (404 if name == path else 200)


def test_a_session_may_need_a_credential(sandbox: Sandbox, http: httpx2.Client) -> None:
    sandbox.vary("session-sign-in")
    with http_client(sandbox) as anonymous:
        refused = session(anonymous)
    assert refused.status_code == 401
    assert "resource_metadata" in refused.headers["www-authenticate"]
    assert session(http).status_code == 200


def test_the_public_search_may_ignore_a_malformed_key(sandbox: Sandbox, http: httpx2.Client) -> None:
    key = {"X-API-Key": "csb"}
    assert http.get(SEARCH, params={"q": "tofu"}, headers=key).status_code == 401
    sandbox.vary("search-ignores-keys")
    assert http.get(SEARCH, params={"q": "tofu"}, headers=key).status_code == 200
    assert http.get(f"{PRODUCTS}/products/{RISOTTO}", headers=key).status_code == 401


def test_errors_may_have_the_envelope_from_before_rfc_9457(sandbox: Sandbox, http: httpx2.Client) -> None:
    sandbox.vary("legacy-errors")
    response = http.get(f"{PRODUCTS}/products/12")
    message = "GTIN must be 8, 12, 13, or 14 digits."
    error = {"code": "VALIDATION_ERROR", "message": message, "status": 422}
    assert response.json() == {"error": {**error, "details": [{"field": "gtin", "message": message}]}}
    assert response.headers["content-type"] == "application/json"
    assert http.get("/nothing").json()["error"]["code"] == "NOT_FOUND"


@pytest.mark.parametrize(
    ("names", "wait"), [((), "retry_after_seconds"), (("retry-after",), "retry_after"),
                        (("retry-after", "legacy-errors"), "retry_after")],
)  # fmt: skip
def test_how_long_to_wait_has_two_names(
    sandbox: Sandbox, http: httpx2.Client, names: tuple[str, ...], wait: str
) -> None:
    sandbox.vary(*names)
    sandbox.fault("/search", "429")
    body = http.get(SEARCH, params={"q": "tofu"}).json()
    assert body.get("error", body)[wait] == 1


@pytest.mark.parametrize(("gtin", "status"), [(RISOTTO, 200), ("9506000134352", 200), ("9-506000-134352", 422)])
def test_separators_in_a_gtin_may_be_refused(sandbox: Sandbox, http: httpx2.Client, gtin: str, status: int) -> None:
    assert http.get(f"{PRODUCTS}/products/{gtin}").status_code == 200
    sandbox.vary("bare-digits")
    assert http.get(f"{PRODUCTS}/products/{gtin}").status_code == status


def test_recalls_of_unknown_status_may_be_left_out(sandbox: Sandbox, http: httpx2.Client) -> None:
    url = "/compliance/api/v1/products/09520000001209/recalls"
    assert [recall["status"] for recall in http.get(url).json()["data"]] == ["UNKNOWN"]
    sandbox.vary("ongoing-recalls")
    assert http.get(url).json()["data"] == []
    assert len(http.get(url, params={"status": "UNKNOWN"}).json()["data"]) == 1


def test_recalls_may_not_say_which_lots_they_cover(sandbox: Sandbox, http: httpx2.Client) -> None:
    sandbox.vary("recalls-without-lots")
    assert ["lot_codes" in recall for recall in http.get(RECALLS).json()["data"]] == [False]
    batches = {lot: http.get(RECALLS.replace("/recalls", f"/batches/{lot}/recalls")).json() for lot in ("LOT42", "Z1")}
    assert {lot: len(page["data"]) for lot, page in batches.items()} == {"LOT42": 1, "Z1": 0}


@pytest.mark.parametrize(("names", "expiry"), [((), "271231"), (("expiry-in-query",), "280131")])
def test_the_expiry_date_of_a_link_is_in_its_path_or_its_query(
    sandbox: Sandbox, http: httpx2.Client, names: tuple[str, ...], expiry: str
) -> None:
    sandbox.vary(*names)
    link = f"https://id.example/01/{RISOTTO}/10/B7/17/271231?17=280131"
    parsed: dict[str, Any] = http.post(f"{PRODUCTS}/digital-link/parse", json={"url": link}).json()
    assert (parsed["expiry"], parsed["raw_ais"]["17"], parsed["lot"]) == (expiry, expiry, "B7")


def test_keys_may_have_older_roles(sandbox: Sandbox, http: httpx2.Client) -> None:
    sandbox.vary("older-key-roles")
    assert http.get("/account/api/v1/whoami").json()["api_key"]["role"] == "admin"


def test_variants_are_listed_and_end_with_a_reset(sandbox: Sandbox, http: httpx2.Client) -> None:
    sandbox.vary("results-list", "older-offers")
    overview = http.get("/__sandbox__/").json()
    assert overview["active_variants"] == ["results-list", "older-offers"]
    assert overview["variants"].keys() == VARIANTS.keys()
    sandbox.reset()
    assert http.get("/__sandbox__/").json()["active_variants"] == []


def test_an_unknown_variant_is_422_with_the_known_ones(http: httpx2.Client) -> None:
    response = http.post("/__sandbox__/variants", json={"names": ["results-lists"]})
    assert response.status_code == 422
    assert "results-list" in response.json()["errors"][0]["message"]
