"""The brands API: brands, and where their products are sold."""

from datetime import datetime
from typing import Any, Literal

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from ninja import Field, Query, Schema

from ..data import fulltext
from ..data.models import Brand, Offer, Product, Store, short_id
from .authentication import WRITERS, ApiKeyAuth, anyone, authenticated, require_role
from .metadata import merged
from .openapi import Body, also, new_api
from .pagination import PageQuery, Pagination, paginated
from .places import PlaceOut, PlaceQuery, nearest
from .problems import ProblemError, found_or_404
from .product_schemas import Metadata

api = new_api("brands", "Brand records, and where the products of a brand are sold.")

READ = ApiKeyAuth("brands:read")
WRITE = ApiKeyAuth("brands:write")
_NETWORKS = ("instagram", "facebook", "twitter", "linkedin", "youtube", "tiktok", "pinterest", "threads")
_MOST_PRODUCTS = 200


class BrandListed(Schema):
    id: str
    name: str
    has_social_links: bool
    created: datetime
    website: str
    description: str
    logo_url: str


class BrandPage(Schema):
    data: list[BrandListed]
    pagination: Pagination


class BrandOut(BrandListed):
    organization_id: str | None
    instagram: str
    facebook: str
    twitter: str
    linkedin: str
    youtube: str
    tiktok: str
    pinterest: str
    threads: str
    metadata: Metadata


class BrandQuery(PageQuery):
    name: str | None = Field(None, max_length=100, description="Part of the name.")
    organization_id: str | None = Field(None, description="Only brands of this organization.")
    ordering: Literal["name", "-name", "created", "-created"] = Field(
        "name", description="A field; a minus sign in front for descending."
    )


class BrandIn(Body):
    organization_id: str = Field(..., description="The organization that owns the brand.")
    name: str = Field(..., min_length=1, max_length=100, pattern=r"\S")
    website: str = Field("", max_length=2048)
    description: str = Field("", max_length=5000)
    metadata: Metadata = Field({}, description="Up to 50 keys of 40 characters with 500 characters each.")


class BrandPatch(Body):
    """Members that are left out keep their value."""

    name: str | None = Field(None, min_length=1, max_length=100, pattern=r"\S")
    website: str | None = Field(None, max_length=2048)
    description: str | None = Field(None, max_length=5000)
    instagram: str | None = Field(None, max_length=255)
    facebook: str | None = Field(None, max_length=255)
    twitter: str | None = Field(None, max_length=255)
    linkedin: str | None = Field(None, max_length=255)
    youtube: str | None = Field(None, max_length=255)
    tiktok: str | None = Field(None, max_length=255)
    pinterest: str | None = Field(None, max_length=255)
    threads: str | None = Field(None, max_length=255)
    metadata: Metadata | None = Field(
        None, description="Merged with what is there; an empty string deletes a key, {} or null clears all."
    )


class BrandRef(Schema):
    id: str
    name: str
    website: str
    logo_url: str


class LocatorQuery(PlaceQuery):
    product_id: str | None = Field(None, description="Only stores that offer this product.")


class StoreNearby(PlaceOut):
    product_count: int
    retailer_name: str


class LocatorReply(Schema):
    brand: BrandRef
    stores: list[StoreNearby] = Field(description="The nearest first.")


class ProductRef(Schema):
    id: str
    name: str


class CatalogReply(Schema):
    brand: BrandRef
    products: list[ProductRef]


@api.get("/brands", response=BrandPage, auth=READ, summary="List brands")
def list_brands(request: HttpRequest, query: Query[BrandQuery]) -> dict[str, Any]:
    """Lists all brands, claimed by an organization or not."""
    brands = Brand.objects.order_by(query.ordering, "id")
    if query.name is not None:
        brands = brands.filter(name__icontains=query.name)
    if query.organization_id is not None:
        brands = brands.filter(organization_id=query.organization_id)
    return paginated([_brand_out(brand) for brand in brands], query)


@api.post("/brands", response={201: BrandOut}, auth=WRITE, summary="Create a brand", openapi_extra=also(404, 409))
def create_brand(request: HttpRequest, body: BrandIn) -> tuple[int, dict[str, Any]]:
    """Creates a brand that belongs to an organization of the caller."""
    require_role(authenticated(request), body.organization_id, *WRITERS)
    name = body.name.strip()
    if Brand.objects.filter(name__iexact=name).exists():
        raise ProblemError(409, f"There is a brand {name} already.")
    document = {
        "website": body.website,
        "description": body.description,
        "metadata": merged({}, body.metadata),
    }
    brand = Brand.objects.create(
        id=short_id(f"brand {name}"),
        name=name,
        created=timezone.now(),
        organization_id=body.organization_id,
        document=document,
    )
    fulltext.add([("brand", brand.id, name, name, body.description)])
    return 201, _brand_out(brand)


@api.get("/brands/{brand_id}", response=BrandOut, auth=READ, summary="Get a brand")
def get_brand(request: HttpRequest, brand_id: str) -> dict[str, Any]:
    """Returns a brand by the id that the search and the list of brands give."""
    return _brand_out(_known_brand(brand_id))


@api.patch("/brands/{brand_id}", response=BrandOut, auth=WRITE, summary="Update a brand", openapi_extra=also(409))
def update_brand(request: HttpRequest, brand_id: str, body: BrandPatch) -> dict[str, Any]:
    """Updates the given fields of a brand that belongs to an organization of the caller."""
    brand = _known_brand(brand_id)
    if brand.organization_id is None:
        raise ProblemError(403, "The brand does not belong to an organization of yours.")
    require_role(authenticated(request), brand.organization_id, *WRITERS)
    changes = body.model_dump(exclude_unset=True)
    if "metadata" in changes:
        changes["metadata"] = merged(brand.document["metadata"], changes["metadata"])
    changes = {name: value for name, value in changes.items() if value is not None}
    name = changes.pop("name", brand.name).strip()
    if Brand.objects.filter(name__iexact=name).exclude(id=brand.id).exists():
        raise ProblemError(409, f"There is a brand {name} already.")
    if name != brand.name:
        Product.objects.filter(brand=brand.name).update(brand=name)
        fulltext.rename_brand(brand.name, name)
        brand.name = name
    brand.document |= changes
    brand.save()
    return _brand_out(brand)


@api.get(
    "/public/brands/{brand_id}/locator", response=LocatorReply, auth=anyone, summary="Find stores that sell a brand"
)
def locate_brand(
    request: HttpRequest, response: HttpResponse, brand_id: str, query: Query[LocatorQuery]
) -> dict[str, Any]:
    """Lists the stores near a place that sell a brand's products. Needs no credential."""
    response.headers["Access-Control-Allow-Origin"] = "*"
    brand = _known_brand(brand_id)
    offers = Offer.objects.filter(product__brand=brand.name)
    if query.product_id is not None:
        offers = offers.filter(product_id=query.product_id)
    products: dict[str, set[str]] = {}
    for store_id, product_id in offers.values_list("store_id", "product_id"):
        products.setdefault(store_id, set()).add(product_id)
    stores = Store.objects.select_related("retailer").filter(id__in=list(products))
    return {
        "brand": _brand_out(brand),
        "stores": [
            {**place, "product_count": len(products[store.id]), "retailer_name": store.retailer.name}
            for store, place in nearest(stores, query)
        ],
    }


@api.get(
    "/public/brands/{brand_id}/catalog", response=CatalogReply, auth=anyone, summary="List the products of a brand"
)
def list_brand_products(request: HttpRequest, response: HttpResponse, brand_id: str) -> dict[str, Any]:
    """Lists a brand's products, at most 200. Needs no credential."""
    response.headers["Access-Control-Allow-Origin"] = "*"
    brand = _known_brand(brand_id)
    products = Product.objects.filter(brand=brand.name).order_by("product_name", "id")[:_MOST_PRODUCTS]
    return {
        "brand": _brand_out(brand),
        "products": [{"id": product.id, "name": product.product_name} for product in products],
    }


def _known_brand(brand_id: str) -> Brand:
    return found_or_404(Brand.objects.filter(id=brand_id).first(), f"There is no brand with the id {brand_id}.")


def _brand_out(brand: Brand) -> dict[str, Any]:
    networks = {name: brand.document.get(name, "") for name in _NETWORKS}
    return {
        "id": brand.id,
        "name": brand.name,
        "has_social_links": any(networks.values()),
        "created": brand.created,
        "website": brand.document["website"],
        "description": brand.document["description"],
        "logo_url": "",
        "organization_id": brand.organization_id,
        "metadata": brand.document["metadata"],
        **networks,
    }
