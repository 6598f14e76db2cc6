"""Products and account: credentials, roles, what is read and written, and how errors look."""

import struct
from datetime import datetime
from io import BytesIO
from typing import Any

import httpx2
import pytest
import segno

from ..fakes.person import bearer, signed_in
from ..fakes.service import Sandbox

PRODUCTS = "/products/api/v1/products"
TRADE_ITEMS = "/products/api/v1/trade-items"
RECALLED = "00614141123452"
ONCE_RECALLED = "09520000000806"
RISOTTO = "09506000134352"
UNCLAIMED = "00012345678905"
NEW = "09520000999995"


@pytest.mark.parametrize(
    "key",
    ["", "csb", "csb_short_00000000", "csb_" + "a" * 32 + "_00000000", "CSB_" + "a" * 32, "csb_" + "a" * 32 + "_x_y"],
)
@pytest.mark.parametrize("path", [f"{PRODUCTS}/{RISOTTO}", "/search/api/v1/search?q=tea", f"/01/{RISOTTO}"])
def test_a_malformed_key_is_401_everywhere(anonymous: httpx2.Client, path: str, key: str) -> None:
    response = anonymous.get(path, headers={"X-API-Key": key})

    assert (response.status_code, response.json()["error_code"]) == (401, "unauthorized")
    assert "Malformed" in response.json()["detail"]


def test_a_publishable_key_reads_and_does_not_write(sandbox: Sandbox, anonymous: httpx2.Client) -> None:
    key = {"X-API-Key": sandbox.keys["publishable"]}
    read = anonymous.get(TRADE_ITEMS, headers=key)

    assert read.status_code == 200
    assert read.headers["ratelimit-policy"] == "100;w=60, 10000;w=86400"
    assert anonymous.post(f"{PRODUCTS}/{UNCLAIMED}/claim", headers=key).status_code == 403


def test_an_unknown_token_is_401_and_leads_to_the_resource_metadata(sandbox: Sandbox, anonymous: httpx2.Client) -> None:
    response = anonymous.get(TRADE_ITEMS, headers={"Authorization": "Bearer unknown"})

    assert response.status_code == 401
    assert response.headers["www-authenticate"] == (
        'Bearer error="invalid_token", error_description="The access token is unknown or revoked.", '
        f'resource_metadata="{sandbox.url}/.well-known/oauth-protected-resource"'
    )


@pytest.mark.parametrize("written", [RECALLED, "614141123452", "0614141123452", "6-14141-12345-2", "0061 4141 1234 52"])
def test_a_product_is_found_by_any_written_form_of_its_gtin(http: httpx2.Client, written: str) -> None:
    product = http.get(f"{PRODUCTS}/{written}").json()

    assert (product["gtin"], product["brand"], product["is_claimed"]) == (RECALLED, "Harbour & Pine", True)
    assert http.get(PRODUCTS, params={"gtin": written}).json()["data"] == [product]


def test_a_product_has_all_documented_members(http: httpx2.Client) -> None:
    members = """id gtin product_name is_claimed data_source confidence_score field_confidence metadata brand
        manufacturer description image_url country_of_origin net_content net_content_value net_content_uom owner_id
        claim_verification_status length length_uom width width_uom height height_uom depth depth_uom gross_weight
        gross_weight_uom net_weight net_weight_uom gpc_brick_code gpc_class_code gpc_family_code gpc_segment_code"""

    assert http.get(f"{PRODUCTS}/{RISOTTO}").json().keys() == set(members.split())


@pytest.mark.parametrize(
    "gtin",
    ["123", "00614141123453", "00000000000000", "abc", "٠٠٦١٤١٤١١٢٣٤٥٢"],
    ids=["short", "digit", "zeros", "letters", "other digits"],
)
def test_an_invalid_gtin_is_422_with_the_field(http: httpx2.Client, gtin: str) -> None:
    response = http.get(f"{PRODUCTS}/{gtin}")

    assert (response.status_code, response.json()["error_code"]) == (422, "validation_error")
    assert response.json()["errors"][0]["field"] == "gtin"


def test_an_unknown_gtin_is_404_with_the_documented_message(http: httpx2.Client) -> None:
    response = http.get(f"{PRODUCTS}/{NEW}")
    body = response.json()
    datetime.fromisoformat(body.pop("timestamp"))

    assert response.headers["content-type"] == "application/problem+json"
    assert body == {
        "type": "https://closient.com/docs/errors/not_found",
        "title": "Not Found",
        "status": 404,
        "detail": f"No product found for GTIN {NEW}",
        "error_code": "not_found",
        "retryable": False,
    }


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/products/api/v1/nothing", 404),
        ("GET", "/nothing", 404),
        ("DELETE", TRADE_ITEMS, 405),
        ("POST", f"{TRADE_ITEMS}?page=0", 405),
        ("GET", f"{TRADE_ITEMS}?page=0", 422),
        ("GET", f"{TRADE_ITEMS}?page=99999999999999999999", 422),
        ("GET", f"{TRADE_ITEMS}?ordering=price", 422),
        ("GET", f"{PRODUCTS}", 422),
        ("POST", "/.well-known/api-catalog", 405),
    ],
)
def test_every_error_is_a_problem_document_with_rate_limits(
    http: httpx2.Client, method: str, path: str, status: int
) -> None:
    response = http.request(method, path)

    assert response.status_code == response.json()["status"] == status
    assert response.headers["content-type"] == "application/problem+json"
    assert response.headers["x-ratelimit-limit"] == response.headers["ratelimit-limit"]
    assert ("allow" in response.headers) is (status == 405)


def test_a_body_that_is_not_json_is_a_problem_too(http: httpx2.Client) -> None:
    response = http.post(PRODUCTS, content=b"{", headers={"Content-Type": "application/json"})

    assert response.status_code in (400, 422)
    assert response.headers["content-type"] == "application/problem+json"


def test_another_host_name_is_refused(anonymous: httpx2.Client) -> None:
    response = anonymous.get("/.well-known/api-catalog", headers={"Host": "evil.example"})

    assert (response.status_code, response.headers["content-type"]) == (400, "application/problem+json")


def test_lists_are_paginated(http: httpx2.Client) -> None:
    first = http.get(TRADE_ITEMS, params={"page_size": 2, "brand": "sooke harvest"}).json()
    total = first["pagination"]["total_count"]
    beyond = http.get(TRADE_ITEMS, params={"page_size": 100, "page": 99, "brand": "sooke harvest"}).json()

    assert first["pagination"] == {
        "page": 1,
        "page_size": 2,
        "total_count": total,
        "total_pages": (total + 1) // 2,
        "has_next": True,
        "has_previous": False,
    }
    assert [item["brand"] for item in first["data"]] == ["Sooke Harvest"] * 2
    assert beyond["data"] == []


def test_trade_items_are_filtered_and_ordered(http: httpx2.Client) -> None:
    query: dict[str, str | bool] = {
        "q": "tofu",
        "is_claimed": True,
        "country_of_origin": "CA",
        "ordering": "-confidence_score",
    }
    items = http.get(TRADE_ITEMS, params=query).json()["data"]
    scores = [item["confidence_score"] for item in items]

    assert items
    assert all(item["is_claimed"] and item["country_of_origin"] == "CA" for item in items)
    assert scores == sorted(scores, reverse=True)


@pytest.mark.parametrize(
    ("path", "member"),
    [
        (f"{PRODUCTS}/{RECALLED}/ingredients", "is_major_allergen"),
        (f"{PRODUCTS}/{RECALLED}/certifications", "issuing_body"),
        (f"{PRODUCTS}/{RECALLED}/claims", "category"),
        (f"{PRODUCTS}/{RECALLED}/recalls", "severity"),
    ],
)
def test_a_products_parts_are_listed(http: httpx2.Client, path: str, member: str) -> None:
    body = http.get(path).json()

    assert body["pagination"]["total_count"] == len(body["data"]) > 0
    assert member in body["data"][0]


@pytest.mark.parametrize(
    ("lot", "count"), [("LOT42", 1), ("lot55", 1), ("X9-17", 1), ("LOT43", 0), ("LOT5", 0)], ids=str
)
def test_a_recall_covers_its_lots_only(http: httpx2.Client, lot: str, count: int) -> None:
    assert len(http.get(f"{PRODUCTS}/{RECALLED}/recalls", params={"lot": lot}).json()["data"]) == count


def test_closed_recalls_are_shown_when_asked_for(http: httpx2.Client) -> None:
    closed = http.get(f"{PRODUCTS}/{ONCE_RECALLED}/recalls", params={"status": "COMPLETED"}).json()["data"]

    assert [recall["severity"] for recall in closed] == ["CLASS_III"]
    assert http.get(f"{PRODUCTS}/{ONCE_RECALLED}/recalls").json()["data"] == []
    assert http.get(f"{PRODUCTS}/{RECALLED}/recalls", params={"ordering": "title"}).status_code == 400


def test_nutrition_content_and_compact_record_are_returned(http: httpx2.Client) -> None:
    content = http.get(f"{PRODUCTS}/{RISOTTO}/content").json()
    product = http.get(f"{PRODUCTS}/{RISOTTO}").json()

    assert http.get(f"{PRODUCTS}/{RISOTTO}/nutrition").json() == content["nutrition"]
    (image,) = content["images"]
    picture = http.get(image["image_url"])
    assert picture.headers["content-type"] == "image/png"
    assert struct.unpack(">II", picture.content[16:24]) == (image["width"], image["height"])
    assert http.get(f"/products/api/v1/browse/products/{product['id']}").json()["gtin"] == RISOTTO
    assert http.get(f"{TRADE_ITEMS}/{RISOTTO}").json()["gpc_brick_code"] == product["gpc_brick_code"]


def test_a_product_is_created_read_changed_and_unclaimed(http: httpx2.Client) -> None:
    created = http.post(PRODUCTS, json={"gtin": NEW, "product_name": "Zwieback", "metadata": {"shelf": "4"}})
    changed = http.patch(
        f"{PRODUCTS}/{NEW}", json={"description": "Twice baked", "metadata": {"row": "1", "shelf": ""}}
    )
    found = http.get("/search/api/v1/search?q=twice+baked").json()["items"]
    given_up = http.delete(f"{PRODUCTS}/{NEW}")

    assert (created.status_code, created.json()["claim_verification_status"]) == (201, "unverified")
    assert (changed.json()["product_name"], changed.json()["metadata"]) == ("Zwieback", {"row": "1"})
    assert [item["metadata"]["gtin"] for item in found] == [NEW]
    assert (given_up.json()["is_claimed"], given_up.json()["owner_id"]) == (False, None)
    assert http.post(PRODUCTS, json={"gtin": NEW}).status_code == 409


def test_a_product_is_claimed_once(http: httpx2.Client) -> None:
    claim = http.post(f"{PRODUCTS}/{UNCLAIMED}/claim", json={})

    assert (claim.status_code, claim.json()["claim_verification_status"]) == (200, "unverified")
    assert http.post(f"{PRODUCTS}/{UNCLAIMED}/claim").status_code == 409


@pytest.mark.parametrize(
    "metadata",
    [{"k" * 41: "v"}, {"k": "v" * 501}, {str(number): "v" for number in range(51)}, {"k": 1}],
    ids=["key", "value", "count", "number"],
)
def test_metadata_has_limits(http: httpx2.Client, metadata: dict[str, Any]) -> None:
    response = http.patch(f"{PRODUCTS}/{RECALLED}", json={"metadata": metadata})

    assert (response.status_code, response.json()["error_code"]) == (422, "validation_error")


def test_a_claim_is_reported_without_a_credential(anonymous: httpx2.Client) -> None:
    report = {"reporter_email": "a@b.example", "reporter_relationship": "consumer", "reason": "It is not theirs."}

    assert anonymous.post(f"{PRODUCTS}/{RECALLED}/report-claim", json=report).status_code == 201
    assert anonymous.post(f"{PRODUCTS}/{RECALLED}/report-claim", json={**report, "reason": "x"}).status_code == 422


def test_only_members_list_an_organizations_products(
    sandbox: Sandbox, http: httpx2.Client, anonymous: httpx2.Client
) -> None:
    organization = http.get("/account/api/v1/organizations").json()["data"][0]["id"]
    listed = http.get(PRODUCTS, params={"organization_id": organization}).json()
    carol = bearer(signed_in(sandbox, anonymous, "products:read", "carol"))

    assert {product["owner_id"] for product in listed["data"]} == {organization}
    refused = anonymous.get(PRODUCTS, params={"organization_id": organization}, headers=carol)
    assert (refused.status_code, "Harbour & Pine" in refused.json()["detail"]) == (403, True)


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://id.example/01/09506000134352/10/AB%2FC/21/7", {"gtin": RISOTTO, "lot": "AB/C", "serial": "7"}),
        ("https://id.example/01/9506000134352/17/271231", {"gtin": RISOTTO, "expiry": "271231"}),
        ("https://id.example/01/09506000134353", {"is_valid": False}),
        ("https://id.example/products/1", {"is_valid": False}),
        ("http://[", {"is_valid": False}),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_digital_link_is_parsed(http: httpx2.Client, url: str, expected: dict[str, Any]) -> None:
    nothing = {"is_valid": True, "url": url, "gtin": None, "lot": None, "expiry": None, "serial": None}
    parsed = http.post("/products/api/v1/digital-link/parse", json={"url": url}).json()

    assert {**parsed, "raw_ais": None} == {**nothing, **expected, "raw_ais": None}
    assert bool(parsed["raw_ais"]) is parsed["is_valid"]


def test_whoami_distinguishes_a_key_from_a_user(
    sandbox: Sandbox, http: httpx2.Client, anonymous: httpx2.Client
) -> None:
    key = http.get("/account/api/v1/whoami").json()
    alice = bearer(signed_in(sandbox, anonymous, "account:read"))
    person = anonymous.get("/account/api/v1/whoami", headers=alice).json()

    assert (key["user_id"], key["api_key"]["role"]) == (None, "manager")
    assert (person["email"], person["api_key"]) == ("alice@closient.example", None)
    assert person["organizations"] == key["organizations"]


def test_preferences_need_a_users_token(sandbox: Sandbox, http: httpx2.Client, anonymous: httpx2.Client) -> None:
    alice = bearer(signed_in(sandbox, anonymous, "account:read"))

    assert anonymous.get("/account/api/v1/preferences", headers=alice).json()[0]["stance"] == "AVOID"
    assert http.get("/account/api/v1/preferences").status_code == 403


def test_members_and_masked_keys_are_listed(sandbox: Sandbox, http: httpx2.Client) -> None:
    organization = http.get("/account/api/v1/organizations").json()["data"][0]
    base = f"/account/api/v1/organizations/{organization['id']}"
    keys = http.get(f"{base}/api-keys")

    assert http.get(base).json() == organization
    assert [member["role"] for member in http.get(f"{base}/members").json()["data"]] == ["owner", "viewer"]
    assert [member["user_name"] for member in http.get(f"{base}/members?role=viewer").json()["data"]] == ["Bob"]
    assert {key["name"] for key in keys.json()["data"]} == {"Business", "Disabled", "Publishable"}
    assert not any(key in keys.text for key in sandbox.keys.values())


def test_a_created_key_works_until_it_is_revoked(http: httpx2.Client, anonymous: httpx2.Client) -> None:
    organization = http.get("/account/api/v1/organizations").json()["data"][0]["id"]
    keys = f"/account/api/v1/organizations/{organization}/api-keys"
    created = http.post(keys, json={"name": "ETL", "role": "manager"})
    key, url = {"X-API-Key": created.json()["key"]}, f"{keys}/{created.json()['id']}"

    assert created.status_code == 201
    assert anonymous.get("/account/api/v1/whoami", headers=key).json()["api_key"]["role"] == "manager"
    assert http.patch(url, json={"name": "Nightly ETL"}).json()["name"] == "Nightly ETL"
    listed = http.get(keys)
    assert created.json()["key"] not in listed.text
    assert http.delete(url).status_code == 204
    rejected = anonymous.get("/account/api/v1/whoami", headers=key)
    assert (rejected.status_code, "disabled" in rejected.json()["detail"]) == (403, True)
    states = {key["name"]: key["is_active"] for key in http.get(keys).json()["data"]}
    assert states == {"Business": True, "Disabled": False, "Publishable": True, "Nightly ETL": False}


def test_a_readonly_key_changes_nothing(http: httpx2.Client, anonymous: httpx2.Client) -> None:
    organization = http.get("/account/api/v1/organizations").json()["data"][0]["id"]
    keys = f"/account/api/v1/organizations/{organization}/api-keys"
    key = {"X-API-Key": http.post(keys, json={"name": "Reader"}).json()["key"]}

    assert anonymous.get(f"{PRODUCTS}/{RECALLED}", headers=key).status_code == 200
    assert anonymous.patch(f"{PRODUCTS}/{RECALLED}", json={}, headers=key).status_code == 403
    assert anonymous.post(keys, json={"name": "x"}, headers=key).status_code == 403
    assert http.delete(f"{keys}/{'2' * 22}").status_code == 404


def test_rules_and_custom_urls_of_the_resolver(http: httpx2.Client) -> None:
    organization = http.get("/account/api/v1/organizations").json()["data"][0]["id"]
    base = f"/resolver/api/v1/organizations/{organization}"
    rules = http.get(f"{base}/resolution-rules", params={"scope_type": "PRODUCT", "enabled": True}).json()["data"]
    custom = next(rule for rule in rules if rule["custom_url"])

    assert [rule["order_index"] for rule in rules] == [0, 1, 2]
    assert http.get(f"/resolver/api/v1/resolution-rules/{custom['id']}").json() == custom
    assert http.get("/resolver/api/v1/resolution-rules/unknown").status_code == 404
    assert http.get("/resolver/api/v1/organizations/unknown/resolution-rules").status_code == 403
    assert http.put(f"{base}/custom-urls/unknown", json={"url": "https://brand.example/"}).status_code == 404
    assert http.put(f"{base}/custom-urls/unknown", json={"url": "javascript:x"}).status_code == 422


def test_a_qr_code_contains_the_digital_link_and_is_cached(sandbox: Sandbox, http: httpx2.Client) -> None:
    body = {"gtin": "6-14141-12345-2", "lot": "A/1", "serial": "7", "expiry": "271231", "format": "svg", "size": 300}
    response = http.post("/products/api/v1/qr/", json=body)
    expected = BytesIO()
    segno.make_qr(f"{sandbox.url}/01/{RECALLED}/10/A%2F1/21/7?17=271231").save(expected, kind="svg", scale=7)

    assert (response.status_code, response.headers["content-type"]) == (200, "image/svg+xml")
    assert response.content == expected.getvalue()
    known = {"If-None-Match": response.headers["etag"]}
    assert http.post("/products/api/v1/qr/", json=body, headers=known).status_code == 304
    other = http.post("/products/api/v1/qr/", json=body | {"format": "png"}, headers=known)
    assert (other.status_code, other.content[:4]) == (200, b"\x89PNG")


def test_an_integer_may_be_written_with_a_fraction_of_zero_and_not_as_text(http: httpx2.Client) -> None:
    sizes = {size: http.post("/products/api/v1/qr/", json={"gtin": RECALLED, "size": size}) for size in (400.0, "400")}

    assert [response.status_code for response in sizes.values()] == [200, 422]
    assert sizes[400.0].content == http.post("/products/api/v1/qr/", json={"gtin": RECALLED}).content


def test_a_body_is_an_object_and_not_a_list(http: httpx2.Client) -> None:
    assert http.patch(f"{PRODUCTS}/{RECALLED}", json=[None]).status_code == 422


@pytest.mark.parametrize(
    "change",
    [{"gtin": "614141123453"}, {"gtin": "x"}, {"lot": "a b"}, {"expiry": "2712"}, {"size": 1}, {"format": "gif"}],
)
def test_a_qr_code_of_something_else_is_422(http: httpx2.Client, change: dict[str, Any]) -> None:
    response = http.post("/products/api/v1/qr/", json={"gtin": RECALLED} | change)

    assert (response.status_code, response.json()["errors"][0]["field"]) == (422, next(iter(change)))
