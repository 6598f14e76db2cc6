"""The GraphQL of the stand-in for Fluent Commerce: a small part of its public schema, over made-up data.

A real GraphQL engine runs it, so that our queries are held against an implementation that is not ours.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, cast

from graphql import GraphQLError, build_schema, graphql_sync  # pyright: ignore[reportUnknownVariableType] (a gap)

MOST, DEFAULT = 5000, 10

_PAGING = "first: Int last: Int before: String after: String"
_DATES = "createdOn: DateRange updatedOn: DateRange"
_PRODUCT_FILTERS = (
    f"({_DATES} ref: [String!] type: [String!] status: [String] gtin: [String!] name: [String!] summary: [String] "
    f"catalogue: ProductCatalogueKey {_PAGING})"
)
_PRODUCT = "name: String! summary: String catalogue: Catalogue!"
_NODE = "id: ID! ref: String! type: String! status: String createdOn: DateTime updatedOn: DateTime"


def _connections(*types: str) -> str:
    return "\n".join(
        f"type {name}Connection {{ edges: [{name}Edge] pageInfo: PageInfo }}\n"
        f"type {name}Edge {{ node: {name} cursor: String }}"
        for name in types
    )


SCHEMA = build_schema(
    f"""
    scalar DateTime
    input DateRange {{ from: DateTime to: DateTime }}
    input ProductCatalogueKey {{ ref: String! }}
    input InventoryCatalogueKey {{ ref: String! }}
    input VirtualCatalogueKey {{ ref: String! }}
    type PageInfo {{ hasNextPage: Boolean hasPreviousPage: Boolean }}
    type Catalogue {{ ref: String! }}
    type Retailer {{ id: ID! }}
    interface Product {{ name: String! summary: String }}
    type VariantProduct implements Product {{ {_NODE} {_PRODUCT} gtin: String! }}
    type StandardProduct implements Product {{ {_NODE} {_PRODUCT} gtin: String }}
    type InventoryPosition {{ {_NODE} productRef: String! locationRef: String onHand: Int catalogue: Catalogue
      quantities({_PAGING}): InventoryQuantityConnection }}
    type InventoryQuantity {{ {_NODE} quantity: Int }}
    type VirtualPosition {{ {_NODE} productRef: String groupRef: String quantity: Int catalogue: Catalogue }}
    type Location {{ ref: String status: String }}
    type Order {{ id: ID! ref: String type: String! status: String createdOn: DateTime updatedOn: DateTime
      retailer: Retailer totalPrice: Float totalTaxPrice: Float items({_PAGING}): OrderItemConnection
      fulfilments({_PAGING}): FulfilmentConnection }}
    type OrderItem {{ ref: String product: Product! status: String! quantity: Int! price: Float totalPrice: Float
      currency: String }}
    type Fulfilment {{ id: ID! ref: String type: String! status: String deliveryType: String eta: String }}
    {_connections("VariantProduct", "StandardProduct", "InventoryPosition", "InventoryQuantity", "VirtualPosition")}
    {_connections("Location", "Order", "OrderItem", "Fulfilment")}
    type Query {{
      variantProducts{_PRODUCT_FILTERS}: VariantProductConnection
      standardProducts{_PRODUCT_FILTERS}: StandardProductConnection
      inventoryPositions({_DATES} ref: [String!] type: [String!] status: [String] productRef: [String!] onHand: [Int]
        locationRef: [String] catalogue: InventoryCatalogueKey {_PAGING}): InventoryPositionConnection
      virtualPositions({_DATES} ref: [String!] type: [String!] status: [String] productRef: [String] quantity: [Int]
        groupRef: [String] catalogue: VirtualCatalogueKey {_PAGING}): VirtualPositionConnection
      locations(ref: [String] {_PAGING}): LocationConnection
      orders({_DATES} ref: [String] type: [String!] status: [String] {_PAGING}): OrderConnection
      order(id: ID ref: String): Order
      orderById(id: ID!): Order
    }}
    input UpdateOrderInput {{ id: ID! status: String }}
    type Mutation {{ updateOrder(input: UpdateOrderInput!): Order }}
    """
)


def with_check_digit(digits: str) -> str:
    """A GTIN of these digits and the one that belongs after them."""
    weighed = sum(int(digit) * (3 if place % 2 == 0 else 1) for place, digit in enumerate(reversed(digits)))
    return f"{digits}{-weighed % 10}"


Row = dict[str, Any]
# Too many to make for each stand-in.
_LOCATIONS: list[Row] = [{"ref": f"LOC{n}", "status": "ACTIVE"} for n in range(1, MOST + 2)]


def _node(number: int, ref: str, kind: str, status: str, **more: Any) -> Row:
    created = f"2026-03-{number % 28 + 1:02}T01:05:45.000Z"
    return {
        "id": str(number),
        "ref": ref,
        "type": kind,
        "status": status,
        "createdOn": created,
        "updatedOn": created,
    } | more


def made_up_data() -> dict[str, list[Row]]:
    """60 variants of 3 products, in stock at two locations; 5,001 locations; 30 orders of two variants each."""
    catalogue = {"ref": "DEFAULT:1"}
    variants = [
        _node(
            n,
            f"SKU{n}",
            "VARIANT",
            "ACTIVE" if n % 5 else "INACTIVE",
            name=f"{('Tee', 'Cap', 'Sock')[n % 3]} {n}",
            summary=None,
            # As retailers do: some write fourteen digits, some thirteen.
            gtin=with_check_digit(f"{'0' if n % 2 else ''}950600013{n:03}"),
            catalogue=catalogue,
            __typename="VariantProduct",
        )
        for n in range(1, 61)
    ]
    standards = [
        _node(n, name.upper(), "STANDARD", "ACTIVE", name=name, summary="A product.", gtin=None, catalogue=catalogue)
        for n, name in enumerate(("Tee", "Cap", "Sock"), 101)
    ]
    positions = [
        _node(
            n * 10 + at,
            f"SKU{n}:LOC{at}:DEFAULT",
            "DEFAULT",
            "ACTIVE",
            productRef=f"SKU{n}",
            locationRef=f"LOC{at}",
            onHand=n,
            catalogue=catalogue,
            quantities=_fixed([_node(n, f"q{n}", "LAST_ON_HAND", "ACTIVE", quantity=n)]),
        )
        for n in range(1, 61)
        for at in (1, 2)
    ]
    virtual = [
        _node(
            n,
            f"SKU{n}:BASE",
            "BASE",
            "ACTIVE",
            productRef=f"SKU{n}",
            groupRef="LOC1",
            quantity=n - 1,
            catalogue={"ref": "BASE:1"},
        )
        for n in range(1, 61)
    ]
    orders = [
        _node(
            n,
            f"HD_{n}",
            "HD" if n % 2 else "CC",
            "BOOKED",
            totalPrice=20.5,
            totalTaxPrice=1.5,
            retailer={"id": "1"},
            items=_fixed([_item(variants[n]), _item(variants[n + 1])]),
            fulfilments=_fixed([_node(n, f"F_{n}", "HD_PFS", "ASSIGNED", deliveryType="STANDARD", eta=None)]),
        )
        for n in range(1, 31)
    ]
    return {
        "variantProducts": variants,
        "standardProducts": standards,
        "inventoryPositions": positions,
        "virtualPositions": virtual,
        "locations": _LOCATIONS,
        "orders": orders,
    }


def _item(variant: Row) -> Row:
    price = {"price": 9.5, "totalPrice": 19.0, "currency": "AUD"}
    return {"ref": variant["ref"], "status": "ACTIVE", "quantity": 2, "product": variant, **price}


def _fixed(rows: list[Row]) -> Callable[..., Row]:
    def resolve(info: Any, **arguments: Any) -> Row:
        return connection(rows, arguments)

    return resolve


def connection(rows: list[Row], arguments: dict[str, Any]) -> Row:
    """The rows that fit, from the cursor on: 10 if nothing else is asked for, and 5000 at most."""
    fitting = [(f"c{n}", row) for n, row in enumerate(rows, 1) if _fits(row, arguments)]
    if after := arguments.get("after"):
        names = [cursor for cursor, _ in fitting]
        if after not in names:
            raise GraphQLError("The cursor is of another list", extensions={"code": "C0120E"})
        fitting = fitting[names.index(after) + 1 :]
    page = fitting[: min(arguments.get("first") or DEFAULT, MOST)]
    edges = [{"cursor": cursor, "node": row} for cursor, row in page]
    return {"edges": edges, "pageInfo": {"hasNextPage": len(fitting) > len(page), "hasPreviousPage": bool(after)}}


def _fits(row: Row, arguments: dict[str, Any]) -> bool:
    filters = {name: wanted for name, wanted in arguments.items() if name not in ("first", "last", "before", "after")}
    return all(_is_wanted(row.get(name), wanted) for name, wanted in filters.items() if wanted is not None)


def _is_wanted(value: Any, wanted: Any) -> bool:
    if isinstance(wanted, dict):
        given = cast("Row", wanted)
        if "ref" in given:  # the key of a catalogue
            return bool(value == given)
        return bool(given.get("from", "") <= value <= given.get("to", "9"))
    patterns = [re.escape(str(each)).replace("%", ".*") for each in wanted]
    return any(re.fullmatch(pattern, str(value)) for pattern in patterns)


def execute(data: dict[str, list[Row]], query: str, variables: dict[str, Any] | None, name: str | None) -> Row:
    """The answer to a query, its errors with the vendor's codes where they are known."""
    root: Row = {field: _fixed(rows) for field, rows in data.items()}

    def order(info: Any, id: str | None = None, ref: str | None = None) -> Row:
        found = next((row for row in data["orders"] if id == row["id"] or ref == row["ref"]), None)
        if found is None:
            raise GraphQLError("C0120E: Order could not be found")
        return found

    def update_order(info: Any, input: Row) -> Row:
        return order(info, id=input["id"]) | input

    root |= {"order": order, "orderById": order, "updateOrder": update_order}
    result = graphql_sync(SCHEMA, query, root, variable_values=variables, operation_name=name)
    answer: Row = {"data": result.data}
    if result.errors:
        errors: list[Row] = [{**error.formatted} for error in result.errors]
        for error in errors:
            if error["message"].startswith("Variable ") and "provided" in error["message"]:
                error["extensions"] = {"code": "C0140E"}
        answer["errors"] = errors
    return answer
