"""Views of products in Chromium, in a host made of the official package: what a person sees, and what they never do."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any, TypeAlias

import pytest

from ..fakes.paths import TESTS
from ..fakes.programs import program
from ..fakes.service import Sandbox

pytestmark = [pytest.mark.all, pytest.mark.timeout(180)]

Shown: TypeAlias = dict[str, Any]

_CLIENTS = TESTS / "interop" / "clients"
_SECONDS = 150
_PEANUT, _MIX, _RISOTTO = "00614141123452", "00012345678905", "09506000134352"
_VICTORIA: dict[str, Any] = {"latitude": 48.4284, "longitude": -123.3656}
# What a service may send, shown as text or cut.
_MARKUP = '<img src=x onerror="document.title=1"><script>document.title=1</script>'
_TURNED = "\u202egnp.exe\u2066"


def views(sandbox: Sandbox, home: Path, *shown: Shown) -> list[Shown]:
    """What is before a person for each call whose result is shown."""
    node = program("node")
    chromium = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    if chromium is None:
        pytest.skip("Chromium is missing")
    if not (_CLIENTS / "node_modules" / "@modelcontextprotocol" / "ext-apps").exists():
        pytest.skip("the package for MCP Apps is not installed: make test-all (needs npm)")
    server = [sys.executable, "-m", "closient_mcp.server", "serve", "--site", sandbox.url, "--expose", "core"]
    finished = subprocess.run(
        [node, str(_CLIENTS / "apps_host.mjs"), json.dumps(shown), *server],
        env={
            **os.environ,
            "CLOSIENT_API_KEY": sandbox.api_key,
            "CLOSIENT_MCP_HOME": str(home),
            "CHROMIUM": chromium,
        },
        stdout=subprocess.PIPE,
        timeout=_SECONDS,
        check=True,
    )
    seen: list[Shown] = json.loads(finished.stdout)
    for view in seen:
        check(view)
    return seen


def check(view: Shown) -> None:
    """What holds of every view: for a screen reader, a phone, the dark, and without requests to others."""
    assert view["troubles"] == []
    assert view["elsewhere"] == []
    assert (view["wide"], view["tall"]) == (False, False)
    assert {theme: found["rules"] for theme, found in view["schemes"].items()} == {"light": [], "dark": []}
    assert view["schemes"]["light"]["back"] != view["schemes"]["dark"]["back"]


def shown(tool: str, width: int, press: str = "", result: Shown | None = None, **arguments: Any) -> Shown:
    return {"tool": tool, "arguments": arguments, "width": width, "theme": "dark", "press": press, "result": result}


def result_of(content: Shown, **meta: Any) -> Shown:
    return {"content": [{"type": "text", "text": "{}"}], "structuredContent": content, "_meta": meta}


def test_a_search_a_lookup_and_a_comparison_are_seen(sandbox: Sandbox, tmp_path: Path) -> None:
    search, lookup, comparison, detail = views(
        sandbox,
        tmp_path,
        shown("search_products", 1000, press="Show 2 more", query="peanut butter", limit=14, **_VICTORIA),
        shown("lookup_product", 360, press="Check recalls", gtin=_PEANUT),
        shown(
            "compare_products",
            360,
            gtins=[f"(01){_PEANUT}(10)LOT42", _MIX, _RISOTTO, "5901234123457"],
            radius_km=50,
            **_VICTORIA,
        ),
        shown("get_product_detail", 360, gtin=_PEANUT),
    )
    assert "Results for “peanut butter”" in search["text"]
    assert "14 of at least" in search["text"]
    assert search["images"] == [160] * 14
    for words in ("$", "In stock", " km away", "Victoria, BC", "Not stated: check the pack", "Recalls not checked"):
        assert words in search["text"]
    # The button was reached and pressed by keys, and what it brought has the focus.
    assert "Recalled, depending on the lot" in lookup["focused"]
    assert "because of Salmonella" in lookup["text"]
    assert (lookup["images"], lookup["buttons"]) == ([160], [])
    for words in ("Recalled\n\nOrganic Peanut Butter", "No open recall", "peanuts", "None declared", " per kg",
                  "55% confidence", "Unknown to the service: 05901234123457"):  # fmt: skip
        assert words in comparison["text"]
    assert "Nutrition per 30 g" in detail["text"]


def test_what_is_unknown_is_said_to_be_unknown(sandbox: Sandbox, tmp_path: Path) -> None:
    offer: Shown = {"gtin": _MIX, "name": "Mix", "price": {"amount": "5.10", "currency": None}, "last_checked_at": None}
    row: Shown = dict.fromkeys(
        ("name", "brand", "allergens", "may_contain", "certifications", "claims", "recalled", "recalls")
    )
    empty: Shown = {"gtin": _PEANUT, "name": "Jar", "contains_allergens": [], "allergen_data_confidence": None}
    nearby, compared, none, unsent, failed = views(
        sandbox,
        tmp_path,
        shown("search_products", 360, result=result_of({"query": "x", "scope": "nearby", "items": [offer]})),
        shown("compare_products", 360, result=result_of({"products": [{**row, "cheapest_in_stock": None}]})),
        shown("lookup_product", 360, result=result_of(empty)),
        shown("refine_search", 360, result=result_of({"query": "x", "session_id": "s", "items": None})),
        shown("lookup_product", 360, gtin="5901234123457"),
    )
    for words in ("5.10 (currency not stated)", "Stock not stated", "Distance not stated", "Age of price and stock not "
                  "stated", "Not stated: check the pack", "possibly more"):  # fmt: skip
        assert words in nearby["text"]
    for words in ("Name not stated", "Unknown whether it is recalled", "Not known", "Not stated: check the pack"):
        assert words in compared["text"]
    assert "None declared" not in compared["text"]
    assert "No open recall" not in compared["text"]
    assert "None declared\n\nConfidence not stated: check the pack" in none["text"]
    assert "unknown what there is" in unsent["text"]
    assert failed["text"].startswith("The call failed\n\nClosient knows no product with the GTIN 05901234123457.")
    assert "{" not in failed["text"]


def test_rule_2_what_a_service_sends_is_only_ever_text(sandbox: Sandbox, tmp_path: Path) -> None:
    url = "https://shop.example/p"
    item = {
        "gtin": _MIX,
        "name": _MARKUP,
        "brand": _TURNED,
        "size": {"toString": "x"},
        "image_url": "/p.svg",
        "price": {"amount": _MARKUP, "currency": "<b>"},
        "store": {"name": "n" * 10_000, "address": _MARKUP},
        "stock_status": _MARKUP,
        "distance_km": "far",
        "contains_allergens": [_MARKUP] * 100,
        "allergen_data_confidence": "x" * 500,
        "url": url,
    }
    others = [{**item, "url": wrong} for wrong in ("javascript:document.title=1", "data:text/html,x", "", 7, None)]
    content = {"query": _MARKUP, "scope": "nearby", "items": [item, *others, None, "x"], "notes": [_MARKUP, 7]}
    pictures = {"/p.svg": "data:image/svg+xml,<svg onload='document.title=1'/>"}
    long_name = {"gtin": _MIX, "name": "n" * 10_000, "image_url": "/p.png"}
    hostile, long = views(
        sandbox,
        tmp_path,
        shown("search_products", 360, "Open shop.example", result_of(content, **{"closient-mcp/pictures": pictures})),
        shown(
            "lookup_product",
            360,
            result=result_of(long_name, **{"closient-mcp/pictures": {"/p.png": "data:image/png;base64,AAAA"}}),
        ),
    )
    assert _MARKUP in hostile["text"]
    assert hostile["title"] == "Products"
    assert set(hostile["elements"]) & {"img", "script", "svg", "a"} == set()
    assert [name for name in hostile["buttons"] if name.startswith("Open")] == ["Open shop.example"]
    assert hostile["opened"] == [url]
    assert len(long["text"]) < 1_000
