"""The search API: the catalog, and conversational sessions near a place."""

import secrets
from datetime import timedelta
from statistics import median
from typing import Any, Literal

from django.http import HttpRequest
from django.utils import timezone
from ninja import Field, Query, Schema

from ..data import fulltext
from ..data.models import Product, SearchSession
from . import nearby, refinement
from .authentication import anyone
from .openapi import Body, new_api
from .problems import ProblemError
from .product_schemas import image_url

api = new_api(
    "search",
    "Full-text search of products, brands and retailers, and conversational search of offers nearby.",
)

_IDLE = timedelta(minutes=30)
_LISTS = ("exclude_allergens", "require_certifications", "avoid_substances")
_KEYS = (
    "color",
    "price_max",
    "price_min",
    "distance_km",
    "availability",
    "scope",
    *_LISTS,
)


HitType = Literal["product", "brand", "retailer"]


class CatalogHit(Schema):
    type: HitType
    id: str
    name: str
    rank: float = Field(description="How well it matches; higher is better.")
    description: str
    metadata: dict[str, str] = Field(description="For products: gtin, brand and image_url.")
    certifications: list[str]
    contains_allergens: list[str]
    substance_flags: list[str]
    allergen_data_confidence: str


class CatalogReply(Schema):
    query: str
    items: list[CatalogHit]
    total: int = Field(description="The number of items in this reply.")


class CatalogQuery(Schema):
    q: str = Field(..., min_length=1, max_length=255, description='Words, "phrases", -exclusions and OR.')
    type: list[HitType] = Field([], description="Only these types; all when left out.")
    limit: int = Field(25, ge=1, le=100, description="The most items to return.")
    exclude_allergens: list[str] = Field([], description="Drop products that contain these.")
    require_certifications: list[str] = Field([], description="Keep products that have all of these.")
    avoid_substances: list[str] = Field([], description="Drop products made with these.")


class Constraints(Body):
    exclude_allergens: list[str] = Field([], max_length=20, description="Drop products that contain these.")
    require_certifications: list[str] = Field([], max_length=20, description="Keep products that have all.")
    avoid_substances: list[str] = Field([], max_length=20, description="Drop products made with these.")


class SessionIn(Body):
    query: str = Field(..., min_length=1, max_length=500, description="What is looked for, or gtin: and a GTIN.")
    latitude: float = Field(..., ge=-90, le=90, description="Latitude of the searcher in WGS 84.")
    longitude: float = Field(..., ge=-180, le=180, description="Longitude of the searcher in WGS 84.")
    radius_km: float = Field(10, gt=0, le=50, description="How far away a store may be.")
    in_stock: bool = Field(False, description="Only offers that are in stock.")
    certification: str | None = Field(None, max_length=100, description="A certification to require.")
    constraints: Constraints | None = Field(None, description="What products must and must not have.")


class FollowUpIn(Body):
    query: str = Field(
        ...,
        min_length=1,
        max_length=500,
        description='A refinement such as "cheaper" or "within 2 km", or another search ("... instead").',
    )


class Price(Schema):
    amount: str
    currency: str


class HitProduct(Schema):
    gtin: str
    name: str
    brand: str
    image_url: str


class HitStore(Schema):
    id: str
    name: str
    address: str
    latitude: float
    longitude: float
    distance_km: float


class HitOffer(Schema):
    id: str
    price: Price
    stock_status: Literal["in_stock", "low_stock", "out_of_stock", "unknown"]
    last_checked_at: str


class NearbyHit(Schema):
    product: HitProduct
    store: HitStore
    offer: HitOffer
    distance_km: float


class SessionState(Schema):
    session_id: str
    base_query: str
    active_constraints: dict[str, Any]
    search_history: list[str]
    is_expired: bool
    latitude: float
    longitude: float
    radius_km: float
    items: list[NearbyHit] = Field(description="Offers nearby, the nearest first; at most 50.")


class FollowUpReply(SessionState):
    query: str
    is_refinement: bool
    classification_explanation: str
    new_constraints: dict[str, Any]


@api.get("/search", response=CatalogReply, auth=anyone, summary="Search the catalog", tags=["search"])
def catalog_search(
    request: HttpRequest,
    query: Query[CatalogQuery],
) -> dict[str, Any]:
    """Searches products, brands and retailers by name, brand and description.

    Needs no credential. The reply is cut at `limit` and not paginated.
    """
    constraints = {
        "exclude_allergens": [refinement.allergen(word) for word in query.exclude_allergens],
        "require_certifications": query.require_certifications,
        "avoid_substances": query.avoid_substances,
    }
    types = tuple(query.type) or ("product", "brand", "retailer")
    rows = fulltext.search(query.q, types, 500 if any(constraints.values()) else query.limit)
    products = Product.objects.in_bulk([row[1] for row in rows if row[0] == "product"], field_name="gtin")
    hits = [
        _hit(row, products.get(row[1]))
        for row in rows
        if row[0] != "product" or nearby.passes(products[row[1]], constraints)
    ][: query.limit]
    return {"query": query.q, "items": hits, "total": len(hits)}


@api.post(
    "/search/session",
    response=SessionState,
    auth=anyone,
    summary="Open a conversational search session",
    tags=["search"],
)
def open_session(request: HttpRequest, body: SessionIn) -> dict[str, Any]:
    """Searches offers in stores near a place and opens a session in which the search can be refined.

    A session ends after 30 minutes without use.
    """
    constraints: dict[str, Any] = {}
    if body.in_stock:
        constraints["availability"] = "in_stock"
    if body.certification:
        constraints["require_certifications"] = [body.certification]
    if body.constraints:
        _merge(constraints, {name: words for name, words in body.constraints if words})
    state = {
        "base_query": fulltext.clean(body.query),
        "active_constraints": constraints,
        "search_history": [body.query],
        "latitude": body.latitude,
        "longitude": body.longitude,
        "radius_km": body.radius_km,
    }
    session = SearchSession.objects.create(id=secrets.token_urlsafe(24), state=state, touched=timezone.now())
    return _state(session)


@api.get(
    "/search/session/{session_id}",
    response=SessionState,
    auth=anyone,
    summary="Get the state of a search session",
    tags=["search"],
)
def get_session(request: HttpRequest, session_id: str) -> dict[str, Any]:
    """Returns the session with its active constraints and present hits."""
    return _state(_session(session_id))


@api.post(
    "/search/session/{session_id}/refine",
    response=FollowUpReply,
    auth=anyone,
    summary="Refine a search session",
    tags=["search"],
)
def refine_session(request: HttpRequest, session_id: str, body: FollowUpIn) -> dict[str, Any]:
    """Narrows the session's search, or starts a new search if the query asks for one."""
    return _follow_up(session_id, body.query)


@api.post(
    "/search/session/{session_id}/query",
    response=FollowUpReply,
    auth=anyone,
    summary="Submit a follow-up query within a session",
    tags=["search"],
)
def query_session(request: HttpRequest, session_id: str, body: FollowUpIn) -> dict[str, Any]:
    """The same as refining the session."""
    return _follow_up(session_id, body.query)


@api.delete(
    "/search/session/{session_id}/constraints/{key}",
    response=SessionState,
    auth=anyone,
    summary="Remove a constraint from a search session",
    tags=["search"],
)
def remove_constraint(request: HttpRequest, session_id: str, key: str) -> dict[str, Any]:
    """Removes one constraint; the session's other constraints stay."""
    session = _session(session_id)
    if key not in _KEYS:
        raise ProblemError(404, f"There is no constraint {key}; there are {', '.join(_KEYS)}.")
    session.state["active_constraints"].pop(key, None)
    session.save()
    return _state(session)


def _hit(row: fulltext.Row, product: Product | None) -> dict[str, Any]:
    kind, id, name, brand, description, rank = row
    hit: dict[str, Any] = {
        "type": kind,
        "id": product.id if product else id,
        "name": name,
        "rank": round(rank, 4),
        "description": description,
        "metadata": {},
        "certifications": [],
        "contains_allergens": [],
        "substance_flags": [],
        "allergen_data_confidence": "",
    }
    if product is not None:
        hit["metadata"] = {"gtin": product.gtin, "brand": brand, "image_url": image_url(product)}
        hit["certifications"] = [item["label"] for item in product.document["certifications"]]
        hit["contains_allergens"] = product.document["contains_allergens"]
        hit["allergen_data_confidence"] = "high" if product.confidence_score >= 0.7 else "low"
    return hit


def _session(session_id: str) -> SearchSession:
    session = SearchSession.objects.filter(id=session_id, touched__gt=timezone.now() - _IDLE).first()
    if session is None:
        raise ProblemError(404, "There is no such search session, or it has expired after 30 minutes of inactivity.")
    session.touched = timezone.now()
    session.save()
    return session


def _state(session: SearchSession) -> dict[str, Any]:
    return {
        **session.state,
        "session_id": session.id,
        "is_expired": False,
        "items": nearby.items(session.state),
    }


def _follow_up(session_id: str, text: str) -> dict[str, Any]:
    session = _session(session_id)
    state = session.state
    reading = refinement.read(fulltext.clean(text))
    constraints = dict(reading.constraints)
    prices = list(nearby.prices(nearby.items(state))) if reading.cheaper else []
    if prices:
        constraints["price_max"] = round(median(prices) - 0.01, 2)
    refines, explanation = _reworded(state, reading, bool(constraints or reading.cheaper))
    _merge(state["active_constraints"], constraints)
    state["search_history"] = [*state["search_history"], text][-50:]
    session.save()
    return {
        **_state(session),
        "query": text,
        "is_refinement": refines,
        "classification_explanation": explanation,
        "new_constraints": constraints,
    }


def _reworded(state: dict[str, Any], reading: refinement.Refinement, constrains: bool) -> tuple[bool, str]:
    """Update the query for a follow-up; return whether it refines the search, and an explanation."""
    if reading.resets:
        state.update(base_query=reading.remainder or state["base_query"], active_constraints={})
        return False, "A new search: the query asks to start over."
    if reading.remainder:
        both = f"{state['base_query']} {reading.remainder}"
        if nearby.items({**state, "base_query": both}):
            state["base_query"] = both
            return True, "A refinement: the query was added to the search."
        if not constrains:
            state.update(base_query=reading.remainder, active_constraints={})
            return False, "A new search: nothing nearby matches the words together."
    return constrains, "A refinement: the constraints were added to the search."


def _merge(constraints: dict[str, Any], further: dict[str, Any]) -> None:
    for key, value in further.items():
        if key in _LISTS:
            words = [refinement.allergen(word) for word in value] if key == "exclude_allergens" else value
            constraints[key] = list(dict.fromkeys([*constraints.get(key, []), *words]))
        else:
            constraints[key] = value
