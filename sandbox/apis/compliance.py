"""The compliance API: recalls of a product, and of one batch of it."""

from typing import Any

from django.http import HttpRequest
from ninja import Query

from .authentication import ApiKeyAuth
from .known_products import Gtin, known_product
from .openapi import also, new_api
from .product_schemas import RecallPage, RecallQuery
from .recalls import recall_page

api = new_api("compliance", "Recalls of products, and the lots that they cover.")

READ = ApiKeyAuth("compliance:read")


@api.get(
    "/products/{gtin}/recalls",
    response=RecallPage,
    auth=READ,
    summary="List recalls of a product",
    openapi_extra=also(400),
)
def list_product_recalls(request: HttpRequest, gtin: Gtin, query: Query[RecallQuery]) -> dict[str, Any]:
    """Lists a product's recalls, the open ones unless `status` is given."""
    return recall_page(known_product(gtin), query, None)


@api.get(
    "/products/{gtin}/batches/{batch}/recalls",
    response=RecallPage,
    auth=READ,
    summary="List recalls of a batch",
    openapi_extra=also(400),
)
def list_batch_recalls(request: HttpRequest, gtin: Gtin, batch: str, query: Query[RecallQuery]) -> dict[str, Any]:
    """Lists the recalls that cover one batch (lot): by exact code, range or prefix, or because they cover all."""
    return recall_page(known_product(gtin), query, batch)
