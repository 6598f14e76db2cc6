"""The schemas of the curated product tools."""

from __future__ import annotations

from ..formats.json_values import JsonObject, JsonValue

TEXT: JsonObject = {"type": "string"}
NUMBER: JsonObject = {"type": "number"}
COUNT: JsonObject = {"type": "integer"}
FLAG: JsonObject = {"type": "boolean"}
TEXT_OR_NULL: JsonObject = {"type": ["string", "null"]}
NUMBER_OR_NULL: JsonObject = {"type": ["number", "null"]}
ANY_OBJECT: JsonObject = {"type": "object"}


def object_of(properties: JsonObject, *required: str) -> JsonObject:
    """The schema of an object."""
    return {"type": "object", "properties": properties, "required": list[JsonValue](required)}


def array_of(items: JsonObject) -> JsonObject:
    """The schema of an array."""
    return {"type": "array", "items": items}


def input_of(properties: JsonObject, *required: str) -> JsonObject:
    """An input schema that takes no other arguments."""
    schema: JsonObject = {"type": "object", "properties": properties, "additionalProperties": False}
    return {**schema, "required": list[JsonValue](required)} if required else schema


TEXTS = array_of(TEXT)
NOTES = {"notes": {**TEXTS, "description": "What to know before relying on this."}}
GTIN: JsonObject = {
    "type": ["string", "integer"],
    "description": "Any written form: GTIN-8 to GTIN-14, UPC-E, ISBN, GS1 Digital Link or element string.",
}
LOT: JsonObject = {**TEXT, "description": "Batch or lot number (AI 10), as printed."}
EXPIRY: JsonObject = {**TEXT, "description": "YYMMDD or YYYY-MM-DD."}
PLACE: JsonObject = {
    "latitude": {**NUMBER, "minimum": -90, "maximum": 90},
    "longitude": {**NUMBER, "minimum": -180, "maximum": 180},
    "radius_km": {**NUMBER, "exclusiveMinimum": 0, "maximum": 50, "description": "Default 10."},
}

SEARCH_INPUT = input_of(
    {
        "query": {
            **TEXT,
            "minLength": 1,
            "maxLength": 255,
            "description": 'Words; "phrase", -exclusion and OR are operators. Or a barcode.',
        },
        **PLACE,
        "in_stock": {**FLAG, "description": "Only offers in stock; needs a place."},
        "sort": {**TEXT, "enum": ["distance", "price"], "description": "Needs a place. Default: distance."},
        "limit": {**COUNT, "minimum": 1, "maximum": 50, "description": "Items per page. Default 10."},
        "page": {**COUNT, "minimum": 1, "maximum": 100, "description": "Default 1."},
    },
    "query",
)
REFINE_INPUT = input_of(
    {
        "session_id": {**TEXT, "pattern": "^[A-Za-z0-9_-]{1,128}$", "description": "From search_products."},
        "query": {
            **TEXT,
            "minLength": 1,
            "maxLength": 500,
            "description": 'Such as "cheaper", "within 2 km", "without peanuts".',
        },
    },
    "session_id",
    "query",
)
GTIN_INPUT = input_of({"gtin": GTIN}, "gtin")
GTINS_INPUT = input_of({"gtins": {**array_of(GTIN), "minItems": 1, "maxItems": 20}}, "gtins")
COMPARE_INPUT = input_of({"gtins": {**array_of(GTIN), "minItems": 2, "maxItems": 10}, **PLACE}, "gtins")
RESOLVE_INPUT = input_of(
    {
        "gtin": GTIN,
        "lot": LOT,
        "serial": {**TEXT, "description": "Serial number (AI 21)."},
        "expiry": EXPIRY,
        "link_type": {**TEXT, "description": "Only links of this GS1 type, such as gs1:pip."},
    },
    "gtin",
)
AVAILABILITY_INPUT = input_of({"gtin": GTIN, **PLACE}, "gtin", "latitude", "longitude")
RECALLS_INPUT = input_of({"gtin": GTIN, "lot": LOT, "expiry": EXPIRY}, "gtin")

_ITEM_MEMBERS: JsonObject = {
    "gtin": TEXT,
    "name": TEXT,
    "brand": TEXT,
    "size": TEXT,
    "image_url": TEXT,
    "data_source": TEXT_OR_NULL,
    "confidence_score": {**NUMBER_OR_NULL, "description": "0 to 1; check the pack below 0.7."},
    "is_claimed": FLAG,
    "contains_allergens": {**TEXTS, "description": "Empty: none declared. Absent: unknown."},
    "allergen_data_confidence": TEXT_OR_NULL,
    "certifications": TEXTS,
}
_OFFER_MEMBERS: JsonObject = {
    "store": object_of({"name": TEXT, "address": TEXT}),
    "distance_km": NUMBER,
    "price": object_of({"amount": TEXT, "currency": TEXT_OR_NULL}, "amount", "currency"),
    "stock_status": TEXT,
    "last_checked_at": TEXT_OR_NULL,
    "url": TEXT,
}
_ITEMS = {**array_of(object_of({**_ITEM_MEMBERS, **_OFFER_MEMBERS})), "description": "An absent member is unknown."}
_PAGE: JsonObject = {
    "total": {**COUNT, "description": "Exact; absent if unknown."},
    "at_least": {**COUNT, "description": "A lower bound of the total."},
    "items": _ITEMS,
    "online_alternatives": {**array_of(ANY_OBJECT), "description": "Offers without a store nearby."},
    "session_id": {**TEXT, "description": "For refine_search; ends after 30 idle minutes."},
    "constraints": {**ANY_OBJECT, "description": "Active filters of the session."},
    **NOTES,
}
_OFFERS = {**array_of(ANY_OBJECT), "description": "As search_products."}
SEARCH_OUTPUT = object_of(
    {"query": TEXT, "scope": {**TEXT, "enum": ["catalog", "nearby", "lookup"]}, **_PAGE}, "query", "scope", "items"
)
REFINE_OUTPUT = object_of(
    {
        "query": TEXT,
        "is_refinement": FLAG,
        "explanation": TEXT,
        **_PAGE,
        "items": {**_OFFERS, "type": ["array", "null"], "description": "As search_products. null: unknown."},
    },
    "query",
    "session_id",
    "items",
)
AVAILABILITY_OUTPUT = object_of({"gtin": TEXT, **_PAGE, "items": _OFFERS}, "gtin", "items")
LOOKUP_OUTPUT = object_of(
    {**_ITEM_MEMBERS, "description": TEXT, **NOTES}, "gtin", "data_source", "confidence_score", "notes"
)
_APART: JsonObject = {
    "not_found": {**TEXTS, "description": "Valid GTINs that the service doesn't know."},
    "failed": array_of(object_of({"gtin": TEXT, "error": TEXT}, "gtin", "error")),
}
LOOKUPS_OUTPUT = object_of({"found": array_of(ANY_OBJECT), **_APART}, "found", "not_found", "failed")
COMPARE_OUTPUT = object_of(
    {"products": {**array_of(ANY_OBJECT), "description": "null: unknown."}, **_APART, **NOTES},
    "products",
    "not_found",
    "failed",
    "notes",
)
DETAIL_OUTPUT = object_of(
    {
        "product": ANY_OBJECT,
        "details": ANY_OBJECT,
        **{
            name: {"type": ["array", "null"], "description": "null: unknown."}
            for name in ("ingredients", "certifications", "claims")
        },
        "nutrition": {"type": ["object", "null"]},
        **NOTES,
    },
    "product",
    "details",
    "ingredients",
    "certifications",
    "claims",
    "nutrition",
    "notes",
)
_LINK = object_of(
    {"link_type": TEXT, "href": TEXT, "title": TEXT, "media_type": TEXT, "languages": TEXTS}, "link_type", "href"
)
RESOLVED_OUTPUT = object_of(
    {
        "gtin": TEXT,
        "lot": TEXT,
        "serial": TEXT,
        "expiry": TEXT,
        "digital_link": TEXT,
        "description": TEXT,
        "default_link": TEXT,
        "total": {**COUNT, "description": "Some links may be left out."},
        "links": array_of(_LINK),
        "refused": {**array_of(ANY_OBJECT), "description": "Unsafe links, without their URLs."},
        **NOTES,
    },
    "gtin",
    "digital_link",
    "links",
    "notes",
)
RECALLS_OUTPUT = object_of(
    {
        "gtin": TEXT,
        "lot": TEXT,
        "affected": {"enum": ["yes", "no", "may be"], "description": "By an open recall."},
        "recalls": array_of(
            object_of(
                {
                    "id": TEXT,
                    "title": TEXT,
                    "status": TEXT,
                    "severity": TEXT,
                    "recall_date": TEXT,
                    "lot_codes": {"type": ["array", "null"], "description": "null: unknown."},
                    "affects_lot": {"enum": ["yes", "no", "may be"]},
                },
                "id",
                "title",
                "status",
                "affects_lot",
            )
        ),
        **NOTES,
    },
    "gtin",
    "affected",
    "recalls",
    "notes",
)
