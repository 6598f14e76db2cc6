"""One reader for a product in a reply, whichever reply it's in: a catalog hit, an offer nearby, or a whole record."""

from __future__ import annotations

import re
from typing import Any

from ..formats.json_values import JsonObject, JsonValue
from ..formats.text import one_line
from .members import Members, without_none

LOW_CONFIDENCE = 0.7
_NAME_IN_LANGUAGE = re.compile(r"product_name_([a-z]{2})")
_KNOWN = (
    *("id", "product_id", "store_id", "offer_id", "session_id", "rank", "type", "created", "modified", "owner_id"),
    *("claimed_by_id", "category_id", "public_id", "claim_verification_status", "primary_language", "countries_sold"),
    *("metadata", "usage_instructions", "brand_product_page_url", "ai_summary"),
    *("gpc_brick_code", "gpc_class_code", "gpc_family_code", "gpc_segment_code"),
    *("length", "width", "height", "depth", "gross_weight", "net_weight"),
    *("length_uom", "width_uom", "height_uom", "depth_uom", "gross_weight_uom", "net_weight_uom"),
)


def read_item(item: Members) -> tuple[JsonObject, list[str]]:
    """A product with what the reply says of its store and offer, and the names of unknown members.

    Members that are absent are unknown. What qualifies a value that is there (a price's currency, the age of a stock
    status, the confidence of allergen data) is null if it's unknown.

    Raises:
        ReplyError: it has neither a name nor a GTIN, or a member isn't what is documented.
    """
    product, store, offer = (item.object(name) for name in ("product", "store", "offer"))
    metadata = item.object("metadata") or Members({}, item.where)
    item.skip(*_KNOWN)
    record = product or item
    record.skip(*_KNOWN)
    name = _name(record)
    gtin = _same(item, "GTINs", [part.gtin("gtin") for part in (record, item, metadata)])
    if not name and not gtin:
        raise item.error("it has neither a name nor a GTIN")
    if not record.has("name", "product_name"):
        raise record.error("it has no name or product_name")
    answer = without_none(
        gtin=gtin,
        name=name,
        brand=record.name("brand") or metadata.text("brand"),
        manufacturer=record.name("manufacturer"),
        size=_size(record),
        description=record.text("description"),
        image_url=record.url("image_url") or metadata.url("image_url"),
        country_of_origin=record.text("country_of_origin"),
    )
    for part in (_trust, _composition):
        own, outer = part(record), part(item)
        for name in own.keys() & outer.keys():
            _same(item, name, [own[name], outer[name]])
        answer |= outer | own
    answer |= _store(item, store)
    answer |= _offer(item, offer)
    readers = [part for part in (item, product, store, offer) if part is not None]
    return answer, sorted({name for part in readers for name in part.unread() if not _NAME_IN_LANGUAGE.fullmatch(name)})


def _same(item: Members, name: str, values: list[JsonValue]) -> Any:
    """The only known value.

    Raises:
        ReplyError: there are several.
    """
    known = [value for value in values if value is not None]
    if any(value != known[0] for value in known[1:]):
        raise item.error(f"it has several {name} that differ")
    return known[0] if known else None


def _name(record: Members) -> str | None:
    """The name; if that's empty, the name in a language, English first."""
    _same(record, "names", [record.text("name"), record.text("product_name")])
    languages = sorted(n for n in record.values if _NAME_IN_LANGUAGE.fullmatch(n))
    return record.text("name", "product_name", *sorted(languages, key=lambda n: n != "product_name_en"))


def _size(record: Members) -> str | None:
    value, unit = record.number("net_content_value", 0), record.text("net_content_uom")
    if text := record.text("net_content"):
        return text
    return f"{value:g} {unit or '(unit unknown)'}" if value is not None else None


def _trust(record: Members) -> JsonObject:
    fields = record.object("field_confidence")
    confidence: JsonObject = {}
    for name in fields.values if fields else ():
        confidence[name] = fields.number(name, 0, 1) if fields else None
    return without_none(
        data_source=record.text("data_source"),
        confidence_score=record.number("confidence_score", 0, 1),
        field_confidence=confidence or None,
        is_claimed=record.flag("is_claimed"),
    )


def _composition(record: Members) -> JsonObject:
    allergens = record.texts("contains_allergens")
    confidence = record.text("allergen_data_confidence")
    answer = without_none(
        certifications=record.texts("certifications"),
        contains_allergens=allergens,
        allergen_data_confidence=confidence,
        substance_flags=record.texts("substance_flags"),
    )
    if allergens is not None:
        answer["allergen_data_confidence"] = confidence
    return answer


def _store(item: Members, store: Members | None) -> JsonObject:
    distances = [item.number("distance_km", 0)]
    name, address = item.text("store_name"), item.text("store_address")
    if store:
        store.skip("id", "latitude", "longitude", "lat", "lon", "phone", "website", "product_count", "retailer_name")
        distances.append(store.number("distance_km", 0))
        name, address = store.text("name") or name, _address(store) or address
        if not name and not address:
            raise store.error("it has neither a name nor an address")
    known = [distance for distance in distances if distance is not None]
    if len(known) > 1 and max(known) - min(known) > 0.05:
        raise item.error(f"it names several distances: {', '.join(f'{d:g} km' for d in sorted(known))}")
    described = without_none(name=name, address=address)
    return without_none(store=described or None, distance_km=known[0] if known else None)


def _address(store: Members) -> str | None:
    if not isinstance(store.values.get("address"), dict):
        return store.text("address")
    parts = store.object("address")
    texts = [parts.text(name) for name in parts.values] if parts else []
    return ", ".join(text for text in texts if text) or None


def _offer(item: Members, offer: Members | None) -> JsonObject:
    source = offer or item
    if offer:
        offer.skip("id", "sku", "product_id", "physical_store_id", "online_store_id", "status", "is_verified", "source")
    price = _price(source)
    stock = source.text("stock_status", "stock_level")
    checked = source.moment("last_checked_at")
    answer = without_none(price=price, stock_status=stock, last_checked_at=checked, url=source.url("url"))
    if price is not None or stock is not None:
        answer["last_checked_at"] = checked
    return answer


def _price(offer: Members) -> JsonValue:
    other = offer.text("price_currency", limit=20)
    value = offer.values.get("price")
    if isinstance(value, dict):
        price = offer.object("price")
        assert price is not None
        amount, currency = price.number("amount", 0), price.text("currency", limit=20)
        if amount is None:
            raise price.error("it has no amount")
        if unread := price.unread():
            raise price.error(f"what {one_line(unread[0], 40)} makes of the amount is unknown")
        if other and currency and other != currency:
            raise offer.error(f"it names two currencies: {other} and {currency}")
        return {"amount": str(price.values["amount"]).strip(), "currency": currency or other}
    if offer.number("price", 0) is None:
        return None
    if not offer.has("price_currency"):
        raise offer.error("its price is a bare number, without a price_currency")
    return {"amount": str(value).strip(), "currency": other}


def item_notes(items: list[JsonObject]) -> list[str]:
    """What a reader of these items has to know before relying on them."""
    notes: list[str] = []
    doubtful = [_label(item) for item in items if _low(item.get("confidence_score"))]
    if doubtful:
        notes.append(f"Low confidence (under {LOW_CONFIDENCE}), so check the pack: {', '.join(doubtful[:10])}.")
    if parts := [f"{name} of {_label(item)}" for item in items for name in _low_members(item)]:
        notes.append(f"Low confidence (under {LOW_CONFIDENCE}) in single members: {', '.join(parts[:10])}.")
    if any("price" in item and not _currency(item) for item in items):
        notes.append("The service names no currency for some prices.")
    allergens = [item for item in items if "contains_allergens" in item]
    weak = [_label(i) for i in allergens if str(i.get("allergen_data_confidence")).casefold() not in ("high", "medium")]
    if weak:
        notes.append(f"Allergen data of low or unknown confidence, so check the pack: {', '.join(weak[:10])}.")
    return notes


def _low(score: JsonValue) -> bool:
    return isinstance(score, int | float) and score < LOW_CONFIDENCE


def _low_members(item: JsonObject) -> list[str]:
    confidence = item.get("field_confidence")
    return [name for name, score in confidence.items() if _low(score)] if isinstance(confidence, dict) else []


def _currency(item: JsonObject) -> JsonValue:
    price = item.get("price")
    return price.get("currency") if isinstance(price, dict) else None


def _label(item: JsonObject) -> str:
    return str(item.get("name") or item.get("gtin"))
