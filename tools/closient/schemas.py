"""The schemas of the curated product tools."""

from __future__ import annotations

from ..formats.json_values import JsonObject, JsonValue

_TEXT: JsonObject = {"type": "string"}
_NUMBER: JsonObject = {"type": "number"}
_COUNT: JsonObject = {"type": "integer"}
_FLAG: JsonObject = {"type": "boolean"}
_TEXT_OR_NULL: JsonObject = {"type": ["string", "null"]}
_NUMBER_OR_NULL: JsonObject = {"type": ["number", "null"]}
_ANY_OBJECT: JsonObject = {"type": "object"}


def _object(properties: JsonObject, *required: str) -> JsonObject:
    return {"type": "object", "properties": properties, "required": list[JsonValue](required)}


def _array(items: JsonObject) -> JsonObject:
    return {"type": "array", "items": items}


def input_of(properties: JsonObject, *required: str) -> JsonObject:
    """Return an input schema that takes no other arguments."""
    schema: JsonObject = {"type": "object", "properties": properties, "additionalProperties": False}
    return {**schema, "required": list[JsonValue](required)} if required else schema


_TEXTS = _array(_TEXT)
_NOTES = {"notes": {**_TEXTS, "description": "What to know before relying on this."}}
_GTIN: JsonObject = {
    "type": ["string", "integer"],
    "description": "Any written form: GTIN-8 to GTIN-14, UPC-E, ISBN, GS1 Digital Link or element string.",
}
_LOT: JsonObject = {**_TEXT, "description": "Batch or lot number (AI 10), as printed."}
_EXPIRY: JsonObject = {**_TEXT, "description": "YYMMDD or YYYY-MM-DD."}
_PLACE: JsonObject = {
    "latitude": {**_NUMBER, "minimum": -90, "maximum": 90},
    "longitude": {**_NUMBER, "minimum": -180, "maximum": 180},
    "radius_km": {**_NUMBER, "exclusiveMinimum": 0, "maximum": 50, "description": "Default 10."},
}

SEARCH_INPUT = input_of(
    {
        "query": {
            **_TEXT,
            "minLength": 1,
            "maxLength": 255,
            "description": 'Words; "phrase", -exclusion and OR are operators. Or a barcode.',
        },
        **_PLACE,
        "in_stock": {**_FLAG, "description": "Only offers in stock; needs a place."},
        "sort": {**_TEXT, "enum": ["distance", "price"], "description": "Needs a place. Default: distance."},
        "limit": {**_COUNT, "minimum": 1, "maximum": 50, "description": "Items per page. Default 10."},
        "page": {**_COUNT, "minimum": 1, "maximum": 100, "description": "Default 1."},
    },
    "query",
)
REFINE_INPUT = input_of(
    {
        "session_id": {**_TEXT, "pattern": "^[A-Za-z0-9_-]{1,128}$", "description": "From search_products."},
        "query": {
            **_TEXT,
            "minLength": 1,
            "maxLength": 500,
            "description": 'Such as "cheaper", "within 2 km", "without peanuts".',
        },
    },
    "session_id",
    "query",
)
GTIN_INPUT = input_of({"gtin": _GTIN}, "gtin")
GTINS_INPUT = input_of({"gtins": {**_array(_GTIN), "minItems": 1, "maxItems": 20}}, "gtins")
RESOLVE_INPUT = input_of(
    {
        "gtin": _GTIN,
        "lot": _LOT,
        "serial": {**_TEXT, "description": "Serial number (AI 21)."},
        "expiry": _EXPIRY,
        "link_type": {**_TEXT, "description": "Only links of this GS1 type, such as gs1:pip."},
    },
    "gtin",
)
AVAILABILITY_INPUT = input_of({"gtin": _GTIN, **_PLACE}, "gtin", "latitude", "longitude")
RECALLS_INPUT = input_of({"gtin": _GTIN, "lot": _LOT, "expiry": _EXPIRY}, "gtin")
NO_INPUT = input_of({})

_ITEM_MEMBERS: JsonObject = {
    "gtin": _TEXT,
    "name": _TEXT,
    "brand": _TEXT,
    "size": _TEXT,
    "image_url": _TEXT,
    "data_source": _TEXT_OR_NULL,
    "confidence_score": {**_NUMBER_OR_NULL, "description": "0 to 1; check the pack below 0.7."},
    "is_claimed": _FLAG,
    "contains_allergens": {**_TEXTS, "description": "Empty: none declared. Absent: unknown."},
    "allergen_data_confidence": _TEXT_OR_NULL,
    "certifications": _TEXTS,
}
_OFFER_MEMBERS: JsonObject = {
    "store": _object({"name": _TEXT, "address": _TEXT}),
    "distance_km": _NUMBER,
    "price": _object({"amount": _TEXT, "currency": _TEXT_OR_NULL}, "amount", "currency"),
    "stock_status": _TEXT,
    "last_checked_at": _TEXT_OR_NULL,
    "url": _TEXT,
}
_ITEMS = {**_array(_object({**_ITEM_MEMBERS, **_OFFER_MEMBERS})), "description": "An absent member is unknown."}
_PAGE: JsonObject = {
    "total": {**_COUNT, "description": "Exact; absent if unknown."},
    "at_least": {**_COUNT, "description": "A lower bound of the total."},
    "items": _ITEMS,
    "online_alternatives": {**_array(_ANY_OBJECT), "description": "Offers without a store nearby."},
    "session_id": {**_TEXT, "description": "For refine_search; ends after 30 idle minutes."},
    "constraints": {**_ANY_OBJECT, "description": "Active filters of the session."},
    **_NOTES,
}
SEARCH_OUTPUT = _object(
    {"query": _TEXT, "scope": {**_TEXT, "enum": ["catalog", "nearby", "lookup"]}, **_PAGE}, "query", "scope", "items"
)
REFINE_OUTPUT = _object(
    {
        "query": _TEXT,
        "is_refinement": _FLAG,
        "explanation": _TEXT,
        **_PAGE,
        "items": {**_ITEMS, "type": ["array", "null"], "description": "null: the service sent no hits."},
    },
    "query",
    "session_id",
    "items",
)
AVAILABILITY_OUTPUT = _object({"gtin": _TEXT, **_PAGE}, "gtin", "items")
LOOKUP_OUTPUT = _object(
    {**_ITEM_MEMBERS, "description": _TEXT, **_NOTES}, "gtin", "data_source", "confidence_score", "notes"
)
LOOKUPS_OUTPUT = _object(
    {
        "found": _array(_ANY_OBJECT),
        "not_found": {**_TEXTS, "description": "Valid GTINs that the service doesn't know."},
        "failed": _array(_object({"gtin": _TEXT, "error": _TEXT}, "gtin", "error")),
    },
    "found",
    "not_found",
    "failed",
)
DETAIL_OUTPUT = _object(
    {
        "product": _ANY_OBJECT,
        "details": _ANY_OBJECT,
        **{
            name: {"type": ["array", "null"], "description": "null: unknown."}
            for name in ("ingredients", "certifications", "claims")
        },
        "nutrition": {"type": ["object", "null"]},
        **_NOTES,
    },
    "product",
    "details",
    "ingredients",
    "certifications",
    "claims",
    "nutrition",
    "notes",
)
_LINK = _object(
    {"link_type": _TEXT, "href": _TEXT, "title": _TEXT, "media_type": _TEXT, "languages": _TEXTS}, "link_type", "href"
)
RESOLVED_OUTPUT = _object(
    {
        "gtin": _TEXT,
        "lot": _TEXT,
        "serial": _TEXT,
        "expiry": _TEXT,
        "digital_link": _TEXT,
        "description": _TEXT,
        "default_link": _TEXT,
        "total": {**_COUNT, "description": "Some links may be left out."},
        "links": _array(_LINK),
        "refused": {**_array(_ANY_OBJECT), "description": "Unsafe links, without their URLs."},
        **_NOTES,
    },
    "gtin",
    "digital_link",
    "links",
    "notes",
)
RECALLS_OUTPUT = _object(
    {
        "gtin": _TEXT,
        "lot": _TEXT,
        "affected": {"enum": ["yes", "no", "may be"], "description": "By an open recall."},
        "recalls": _array(
            _object(
                {
                    "id": _TEXT,
                    "title": _TEXT,
                    "status": _TEXT,
                    "severity": _TEXT,
                    "recall_date": _TEXT,
                    "lot_codes": {"type": ["array", "null"], "description": "null: unknown."},
                    "affects_lot": {"enum": ["yes", "no", "may be"]},
                },
                "id",
                "title",
                "status",
                "affects_lot",
            )
        ),
        **_NOTES,
    },
    "gtin",
    "affected",
    "recalls",
    "notes",
)
VALIDATED_OUTPUT = _object(
    {
        "valid": _FLAG,
        "error": {**_TEXT_OR_NULL, "description": "Why it is not valid."},
        "normalized": {**_TEXT_OR_NULL, "description": "The GTIN-14."},
        "reason": _TEXT,
        "form": {**_TEXT, "description": "How it was written."},
        "format": _TEXT,
        "restricted": {
            "enum": ["company", "geographic"],
            "description": "A restricted circulation number: it means nothing outside that company or region.",
        },
        "upc_e_normalized": {**_TEXT, "description": "The GTIN-14 if the digits are a UPC-E instead."},
        "other_normalized": {**_TEXT, "description": "The GTIN-14 of another reading."},
        "key": {**_TEXT, "description": "What the input is instead."},
        "lot": _TEXT,
        "serial": _TEXT,
        "expiry": _TEXT,
        **_NOTES,
    },
    "valid",
    "error",
    "normalized",
)
PING_OUTPUT = _object({"result": _TEXT}, "result")
