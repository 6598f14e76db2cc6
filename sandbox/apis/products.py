"""The products API: products by GTIN, what is known about them, and claiming them."""

import re
from typing import Any
from urllib.parse import unquote, urlsplit

from django.db.models import Q
from django.http import HttpRequest
from django.utils import timezone
from ninja import Query

from ..data import fulltext
from ..data.gtin import InvalidGtinError, normalize
from ..data.models import Organization, Product, short_id
from . import product_schemas as schemas
from . import symbols
from .authentication import WRITERS, ApiKeyAuth, Caller, anyone, authenticated, require_role
from .known_products import Gtin, known_product, normalized_gtin, own_product
from .metadata import merged
from .openapi import also, new_api
from .pagination import PageQuery, paginated
from .problems import ProblemError, found_or_404, invalid_field
from .recalls import recall_page

api = new_api(
    "products",
    "The GTIN repository: products, their ingredients, nutrition, certifications, claims and recalls.",
)

api.add_router("", symbols.router)

READ = ApiKeyAuth("products:read")
WRITE = ApiKeyAuth("products:write")

_AI = re.compile(r"[0-9]{2,4}")


@api.get("/products", response=schemas.ProductPage, auth=READ, summary="List or look up products")
def list_products(
    request: HttpRequest,
    query: Query[schemas.ProductQuery],
) -> dict[str, Any]:
    """Looks up one product by its GTIN, or lists the products that an organization has claimed."""
    if query.gtin is not None:
        found = Product.objects.filter(gtin=normalized_gtin(query.gtin))
    elif query.organization_id is not None:
        require_role(authenticated(request), query.organization_id)
        found = Product.objects.filter(owner_id=query.organization_id)
    else:
        raise invalid_field("organization_id", "Either gtin or organization_id is required.")
    return paginated([schemas.product_out(product) for product in found.order_by("gtin")], query)


@api.post(
    "/products",
    response={201: schemas.ProductOut},
    auth=WRITE,
    summary="Create and claim a product",
    openapi_extra=also(409),
)
def create_product(request: HttpRequest, body: schemas.ProductIn) -> tuple[int, dict[str, Any]]:
    """Creates a product that the catalog does not have yet and claims it for an organization."""
    gtin = normalized_gtin(body.gtin)
    organization = _organization(authenticated(request), body.organization_id)
    if Product.objects.filter(gtin=gtin).exists():
        raise ProblemError(409, f"There is a product for GTIN {gtin} already; claim it instead.")
    product = Product(
        id=short_id(f"product {gtin}"),
        gtin=gtin,
        product_name=body.product_name,
        brand="",
        data_source="claimed",
        confidence_score=1.0,
        country_of_origin=body.country_of_origin,
        created=timezone.now(),
        owner_id=organization.id,
        document={
            "description": body.description,
            "manufacturer": organization.name,
            "image_url": "",
            "net_content": body.net_content,
            "net_content_value": None,
            "net_content_uom": "",
            "gpc_brick_code": "",
            "net_weight": None,
            "gross_weight": None,
            "metadata": merged({}, body.metadata),
            "claim_verification_status": "unverified",
            "nutrition": None,
            "certifications": [],
            "claims": [],
            "recalls": [],
            **_listed(gtin, body.ingredients),
        },
    )
    product.save()
    fulltext.put(product)
    return 201, schemas.product_out(product)


@api.get("/products/{gtin}", response=schemas.ProductOut, auth=READ, summary="Get a product")
def get_product(request: HttpRequest, gtin: Gtin) -> dict[str, Any]:
    """Returns a product by its GTIN, written with or without separators."""
    return schemas.product_out(known_product(gtin))


@api.patch("/products/{gtin}", response=schemas.ProductOut, auth=WRITE, summary="Update a claimed product")
def update_product(request: HttpRequest, gtin: Gtin, body: schemas.ProductPatch) -> dict[str, Any]:
    """Updates the given fields of a product that an organization of the caller has claimed."""
    product = own_product(authenticated(request), gtin)
    changes = body.model_dump(exclude_unset=True)
    if "metadata" in changes:
        product.document["metadata"] = merged(product.document["metadata"], changes["metadata"])
    for name in ("description", "net_content"):
        if changes.get(name) is not None:
            product.document[name] = changes[name]
    if body.ingredients is not None:
        product.document.update(_listed(product.gtin, body.ingredients))
    if changes.get("product_name") is not None:
        product.product_name = changes["product_name"]
    if changes.get("country_of_origin") is not None:
        product.country_of_origin = changes["country_of_origin"]
    product.save()
    fulltext.put(product)
    return schemas.product_out(product)


@api.delete("/products/{gtin}", response=schemas.ProductOut, auth=WRITE, summary="Unclaim a product")
def unclaim_product(request: HttpRequest, gtin: Gtin) -> dict[str, Any]:
    """Gives a claimed product up; its Digital Link no longer follows the organization's rules."""
    product = own_product(authenticated(request), gtin)
    product.owner_id = None
    product.document["claim_verification_status"] = ""
    product.save()
    return schemas.product_out(product)


@api.post(
    "/products/{gtin}/claim",
    response=schemas.ClaimReply,
    auth=WRITE,
    summary="Claim an existing product",
    openapi_extra=also(409),
)
def claim_product(request: HttpRequest, gtin: Gtin, body: schemas.ClaimIn | None = None) -> dict[str, Any]:
    """Claims a product for an organization; the claim starts unverified."""
    product = known_product(gtin)
    organization = _organization(authenticated(request), body.organization_id if body else None)
    if product.owner_id is not None:
        whose = "this" if product.owner_id == organization.id else "another"
        raise ProblemError(409, f"The product is claimed by {whose} organization already.")
    product.owner_id = organization.id
    product.document["claim_verification_status"] = "unverified"
    product.save()
    return {
        "gtin": product.gtin,
        "owner_id": organization.id,
        "claimed_at": timezone.now(),
        "claim_verification_status": "unverified",
        "message": f"Claimed for {organization.name}; verification is pending.",
    }


@api.post(
    "/products/{gtin}/report-claim",
    response={201: schemas.ReportReply},
    auth=anyone,
    summary="Report a product's claim",
)
def report_claim(request: HttpRequest, gtin: Gtin, body: schemas.ReportIn) -> tuple[int, dict[str, Any]]:
    """Reports that a product is claimed by an organization that should not own it. Needs no credential."""
    product = known_product(gtin)
    return 201, {
        "id": short_id(f"report {product.gtin} {body.reporter_email}"),
        "gtin": product.gtin,
        "message": "Thank you. The report will be looked at.",
    }


@api.get("/products/{gtin}/ingredients", response=schemas.IngredientPage, auth=READ, summary="List ingredients")
def list_ingredients(request: HttpRequest, gtin: Gtin, query: Query[PageQuery]) -> dict[str, Any]:
    """Lists a product's ingredients in the order of the label."""
    return paginated(known_product(gtin).document["ingredients"], query)


@api.get(
    "/products/{gtin}/certifications",
    response=schemas.CertificationPage,
    auth=READ,
    summary="List certifications",
)
def list_certifications(request: HttpRequest, gtin: Gtin, query: Query[PageQuery]) -> dict[str, Any]:
    """Lists the certifications that a product carries."""
    return paginated(known_product(gtin).document["certifications"], query)


@api.get("/products/{gtin}/claims", response=schemas.ClaimPage, auth=READ, summary="List claims")
def list_claims(request: HttpRequest, gtin: Gtin, query: Query[PageQuery]) -> dict[str, Any]:
    """Lists what is claimed of a product, such as being gluten free."""
    return paginated(known_product(gtin).document["claims"], query)


@api.get(
    "/products/{gtin}/recalls", response=schemas.RecallPage, auth=READ, summary="List recalls", openapi_extra=also(400)
)
def list_recalls(
    request: HttpRequest,
    gtin: Gtin,
    query: Query[schemas.LotRecallQuery],
) -> dict[str, Any]:
    """Lists a product's recalls, the open ones unless `status` is given."""
    return recall_page(known_product(gtin), query, query.lot)


@api.get("/products/{gtin}/nutrition", response=schemas.NutritionOut, auth=READ, summary="Get nutrition facts")
def get_nutrition(request: HttpRequest, gtin: Gtin) -> dict[str, Any]:
    """Returns the nutrition facts of a product's label."""
    return found_or_404(known_product(gtin).document["nutrition"], "No nutrition facts are known for this product.")


@api.get("/products/{gtin}/content", response=schemas.ContentOut, auth=READ, summary="Get all content of a product")
def get_content(request: HttpRequest, gtin: Gtin) -> dict[str, Any]:
    """Returns images, ingredients, certifications, claims, recalls and nutrition in one answer."""
    product = known_product(gtin)
    document = product.document
    names = ("ingredients", "certifications", "claims", "recalls", "nutrition")
    return {"gtin": product.gtin, "images": _images(product), **{name: document[name] for name in names}}


@api.get("/trade-items", response=schemas.TradeItemPage, auth=READ, summary="List trade items")
def list_trade_items(
    request: HttpRequest,
    query: Query[schemas.TradeItemQuery],
) -> dict[str, Any]:
    """Lists all trade items of the catalog, filtered and ordered."""
    items = Product.objects.order_by(query.ordering, "gtin")
    if query.q:
        items = items.filter(Q(product_name__icontains=query.q) | Q(brand__icontains=query.q))
    exact = {
        "brand__iexact": query.brand,
        "document__gpc_brick_code": query.category_id,
        "country_of_origin": query.country_of_origin,
        "data_source": query.data_source,
    }
    items = items.filter(**{name: value for name, value in exact.items() if value is not None})
    if query.is_claimed is not None:
        items = items.filter(owner__isnull=not query.is_claimed)
    first = (query.page - 1) * query.page_size
    rows = [schemas.trade_item_out(item) for item in items[first : first + query.page_size]]
    return paginated(rows, query, items.count())


@api.get("/trade-items/{gtin}", response=schemas.TradeItemDetailOut, auth=READ, summary="Get a trade item")
def get_trade_item(request: HttpRequest, gtin: Gtin) -> dict[str, Any]:
    """Returns a trade item with its measures and classification."""
    return schemas.trade_item_out(known_product(gtin))


@api.get("/browse/products/{id}", response=schemas.ProductBrowseOut, auth=READ, summary="Browse a product by id")
def browse_product(request: HttpRequest, id: str) -> dict[str, Any]:
    """Returns the compact record of a product by its 22-character id."""
    product = found_or_404(Product.objects.filter(id=id).first(), f"There is no product with the id {id}.")
    return schemas.trade_item_out(product)


@api.post(
    "/digital-link/parse",
    response=schemas.DigitalLinkOut,
    auth=READ,
    summary="Parse a GS1 Digital Link URL into structured AIs",
)
def parse_digital_link(request: HttpRequest, body: schemas.DigitalLinkIn) -> dict[str, Any]:
    """Reads the GTIN, lot, expiry and serial out of a Digital Link; `is_valid` is false for other URLs."""
    nothing: dict[str, Any] = {"gtin": None, "lot": None, "expiry": None, "serial": None, "raw_ais": {}}
    values = _application_identifiers(body.url)
    try:
        gtin = normalize(values.get("01", ""))
    except InvalidGtinError:
        return {"is_valid": False, "url": body.url, **nothing}
    return {
        "is_valid": True,
        "url": body.url,
        "gtin": gtin,
        "lot": values.get("10"),
        "expiry": values.get("17"),
        "serial": values.get("21"),
        "raw_ais": {**values, "01": gtin},
    }


def _organization(caller: Caller, organization_id: str | None) -> Organization:
    """The organization that claims: the named one, or the caller's only organization."""
    if organization_id is None:
        if not caller.roles:
            raise ProblemError(403, f"Wrong organization: {caller.name} is not a member of any organization.")
        organization_id = next(iter(caller.roles))
    require_role(caller, organization_id, *WRITERS)
    return Organization.objects.get(id=organization_id)


def _listed(gtin: str, ingredients: list[schemas.IngredientIn]) -> dict[str, Any]:
    return {
        "ingredients": [
            {**item.model_dump(), "id": short_id(f"ingredient {gtin} {place}"), "priority": place + 1}
            for place, item in enumerate(ingredients)
        ],
        "contains_allergens": [item.name for item in ingredients if item.is_major_allergen],
    }


def _images(product: Product) -> list[dict[str, Any]]:
    url = schemas.image_url(product)
    image = {
        "id": short_id(f"image {product.gtin}"),
        "title": product.product_name,
        "description": "",
        "is_primary": True,
        "priority": 1,
        "created": product.created,
        "image_url": url,
        "thumbnail_url": url,
        "width": 160,
        "height": 160,
    }
    return [image] if url else []


def _application_identifiers(url: str) -> dict[str, str]:
    """The application identifiers and values in a path, starting at the GTIN."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return {}
    if parts.scheme not in ("http", "https") or not parts.netloc:
        return {}
    segments = [unquote(segment) for segment in parts.path.strip("/").split("/")]
    if "01" not in segments:
        return {}
    pairs = segments[segments.index("01") :]
    names, values = pairs[::2], pairs[1::2]
    if len(names) != len(values) or not all(_AI.fullmatch(name) for name in names):
        return {}
    return dict(zip(names, values, strict=True))
