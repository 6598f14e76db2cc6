"""The initial data agrees with itself, whichever reply it's read from."""

from datetime import UTC, datetime, timedelta
from typing import Any

import httpx2
import pytest

PLACES = {
    "Victoria": (48.4284, -123.3656),
    "Saanich": (48.484, -123.381),
    "Sidney": (48.6506, -123.3986),
    "Vancouver": (49.2827, -123.1207),
}
SOURCES = {
    "peanuts": ("peanuts",),
    "tree nuts": ("almonds", "pecans", "hazelnuts"),
    "gluten": ("oats", "wheat flour", "durum wheat semolina", "rye flour", "spelt flour"),
    "milk": ("milk",),
    "soy": ("soybeans", "soy lecithin"),
    "sesame": ("sesame seeds", "tahini"),
}


def hits(http: httpx2.Client, q: str, kind: str = "product") -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = http.get("/search/api/v1/search", params={"q": q, "type": kind, "limit": 100}).json()[
        "items"
    ]
    return found


def offers(http: httpx2.Client, query: str, place: str) -> list[dict[str, Any]]:
    latitude, longitude = PLACES[place]
    body = {"query": query, "latitude": latitude, "longitude": longitude, "radius_km": 50}
    found: list[dict[str, Any]] = http.post("/search/api/v1/search/session", json=body).json()["items"]
    return found


@pytest.mark.parametrize("allergen", SOURCES)
def test_allergens_follow_from_the_ingredients(http: httpx2.Client, allergen: str) -> None:
    products = [hit for word in (*SOURCES[allergen], f"{allergen} free", "sea salt") for hit in hits(http, f'"{word}"')]
    assert products
    for product in products:
        ingredients = product["description"].partition("Ingredients: ")[2].rstrip(".").replace("gluten-free oats", "")
        contains = any(word in ingredients for word in SOURCES[allergen])
        assert (allergen in product["contains_allergens"]) is contains, product


def test_a_product_made_without_an_allergen_is_not_listed_with_it(http: httpx2.Client) -> None:
    (oats, *_) = [hit for hit in hits(http, '"gluten free, 900 g"') if "Oats" in hit["name"]]
    (plain, *_) = hits(http, '"Rolled Oats, quick, 900 g"')
    assert (oats["contains_allergens"], plain["contains_allergens"]) == ([], ["gluten"])


@pytest.mark.parametrize("place", PLACES)
def test_no_store_is_where_the_caller_is_and_stock_was_checked_within_a_day(http: httpx2.Client, place: str) -> None:
    found = offers(http, "salt OR milk OR coffee", place)
    now = datetime.now(UTC)
    ages = [now - datetime.fromisoformat(item["offer"]["last_checked_at"]) for item in found]
    assert min(item["distance_km"] for item in found) > 0.1
    assert min(ages) > timedelta(0)
    assert max(ages) < timedelta(days=1)


def test_brands_and_retailers_of_offers_are_in_the_catalog(http: httpx2.Client) -> None:
    found = offers(http, "peanut OR risotto OR tea", "Victoria")
    brands = {item["product"]["brand"] for item in found} | {"Dal Giardino"}
    assert [brand for brand in brands if brand not in {hit["name"] for hit in hits(http, f'"{brand}"', "brand")}] == []
    names = ("Fairfield", "Island", "Root", "Lifestyle")
    chains = {hit["name"] for word in names for hit in hits(http, word, "retailer")}
    assert len(chains) == 4
    assert all(any(item["store"]["name"].startswith(chain) for chain in chains) for item in found)


def test_an_offer_names_the_product_as_its_record_does(http: httpx2.Client) -> None:
    for item in offers(http, "tofu", "Victoria")[:5]:
        record = http.get(f"/products/api/v1/products/{item['product']['gtin']}").json()
        assert item["product"].items() <= {**record, "name": record["product_name"]}.items()


def test_both_apis_list_the_same_recalls(http: httpx2.Client) -> None:
    path = "api/v1/products/00614141123452/recalls"
    assert http.get(f"/compliance/{path}").json() == http.get(f"/products/{path}").json()
    assert http.get(f"/compliance/{path}").json()["data"] != []
