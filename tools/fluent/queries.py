"""The GraphQL queries of the curated tools for Fluent Commerce, by the vendor's public schema."""

from __future__ import annotations

from dataclasses import replace

from ..formats.json_values import JsonObject, JsonValue, as_list, as_text
from ..gs1.code import read_code
from ..gs1.errors import InvalidCodeError
from .search import PRODUCT, Filter, Search

_TEXT: JsonObject = {"type": "string"}
_NUMBER: JsonObject = {"type": "number"}


def _texts(argument: str, graphql: str, description: str = "") -> Filter:
    schema: JsonObject = {"type": "array", "items": _TEXT, "minItems": 1, "maxItems": 100}
    if description:
        schema["description"] = description
    return Filter(argument, f"{graphql}:$", "[String!]", schema)


def _catalogue(example: str) -> Filter:
    schema: JsonObject = {**_TEXT, "description": f"The catalogue's ref, such as {example}."}
    return Filter("catalogue", "catalogue:{ref:$}", "String!", schema)


def gtin_variants(value: JsonValue) -> JsonValue:
    """Each GTIN in all lengths that it can have, and other text as it is."""
    forms: dict[str, None] = {}
    for item in as_list(value):
        text = as_text(item)
        forms[text] = None
        try:
            full = read_code(text).gtin.gtin14
        except InvalidCodeError:
            continue
        forms |= {full[14 - length :]: None for length in (14, 13, 12, 8) if not full[: 14 - length].strip("0")}
    return list[JsonValue](forms)


_REFS = "Refs; % matches any text."
_GTINS = "GTINs, in any form."
_JOIN = (
    "Closient's lookup_product and resolve_gtin accept the `gtin` of a result, and GTINs from there can be searched "
    "here."
)
_STATUS = _texts("status", "status", "Such as ACTIVE.")
_TYPE = _texts("type", "type")


def _product_filters() -> tuple[Filter, ...]:
    return (
        _texts("ref", "ref", _REFS),
        replace(_texts("gtin", "gtin", _GTINS), value=gtin_variants),
        _texts("name", "name", "Names; % matches any text, as in %shirt%."),
        _STATUS,
        _catalogue("DEFAULT:1"),
    )


_PRODUCT_COLUMNS: dict[str, JsonObject] = dict.fromkeys(
    ("id", "ref", "type", "status", "name", "summary", "gtin", "catalogue", "updatedOn"), _TEXT
)
_QUANTITY: JsonObject = {
    "type": "object",
    "properties": {"ref": _TEXT, "type": _TEXT, "status": _TEXT, "quantity": _NUMBER},
}
_CREATED: JsonObject = {
    "type": "object",
    "properties": {"from": _TEXT, "to": _TEXT},
    "additionalProperties": False,
    "minProperties": 1,
    "description": "UTC, from, to or both, such as 2026-03-06T01:05:45.00Z.",
}

SEARCHES = (
    Search(
        "find_variants",
        "Find variants",
        f"Find variant products: what is sold, by size and colour. {_JOIN}",
        "variantProducts",
        _product_filters(),
        _PRODUCT_COLUMNS,
        {},
    ),
    Search(
        "find_products",
        "Find products",
        f"Find standard products, which variants belong to. Most GTINs are those of variants. {_JOIN}",
        "standardProducts",
        _product_filters(),
        _PRODUCT_COLUMNS,
        {},
    ),
    Search(
        "find_inventory_positions",
        "Find inventory positions",
        "Find stock by product and location: `on_hand` of each inventory position, whose ref is "
        "<product>:<location>:<type>. `product_ref` is a variant's ref.",
        "inventoryPositions",
        (
            _texts("product_ref", "productRef", "Refs of variants."),
            _texts("location_ref", "locationRef", "Refs of locations."),
            _texts("ref", "ref", _REFS),
            _STATUS,
            _catalogue("DEFAULT:1"),
        ),
        dict.fromkeys(("ref", "type", "status", "productRef", "locationRef"), _TEXT)
        | {"onHand": _NUMBER, "updatedOn": _TEXT},
        {"quantities": ("quantities{edges{node{ref type status quantity}}}", {"type": "array", "items": _QUANTITY})},
    ),
    Search(
        "find_virtual_positions",
        "Find virtual positions",
        "Find what can be sold: the quantity of each virtual position, by product and group. Type BASE is per "
        "location, AGGREGATE per network.",
        "virtualPositions",
        (
            _texts("product_ref", "productRef", "Refs of variants."),
            _texts("group_ref", "groupRef", "Refs of groups: for type BASE, of locations."),
            _texts("ref", "ref", _REFS),
            _TYPE,
            _STATUS,
            _catalogue("BASE:1"),
        ),
        dict.fromkeys(("ref", "type", "status", "productRef", "groupRef"), _TEXT)
        | {"quantity": _NUMBER, "updatedOn": _TEXT},
        {},
    ),
    Search(
        "find_orders",
        "Find orders",
        "Find orders by ref, type, status and time. For one order with its items, get_order; for what happened to "
        "it, list_events.",
        "orders",
        (
            _texts("ref", "ref", _REFS),
            _texts("type", "type", "Such as HD or CC."),
            _texts("status", "status"),
            Filter("created", "createdOn:$", "DateRange", _CREATED),
        ),
        dict.fromkeys(("id", "ref", "type", "status"), _TEXT)
        | {"totalPrice": _NUMBER, "totalTaxPrice": _NUMBER, "createdOn": _TEXT, "updatedOn": _TEXT},
        {},
    ),
)

_ORDER = (
    "id ref type status totalPrice totalTaxPrice createdOn updatedOn retailer{id} "
    "items(first:100){edges{cursor node{ref status quantity price totalPrice currency "
    f"{PRODUCT}}}}}pageInfo{{hasNextPage}}}} "
    "fulfilments(first:50){edges{cursor node{id ref type status deliveryType eta}}pageInfo{hasNextPage}}"
)
ORDER_BY = {
    "ref": f"query($ref:String!){{order(ref:$ref){{{_ORDER}}}}}",
    "id": f"query($id:ID!){{order:orderById(id:$id){{{_ORDER}}}}}",
}
ORDER_INPUT: JsonObject = {
    "type": "object",
    "properties": {
        "ref": {**_TEXT, "description": "The order's ref, such as HD_123."},
        "id": {**_TEXT, "description": "The order's id, instead of the ref."},
    },
    "additionalProperties": False,
}


def _rows(texts: tuple[str, ...], numbers: tuple[str, ...] = ()) -> JsonObject:
    properties: JsonObject = {**dict.fromkeys(texts, _TEXT), **dict.fromkeys(numbers, _NUMBER)}
    return {"type": "array", "items": {"type": "object", "properties": properties}}


ORDER_OUTPUT: JsonObject = {
    "type": "object",
    "properties": {
        "errors": {"type": "array", "items": _TEXT, "description": "What could not be read."},
        **dict.fromkeys(("id", "ref", "type", "status", "created_on", "updated_on", "retailer"), _TEXT),
        **dict.fromkeys(("total_price", "total_tax_price"), _NUMBER),
        "items": _rows(
            ("ref", "status", "currency", "product_name", "product_ref", "gtin"), ("quantity", "price", "total_price")
        ),
        "fulfilments": _rows(("id", "ref", "type", "status", "delivery_type", "eta")),
    },
    "required": ["items", "fulfilments"],
}
