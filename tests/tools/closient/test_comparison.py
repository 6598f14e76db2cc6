from __future__ import annotations

from typing import Any

import pytest

from closient_mcp.tools.closient.unit_price import unit_price
from closient_mcp.tools.errors import InvalidArgumentsError

from ...fakes.service import Received, Reply, Service
from .calling import Tools

PEANUT, MIX, RISOTTO = "00614141123452", "00012345678905", "09506000134352"
PLACE = {"latitude": 48.4284, "longitude": -123.3656, "radius_km": 50}
API = "/products/api/v1"


@pytest.mark.parametrize(
    ("size", "price"),
    [
        ("400 g", {"amount": "15.00", "per": "kg"}),
        ("0.4 kg", {"amount": "15.00", "per": "kg"}),
        ("400 GRM", {"amount": "15.00", "per": "kg"}),
        ("1.75 L", {"amount": "3.43", "per": "L"}),
        ("8 x 355 mL", {"amount": "2.11", "per": "L"}),
        ("20 bags", None),
        ("0 g", None),
        ("1,5 L", None),
        ("400 g, drained 250 g", None),
        ("", None),
    ],
)
def test_a_price_is_per_kilogram_or_litre_if_the_size_is_one(size: str, price: dict[str, str] | None) -> None:
    assert unit_price("6.00", size) == price


async def test_products_are_compared_with_their_recalls_and_prices(shop: Tools) -> None:
    found: Any = await shop.call(
        "compare_products", gtins=[PEANUT, "12345678905", RISOTTO, PEANUT, "5901234123457", "1"], **PLACE
    )
    peanut, risotto = found["products"]
    assert (peanut["gtin"], peanut["allergens"], peanut["recalled"]) == (PEANUT, ["peanuts"], "may be")
    assert (risotto["allergens"], risotto["low_confidence"], risotto["recalls"]) == ([], True, [])
    assert "Canada Organic" in peanut["certifications"]
    assert (found["not_found"], [entry["gtin"] for entry in found["failed"]]) == (
        ["05901234123457"],
        ["12345678905", "1"],
    )
    notes = " ".join(found["notes"])
    assert "depending on the lot" in notes
    assert "Low confidence" in notes
    offers: Any = await shop.call("check_availability", gtin=PEANUT, **PLACE)
    amounts = [item["price"]["amount"] for item in offers["items"] if item["stock_status"] in ("in_stock", "low_stock")]
    cheapest = peanut["cheapest_in_stock"]
    assert cheapest["price"]["amount"] == min(amounts, key=float)
    assert cheapest["unit_price"] == unit_price(cheapest["price"]["amount"], "400 g")


async def test_what_is_unknown_stays_unknown_in_a_comparison(tools: Tools, service: Service) -> None:
    for gtin in (PEANUT, RISOTTO):
        service.routes[f"{API}/trade-items/{gtin}"] = Reply({"gtin": gtin, "product_name": "Jar"})
    ingredient = {"name": "peanuts", "is_major_allergen": True}
    service.routes[f"{API}/products/{RISOTTO}/content"] = Reply({"gtin": RISOTTO, "ingredients": [ingredient]})
    found: Any = await tools.call("compare_products", gtins=[PEANUT, RISOTTO], **PLACE)
    peanut, risotto = found["products"]
    unknown = ("brand", "size", "confidence_score", "low_confidence", "allergens", "certifications", "recalled",
               "recalls", "cheapest_in_stock")  # fmt: skip
    assert {name: peanut[name] for name in unknown} == dict.fromkeys(unknown)
    assert (risotto["allergens"], risotto["may_contain"]) == (["peanuts"], None)
    notes = " ".join(found["notes"])
    assert "Allergens are unknown, which is not none: Jar (00614141123452)." in notes
    assert "Whether it's recalled is unknown" in notes


@pytest.mark.parametrize(
    "arguments",
    [{"gtins": [PEANUT]}, {"gtins": [PEANUT] * 11}, {"gtins": [PEANUT, MIX], "latitude": 48}],
)
async def test_a_comparison_takes_two_to_ten_products(tools: Tools, arguments: dict[str, Any]) -> None:
    with pytest.raises(InvalidArgumentsError):
        await tools.call("compare_products", **arguments)


async def test_allergens_are_all_that_are_known_and_never_none_by_an_empty_list(tools: Tools, service: Service) -> None:
    declared = {"contains_allergens": ["Milk"], "allergen_data_confidence": "low"}
    for gtin, extra, ingredients in (
        (
            PEANUT,
            declared,
            [{"name": "peanuts", "is_major_allergen": True}, {"name": "salt", "is_major_allergen": False}],
        ),
        (RISOTTO, {}, []),
    ):
        service.routes[f"{API}/trade-items/{gtin}"] = Reply({"gtin": gtin, "product_name": "Jar", **extra})
        service.routes[f"{API}/products/{gtin}/content"] = Reply({"gtin": gtin, "ingredients": ingredients})
    found: Any = await tools.call("compare_products", gtins=[PEANUT, RISOTTO])
    assert [row["allergens"] for row in found["products"]] == [["Milk", "peanuts"], None]
    assert "Allergen data of low or unknown confidence, so check the pack: Jar." in found["notes"]


@pytest.mark.parametrize(
    ("currencies", "cheapest"),
    [(["CAD", "CAD"], "1.00"), (["CAD", "USD"], None), (["CAD", None], None), ([None, None], None), ([None], "1.00")],
)
async def test_only_prices_in_the_same_known_currency_are_compared(
    tools: Tools, service: Service, currencies: list[str | None], cheapest: str | None
) -> None:
    for gtin in (PEANUT, RISOTTO):
        service.routes[f"{API}/trade-items/{gtin}"] = Reply({"gtin": gtin, "product_name": "Jar"})
    offers = [
        {"gtin": PEANUT, "name": "Jar", "stock_status": "in_stock", "price": {"amount": f"{amount}.00", "currency": c}}
        for amount, c in enumerate(currencies, 1)
    ]
    service.routes["/search/api/v1/search/session"] = Reply({"session_id": "s", "items": offers})
    found: Any = await tools.call("compare_products", gtins=[PEANUT, RISOTTO], **PLACE)
    best = found["products"][0]["cheapest_in_stock"]
    assert (best["price"]["amount"] if best else None) == cheapest


async def test_a_note_warns_of_products_with_prices_in_different_currencies(tools: Tools, service: Service) -> None:
    for gtin in (PEANUT, RISOTTO):
        service.routes[f"{API}/trade-items/{gtin}"] = Reply({"gtin": gtin, "product_name": "Jar"})

    def search(request: Received) -> Reply:
        gtin = request.json()["query"].removeprefix("gtin:")
        price = {"amount": "1.00", "currency": "CAD" if gtin == PEANUT else "USD"}
        offer = {"gtin": gtin, "name": "Jar", "stock_status": "in_stock", "price": price}
        return Reply({"session_id": "s", "items": [offer]})

    service.routes["/search/api/v1/search/session"] = search
    found: Any = await tools.call("compare_products", gtins=[PEANUT, RISOTTO], **PLACE)
    assert [row["cheapest_in_stock"]["price"]["currency"] for row in found["products"]] == ["CAD", "USD"]
    assert "The prices are in different or unknown currencies, so they can't be compared." in found["notes"]


async def test_a_second_lot_of_a_product_is_named_as_left_aside(tools: Tools, service: Service) -> None:
    service.routes[f"{API}/trade-items/{PEANUT}"] = Reply({"gtin": PEANUT, "product_name": "Jar"})
    found: Any = await tools.call("compare_products", gtins=[f"(01){PEANUT}(10){lot}" for lot in "AAB"])
    assert len(found["products"]) == 1
    assert [note for note in found["notes"] if "left aside" in note] == [
        f"{PEANUT} was given again with the lot B, left aside: check_recalls compares a lot."
    ]
