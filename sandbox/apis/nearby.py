"""Products in nearby stores, sorted by distance, then by stock status."""

import math
from collections.abc import Iterator
from typing import Any

from ..data import fulltext
from ..data.gtin import InvalidGtinError, normalize
from ..data.models import Offer, Product, Store
from .product_schemas import image_url

_STOCK_RANK = {"in_stock": 0, "low_stock": 1, "unknown": 2, "out_of_stock": 3}
_MAX_PRODUCTS = 400
MAX_ITEMS = 50


def distance_km(latitude: float, longitude: float, store: Store) -> float:
    """The great-circle distance."""
    here, there = math.radians(latitude), math.radians(store.latitude)
    half = (there - here) / 2, math.radians(store.longitude - longitude) / 2
    chord = math.sin(half[0]) ** 2 + math.cos(here) * math.cos(there) * math.sin(half[1]) ** 2
    return 2 * 6371.0088 * math.asin(math.sqrt(min(1.0, chord)))


def matching_products(query: str) -> list[Product]:
    """The products that match a query: `gtin:<gtin>`, or full-text search."""
    scheme, _, written = query.strip().partition(":")
    if scheme.lower() == "gtin":
        try:
            return list(Product.objects.filter(gtin=normalize(written)))
        except InvalidGtinError:
            return []
    rows = fulltext.search(query, ("product",), _MAX_PRODUCTS)
    return list(Product.objects.filter(gtin__in=[row[1] for row in rows]))


def passes(product: Product, constraints: dict[str, Any]) -> bool:
    """Whether a product meets the dietary constraints."""
    document = product.document
    contained = {name.lower() for name in document["contains_allergens"]}
    if contained & {str(name).lower() for name in constraints.get("exclude_allergens", [])}:
        return False
    ingredients = " ".join(item["name"].lower() for item in document["ingredients"])
    if any(str(substance).lower() in ingredients for substance in constraints.get("avoid_substances", [])):
        return False
    labels = [item["label"].lower() for item in document["certifications"]]
    return all(
        any(str(wanted).lower().replace("_", " ") in label for label in labels)
        for wanted in constraints.get("require_certifications", [])
    )


def items(state: dict[str, Any]) -> list[dict[str, Any]]:
    """The hits of a session in its current state."""
    constraints = state["active_constraints"]
    radius = float(constraints.get("distance_km", state["radius_km"]))
    stores = {
        store.id: (store, distance)
        for store in Store.objects.all()
        if (distance := distance_km(state["latitude"], state["longitude"], store)) <= radius
    }
    products = {
        product.id: product for product in matching_products(state["base_query"]) if passes(product, constraints)
    }
    offers = Offer.objects.filter(product_id__in=list(products), store_id__in=list(stores))
    found = [
        (stores[offer.store_id][1], _STOCK_RANK[offer.stock_status], offer.cents, offer.id, offer)
        for offer in offers
        if _acceptable(offer, constraints)
    ]
    found.sort(key=lambda hit: hit[:4])
    return [_item(products[offer.product_id], *stores[offer.store_id], offer) for *_, offer in found[:MAX_ITEMS]]


def prices(hits: list[dict[str, Any]]) -> Iterator[float]:
    """The prices among the hits."""
    return (float(hit["offer"]["price"]["amount"]) for hit in hits)


def _acceptable(offer: Offer, constraints: dict[str, Any]) -> bool:
    price = offer.cents / 100
    return (
        price <= float(constraints.get("price_max", math.inf))
        and price >= float(constraints.get("price_min", 0))
        and (constraints.get("availability") != "in_stock" or offer.stock_status in ("in_stock", "low_stock"))
    )


def _item(product: Product, store: Store, distance: float, offer: Offer) -> dict[str, Any]:
    kilometres = round(distance, 2)
    return {
        "product": {
            "gtin": product.gtin,
            "name": product.product_name,
            "brand": product.brand,
            "image_url": image_url(product),
        },
        "store": {
            "id": store.id,
            "name": store.name,
            "address": store.address,
            "latitude": store.latitude,
            "longitude": store.longitude,
            "distance_km": kilometres,
        },
        "offer": {
            "id": offer.id,
            "price": {"amount": f"{offer.cents / 100:.2f}", "currency": "CAD"},
            "stock_status": offer.stock_status,
            "last_checked_at": offer.last_checked_at.isoformat().replace("+00:00", "Z"),
        },
        "distance_km": kilometres,
    }
