"""Each documented reply with each of its members dropped, renamed or retyped in turn.

A tool then gives the same answer, an error, or an answer in which something is unknown; never another value.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from typing import Any

import httpx2
import pytest

from closient_mcp.tools.errors import ToolError
from closient_mcp.tools.formats.json_values import JsonValue

from .calling import Tools, weaker

SITE = "https://api.example.com"
GTIN = "09506000134352"
PLACE = {"latitude": 48.4284, "longitude": -123.3656}
# Their members are data: names that the service chose, not documented ones.
OPEN_MAPS = ("active_constraints", "new_constraints", "field_confidence")
# Further types that are documented for a member, so that a value of such a type is another valid value.
DOCUMENTED: dict[Any, tuple[type, ...]] = {
    "brand": (str,), "address": (str,), "amount": (int,), "price": (int,), "distance_km": (int,), "percentage": (int,),
    "itemDescription": (list,), "title": (list,), "hreflang": (str,),
}  # fmt: skip

HIT = {
    "type": "product",
    "id": "p1",
    "name": "Basmati",
    "rank": 0.9,
    "description": "Rice",
    "metadata": {"gtin": GTIN, "brand": "Dal Verde", "image_url": "https://cdn.example/p.png"},
    "certifications": ["Organic"],
    "contains_allergens": ["milk"],
    "substance_flags": [],
    "allergen_data_confidence": "high",
}
OFFER = {
    "product": {"gtin": GTIN, "name": "Basmati", "brand": "Dal Verde", "image_url": "https://cdn.example/p.png"},
    "store": {
        "id": "s1", "name": "Harbour Foods", "address": "12 Quay St", "latitude": 48.4, "longitude": -123.3,
        "distance_km": 1.4,
    },
    "offer": {
        "id": "o1", "price": {"amount": "5.99", "currency": "CAD"}, "stock_status": "in_stock",
        "last_checked_at": "2026-11-20T10:00:00Z",
    },
    "distance_km": 1.4,
}  # fmt: skip
OLD_OFFER = {
    "product": {"gtin": GTIN, "name": "Basmati", "brand": {"name": "Dal Verde"}},
    "store": {"name": "Harbour Foods", "address": {"street": "12 Quay St", "city": "Victoria"}, "distance_km": "1.40"},
    "offer": {"price": "5.99", "price_currency": "CAD", "stock_status": "low_stock", "last_checked_at": None},
}
FLAT_OFFER = {
    "gtin": GTIN, "product_name": "Basmati", "store_name": "Harbour Foods",
    "price": {"amount": "5.99", "currency": "CAD"}, "distance_km": 1.4,
}  # fmt: skip
STATE = {
    "session_id": "s", "base_query": "rice", "active_constraints": {"availability": "in_stock"},
    "search_history": ["rice"], "is_expired": False, **PLACE, "radius_km": 10,
}  # fmt: skip
SESSION = {**STATE, "items": [OFFER], "online_alternatives": [{"product": OFFER["product"], "offer": OFFER["offer"]}]}
ANNOTATED_HIT = {**HIT, "store": OFFER["store"], "offer": OFFER["offer"], "distance_km": 1.4}
ANNOTATED_SESSION = {"session_id": "s", "items": [ANNOTATED_HIT]}
QUICKSTART_SESSION = {"session_id": "s", "items": [OLD_OFFER, FLAT_OFFER]}
FOLLOW_UP = {
    **SESSION, "query": "cheaper", "is_refinement": True, "classification_explanation": "A refinement.",
    "new_constraints": {"price_max": 5},
}  # fmt: skip
RECORD = {
    "id": "p1", "gtin": GTIN, "product_name": "Basmati", "brand": "Dal Verde", "manufacturer": "Verde Ltd",
    "description": "Rice", "image_url": "https://cdn.example/p.png", "country_of_origin": "CA", "net_content": "1 kg",
    "net_content_value": None, "net_content_uom": "", "is_claimed": True, "data_source": "claimed",
    "confidence_score": 0.9, "field_confidence": {"brand": 0.9}, "metadata": {"season": "2026"}, "owner_id": None,
    "claim_verification_status": "verified", "length": 10, "length_uom": "CMT", "gross_weight": 1100,
    "gross_weight_uom": "GRM", "gpc_brick_code": "10000000", "primary_language": "en", "countries_sold": ["CA"],
    "usage_instructions": "Cook it.", "modified": "2026-11-20T10:00:00Z",
}  # fmt: skip
SHORT_RECORD = {"gtin": GTIN, "product_name": "Basmati", "brand": "Dal Verde", "confidence_score": 0.9}
MEASURED_RECORD = {**RECORD, "net_content": "", "net_content_value": 1, "net_content_uom": "KGM"}
RECALL = {
    "id": "r1", "title": "Glass", "status": "ONGOING", "source_system": "FDA", "severity": "CLASS_I",
    "created": "2026-11-20T10:00:00Z", "description": "Glass in the rice", "hazard": "Cuts", "remedy": "Return it",
    "public_url": "https://recalls.example/1", "company_name": "Verde Ltd", "recall_date": "2026-11-20",
    "jurisdictions": ["CA"], "lot_codes": ["B7", "C1-C9"],
}  # fmt: skip
CONTENT = {
    "gtin": GTIN,
    "images": [{"id": "i1", "title": "Front", "image_url": "https://cdn.example/p.png", "width": 320}],
    "ingredients": [
        {
            "id": "g1", "name": "Rice", "is_major_allergen": False, "may_contain": True, "priority": 1,
            "notes": "white", "percentage": 99.5, "origin": "IN",
        }
    ],
    "certifications": [
        {
            "id": "c1", "label": "Organic", "code": "ORG", "is_active": True, "issuing_body": "CCOF",
            "verification_status": "verified", "expiry_date": "2027-01-01",
        }
    ],
    "claims": [{"id": "l1", "label": "Vegan", "code": "V", "category": "DIETARY", "source": "BRAND_SELF_DECLARED"}],
    "recalls": [RECALL],
    "nutrition": {
        "serving_size": "45 g", "label_format": "US_FDA", "serving_size_g": 45, "servings_per_container": 22,
        "nutrients": [{"name": "Protein", "amount": "3 g", "daily_value_pct": 6}],
    },
}  # fmt: skip
LINKSET = {
    "linkset": [
        {
            "anchor": f"https://id.example/01/{GTIN}",
            "itemDescription": "Basmati",
            "https://ref.gs1.org/voc/pip": [
                {"href": "https://dal.example/p", "title": "Page", "type": "text/html", "hreflang": ["en"]}
            ],
            "https://ref.gs1.org/voc/defaultLink": [{"href": "https://dal.example/p", "title": "Default"}],
        }
    ]
}
RECALLS = {
    "data": [RECALL, {**RECALL, "id": "r2", "lot_codes": []}],
    "pagination": {"page": 1, "page_size": 100, "total_count": 2, "total_pages": 1, "has_next": False},
}

_NO_LOTS = {"id": "r1", "title": "Glass", "status": "ONGOING", "hazard": "Cuts", "recall_date": "2026-11-20"}
RECALLS_WITHOUT_LOTS = {"data": [_NO_LOTS, {**_NO_LOTS, "id": "r2"}], "pagination": RECALLS["pagination"]}
BATCH_RECALLS = {"data": [_NO_LOTS], "pagination": {"page": 1, "total_count": 1, "has_next": False}}

SEARCH, NEARBY = "/search/api/v1/search", "/search/api/v1/search/session"
PRODUCT, ITEM = f"/products/api/v1/products/{GTIN}", f"/products/api/v1/trade-items/{GTIN}"
LIST = "/products/api/v1/products"
BATCH = f"/compliance/api/v1/products/{GTIN}/batches/A1/recalls"
COMPLIANCE = f"/compliance/api/v1/products/{GTIN}/recalls"
Case = tuple[str, dict[str, Any], dict[str, Any], str]
# The tool, its arguments, the replies by their paths, and the reply that is mutated.
CASES: dict[str, Case] = {
    "catalog": (
        "search_products", {"query": "rice"}, {SEARCH: {"query": "rice", "items": [HIT], "total": 1}}, SEARCH,
    ),
    "older catalog": (
        "search_products", {"query": "rice"},
        {SEARCH: {"query": "rice", "results": [HIT, {"type": "brand", "name": "Rice Co"}], "total_count": 2}},
        SEARCH,
    ),
    "session": ("search_products", {"query": "rice", **PLACE}, {NEARBY: SESSION}, NEARBY),
    "quickstart's session": ("search_products", {"query": "rice", **PLACE}, {NEARBY: QUICKSTART_SESSION}, NEARBY),
    "annotated session": ("search_products", {"query": "rice", **PLACE}, {NEARBY: ANNOTATED_SESSION}, NEARBY),
    "follow-up": (
        "refine_search", {"session_id": "s", "query": "cheaper"}, {f"{NEARBY}/s/refine": FOLLOW_UP},
        f"{NEARBY}/s/refine",
    ),
    "availability": ("check_availability", {"gtin": GTIN, **PLACE}, {NEARBY: SESSION}, NEARBY),
    "record": ("lookup_product", {"gtin": GTIN}, {PRODUCT: RECORD}, PRODUCT),
    "record by query": (
        "lookup_product", {"gtin": GTIN}, {LIST: {"data": [SHORT_RECORD], "pagination": RECALLS["pagination"]}}, LIST,
    ),
    "measured record": ("lookup_product", {"gtin": GTIN}, {PRODUCT: MEASURED_RECORD}, PRODUCT),
    "trade item": ("get_product_detail", {"gtin": GTIN}, {ITEM: RECORD, f"{PRODUCT}/content": CONTENT}, ITEM),
    "content": (
        "get_product_detail", {"gtin": GTIN}, {ITEM: RECORD, f"{PRODUCT}/content": CONTENT}, f"{PRODUCT}/content",
    ),
    "linkset": ("resolve_gtin", {"gtin": GTIN}, {f"/01/{GTIN}": LINKSET}, f"/01/{GTIN}"),
    "recalls of a lot": ("check_recalls", {"gtin": GTIN, "lot": "A1"}, {COMPLIANCE: RECALLS}, COMPLIANCE),
    "recalls of a batch": (
        "check_recalls", {"gtin": GTIN, "lot": "A1"},
        {COMPLIANCE: RECALLS_WITHOUT_LOTS, BATCH: BATCH_RECALLS}, BATCH,
    ),
    "recalls": ("check_recalls", {"gtin": GTIN}, {COMPLIANCE: RECALLS}, COMPLIANCE),
}  # fmt: skip


def mutations(value: JsonValue, path: tuple[Any, ...] = ()) -> Iterator[tuple[str, tuple[Any, ...], Any]]:
    """Each mutation of each member: its name, the member's path, and its new value."""
    members: list[tuple[str | int, JsonValue]] = []
    if isinstance(value, dict):
        members += value.items()
    elif isinstance(value, list):
        members += enumerate(value)
    for name, member in members:
        here = (*path, name)
        if isinstance(name, str) and not name.startswith("https:"):
            yield "drop", here, None
            for renamed in (f"{name}_x", f"x_{name}", name.title()):
                yield "rename", here, renamed
        kinds: list[JsonValue] = [None, True, 7, "x", [], ["x"], {}, {"x": 1}]
        for kind in kinds:
            if type(kind) is not type(member) and type(kind) not in DOCUMENTED.get(name, ()):
                yield "retype", here, kind
        if name not in OPEN_MAPS:
            yield from mutations(member, here)


def mutated(reply: Any, kind: str, path: tuple[Any, ...], new: Any) -> Any:
    """A copy of a reply with one mutation."""
    reply = copy.deepcopy(reply)
    parent = reply
    for name in path[:-1]:
        parent = parent[name]
    if kind == "retype":
        parent[path[-1]] = new
    else:
        member = parent.pop(path[-1])
        if kind == "rename":
            parent[new] = member
    return reply


@pytest.mark.parametrize("name", CASES)
async def test_a_mutated_reply_never_gives_another_value(name: str, record_property: Any) -> None:
    tool, arguments, replies, target = CASES[name]
    served = dict(replies)

    def answer(request: httpx2.Request) -> httpx2.Response:
        if request.url.path not in served:
            return httpx2.Response(404, json={"status": 404})
        return httpx2.Response(200, text=json.dumps(served[request.url.path]))

    async with httpx2.AsyncClient(transport=httpx2.MockTransport(answer)) as client:
        tools = Tools(SITE, client)
        full = await tools.call(tool, **arguments)
        wrong: list[Any] = []
        count = 0
        for kind, path, new in mutations(replies[target]):
            served[target] = mutated(replies[target], kind, path, new)
            count += 1
            try:
                got = await tools.call(tool, **arguments)
            except ToolError:
                continue
            if not weaker(got, full):
                wrong.append((kind, path, new, got))
    record_property("mutations", count)
    assert count > 20
    assert wrong == []
