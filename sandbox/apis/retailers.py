"""The retailers API: retailers, and what their stores offer; the offers are those that the search finds."""

import secrets
from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any, Literal

from django.http import HttpRequest
from django.utils import timezone
from ninja import Field, Schema
from pydantic import WithJsonSchema

from ..data import fulltext
from ..data.models import Offer, Product, Retailer, Store, short_id
from .authentication import WRITERS, ApiKeyAuth, authenticated, require_role
from .openapi import WHOLE, Body, new_api
from .problems import ProblemError, found_or_404, invalid_field

api = new_api("retailers", "Retailers, and the products that their stores offer.")

READ = ApiKeyAuth("retailers:read")
WRITE = ApiKeyAuth("retailers:write")
_LARGEST_PRICE = Decimal("99999.99")


class RetailerOut(Schema):
    id: str
    name: str
    created: datetime
    metadata: dict[str, str]
    is_online: bool
    is_physical: bool
    website: str
    gln: str
    is_canonical: bool
    organization_id: str
    marketplace_regions: list[str]
    category: str
    is_active: bool


class Price(Schema):
    amount: str
    currency: str


class OfferOut(Schema):
    id: str
    product_id: str
    physical_store_id: str
    organization_id: str
    sku: str
    price: Price
    status: Literal["active", "inactive"]
    is_verified: bool
    source: Literal["manual", "feed", "scraper"]
    quantity_on_hand: int | None
    aisle: str
    store_pickup_available: bool
    metadata: dict[str, str]


# A number, or the same as text.
_AMOUNT: dict[str, Any] = {
    "anyOf": [
        {"type": "number", "minimum": 0, "maximum": float(_LARGEST_PRICE), "multipleOf": 0.01},
        {"type": "string", "pattern": r"^[0-9]{1,5}(\.[0-9]{1,2})?$"},
    ]
}


class OfferIn(Body):
    product_id: str = Field(..., description="The id of a product of the catalog.")
    physical_store_id: str = Field(..., description="The id of a store of the organization.")
    sku: str = Field(..., min_length=1, max_length=64, description="The store's own number for the product.")
    price: Annotated[Decimal, WithJsonSchema(_AMOUNT)] = Field(
        ..., ge=0, le=_LARGEST_PRICE, decimal_places=2, strict=False, description="In the store's currency."
    )
    quantity_on_hand: Annotated[int, Field(ge=0, le=1_000_000), WHOLE] | None = Field(
        None, description="null: unknown."
    )


class RetailerIn(Body):
    name: str = Field(..., min_length=1, max_length=100, pattern=r"\S")


@api.post(
    "/organizations/{organization_id}/retailers",
    response={201: RetailerOut},
    auth=WRITE,
    summary="Create a retailer",
)
def create_retailer(request: HttpRequest, organization_id: str, body: RetailerIn) -> tuple[int, dict[str, Any]]:
    """Creates a retailer that an organization of the caller runs; it has no stores yet."""
    require_role(authenticated(request), organization_id, *WRITERS)
    name = body.name.strip()
    retailer = Retailer.objects.create(
        id=short_id(f"retailer {secrets.token_hex()}"),
        name=name,
        created=timezone.now(),
        organization_id=organization_id,
    )
    fulltext.add([("retailer", retailer.id, name, "", "Retailer")])
    return 201, _retailer_out(retailer)


@api.get("/retailers/{retailer_id}", response=RetailerOut, auth=READ, summary="Get a retailer")
def get_retailer(request: HttpRequest, retailer_id: str) -> dict[str, Any]:
    """Returns a retailer."""
    found = Retailer.objects.filter(id=retailer_id).first()
    retailer = found_or_404(found, f"There is no retailer with the id {retailer_id}.")
    return _retailer_out(retailer)


@api.get("/in-store-offers/{offer_id}", response=OfferOut, auth=READ, summary="Get an in-store offer")
def get_in_store_offer(request: HttpRequest, offer_id: str) -> dict[str, Any]:
    """Returns an offer of an organization of the caller; 404 for other offers."""
    offer = Offer.objects.select_related("store__retailer").filter(id=offer_id).first()
    if offer is None or offer.store.retailer.organization_id not in authenticated(request).roles:
        raise ProblemError(404, f"There is no in-store offer with the id {offer_id}.")
    return _offer_out(offer)


@api.post(
    "/organizations/{organization_id}/in-store-offers",
    response={201: OfferOut},
    auth=WRITE,
    summary="Create an in-store offer",
)
def create_in_store_offer(request: HttpRequest, organization_id: str, body: OfferIn) -> tuple[int, dict[str, Any]]:
    """Offers a product in a store of the organization, under a number that the store has not used for it yet."""
    store = Store.objects.filter(id=body.physical_store_id, retailer__organization_id=organization_id).first()
    product = Product.objects.filter(id=body.product_id).first()
    if authenticated(request).roles.get(organization_id) not in WRITERS or store is None or product is None:
        raise ProblemError(404, "There is no such organization, store or product, or you may not manage its offers.")
    if Offer.objects.filter(product_id=product.id, store_id=store.id, sku=body.sku).exists():
        raise invalid_field("sku", "There is an offer of this product in this store with this sku already.")
    offer = Offer.objects.create(
        id=short_id(f"offer {product.id} {store.id} {body.sku}"),
        product_id=product.id,
        store_id=store.id,
        sku=body.sku,
        cents=int(body.price * 100),
        quantity=body.quantity_on_hand,
        last_checked_at=timezone.now(),
    )
    return 201, _offer_out(offer)


def _retailer_out(retailer: Retailer) -> dict[str, Any]:
    return {
        "id": retailer.id,
        "name": retailer.name,
        "created": retailer.created,
        "metadata": {},
        "is_online": False,
        "is_physical": True,
        "website": "",
        "gln": "",
        "is_canonical": True,
        "organization_id": retailer.organization_id,
        "marketplace_regions": [],
        "category": "grocery",
        "is_active": True,
    }


def _offer_out(offer: Offer) -> dict[str, Any]:
    return {
        "id": offer.id,
        "product_id": offer.product_id,
        "physical_store_id": offer.store_id,
        "organization_id": offer.store.retailer.organization_id,
        "sku": offer.sku,
        "price": {"amount": f"{offer.cents / 100:.2f}", "currency": "CAD"},
        "status": "active",
        "is_verified": True,
        "source": "feed",
        "quantity_on_hand": offer.quantity,
        "aisle": "",
        "store_pickup_available": False,
        "metadata": {},
    }
