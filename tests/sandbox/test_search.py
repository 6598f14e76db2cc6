"""Searching the catalog, and conversational sessions near a place."""

from collections.abc import Iterator
from typing import Any

import httpx2
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ..fakes.person import http_client
from ..fakes.service import Sandbox

VICTORIA = {"latitude": 48.4284, "longitude": -123.3656}
SESSIONS = "/search/api/v1/search/session"


@pytest.fixture
def http(sandbox: Sandbox) -> Iterator[httpx2.Client]:
    # With a key, so that a test isn't stopped at the limits of those without one.
    key = {"X-API-Key": sandbox.api_key}
    with http_client(sandbox, key) as client:
        yield client


def _search(http: httpx2.Client, q: str, **query: Any) -> dict[str, Any]:
    response = http.get("/search/api/v1/search", params={"q": q, **query})
    assert response.status_code == 200, response.text
    body: dict[str, Any] = response.json()
    return body


def _session(http: httpx2.Client, query: str, **body: Any) -> dict[str, Any]:
    response = http.post(SESSIONS, json={"query": query, **VICTORIA, "radius_km": 25, **body})
    assert response.status_code == 200, response.text
    session: dict[str, Any] = response.json()
    return session


def _refine(http: httpx2.Client, session: dict[str, Any], query: str) -> dict[str, Any]:
    response = http.post(f"{SESSIONS}/{session['session_id']}/refine", json={"query": query})
    assert response.status_code == 200, response.text
    refined: dict[str, Any] = response.json()
    return refined


def _names(body: dict[str, Any]) -> list[str]:
    return [item["name"] for item in body["items"]]


def test_a_hit_has_the_documented_members(http: httpx2.Client) -> None:
    hit = _search(http, "risotto")["items"][0]

    assert hit.keys() >= {"type", "id", "name", "rank", "description", "metadata"}
    assert (hit["type"], hit["metadata"]["gtin"]) == ("product", "09506000134352")


def test_words_are_found_in_any_form_and_order(http: httpx2.Client) -> None:
    assert "Trail Mix, original, 200 g" in _names(_search(http, "mixes trails", limit=100))


def test_web_search_syntax_is_understood(http: httpx2.Client) -> None:
    assert all("crunchy" in name for name in _names(_search(http, '"butter, crunchy"')))
    assert not any("crunchy" in name for name in _names(_search(http, "peanut butter -crunchy", limit=100)))
    found = _names(_search(http, "risotto OR tofu", limit=100))
    assert any("Risotto" in name for name in found)
    assert any("Tofu" in name for name in found)


def test_a_part_of_a_word_is_found_when_no_word_matches(http: httpx2.Client) -> None:
    assert _names(_search(http, "isott")) == ["Risotto Rice with Mushrooms, 411 g"]


def test_types_and_limit_narrow_the_reply(http: httpx2.Client) -> None:
    brands = _search(http, "cascadia", type="brand")

    assert [item["type"] for item in brands["items"]] == ["brand"]
    assert _search(http, "butter", limit=3)["total"] == 3


def test_dietary_filters_drop_products(http: httpx2.Client) -> None:
    found = _search(http, "trail OR tofu", exclude_allergens=["peanuts"], limit=100)

    assert found["items"]
    assert not any("peanuts" in item["contains_allergens"] for item in found["items"])


@pytest.mark.parametrize("q", ["", "x" * 256], ids=["empty", "too long"])
def test_a_query_of_another_length_is_422_with_the_field(http: httpx2.Client, q: str) -> None:
    response = http.get("/search/api/v1/search", params={"q": q})

    assert response.status_code == 422
    assert [error["field"] for error in response.json()["errors"]] == ["q"]


_ODD = st.text(st.sampled_from("ab\"'*()-+^:{}[]~ORANDT N\x00\ud7ff%_;\\é"), min_size=1, max_size=60) | st.text(
    min_size=1, max_size=100
)


@settings(max_examples=120, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(_ODD)
def test_every_query_is_accepted_by_the_search(http: httpx2.Client, query: str) -> None:
    response = http.get("/search/api/v1/search", params={"q": query, "limit": 1})

    assert response.status_code == 200, response.text


@pytest.mark.parametrize("query", ['"', "-", "OR", "a OR", "-a", 'NEAR("a b")', "name:x", "a*", "gtin:", "\x00", "^"])
def test_odd_queries_open_sessions_too(http: httpx2.Client, query: str) -> None:
    assert _session(http, query)["base_query"] is not None


def test_offers_nearby_are_sorted_by_distance_and_limited_to_the_radius(http: httpx2.Client) -> None:
    session = _session(http, "organic peanut butter", radius_km=5)
    distances = [item["distance_km"] for item in session["items"]]

    assert distances == sorted(distances)
    assert 0 < len(distances) <= 50
    assert distances[-1] <= 5
    assert len(session["session_id"]) == 32
    assert session["items"][0]["offer"]["price"]["currency"] == "CAD"


def test_a_gtin_is_searched_in_stores(http: httpx2.Client) -> None:
    session = _session(http, "gtin:00614141123452", radius_km=50)

    assert {item["product"]["gtin"] for item in session["items"]} == {"00614141123452"}


def test_constraints_apply_from_the_start(http: httpx2.Client) -> None:
    session = _session(
        http,
        "peanut butter OR tofu",
        in_stock=True,
        certification="Certified Vegan",
        constraints={"exclude_allergens": ["peanut"]},
    )

    assert session["active_constraints"] == {
        "availability": "in_stock",
        "require_certifications": ["Certified Vegan"],
        "exclude_allergens": ["peanuts"],
    }
    assert session["items"]
    assert all(item["offer"]["stock_status"] in ("in_stock", "low_stock") for item in session["items"])
    assert not any("Peanut" in item["product"]["name"] for item in session["items"])


@pytest.mark.parametrize(
    ("follow_up", "constraint"),
    [
        ("within 2 km", {"distance_km": 2.0}),
        ("within 500 m please", {"distance_km": 0.5}),
        ("under 5", {"price_max": 5.0}),
        ("only over $6.50", {"price_min": 6.5}),
        ("in stock", {"availability": "in_stock"}),
        ("without peanuts", {"exclude_allergens": ["peanuts"]}),
        ("gluten-free", {"exclude_allergens": ["gluten"]}),
        ("without palm", {"avoid_substances": ["palm"]}),
        ("vegan", {"require_certifications": ["vegan"]}),
        ("in red", {"color": "red"}),
    ],
    ids=str,
)
def test_words_become_constraints(http: httpx2.Client, follow_up: str, constraint: dict[str, Any]) -> None:
    refined = _refine(http, _session(http, "butter"), follow_up)

    assert refined["new_constraints"] == refined["active_constraints"] == constraint
    assert refined["is_refinement"] is True
    assert refined["base_query"] == "butter"


def test_cheaper_leaves_the_cheaper_half(http: httpx2.Client) -> None:
    session = _session(http, "peanut butter")
    refined = _refine(http, session, "but cheaper")
    dearest = max(float(item["offer"]["price"]["amount"]) for item in session["items"])

    assert refined["items"]
    assert all(float(item["offer"]["price"]["amount"]) < dearest for item in refined["items"])


@pytest.mark.parametrize("follow_up", ["instead tofu", "never mind, tofu", "forget that, tofu"])
def test_reset_words_start_a_new_search(http: httpx2.Client, follow_up: str) -> None:
    session = _session(http, "peanut butter", in_stock=True)
    started = _refine(http, session, follow_up)

    assert (started["is_refinement"], started["base_query"], started["active_constraints"]) == (False, "tofu", {})
    assert started["search_history"] == ["peanut butter", follow_up]


def test_more_words_refine_if_all_match_and_else_replace(http: httpx2.Client) -> None:
    session = _session(http, "peanut butter")

    assert _refine(http, session, "crunchy")["base_query"] == "peanut butter crunchy"
    assert _refine(http, session, "coffee")["base_query"] == "coffee"


def test_query_is_an_alias_of_refine(http: httpx2.Client) -> None:
    session = _session(http, "tofu")
    response = http.post(f"{SESSIONS}/{session['session_id']}/query", json={"query": "under 5"})

    assert response.json()["active_constraints"] == {"price_max": 5.0}


def test_a_constraint_can_be_removed(http: httpx2.Client) -> None:
    session = _refine(http, _session(http, "tofu"), "in stock under 5")
    response = http.delete(f"{SESSIONS}/{session['session_id']}/constraints/price_max")

    assert response.json()["active_constraints"] == {"availability": "in_stock"}
    assert http.get(f"{SESSIONS}/{session['session_id']}").json()["active_constraints"] == {"availability": "in_stock"}


@pytest.mark.parametrize("path", ["unknown", "unknown/refine", "unknown/query"], ids=["state", "refine", "query"])
def test_an_unknown_session_is_404(http: httpx2.Client, path: str) -> None:
    method = "GET" if path == "unknown" else "POST"
    response = http.request(method, f"{SESSIONS}/{path}", json={"query": "x"} if method == "POST" else None)

    assert (response.status_code, response.json()["error_code"]) == (404, "not_found")


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"query": "x", "latitude": 91, "longitude": 0}, "latitude"),
        ({"query": "x", "latitude": 0}, "longitude"),
        ({"query": "", "latitude": 0, "longitude": 0}, "query"),
        ({"query": "x", "latitude": 0, "longitude": 0, "radius_km": 51}, "radius_km"),
        (
            {"query": "x", "latitude": 0, "longitude": 0, "constraints": {"avoid_substances": "x"}},
            "constraints.avoid_substances",
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_an_invalid_body_is_422_with_the_field(http: httpx2.Client, body: dict[str, Any], field: str) -> None:
    response = http.post(SESSIONS, json=body)

    assert response.status_code == 422
    assert [error["field"] for error in response.json()["errors"]] == [field]
