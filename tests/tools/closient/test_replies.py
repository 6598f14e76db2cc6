from __future__ import annotations

import json
import time
from typing import Any

import httpx2
import pytest

from closient_mcp.tools.errors import ToolError

from ...fakes.paths import VECTORS
from ...fakes.service import Received, Reply, Sandbox, Service
from .calling import Tools

CASES: dict[str, dict[str, Any]] = {
    case["id"]: case
    for case in json.loads((VECTORS / "closient_replies.json").read_text(encoding="utf-8"))["cases"]
    # The first is about a generated tool, the second about the sandbox.
    if case["id"] not in ("claim-403-publishable-key", "near-no-page-no-sort")
}
RICE = "09506000134352"
BAR = "00614141123452"
HARBOUR = {"name": "Harbour Foods", "address": "12 Quay St, Victoria"}
PRICE = {"amount": "5.99", "currency": "CAD"}
BASMATI = {"gtin": RICE, "name": "Basmati"}
NEARBY = {**BASMATI, "store": HARBOUR, "distance_km": 1.4, "price": PRICE}
UNTRUSTED: dict[str, Any] = {"data_source": None, "confidence_score": None}
PIP = {"link_type": "gs1:pip", "href": "https://dal.example/p", "title": "Product page", "languages": ["en"]}
LINKS = {"total": 2, "default_link": "https://dal.example/p", "description": "Basmati"}
NO_WORD = "There is no word to search for"

# The members that each answer has to have; the words that its notes, or its error, have to have.
RIGHT: dict[str, tuple[dict[str, Any], str]] = {
    "search-results-dialect": ({"total": 342, "items": [BASMATI]}, ""),
    "search-mixed-kinds": ({"total": 1, "items": [{"gtin": RICE, "name": "Dal soup"}]}, "1 of kind brand"),
    "search-total-is-the-page": (
        {
            "total": None,
            "at_least": 2,
            "items": [{"gtin": RICE, "name": "Trail mix A"}, {"gtin": BAR, "name": "Trail mix B"}],
        },
        "",
    ),
    "search-empty-allergens": (
        {
            "items": [
                {"gtin": RICE, "name": "Oat bar", "contains_allergens": [], "allergen_data_confidence": None},
                {"gtin": BAR, "name": "Rye bar"},
            ]
        },
        "Allergen data of low or unknown confidence",
    ),
    "search-barcode-as-query": ({"scope": "lookup", "total": 0, "items": []}, "was looked up"),
    "near-session-without-items": ({"scope": "catalog", "total": 1, "items": [BASMATI]}, "no results near the place"),
    "near-flat": (
        {"items": [{**NEARBY, "store": {"name": "Harbour Foods"}, "last_checked_at": None}]},
        "",
    ),
    "near-product-product_name": (
        {
            "items": [
                {**NEARBY, "brand": "Dal Verde", "stock_status": "in_stock", "last_checked_at": "2026-11-20T10:00:00Z"}
            ]
        },
        "",
    ),
    "near-old-offer": (
        {"items": [{**NEARBY, "brand": "Dal Verde", "stock_status": "low_stock", "last_checked_at": None}]},
        "",
    ),
    "near-price-no-currency": (
        {"items": [{**NEARBY, "price": {"amount": "5.99", "currency": None}, "last_checked_at": None}]},
        "names no currency",
    ),
    "near-online-alternatives": (
        {
            "online_alternatives": [
                {
                    **BASMATI,
                    "price": {"amount": "4.99", "currency": "USD"},
                    "url": "https://shop.example/p",
                    "last_checked_at": None,
                }
            ]
        },
        "",
    ),
    "lookup-trade-items": ({**BASMATI, **UNTRUSTED, "brand": "Dal Verde"}, ""),
    "lookup-empty-name": ({"name": "Oat bar", "size": "50 GRM", "brand": None}, ""),
    "lookup-crowd-sourced": (
        {"data_source": "crowd_sourced", "confidence_score": 0.21, "is_claimed": False},
        "Low confidence",
    ),
    "resolve-linkset-in-json-type": (LINKS, ""),
    "resolve-by-query-only": (LINKS, ""),
    "resolve-linktype-all-only": (LINKS, ""),
    "resolve-redirect-elsewhere": (
        {
            "default_link": "https://dal.example/p",
            "links": [{"link_type": "gs1:defaultLink", "href": "https://dal.example/p"}],
        },
        "which was not followed",
    ),
    "resolve-300-list": (LINKS, ""),
    "resolve-element-string-lot": ({**LINKS, "lot": "B77", "expiry": "271231"}, "ignored the lot B77"),
}
ERRORS = {
    "search-top-level-array": "the search reply is an array, expected an object",
    "search-no-word-minus": NO_WORD,
    "search-no-word-quote": NO_WORD,
    "search-no-word-blank": NO_WORD,
    "search-429-absolute-reset": "then try again",
    "search-401-own-sentence": "This key belongs to the testing environment",
}


def serve(service: Service, replies: list[dict[str, Any]]) -> None:
    """Serve the replies of a case; other requests get a 404."""

    def answer(got: Received) -> Reply:
        requests = (f"{got.method} {got.path}?{got.query}", f"{got.method} {got.path}")
        entry = next((entry for name in requests for entry in replies if entry["request"] == name), None)
        if entry is None:
            return Reply({"title": "Not Found", "status": 404}, 404, {"content-type": "application/problem+json"})
        headers = {
            name: str(int(time.time()) + 95) if value.startswith("<now") else value
            for name, value in entry.get("headers", {}).items()
        }
        return Reply(json.dumps(entry.get("body", "")), entry.get("status", 200), headers)

    service.otherwise = answer


@pytest.mark.parametrize("name", RIGHT)
async def test_a_documented_reply_is_read_whole(tools: Tools, service: Service, name: str) -> None:
    case = CASES[name]
    serve(service, case["replies"])
    answer: Any = await tools.call(case["call"]["tool"], **case["call"]["arguments"])
    members, words = RIGHT[name]
    assert {member: answer.get(member) for member in members} == members
    assert words in " ".join(answer["notes"])
    if name.startswith("resolve") and members.get("total"):
        assert PIP in answer["links"]


@pytest.mark.parametrize("name", ERRORS)
async def test_a_reply_or_question_that_fits_nothing_is_an_error(tools: Tools, service: Service, name: str) -> None:
    case = CASES[name]
    serve(service, case["replies"])
    with pytest.raises(ToolError) as caught:
        await tools.call(case["call"]["tool"], **case["call"]["arguments"])
    assert ERRORS[name] in f"{caught.value.message} {caught.value.next_step}"
    if name == "search-429-absolute-reset":
        assert 85 <= float(str(caught.value.details["retry_after_seconds"])) <= 95


def test_every_case_has_its_expectation() -> None:
    assert CASES.keys() == RIGHT.keys() | ERRORS.keys()


async def test_all_offers_of_a_session_are_paged_and_sorted_by_price(sandbox: Sandbox) -> None:
    question: dict[str, Any] = {"query": "peanut butter", "latitude": 48.4284, "longitude": -123.3656, "radius_km": 50}
    async with httpx2.AsyncClient(trust_env=False, verify=False, headers={"X-API-Key": sandbox.api_key}) as client:
        tools = Tools(sandbox.url, client)
        nearest: Any = await tools.call("search_products", **question, limit=50)
        first: Any = await tools.call("search_products", **question, sort="price")
        second: Any = await tools.call("search_products", **question, sort="price", page=2)
    prices = [float(item["price"]["amount"]) for item in [*first["items"], *second["items"]]]
    assert prices == sorted(float(item["price"]["amount"]) for item in nearest["items"])[:20]
    assert "may not be all" in " ".join(first["notes"])
