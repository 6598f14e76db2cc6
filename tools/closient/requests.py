"""What the curated tools that need the network do, by their names."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import TypeAlias

from ..formats.json_values import JsonObject
from .client import SiteClient
from .comparison import compare_products
from .lookup import get_product_detail, lookup_product, lookup_products
from .recall_check import check_recalls
from .resolve import resolve_gtin
from .search import check_availability, refine_search, search_products

Request: TypeAlias = Callable[[SiteClient, JsonObject], Awaitable[JsonObject]]

REQUESTS: Mapping[str, Request] = {
    "search_products": search_products,
    "refine_search": refine_search,
    "lookup_product": lookup_product,
    "lookup_products": lookup_products,
    "get_product_detail": get_product_detail,
    "resolve_gtin": resolve_gtin,
    "compare_products": compare_products,
    "check_availability": check_availability,
    "check_recalls": check_recalls,
}
