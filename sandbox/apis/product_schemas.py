"""The schemas of the products API."""

from datetime import datetime
from typing import Any, Literal

from django.conf import settings
from ninja import Field, Schema

from ..data.models import Product
from .known_products import GTIN_FORMAT
from .openapi import Body
from .pagination import PageQuery, Pagination

Metadata = dict[str, str]
RecallStatus = Literal["ONGOING", "COMPLETED", "TERMINATED", "UNKNOWN"]
RecallSeverity = Literal["CLASS_I", "CLASS_II", "CLASS_III", "UNKNOWN"]
RecallSource = Literal["FDA", "FSIS", "CPSC", "HEALTH_CANADA"]

ClaimCategory = Literal["DIETARY", "INGREDIENT_ABSENCE", "ALLERGEN_FREE", "PROCESS", "SUSTAINABILITY", "OTHER"]
ClaimSource = Literal["BRAND_SELF_DECLARED", "THIRD_PARTY_VERIFIED"]


class ProductOut(Schema):
    """A product in full; text that is missing is empty, numbers that are missing are null."""

    id: str
    gtin: str = Field(description="14 digits.")
    product_name: str
    is_claimed: bool
    data_source: str
    confidence_score: float
    field_confidence: dict[str, float]
    metadata: Metadata
    brand: str
    manufacturer: str
    description: str
    image_url: str
    country_of_origin: str
    net_content: str
    net_content_value: float | None
    net_content_uom: str
    owner_id: str | None
    claim_verification_status: str
    length: float | None
    length_uom: str
    width: float | None
    width_uom: str
    height: float | None
    height_uom: str
    depth: float | None
    depth_uom: str
    gross_weight: float | None
    gross_weight_uom: str
    net_weight: float | None
    net_weight_uom: str
    gpc_brick_code: str
    gpc_class_code: str
    gpc_family_code: str
    gpc_segment_code: str


class ProductPage(Schema):
    data: list[ProductOut]
    pagination: Pagination


class TradeItemOut(Schema):
    id: str
    gtin: str
    product_name: str
    brand: str
    manufacturer: str
    description: str
    image_url: str
    country_of_origin: str
    net_content: str
    net_content_value: float | None
    is_claimed: bool
    data_source: str
    confidence_score: float
    primary_language: str
    owner_id: str | None
    countries_sold: list[str]
    created: datetime


class TradeItemPage(Schema):
    data: list[TradeItemOut]
    pagination: Pagination


class TradeItemDetailOut(TradeItemOut):
    field_confidence: dict[str, float]
    usage_instructions: str
    brand_product_page_url: str
    ai_summary: str
    modified: datetime
    length: float | None
    length_uom: str
    width: float | None
    width_uom: str
    height: float | None
    height_uom: str
    depth: float | None
    depth_uom: str
    gpc_brick_code: str
    gpc_class_code: str
    gpc_family_code: str
    gpc_segment_code: str


class ProductBrowseOut(Schema):
    id: str
    gtin: str
    is_claimed: bool
    created: datetime
    product_name: str
    brand: str
    description: str
    owner_id: str | None


class IngredientIn(Body):
    name: str = Field(..., min_length=1, max_length=255)
    is_major_allergen: bool = False
    may_contain: bool = False
    percentage: float | None = Field(None, ge=0, le=100)
    origin: str = Field("", max_length=100)
    notes: str = Field("", max_length=500)


class ProductQuery(PageQuery):
    gtin: str | None = Field(
        None, description="Look this GTIN up; the page has one entry or none.", json_schema_extra=GTIN_FORMAT
    )
    organization_id: str | None = Field(None, description="List the products that this organization has claimed.")


class RecallQuery(PageQuery):
    status: RecallStatus | None = Field(
        None, description="Only recalls with this status; open ones (ONGOING, UNKNOWN) when left out."
    )
    severity: RecallSeverity | None = Field(None, description="Only recalls of this severity.")
    source_system: RecallSource | None = Field(None, description="Only recalls of this authority.")
    ordering: str = Field(
        "-recall_date",
        description="recall_date or severity; a minus sign in front for descending.",
        json_schema_extra={"pattern": "^-?(recall_date|severity)$"},
    )


class LotRecallQuery(RecallQuery):
    lot: str | None = Field(None, max_length=20, description="Only recalls that cover this lot.")


class TradeItemQuery(PageQuery):
    q: str | None = Field(None, max_length=255, description="Part of the name or brand.")
    brand: str | None = Field(None, max_length=100, description="The brand, in full.")
    category_id: str | None = Field(None, max_length=22, description="The GPC brick code.")
    is_claimed: bool | None = Field(None, description="Only claimed, or only unclaimed items.")
    country_of_origin: str | None = Field(None, pattern="^[A-Z]{2}$", description="ISO 3166-1 alpha-2.")
    data_source: str | None = Field(None, max_length=30, description="Where the data came from.")
    ordering: Literal[
        "product_name",
        "-product_name",
        "brand",
        "-brand",
        "created",
        "-created",
        "confidence_score",
        "-confidence_score",
    ] = Field("product_name", description="A field; a minus sign in front for descending.")


class ProductIn(Body):
    gtin: str = Field(
        ...,
        min_length=8,
        max_length=20,
        description="GTIN-8, -12, -13 or -14, separators allowed.",
        json_schema_extra=GTIN_FORMAT,
    )
    organization_id: str | None = Field(
        None, description="The organization that claims it; needed by members of several."
    )
    product_name: str = Field("", max_length=255)
    description: str = Field("", max_length=5000)
    country_of_origin: str = Field("", pattern="^([A-Z]{2})?$", description="ISO 3166-1 alpha-2.")
    net_content: str = Field("", max_length=100)
    ingredients: list[IngredientIn] = Field([], max_length=200)
    metadata: Metadata = Field({}, description="Up to 50 keys of 40 characters with 500 characters each.")


class ProductPatch(Body):
    """Members that are left out keep their value."""

    product_name: str | None = Field(None, max_length=255)
    description: str | None = Field(None, max_length=5000)
    country_of_origin: str | None = Field(None, pattern="^([A-Z]{2})?$")
    net_content: str | None = Field(None, max_length=100)
    ingredients: list[IngredientIn] | None = Field(None, max_length=200)
    metadata: Metadata | None = Field(
        None, description="Merged with what is there; an empty string deletes a key, {} or null clears all."
    )


class ClaimIn(Body):
    organization_id: str | None = Field(None, description="The organization that claims the product.")


class ClaimReply(Schema):
    gtin: str
    owner_id: str
    claimed_at: datetime
    claim_verification_status: str
    message: str


class ReportIn(Body):
    reporter_email: str = Field(..., pattern=r"^[^@\s]+@[^@\s]+\.[^@\s]+$", max_length=254)
    reporter_relationship: Literal["brand_rep", "legal", "consumer", "competitor", "staff", "other"]
    reason: str = Field(..., min_length=10, max_length=5000)
    reporter_phone: str = Field("", max_length=40)
    reporter_company: str = Field("", max_length=255)
    supporting_url: str = Field("", max_length=2048)


class ReportReply(Schema):
    id: str
    gtin: str
    message: str


class IngredientOut(Schema):
    id: str
    name: str
    is_major_allergen: bool
    may_contain: bool
    priority: int
    notes: str
    percentage: float | None
    origin: str


class IngredientPage(Schema):
    data: list[IngredientOut]
    pagination: Pagination


class CertificationOut(Schema):
    id: str
    label: str
    code: str
    is_active: bool
    description: str
    url: str
    logo_url: str
    valid_from: str | None
    expiry_date: str | None
    certificate_number: str
    issuing_body: str
    verification_url: str
    verification_status: Literal["unverified", "verified", "expired"]
    scope: str
    certification_value: str
    metadata: Metadata


class CertificationPage(Schema):
    data: list[CertificationOut]
    pagination: Pagination


class ClaimOut(Schema):
    id: str
    label: str
    code: str
    category: ClaimCategory
    source: ClaimSource
    valid_from: str | None
    expiration_date: str | None
    metadata: Metadata


class ClaimPage(Schema):
    data: list[ClaimOut]
    pagination: Pagination


class RecallOut(Schema):
    id: str
    title: str
    status: RecallStatus
    source_system: RecallSource
    severity: RecallSeverity
    created: datetime
    description: str
    hazard: str
    remedy: str
    public_url: str
    company_name: str
    recall_date: str
    jurisdictions: list[str]
    lot_codes: list[str] = Field(
        description="The lots it is limited to: exact, a range A-B, or a prefix with *; empty for all lots."
    )


class RecallPage(Schema):
    data: list[RecallOut]
    pagination: Pagination


class Nutrient(Schema):
    name: str
    amount: str
    daily_value_pct: float | None


class NutritionOut(Schema):
    serving_size: str
    label_format: Literal["US_FDA", "EU", "CA_CFIA", "AU_NZ", "UK"]
    nutrients: list[Nutrient]
    serving_size_g: float | None
    servings_per_container: float | None


class ImageOut(Schema):
    id: str
    title: str
    description: str
    is_primary: bool
    priority: int
    created: datetime
    image_url: str
    thumbnail_url: str
    width: int
    height: int


class ContentOut(Schema):
    gtin: str
    images: list[ImageOut]
    ingredients: list[IngredientOut]
    certifications: list[CertificationOut]
    claims: list[ClaimOut]
    recalls: list[RecallOut]
    nutrition: NutritionOut | None


class DigitalLinkIn(Body):
    url: str = Field(..., min_length=1, max_length=4096)


class DigitalLinkOut(Schema):
    is_valid: bool
    url: str
    gtin: str | None
    lot: str | None
    expiry: str | None
    serial: str | None
    raw_ais: dict[str, str]


def image_url(product: Product) -> str:
    """The absolute URL of a product's picture."""
    url: str = product.document["image_url"]
    return settings.SANDBOX_URL + url if url.startswith("/") else url


def product_out(product: Product) -> dict[str, Any]:
    """A product as `ProductOut` shows it."""
    document = product.document
    return {
        **_item(product),
        "field_confidence": {"product_name": product.confidence_score, "brand": product.confidence_score},
        "metadata": document["metadata"],
        "net_content_uom": document["net_content_uom"],
        "claim_verification_status": document.get("claim_verification_status", "verified" if product.owner_id else ""),
        "gross_weight": document["gross_weight"],
        "gross_weight_uom": "GRM" if document["gross_weight"] is not None else "",
        "net_weight": document["net_weight"],
        "net_weight_uom": "GRM" if document["net_weight"] is not None else "",
    }


def trade_item_out(product: Product) -> dict[str, Any]:
    """A product as `TradeItemOut` and `TradeItemDetailOut` show it."""
    return {
        **_item(product),
        "field_confidence": {"product_name": product.confidence_score, "brand": product.confidence_score},
        "primary_language": "en",
        "countries_sold": ["CA"],
        "usage_instructions": "",
        "brand_product_page_url": "",
        "ai_summary": "",
        "modified": product.created,
    }


def _item(product: Product) -> dict[str, Any]:
    document = product.document
    brick = document["gpc_brick_code"]
    sizes = {
        name: value
        for side in ("length", "width", "height", "depth")
        for name, value in ((side, None), (f"{side}_uom", ""))
    }
    return {
        **sizes,
        "id": product.id,
        "gtin": product.gtin,
        "product_name": product.product_name,
        "is_claimed": product.owner_id is not None,
        "data_source": product.data_source,
        "confidence_score": product.confidence_score,
        "brand": product.brand,
        "manufacturer": document["manufacturer"],
        "description": document["description"],
        "image_url": image_url(product),
        "country_of_origin": product.country_of_origin,
        "net_content": document["net_content"],
        "net_content_value": document["net_content_value"],
        "owner_id": product.owner_id,
        "created": product.created,
        "gpc_brick_code": brick,
        "gpc_class_code": "50000000" if brick else "",
        "gpc_family_code": "50000000" if brick else "",
        "gpc_segment_code": "50000000" if brick else "",
    }
