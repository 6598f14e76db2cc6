"""Retailers and their offers, which are those that the search finds."""

from typing import Any

import httpx2
import pytest

API = "/retailers/api/v1"
GTIN = "00614141123452"
PLACE = {"latitude": 48.4284, "longitude": -123.3656, "radius_km": 50}


def nearby(http: httpx2.Client, query: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = http.post("/search/api/v1/search/session", json={"query": query, **PLACE}).json()[
        "items"
    ]
    return found


def own(items: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [item for item in items if item["store"]["name"].startswith("Fairfield Market")]


def test_an_offer_of_ones_own_stores_has_the_price_that_the_search_shows(http: httpx2.Client) -> None:
    items = own(nearby(http, "tofu"))
    assert items
    for item in items:
        offer = http.get(f"{API}/in-store-offers/{item['offer']['id']}").json()
        assert (offer["price"], offer["physical_store_id"]) == (item["offer"]["price"], item["store"]["id"])
        quantity, status = offer["quantity_on_hand"], item["offer"]["stock_status"]
        assert {"unknown": quantity is None, "out_of_stock": quantity == 0}.get(status, bool(quantity))


def test_others_offers_are_not_found(http: httpx2.Client) -> None:
    (other, *_) = [item for item in nearby(http, "tofu") if item not in own([item])]
    assert http.get(f"{API}/in-store-offers/{other['offer']['id']}").status_code == 404


def test_a_retailer_is_found_by_the_id_of_the_search(http: httpx2.Client, organization: str) -> None:
    hit = http.get("/search/api/v1/search", params={"q": "Fairfield", "type": "retailer"}).json()["items"][0]
    retailer = http.get(f"{API}/retailers/{hit['id']}").json()
    assert (retailer["name"], retailer["organization_id"]) == ("Fairfield Market", organization)
    assert http.get(f"{API}/retailers/{'2' * 22}").status_code == 404


def test_a_created_retailer_is_found_and_belongs_to_the_organization(http: httpx2.Client, organization: str) -> None:
    url = f"{API}/organizations/{organization}/retailers"
    created = http.post(url, json={"name": "Cobble Hill Grocery"})

    assert created.status_code == 201
    assert http.get(f"{API}/retailers/{created.json()['id']}").json() == created.json()
    (hit,) = http.get("/search/api/v1/search", params={"q": "Cobble", "type": "retailer"}).json()["items"]
    assert hit["id"] == created.json()["id"]
    assert http.post(f"{API}/organizations/{'2' * 22}/retailers", json={"name": "x"}).status_code == 403


def test_a_created_offer_is_found_nearby_and_cannot_be_created_twice(http: httpx2.Client, organization: str) -> None:
    store = own(nearby(http, "tofu"))[0]["store"]["id"]
    product = http.get(f"/products/api/v1/products/{GTIN}").json()["id"]
    body = {"product_id": product, "physical_store_id": store, "sku": "NEW-1", "price": "1.99", "quantity_on_hand": 2}
    url = f"{API}/organizations/{organization}/in-store-offers"
    created = http.post(url, json=body)
    assert created.status_code == 201
    (found,) = [item for item in nearby(http, f"gtin:{GTIN}") if item["offer"]["id"] == created.json()["id"]]
    assert (found["offer"]["price"]["amount"], found["offer"]["stock_status"]) == ("1.99", "low_stock")
    again = http.post(url, json=body)
    assert (again.status_code, again.json()["errors"][0]["field"]) == (422, "sku")


@pytest.mark.parametrize("change", [{"product_id": "x"}, {"physical_store_id": "x"}])
def test_an_offer_needs_a_known_product_and_a_store_of_ones_own(
    http: httpx2.Client, organization: str, change: dict[str, str]
) -> None:
    item = own(nearby(http, "tofu"))[0]
    product = http.get(f"/products/api/v1/products/{item['product']['gtin']}").json()["id"]
    body = {"product_id": product, "physical_store_id": item["store"]["id"], "sku": "N", "price": 1} | change
    assert http.post(f"{API}/organizations/{organization}/in-store-offers", json=body).status_code == 404
    assert http.post(f"{API}/organizations/{'2' * 22}/in-store-offers", json=body).status_code == 404
