"""Stores near a place, as the public endpoints of the brands and locations APIs list them."""

from collections.abc import Iterable
from typing import Any

from ninja import Field, Schema

from ..data.models import Store
from .nearby import distance_km


class PlaceQuery(Schema):
    """The query parameters for stores near a place."""

    lat: float = Field(..., ge=-90, le=90, description="Latitude in WGS 84.")
    lon: float = Field(..., ge=-180, le=180, description="Longitude in WGS 84.")
    radius: float = Field(50, gt=0, le=500, description="Kilometres around the place.")
    limit: int = Field(20, ge=1, le=100, description="The most stores to return.")


class PlaceOut(Schema):
    id: str
    name: str
    address: str
    lat: float
    lon: float
    distance_km: float
    phone: str
    website: str


def nearest(stores: Iterable[Store], query: PlaceQuery) -> list[tuple[Store, dict[str, Any]]]:
    """The stores within the radius, the nearest first, each with its members of `PlaceOut`."""
    found = sorted((distance_km(query.lat, query.lon, store), store.id, store) for store in stores)
    return [(store, _place_out(store, far)) for far, _, store in found if far <= query.radius][: query.limit]


def _place_out(store: Store, distance: float) -> dict[str, Any]:
    return {
        "id": store.id,
        "name": store.name,
        "address": store.address,
        "lat": store.latitude,
        "lon": store.longitude,
        "distance_km": round(distance, 2),
        "phone": "",
        "website": "",
    }
