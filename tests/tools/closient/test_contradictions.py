"""Replies that contradict themselves or the question, or that qualify what they say."""

from __future__ import annotations

from typing import Any

import pytest

from closient_mcp.tools.errors import ToolError

from ...fakes.service import Reply, Service
from .calling import Tools

RICE, BAR = "09506000134352", "00614141123452"
PLACE = {"latitude": 48.4284, "longitude": -123.3656}
HIT = {"type": "product", "gtin": RICE, "name": "Basmati"}
NEAR: dict[str, Any] = {"product": {"gtin": RICE, "name": "Basmati"}, "store": {"name": "Harbour Foods"}}
RECORD = {"gtin": RICE, "product_name": "Basmati"}
CATALOG, SESSION = "/search/api/v1/search", "/search/api/v1/search/session"
PRODUCT, RESOLVER = f"/products/api/v1/products/{RICE}", f"/01/{RICE}"


def session(*items: Any, **members: Any) -> dict[str, Any]:
    return {"session_id": "s1", "base_query": "rice", "active_constraints": {}, "items": list(items), **members}


def priced(**price: Any) -> dict[str, Any]:
    return session({**NEAR, "offer": {"price": {"currency": "CAD", **price}}})


@pytest.mark.parametrize(
    ("reply", "problem"),
    [
        ({"items": [], "total": 5}, "its total is 5, but it has 0 hits"),
        ({"items": [HIT], "total": 30, "page": 2}, "it is page 2"),
        ({"items": [{**HIT, "type": "bundle"}], "total": 1}, "its type 'bundle' is unknown"),
        ({"items": [{**HIT, "product_name": "Jasmine"}], "total": 1}, "several names that differ"),
    ],
)
async def test_a_catalog_reply_that_contradicts_itself_is_an_error(
    tools: Tools, service: Service, reply: dict[str, Any], problem: str
) -> None:
    service.routes[CATALOG] = Reply(reply)
    with pytest.raises(ToolError, match=problem):
        await tools.call("search_products", query="rice")


@pytest.mark.parametrize("more", [{"has_next": True}, {"next": "/search?page=2"}])
async def test_a_total_is_not_exact_where_there_is_more(tools: Tools, service: Service, more: dict[str, Any]) -> None:
    service.routes[CATALOG] = Reply({"items": [{**HIT, "type": "Product"}], "total": 1, **more})
    found = await tools.call("search_products", query="rice")
    assert (found.get("total"), found["at_least"]) == (None, 1)


@pytest.mark.parametrize(
    ("reply", "problem"),
    [
        (session(NEAR, base_query="beans"), "it answers the query 'beans'"),
        (priced(amount=599, unit="cents"), "what unit makes of the amount is unknown"),
        (priced(amount=1e30), "amount is 1e\\+30, which is out of range"),
        (session(total=9), "its total is 9, but it has 0 hits"),
    ],
)
async def test_a_session_that_contradicts_its_question_is_an_error(
    tools: Tools, service: Service, reply: dict[str, Any], problem: str
) -> None:
    service.routes[SESSION] = Reply(reply)
    with pytest.raises(ToolError, match=problem):
        await tools.call("search_products", query="rice", **PLACE)


@pytest.mark.parametrize(
    ("members", "note"),
    [
        ({"radius_km": 25}, "searched within 25 km, not 10"),
        ({"base_query": "brown rice"}, "read the query as 'brown rice'"),
    ],
)
async def test_what_a_session_changed_of_its_question_is_noted(
    tools: Tools, service: Service, members: dict[str, Any], note: str
) -> None:
    service.routes[SESSION] = Reply(session(NEAR, **members))
    found: Any = await tools.call("search_products", query="rice", **PLACE)
    assert note in " ".join(found["notes"])


@pytest.mark.parametrize(
    ("query", "note"),
    [
        ("GTIN 9506000134353", "As a product code it is invalid: its check digit"),
        ("(00)106141412345678908", "it is an SSCC (00)"),
        ("12345678905", "012345678905 is valid"),
        ("rice AND beans", "AND is searched for as a word"),
        ("rice or beans", "OR): try it without them"),
        ("1234567 pieces", "check the spelling"),
    ],
)
async def test_an_empty_result_says_what_the_query_is(tools: Tools, service: Service, query: str, note: str) -> None:
    service.routes[CATALOG] = Reply({"items": [], "total": 0})
    found: Any = await tools.call("search_products", query=query)
    assert note in " ".join(found["notes"])
    assert ("As a product code" in " ".join(found["notes"])) == note.startswith(("As a", "it is", "0123"))


async def test_low_confidence_of_a_single_member_is_noted(tools: Tools, service: Service) -> None:
    service.routes[PRODUCT] = Reply(
        {**RECORD, "confidence_score": 0.9, "field_confidence": {"contains_allergens": 0.2}}
    )
    found: Any = await tools.call("lookup_product", gtin=RICE)
    assert found["notes"] == ["Low confidence (under 0.7) in single members: contains_allergens of Basmati."]


async def test_a_null_record_is_no_unknown_product(tools: Tools, service: Service) -> None:
    service.routes[PRODUCT] = Reply("null")
    with pytest.raises(ToolError, match="record is null, expected an object"):
        await tools.call("lookup_product", gtin=RICE)


async def test_units_recalls_and_unknown_parts_of_the_content_are_kept(tools: Tools, service: Service) -> None:
    service.routes[PRODUCT] = Reply(RECORD)
    nutrients = [{"name": "Energy", "amount": "1500", "unit": "kJ"}]
    content = {"nutrition": {"nutrients": nutrients}, "recalls": [{"id": "r1"}], "allergens": ["milk"]}
    service.routes[f"{PRODUCT}/content"] = Reply({"gtin": RICE, **content})
    found: Any = await tools.call("get_product_detail", gtin=RICE)
    assert found["nutrition"]["nutrients"][0]["amount"] == "1500 kJ"
    assert "Unknown members of the content were not read: allergens." in found["notes"]
    assert "The content lists 1 recall: see check_recalls." in found["notes"]


async def test_unknown_members_of_a_recall_are_noted(tools: Tools, service: Service) -> None:
    recall = {"id": "r1", "title": "Glass", "status": "ONGOING", "lot_codes": ["B7"], "affected_dates": ["2026"]}
    page = {"data": [recall], "pagination": {"page": 1, "total_count": 1, "has_next": False}}
    service.routes[f"/compliance/api/v1/products/{RICE}/recalls"] = Reply(page)
    found: Any = await tools.call("check_recalls", gtin=RICE, lot="B7")
    assert found["notes"] == ["Unknown members of the recalls were not read, and may limit them: affected_dates."]


@pytest.mark.parametrize(
    "anchor",
    ["https://id.example/00/106141412345678908", f"https://id.example/gtin/{BAR}", f"https://id.example/?01={BAR}"],
)
async def test_a_linkset_of_something_else_is_an_error(tools: Tools, service: Service, anchor: str) -> None:
    links = {"anchor": anchor, "https://gs1.org/voc/pip": [{"href": "https://dal.example/p"}]}
    service.routes[RESOLVER] = Reply({"linkset": [links]})
    with pytest.raises(ToolError, match=f"something other than the GTIN {RICE}"):
        await tools.call("resolve_gtin", gtin=RICE)


async def test_a_redirect_to_another_product_is_an_error(tools: Tools, service: Service) -> None:
    links = {"https://gs1.org/voc/pip": [{"href": "https://dal.example/p"}]}
    service.routes[RESOLVER] = Reply(status=307, headers={"location": f"/01/{BAR}"})
    service.routes[f"/01/{BAR}"] = Reply({"linkset": [links]})
    with pytest.raises(ToolError, match=f"of the GTIN {BAR}"):
        await tools.call("resolve_gtin", gtin=RICE)
    service.routes[RESOLVER] = Reply(status=307, headers={"location": f"https://id.example/01/{BAR}"})
    with pytest.raises(ToolError, match=f"redirects elsewhere: it is of the GTIN {BAR}"):
        await tools.call("resolve_gtin", gtin=RICE)


async def test_a_redirect_of_a_record_is_told_with_where_it_leads(tools: Tools, service: Service) -> None:
    service.otherwise = Reply(status=301, headers={"location": "https://id.example/login?next=x"})
    with pytest.raises(
        ToolError, match=r"redirects \(HTTP 301\) to https://id\.example/login.*, which was not followed"
    ):
        await tools.call("lookup_product", gtin=RICE)


async def test_a_redirect_without_a_scheme_has_that_of_the_site(tools: Tools, service: Service) -> None:
    service.routes[RESOLVER] = Reply(status=307, headers={"location": "//dal.example/p"})
    with pytest.raises(ToolError, match="refused: its scheme is http"):
        await tools.call("resolve_gtin", gtin=RICE)


async def test_a_redirect_without_a_location_gives_no_link(tools: Tools, service: Service) -> None:
    service.routes[RESOLVER] = Reply(status=307)
    with pytest.raises(ToolError, match=r"did not give the links .*HTTP 307"):
        await tools.call("resolve_gtin", gtin=RICE)


async def test_a_session_id_cannot_lead_to_another_path(tools: Tools, service: Service) -> None:
    with pytest.raises(ToolError, match="doesn't exist or has expired"):
        await tools.call("refine_search", session_id="../../x", query="cheaper")
    assert {got.path for got in service.received} == {f"{SESSION}/..%2F..%2Fx/{name}" for name in ("refine", "query")}


async def test_a_lot_may_be_copied_with_its_identifier(tools: Tools, service: Service) -> None:
    recall = {"id": "r1", "title": "Glass", "status": "ONGOING", "lot_codes": ["B7"]}
    page = {"data": [recall], "pagination": {"page": 1, "total_count": 1, "has_next": False}}
    service.routes[f"/compliance/api/v1/products/{RICE}/recalls"] = Reply(page)
    found = await tools.call("check_recalls", gtin=RICE, lot="(10)B7", expiry="(17)271231")
    assert (found["lot"], found["affected"]) == ("B7", "yes")


async def test_notes_on_a_code_reach_a_comparison(tools: Tools, service: Service) -> None:
    for gtin in (RICE, BAR):
        service.routes[f"/products/api/v1/trade-items/{gtin}"] = Reply({"gtin": gtin, "product_name": "Basmati"})
    found: Any = await tools.call("compare_products", gtins=[f"(01){RICE}(10)B7(3103)001250", BAR])
    assert f"{RICE}: Also in the code, and not used: NET WEIGHT (kg) (3103) 1.250 kg." in found["notes"]
    assert f"{RICE}: recalled is about the lot B7, the rest about any lot." in found["notes"]
