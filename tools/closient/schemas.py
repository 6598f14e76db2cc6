"""The schemas of the curated product tools, and the functions that build their results."""

from __future__ import annotations

from ..errors import ToolError
from ..formats.json_values import JsonObject, JsonValue, as_list, as_object, as_text
from ..formats.text import paragraph
from ..gs1.links import Link, Links

_LONGEST = 2_000
_MOST_LINKS = 50
_TEXT: JsonObject = {"type": "string"}
_NUMBER: JsonObject = {"type": "number"}
_TEXT_OR_NULL: JsonObject = {"anyOf": [{"type": "string"}, {"type": "null"}]}


def _object(properties: JsonObject, *required: str) -> JsonObject:
    return {"type": "object", "properties": properties, "required": list[JsonValue](required)}


def _array(items: JsonObject) -> JsonObject:
    return {"type": "array", "items": items}


SEARCH_INPUT: JsonObject = {
    "type": "object",
    "properties": {
        "query": {**_TEXT, "minLength": 1, "maxLength": 255, "description": "What to look for."},
        "latitude": {**_NUMBER, "minimum": -90, "maximum": 90},
        "longitude": {**_NUMBER, "minimum": -180, "maximum": 180},
        "radius_km": {
            **_NUMBER,
            "exclusiveMinimum": 0,
            "maximum": 50,
            "description": "Around the place; 10 if not given.",
        },
        "in_stock": {"type": "boolean", "description": "Only what is in stock near the place."},
        "limit": {
            "type": "integer",
            "minimum": 1,
            "maximum": 50,
            "description": "How many items; 10 if not given.",
        },
    },
    "required": ["query"],
    "additionalProperties": False,
}

_ITEM = _object(
    {
        "gtin": _TEXT,
        "name": _TEXT,
        "brand": _TEXT,
        "description": _TEXT,
        "image_url": _TEXT,
        "store": _object({"name": _TEXT, "address": _TEXT}, "name"),
        "distance_km": _NUMBER,
        "price": _object({"amount": _TEXT, "currency": _TEXT}, "amount"),
        "stock_status": _TEXT,
        "last_checked_at": _TEXT,
        "certifications": _array(_TEXT),
        "contains_allergens": _array(_TEXT),
    },
    "name",
)
SEARCH_OUTPUT = _object(
    {
        "query": _TEXT,
        "total": {"type": "integer", "description": "How many there are; items may be fewer."},
        "items": _array(_ITEM),
        "session_id": {
            **_TEXT,
            "description": "Names this search for refining it; ends after 30 idle minutes.",
        },
    },
    "query",
    "total",
    "items",
)
IDENTITY_OUTPUT = _object(
    {"gtin": _TEXT, "name": _TEXT, "brand": _TEXT, "image_url": _TEXT, "size": _TEXT, "description": _TEXT},
    "gtin",
    "name",
)
_LINK = _object(
    {"link_type": _TEXT, "href": _TEXT, "title": _TEXT, "media_type": _TEXT, "languages": _array(_TEXT)},
    "link_type",
    "href",
)
RESOLVED_OUTPUT = _object(
    {
        "gtin": _TEXT,
        "digital_link": _TEXT,
        "description": _TEXT,
        "default_link": _TEXT,
        "total": {"type": "integer", "description": "How many links there are; some may be left out."},
        "links": _array(_LINK),
    },
    "gtin",
    "digital_link",
    "links",
)
VALIDATED_OUTPUT = _object(
    {
        "valid": {"type": "boolean"},
        "error": {**_TEXT_OR_NULL, "description": "Why it is not valid."},
        "normalized": {**_TEXT_OR_NULL, "description": "The GTIN-14."},
        "reason": {
            **_TEXT,
            "enum": ["empty", "non_digit", "bad_length", "bad_check_digit", "all_zero", "no_gtin"],
        },
        "expected_check_digit": {"type": "integer"},
        "format": {**_TEXT, "enum": ["GTIN-8", "GTIN-12", "GTIN-13", "GTIN-14"]},
        "restricted": {
            **_TEXT,
            "enum": ["company", "geographic"],
            "description": "A restricted circulation number: it means nothing outside of that company or region.",
        },
        "upc_e_normalized": {**_TEXT, "description": "The GTIN-14 if the digits are a UPC-E symbol instead."},
    },
    "valid",
    "error",
    "normalized",
)
PING_OUTPUT = _object({"result": _TEXT}, "result")


def catalog_hits(answer: JsonObject, query: str, limit: int) -> JsonObject:
    """The reply of a catalog search; both documented dialects (`items`/`total`, `results`/`total_count`)."""
    hits = as_list(answer.get("items", answer.get("results")))
    total = answer.get("total", answer.get("total_count"))
    items: list[JsonValue] = [_hit(as_object(hit)) for hit in hits[:limit]]
    known = isinstance(total, int) and not isinstance(total, bool)
    return {"query": query, "total": total if known else len(hits), "items": items}


def _hit(hit: JsonObject) -> JsonObject:
    metadata = as_object(hit.get("metadata"))
    lists = {name: _texts(hit.get(name)) for name in ("certifications", "contains_allergens")}
    return _filled(
        gtin=as_text(hit.get("gtin")) or as_text(metadata.get("gtin")),
        name=as_text(hit.get("name")) or "(no name)",
        brand=as_text(hit.get("brand")) or as_text(metadata.get("brand")),
        description=as_text(hit.get("description")),
        image_url=as_text(hit.get("image_url")) or as_text(metadata.get("image_url")),
        **lists,
    )


def nearby_offers(answer: JsonObject, query: str, limit: int) -> JsonObject | None:
    """The reply of a search session, or nothing where the server sent the session without hits."""
    if "items" not in answer:
        return None
    offers = as_list(answer["items"])
    items: list[JsonValue] = [_nearby(as_object(offer)) for offer in offers[:limit]]
    found: JsonObject = {"query": query, "total": len(offers), "items": items}
    session = as_text(answer.get("session_id"))
    return {**found, "session_id": session} if session else found


def _nearby(hit: JsonObject) -> JsonObject:
    product, store, offer = (as_object(hit.get(name)) for name in ("product", "store", "offer"))
    price = as_object(offer.get("price"))
    distance = hit.get("distance_km", store.get("distance_km"))
    return _filled(
        gtin=as_text(product.get("gtin")),
        name=as_text(product.get("name")) or "(no name)",
        brand=as_text(product.get("brand")),
        image_url=as_text(product.get("image_url")),
        store=_filled(name=as_text(store.get("name")) or "(no name)", address=as_text(store.get("address"))),
        distance_km=_number(distance),
        price=_price(price),
        stock_status=as_text(offer.get("stock_status")),
        last_checked_at=as_text(offer.get("last_checked_at")),
    )


def identity(answer: JsonObject, gtin: str) -> JsonObject:
    """What a product is, from its whole record."""
    size = as_text(answer.get("net_content"))
    return _filled(
        gtin=gtin,
        name=as_text(answer.get("product_name")) or as_text(answer.get("name")) or "(no name)",
        brand=_name_of(answer.get("brand")),
        image_url=as_text(answer.get("image_url")),
        size=size,
        description=as_text(answer.get("description")),
    )


def resolved(gtin: str, digital_link: str, links: Links, wanted: str) -> JsonObject:
    """The links of a GTIN, only those of the type `wanted` if one is given.

    Raises:
        ToolError: there are none of that type; names the types there are.
    """
    chosen = [link for link in links.links if not wanted or link.link_type == wanted]
    if wanted and not chosen:
        types = sorted({link.link_type for link in links.links})[:_MOST_LINKS]
        raise ToolError(
            f"{gtin} has no link of type {wanted}.",
            f"It has {', '.join(types) or 'no links at all'}.",
            {"gtin": gtin, "link_types": list[JsonValue](types)},
        )
    described: list[JsonValue] = [_link(link) for link in chosen[:_MOST_LINKS]]
    found: JsonObject = {"gtin": gtin, "digital_link": digital_link, "total": len(chosen), "links": described}
    return {**found, **_filled(description=links.description, default_link=links.default)}


def _link(link: Link) -> JsonObject:
    return _filled(
        link_type=link.link_type,
        href=link.href,
        title=link.title,
        media_type=link.media_type,
        languages=list[JsonValue](link.languages),
    )


def _filled(**values: JsonValue) -> JsonObject:
    """Omit missing values, which services send as null, as "" or not at all."""
    there = {name: value for name, value in values.items() if value not in (None, "", [], {})}
    return {name: paragraph(value, _LONGEST) if isinstance(value, str) else value for name, value in there.items()}


def _texts(value: JsonValue) -> list[JsonValue]:
    return [paragraph(text, 100) for item in as_list(value)[:50] if (text := as_text(item) or _name_of(item))]


def _name_of(value: JsonValue) -> str:
    return as_text(value) or as_text(as_object(value).get("name")) or as_text(as_object(value).get("label"))


def _price(price: JsonObject) -> JsonObject:
    amount = _amount(price.get("amount"))
    return _filled(amount=amount, currency=as_text(price.get("currency"))) if amount else {}


def _number(value: JsonValue) -> JsonValue:
    return value if isinstance(value, int | float) and not isinstance(value, bool) else None


def _amount(value: JsonValue) -> str:
    return str(value) if isinstance(value, int | float) and not isinstance(value, bool) else as_text(value)
