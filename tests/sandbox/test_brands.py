"""Brands and where they are sold, an organization's locations, and certifications and claims of products."""

from typing import Any

import httpx2
import pytest

from ..fakes.service import Sandbox

BRANDS = "/brands/api/v1/brands"
PUBLIC = "/brands/api/v1/public/brands"
LOCATIONS = "/locations/api/v1/public/locations"
CERTIFICATIONS = "/certifications/api/v1"
OWN = "00614141123452"
VICTORIA = {"lat": 48.4284, "lon": -123.3656}


def brand_named(http: httpx2.Client, name: str) -> dict[str, Any]:
    """The brand of this name, in full."""
    (listed,) = http.get(BRANDS, params={"name": name}).json()["data"]
    found: dict[str, Any] = http.get(f"{BRANDS}/{listed['id']}").json()
    assert found | listed == found
    return found


def test_brands_are_listed_by_name_and_by_organization(http: httpx2.Client, organization: str) -> None:
    every = [brand["name"] for brand in http.get(BRANDS, params={"ordering": "-name"}).json()["data"]]
    own = http.get(BRANDS, params={"organization_id": organization}).json()["data"]

    assert every == sorted(every, reverse=True)
    assert [brand["name"] for brand in own] == ["Harbour & Pine"]
    assert brand_named(http, "oak bay")["organization_id"] is None


def test_a_brand_has_the_id_that_the_search_gives(http: httpx2.Client) -> None:
    (hit,) = http.get("/search/api/v1/search", params={"q": "Cascadia", "type": "brand"}).json()["items"]

    assert http.get(f"{BRANDS}/{hit['id']}").json()["name"] == "Cascadia Pantry"
    assert http.get(f"{BRANDS}/{'2' * 22}").status_code == 404


def test_a_created_brand_is_claimed_found_and_not_created_twice(http: httpx2.Client, organization: str) -> None:
    body = {"organization_id": organization, "name": "Rain & Cedar", "metadata": {"season": "winter"}}
    created = http.post(BRANDS, json=body)

    assert created.status_code == 201
    assert created.json()["organization_id"] == body["organization_id"]
    assert brand_named(http, "Cedar") == created.json()
    (hit,) = http.get("/search/api/v1/search", params={"q": "cedar", "type": "brand"}).json()["items"]
    assert hit["id"] == created.json()["id"]
    assert http.post(BRANDS, json=body | {"name": "rain & CEDAR"}).status_code == 409
    assert http.post(BRANDS, json=body | {"organization_id": "2" * 22, "name": "Other"}).status_code == 403


def test_a_brand_of_ones_own_is_updated_and_no_other(http: httpx2.Client) -> None:
    own, other = brand_named(http, "Harbour"), brand_named(http, "Sooke")
    changes = {"name": "Harbour and Pine", "website": "https://harbour.example", "instagram": "harbour"}
    updated = http.patch(f"{BRANDS}/{own['id']}", json=changes).json()

    assert updated == own | changes | {"has_social_links": True}
    products = http.get(f"{PUBLIC}/{own['id']}/catalog").json()["products"]
    assert products
    found = http.get("/search/api/v1/search", params={"q": '"Harbour and Pine"', "type": "product"}).json()["items"]
    assert {hit["metadata"]["brand"] for hit in found} == {"Harbour and Pine"}
    assert http.patch(f"{BRANDS}/{own['id']}", json={"name": "Sooke Harvest"}).status_code == 409
    assert http.patch(f"{BRANDS}/{other['id']}", json={"website": "x"}).status_code == 403


def test_the_locator_needs_no_key_and_lists_the_nearest_stores_first(
    http: httpx2.Client, anonymous: httpx2.Client
) -> None:
    brand = brand_named(http, "Oak Bay")
    response = anonymous.get(f"{PUBLIC}/{brand['id']}/locator", params={**VICTORIA, "radius": 10, "limit": 5})
    stores = response.json()["stores"]

    assert response.headers["access-control-allow-origin"] == "*"
    assert len(stores) == 5
    distances = [store["distance_km"] for store in stores]
    assert distances == sorted(distances)
    assert max(distances) <= 10
    assert all(store["product_count"] > 0 for store in stores)


def test_the_locator_of_one_product_lists_the_stores_that_offer_it(http: httpx2.Client) -> None:
    brand = brand_named(http, "Harbour")
    product = http.get(f"/products/api/v1/products/{OWN}").json()["id"]
    search = {"query": f"gtin:{OWN}", "latitude": 48.4284, "longitude": -123.3656, "radius_km": 50}
    offers = http.post("/search/api/v1/search/session", json=search).json()["items"]
    located = http.get(f"{PUBLIC}/{brand['id']}/locator", params={**VICTORIA, "product_id": product}).json()["stores"]

    assert offers
    assert {store["id"] for store in located} == {offer["store"]["id"] for offer in offers}


@pytest.mark.parametrize("change", [{"lat": 91}, {"lon": "east"}, {"radius": 0}, {"limit": 101}])
def test_a_place_that_is_none_is_422(http: httpx2.Client, change: dict[str, Any]) -> None:
    brand = brand_named(http, "Harbour")
    for path in (LOCATIONS, f"{PUBLIC}/{brand['id']}/locator"):
        response = http.get(path, params=VICTORIA | change)
        assert (response.status_code, response.json()["errors"][0]["field"]) == (422, next(iter(change)))


def test_a_publishable_key_finds_the_locations_of_its_organization(sandbox: Sandbox, anonymous: httpx2.Client) -> None:
    key = {"X-API-Key": sandbox.keys["publishable"]}
    body = anonymous.get(LOCATIONS, params=VICTORIA, headers=key).json()

    assert body["organization"]["name"] == "Harbour & Pine"
    assert body["locations"]
    assert all(location["name"].startswith("Fairfield Market") for location in body["locations"])
    assert anonymous.get(LOCATIONS, params=VICTORIA).status_code == 401


def test_certifications_are_the_same_as_those_of_the_products_api(http: httpx2.Client) -> None:
    listed = http.get(f"{CERTIFICATIONS}/products/{OWN}/certifications").json()
    elsewhere = http.get(f"/products/api/v1/products/{OWN}/certifications").json()["data"]

    assert sorted(item["label"] for item in listed) == [item["label"] for item in listed]
    assert sorted(elsewhere, key=lambda item: item["label"]) == listed
    kind = http.get(f"{CERTIFICATIONS}/certifications/{listed[0]['id']}").json()
    assert kind.items() <= listed[0].items()
    assert http.get(f"{CERTIFICATIONS}/certifications/{'2' * 22}").status_code == 404


def test_certifications_are_filtered_and_ordered(http: httpx2.Client) -> None:
    url = f"{CERTIFICATIONS}/products/{OWN}/certifications"

    assert http.get(url, params={"verification_status": "expired"}).json() == []
    assert http.get(url, params={"is_active": True, "ordering": "-label"}).json() == http.get(url).json()[::-1]
    assert http.get(url, params={"ordering": "size"}).status_code == 422


def test_a_certificate_of_ones_own_product_is_updated(http: httpx2.Client) -> None:
    url = f"{CERTIFICATIONS}/products/{OWN}/certifications"
    first, *_ = http.get(url).json()
    updated = http.patch(f"{url}/{first['id']}", json={"certificate_number": "N-1", "metadata": {"a": "b"}})

    assert updated.json() == first | {"certificate_number": "N-1", "metadata": {"a": "b"}}
    assert http.get(url).json()[0] == updated.json()
    assert http.patch(f"{url}/{'2' * 22}", json={}).status_code == 404


def test_a_claim_is_added_once_and_only_to_ones_own_product(http: httpx2.Client) -> None:
    url = f"{CERTIFICATIONS}/products/{OWN}/claims"
    created = http.post(url, json={"label": "No added sugar", "category": "DIETARY"})

    assert created.status_code == 201
    assert http.get(url).json()[-1] == created.json()
    assert http.post(url, json={"label": "no added sugar"}).status_code == 409
    assert http.post(f"{CERTIFICATIONS}/products/00012345678905/claims", json={"label": "x"}).status_code == 403


@pytest.mark.parametrize(
    ("gtin", "status"), [("0061-4141123452", 422), ("00614141123453", 422), ("09520000999995", 404)]
)
def test_a_gtin_of_the_certifications_api_is_digits_only(http: httpx2.Client, gtin: str, status: int) -> None:
    assert http.get(f"{CERTIFICATIONS}/products/{gtin}/claims").status_code == status
