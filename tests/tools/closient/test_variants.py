"""Every tool against every variant of the sandbox: the answer stays the same, knows less, or is an error."""

from __future__ import annotations

from typing import Any

import httpx2
import pytest

from closient_mcp.sandbox.variants.table import VARIANTS
from closient_mcp.tools.errors import ToolError, UpstreamError

from ...fakes.service import Sandbox
from .calling import Tools, weaker

PLACE = {"latitude": 48.4284, "longitude": -123.3656, "radius_km": 8}
RISOTTO, RECALLED, UNCLEAR, UNKNOWN = "09506000134352", "00614141123452", "09520000001209", "05901234123457"

CALLS: dict[str, tuple[str, dict[str, Any]]] = {
    "catalog": ("search_products", {"query": "peanut butter -crunchy", "limit": 5}),
    "catalog, page 2": ("search_products", {"query": "tofu", "limit": 5, "page": 2}),
    "catalog, all": ("search_products", {"query": "risotto"}),
    "catalog, nothing": ("search_products", {"query": "zwieback"}),
    "barcode": ("search_products", {"query": "0 614141 12345 2"}),
    "nearby": ("search_products", {"query": "tofu", **PLACE}),
    "cheapest nearby": ("search_products", {"query": "tofu", "sort": "price", "in_stock": True, **PLACE}),
    "refined": ("refine_search", {"query": "under 5"}),
    "lookup": ("lookup_product", {"gtin": RISOTTO}),
    "lookup, unknown": ("lookup_product", {"gtin": UNKNOWN}),
    "lookups": ("lookup_products", {"gtins": [RISOTTO, RECALLED, UNKNOWN, "12"]}),
    "detail": ("get_product_detail", {"gtin": RECALLED}),
    "detail, unknown": ("get_product_detail", {"gtin": UNKNOWN}),
    "links": ("resolve_gtin", {"gtin": RECALLED}),
    "links of a lot": ("resolve_gtin", {"gtin": f"(01){RECALLED}(10)LOT42"}),
    "links, unknown": ("resolve_gtin", {"gtin": UNKNOWN}),
    "comparison": ("compare_products", {"gtins": [RISOTTO, RECALLED, UNKNOWN], **PLACE}),
    "availability": ("check_availability", {"gtin": RECALLED, **PLACE}),
    "availability, nowhere": ("check_availability", {"gtin": UNKNOWN, **PLACE}),
    "recalls": ("check_recalls", {"gtin": RECALLED}),
    "recalls of a covered lot": ("check_recalls", {"gtin": RECALLED, "lot": "lot55"}),
    "recalls of another lot": ("check_recalls", {"gtin": RECALLED, "lot": "LOT43"}),
    "recalls of unknown status": ("check_recalls", {"gtin": UNCLEAR}),
    "recalls, unknown": ("check_recalls", {"gtin": UNKNOWN}),
    "valid": ("validate_gtin", {"gtin": RISOTTO}),
    "ping": ("ping", {}),
}
# Variants that don't contradict each other are active at once.
TOGETHER = {
    "one side": ("results-list", "annotated-items", "query-only", "search-ignores-keys", "lookup-by-path",
              "ongoing-recalls", "legacy-errors", "older-key-roles"),
    "the other": ("older-offers", "refine-only", "session-sign-in", "retry-after", "bare-digits", "lookup-by-query",
              "recalls-without-lots", "expiry-in-query"),
    "no offers": ("session-state", "lookup-by-trade-item"),
}  # fmt: skip
# Where a variant takes away what a question is about, what the answer says instead.
INSTEAD = {
    ("session-state", "nearby"): "no results near the place",
    ("session-state", "cheapest nearby"): "no results near the place",
    ("session-state", "refined"): "no session",
    ("session-state", "comparison"): "where no offer in stock nearby",
    ("session-state", "availability"): "availability is unknown",
    ("session-state", "availability, nowhere"): "availability is unknown",
}
_plain: dict[str, Any] = {}


async def ask(sandbox: Sandbox, calls: dict[str, tuple[str, dict[str, Any]]]) -> dict[str, Any]:
    """The answers, or the errors as texts."""
    answers: dict[str, Any] = {}
    session: dict[str, Any] = {}
    async with httpx2.AsyncClient(trust_env=False, verify=False, headers={"X-API-Key": sandbox.api_key}) as client:
        tools = Tools(sandbox.url, client)
        for name, (tool, arguments) in calls.items():
            given = {**arguments, **session} if tool == "refine_search" else arguments
            if tool == "refine_search" and not session:
                answers[name] = "no session"
                continue
            try:
                answers[name] = await tools.call(tool, **given)
            except ToolError as error:
                answers[name] = f"{error.message} {error.next_step}"
            else:
                session = {"session_id": id} if (id := answers[name].pop("session_id", None)) else session
    return answers


async def plain(sandbox: Sandbox) -> dict[str, Any]:
    """The answers of the sandbox without variants."""
    if not _plain:
        _plain.update(await ask(sandbox, CALLS))
        sandbox.reset()
    return _plain


@pytest.mark.parametrize("names", TOGETHER.values(), ids=TOGETHER)
async def test_no_variant_changes_an_answer(sandbox: Sandbox, names: tuple[str, ...]) -> None:
    expected = await plain(sandbox)
    sandbox.vary(*names)
    answers = await ask(sandbox, CALLS)
    for (variant, call), instead in INSTEAD.items():
        if variant in names:
            assert instead in str(answers.pop(call))
    # A product's record has other measures than the trade item's.
    details, known = (some["detail"]["details"] for some in (answers, expected))
    answers["detail"]["details"] = {name: value for name, value in details.items() if name in known}
    assert {name: answer for name, answer in answers.items() if not weaker(answer, expected[name])} == {}


def test_every_variant_is_tried() -> None:
    assert {name for names in TOGETHER.values() for name in names} == VARIANTS.keys()


async def test_a_search_nearby_that_needs_a_credential_is_an_error_and_no_other_answer(sandbox: Sandbox) -> None:
    sandbox.vary("session-sign-in")
    async with httpx2.AsyncClient(trust_env=False, verify=False) as client:
        with pytest.raises(UpstreamError, match="sign in to search nearby") as caught:
            await Tools(sandbox.url, client).call("search_products", query="tofu", **PLACE)
    assert caught.value.status == 401
