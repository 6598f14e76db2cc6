"""The curated tools for Closient, with the names of Closient's hosted server."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TypeAlias

from ..formats.json_values import JsonObject
from ..http.sender import Sender
from ..results.result import Result
from ..toolset.tool import Tool
from . import schemas
from .offline_tools import offline_tools
from .scopes import COMPLIANCE, PRODUCTS, RESOLVER, SEARCH
from .view import PRODUCTS as PRODUCTS_VIEW

_Definition: TypeAlias = tuple[str, str, str, JsonObject, JsonObject, tuple[str, ...]]

_TOOLS: tuple[_Definition, ...] = (
    (
        "search_products",
        "Search products",
        "Search Closient's products in plain words or by barcode. With latitude and longitude: what stores nearby "
        "offer, with price and stock, nearest or cheapest first.",
        schemas.SEARCH_INPUT,
        schemas.SEARCH_OUTPUT,
        SEARCH,
    ),
    (
        "refine_search",
        "Refine a search",
        "Narrow or change a search near a place, in words, within its session.",
        schemas.REFINE_INPUT,
        schemas.REFINE_OUTPUT,
        SEARCH,
    ),
    (
        "lookup_product",
        "Look up a product",
        "What product a GTIN is: name, brand, image, size, and how far the data can be trusted.",
        schemas.GTIN_INPUT,
        schemas.LOOKUP_OUTPUT,
        PRODUCTS,
    ),
    (
        "lookup_products",
        "Look up several products",
        "What products up to 20 GTINs are; lists the unknown and the failed ones apart.",
        schemas.GTINS_INPUT,
        schemas.LOOKUPS_OUTPUT,
        PRODUCTS,
    ),
    (
        "get_product_detail",
        "Get a product's details",
        "All that is known about a product: ingredients and allergens, certifications, claims, nutrition and measures.",
        schemas.GTIN_INPUT,
        schemas.DETAIL_OUTPUT,
        PRODUCTS,
    ),
    (
        "resolve_gtin",
        "Resolve a GTIN",
        "Where a GTIN leads: the GS1 Digital Link and the links behind it (product page, recall status, "
        "certificates and more), for the product or for one lot or serial number of it.",
        schemas.RESOLVE_INPUT,
        schemas.RESOLVED_OUTPUT,
        RESOLVER,
    ),
    (
        "compare_products",
        "Compare products",
        "Compare 2 to 10 products: allergens, certifications, claims, recalls, and how far to trust the data; with a "
        "place also the cheapest offer in stock nearby and its price per kg or L.",
        schemas.COMPARE_INPUT,
        schemas.COMPARE_OUTPUT,
        PRODUCTS,
    ),
    (
        "check_availability",
        "Check availability",
        "Which stores near a place offer a product, with price and stock.",
        schemas.AVAILABILITY_INPUT,
        schemas.AVAILABILITY_OUTPUT,
        SEARCH,
    ),
    (
        "check_recalls",
        "Check recalls",
        "The open recalls of a product, and whether they cover a lot.",
        schemas.RECALLS_INPUT,
        schemas.RECALLS_OUTPUT,
        COMPLIANCE,
    ),
)

# Their answers are no products.
_WITHOUT_VIEW = ("resolve_gtin", "check_recalls")


@dataclass(frozen=True, slots=True)
class Closient:
    """The curated tools of a Closient site, whose origin is `site`."""

    site: str
    sender: Sender

    def tools(self) -> list[Tool]:
        """The tools in the order of the list."""
        return [*(self._tool(*definition) for definition in _TOOLS), *offline_tools(self.site, self.sender.name)]

    def _tool(
        self,
        name: str,
        title: str,
        description: str,
        input_schema: JsonObject,
        output_schema: JsonObject,
        scopes: tuple[str, ...],
    ) -> Tool:
        return Tool(
            name,
            title,
            description,
            input_schema,
            "read",
            partial(_answer, name, self.site, self.sender),
            system=self.sender.name,
            scopes=scopes,
            output_schema=output_schema,
            open_world=name == "resolve_gtin",
            view=None if name in _WITHOUT_VIEW else PRODUCTS_VIEW,
        )


async def _answer(name: str, site: str, sender: Sender, arguments: JsonObject) -> Result:
    from .answers import answer  # with all that reads products: to list the tools needs none of it

    return await answer(name, site, sender, arguments)
