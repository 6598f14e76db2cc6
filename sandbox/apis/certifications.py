"""The certifications API: certifications, which products carry them, and what is claimed of products."""

from typing import Annotated, Any, Literal

from django.http import HttpRequest
from ninja import Field, Path, Query, Schema
from pydantic import WithJsonSchema

from ..data.models import short_id
from ..data.product_documents import CERTIFICATIONS
from .authentication import ApiKeyAuth, authenticated
from .known_products import GTIN_FORMAT, known_product, own_product
from .metadata import merged
from .openapi import Body, also, new_api
from .problems import ProblemError, found_or_404
from .product_schemas import CertificationOut, ClaimCategory, ClaimOut, ClaimSource, Metadata

api = new_api("certifications", "Certifications, which products carry them, and what is claimed of products.")

READ = ApiKeyAuth("certifications:read")
WRITE = ApiKeyAuth("certifications:write")

# Unlike the products API, this one takes no separators.
Gtin = Path[
    Annotated[
        str,
        Field(pattern="^[0-9]{8,14}$"),
        WithJsonSchema({"type": "string", "description": "A GTIN, digits only.", **GTIN_FORMAT}),
    ]
]
Status = Literal["unverified", "verified", "expired"]
_DATE = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$"


class CertificationKind(Schema):
    id: str
    label: str
    code: str
    description: str
    url: str
    logo_url: str
    issuing_body: str


class AssignmentQuery(Schema):
    verification_status: Status | None = Field(None, description="Only those with this status.")
    is_active: bool | None = Field(None, description="Only active, or only inactive ones.")
    ordering: Literal["expiry_date", "-expiry_date", "label", "-label"] = Field(
        "label", description="A field; a minus sign in front for descending."
    )


class AssignmentPatch(Body):
    """Members that are left out keep their value."""

    certificate_number: str | None = Field(None, max_length=100)
    expiry_date: str | None = Field(None, pattern=_DATE)
    verification_url: str | None = Field(None, max_length=2048)
    scope: str | None = Field(None, max_length=255)
    metadata: Metadata | None = Field(
        None, description="Merged with what is there; an empty string deletes a key, {} or null clears all."
    )


class ClaimIn(Body):
    label: str = Field(..., min_length=1, max_length=100, pattern=r"\S", description="What is claimed.")
    category: ClaimCategory = Field("OTHER", description="The kind of claim.")
    source: ClaimSource = Field("BRAND_SELF_DECLARED", description="Who says so.")
    metadata: Metadata = Field({}, description="Up to 50 keys of 40 characters with 500 characters each.")


@api.get("/certifications/{certification_id}", response=CertificationKind, auth=READ, summary="Get a certification")
def get_certification(request: HttpRequest, certification_id: str) -> dict[str, Any]:
    """Returns a certification that products carry."""
    kind = next((item for item in CERTIFICATIONS.values() if item["id"] == certification_id), None)
    return found_or_404(kind, f"There is no certification with the id {certification_id}.")


@api.get(
    "/products/{gtin}/certifications",
    response=list[CertificationOut],
    auth=READ,
    summary="List the certifications of a product",
)
def list_product_certifications(
    request: HttpRequest, gtin: Gtin, query: Query[AssignmentQuery]
) -> list[dict[str, Any]]:
    """Lists the certifications that a product carries, with their certificates."""
    found = [
        item
        for item in known_product(gtin).document["certifications"]
        if query.verification_status in (None, item["verification_status"])
        and query.is_active in (None, item["is_active"])
    ]
    name = query.ordering.removeprefix("-")
    return sorted(found, key=lambda item: str(item[name]), reverse=query.ordering.startswith("-"))


@api.patch(
    "/products/{gtin}/certifications/{certification_id}",
    response=CertificationOut,
    auth=WRITE,
    summary="Update a certification of a product",
)
def update_product_certification(
    request: HttpRequest, gtin: Gtin, certification_id: str, body: AssignmentPatch
) -> dict[str, Any]:
    """Updates the given fields of a certificate of a product that an organization of the caller owns."""
    product = own_product(authenticated(request), gtin)
    certifications: list[dict[str, Any]] = product.document["certifications"]
    match = next((item for item in certifications if item["id"] == certification_id), None)
    assignment = found_or_404(match, f"The product has no certification with the id {certification_id}.")
    changes = body.model_dump(exclude_unset=True)
    if "metadata" in changes:
        changes["metadata"] = merged(assignment["metadata"], changes["metadata"])
    assignment |= {name: value for name, value in changes.items() if value is not None}
    product.save()
    return assignment


@api.get("/products/{gtin}/claims", response=list[ClaimOut], auth=READ, summary="List the claims of a product")
def list_product_claims(request: HttpRequest, gtin: Gtin) -> list[dict[str, Any]]:
    """Lists what is claimed of a product, such as being gluten free."""
    claims: list[dict[str, Any]] = known_product(gtin).document["claims"]
    return claims


@api.post(
    "/products/{gtin}/claims",
    response={201: ClaimOut},
    auth=WRITE,
    summary="Add a claim to a product",
    openapi_extra=also(409),
)
def create_product_claim(request: HttpRequest, gtin: Gtin, body: ClaimIn) -> tuple[int, dict[str, Any]]:
    """Claims something of a product that an organization of the caller owns."""
    product = own_product(authenticated(request), gtin)
    code = body.label.strip().upper().replace(" ", "_")
    if any(claim["code"] == code for claim in product.document["claims"]):
        raise ProblemError(409, f"The product has the claim {code} already.")
    claim = {
        "id": short_id(f"claim {product.gtin} {code}"),
        "label": body.label.strip(),
        "code": code,
        "category": body.category,
        "source": body.source,
        "valid_from": None,
        "expiration_date": None,
        "metadata": merged({}, body.metadata),
    }
    product.document["claims"].append(claim)
    product.save()
    return 201, claim
