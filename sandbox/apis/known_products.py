"""The product that a request names by its GTIN."""

from typing import Annotated, Any

from ninja import Path
from pydantic import WithJsonSchema

from ..data.gtin import InvalidGtinError, normalize
from ..data.models import Product
from .authentication import WRITERS, Caller, require_role
from .problems import ProblemError, found_or_404, invalid_field

# Instead of a pattern, because none can say that the check digit has to be right.
GTIN_FORMAT: dict[str, Any] = {"format": "gtin"}
Gtin = Path[
    Annotated[str, WithJsonSchema({"type": "string", "description": "A GTIN, separators allowed.", **GTIN_FORMAT})]
]


def normalized_gtin(gtin: str) -> str:
    """The 14 digits of a GTIN.

    Raises:
        ProblemError: 422, it's invalid.
    """
    try:
        return normalize(gtin)
    except InvalidGtinError as error:
        raise invalid_field("gtin", str(error)) from error


def known_product(gtin: str) -> Product:
    """The product with this GTIN.

    Raises:
        ProblemError: 422 for an invalid GTIN, 404 for an unknown one.
    """
    normalized = normalized_gtin(gtin)
    return found_or_404(Product.objects.filter(gtin=normalized).first(), f"No product found for GTIN {normalized}")


def own_product(caller: Caller, gtin: str) -> Product:
    """The product with this GTIN, which belongs to an organization where the caller may write.

    Raises:
        ProblemError: as `known_product` does; 403 if it belongs to no organization, or the caller may not write there.
    """
    product = known_product(gtin)
    if product.owner_id is None:
        raise ProblemError(403, "The product is not claimed by an organization of yours; claim it first.")
    require_role(caller, product.owner_id, *WRITERS)
    return product
