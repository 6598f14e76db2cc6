"""The product that a request names by its GTIN."""

from ..data.gtin import InvalidGtinError, normalize
from ..data.models import Product
from .problems import ProblemError, invalid_field


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
    product = Product.objects.filter(gtin=normalized).first()
    if product is None:
        raise ProblemError(404, f"No product found for GTIN {normalized}")
    return product
