"""The replies that describe one product: by its path, by a query, as a trade item, or from the resolver."""

from __future__ import annotations

from collections.abc import Callable

from ..formats.json_values import JsonObject, JsonValue
from ..formats.text import counted
from .item import item_notes, read_item
from .members import Members, ReplyError, kind_of

_PARTS = ("ingredients", "certifications", "claims", "recalls", "nutrition", "images")
_IDENTITY = ("id", "product_name", "name", "metadata", "created", "modified")
_MEASURES = ("length", "width", "height", "depth", "gross_weight", "net_weight")
_DETAILS = ("usage_instructions", "brand_product_page_url", "ai_summary", "primary_language", "modified")
_CLASSES = ("gpc_brick_code", "gpc_class_code", "gpc_family_code", "gpc_segment_code")


def read_record(reply: JsonValue, gtin: str) -> JsonObject:
    """Read a product's record: who it is, and how far its data can be trusted.

    Raises:
        ReplyError: it has another shape, or is the record of another GTIN.
    """
    record = _record(reply, gtin)
    item, unknown = read_item(record)
    # How far the record can be trusted is part of the answer, even if it's unknown.
    answer: JsonObject = {"data_source": None, "confidence_score": None, **item}
    notes = item_notes([answer])
    if "name" not in answer:
        notes.append("The service knows the GTIN, but no name for it.")
    if unknown:
        notes.append(f"Unknown members of the reply were not read: {', '.join(unknown[:20])}.")
    return {**answer, "notes": list[JsonValue](notes)}


def listed_record(reply: JsonValue) -> JsonValue:
    """The only record in the reply of GET /products?gtin=; None if its list is empty.

    Raises:
        ReplyError: it has another shape, or lists several products.
    """
    members = Members(reply, "the product list") if isinstance(reply, dict) else None
    entries = members.array("data") if members else None
    if entries is None:
        raise ReplyError("the product list has no data", reply if isinstance(reply, dict) else ())
    if len(entries) > 1:
        raise ReplyError(f"{len(entries)} products were listed for one GTIN")
    if None in entries:
        raise ReplyError("the product list has a null entry")
    return entries[0] if entries else None


def read_details(reply: JsonValue, gtin: str) -> JsonObject:
    """Read the further members of a record: measures with their units, classification and texts.

    Raises:
        ReplyError: as `read_record`.
    """
    record = _record(reply, gtin)
    details: JsonObject = {}
    for name in (*_DETAILS, *_CLASSES):
        if text := record.text(name):
            details[name] = text
    for name in _MEASURES:
        if (value := record.number(name, 0)) is not None:
            details[name] = {"value": value, "unit": record.text(f"{name}_uom", limit=20)}
    if (countries := record.texts("countries_sold")) is not None:
        details["countries_sold"] = countries
    return details


def read_content(reply: JsonValue, gtin: str) -> tuple[JsonObject, list[str]]:
    """Read the content of a product, with notes. A part that the reply doesn't have is null: unknown, not empty.

    Raises:
        ReplyError: it has another shape, or is of another GTIN.
    """
    record = Members(reply, "the product's content") if isinstance(reply, dict) else None
    if record is None or not record.has(*_PARTS):
        raise ReplyError("the product's content has none of its parts", reply if isinstance(reply, dict) else ())
    if (own := record.gtin("gtin")) is not None and own != gtin:
        raise record.error(f"it is of the GTIN {own}, not {gtin}")
    nutrition = record.object("nutrition")
    record.skip(*_PARTS, *_IDENTITY)
    notes = (
        [f"Unknown members of the content were not read: {', '.join(unknown[:20])}."]
        if (unknown := record.unread())
        else []
    )
    if recalls := record.array("recalls"):
        notes.append(f"The content lists {counted(len(recalls), 'recall')}: see check_recalls.")
    content: JsonObject = {
        "ingredients": _listed(record, "ingredients", _ingredient),
        "certifications": _listed(record, "certifications", _label),
        "claims": _listed(record, "claims", _label),
        "nutrition": None if nutrition is None else _nutrition(nutrition),
    }
    return content, notes


def _record(reply: JsonValue, gtin: str) -> Members:
    if not isinstance(reply, dict):
        raise ReplyError(f"the product's record is {kind_of(reply)}, expected an object")
    record = Members(reply, "the product's record")
    own = record.gtin("gtin")
    if own is None:
        raise record.error("it has no gtin, so it may be of another product")
    if own != gtin:
        raise record.error(f"it is of the GTIN {own}, not {gtin}")
    return record


def _listed(record: Members, name: str, read: Callable[[Members], JsonObject]) -> JsonValue:
    entries = record.objects(name)
    return None if entries is None else [read(entry) for entry in entries]


def _ingredient(entry: Members) -> JsonObject:
    ingredient: JsonObject = {
        "name": entry.required_text("name"),
        "is_major_allergen": entry.flag("is_major_allergen"),
        "may_contain": entry.flag("may_contain"),
    }
    for name in ("notes", "origin"):
        if text := entry.text(name, limit=500):
            ingredient[name] = text
    if (percentage := entry.number("percentage", 0, 100)) is not None:
        ingredient["percentage"] = percentage
    return ingredient


def _label(entry: Members) -> JsonObject:
    label: JsonObject = {"label": entry.required_text("label", "name")}
    for name in ("code", "category", "source", "issuing_body", "verification_status", "certification_value", "scope"):
        if text := entry.text(name, limit=200):
            label[name] = text
    for name in ("valid_from", "expiration_date", "expiry_date", "audit_date"):
        if moment := entry.moment(name):
            label[name] = moment
    if (active := entry.flag("is_active")) is not None:
        label["is_active"] = active
    return label


def _amount(nutrient: Members) -> str | None:
    amount, unit = nutrient.text("amount", limit=100), nutrient.text("unit", limit=20)
    return f"{amount} {unit}" if amount and unit else amount


def _nutrition(entry: Members) -> JsonObject:
    nutrition: JsonObject = {
        "serving_size": entry.text("serving_size"),
        "label_format": entry.text("label_format"),
        "serving_size_g": entry.number("serving_size_g", 0),
        "servings_per_container": entry.number("servings_per_container", 0),
    }
    rows = entry.objects("nutrients")
    if rows is None:
        raise entry.error("it has no nutrients")
    nutrients: list[JsonValue] = [
        {
            "name": row.required_text("name"),
            "amount": _amount(row),
            "daily_value_pct": row.number("daily_value_pct", 0),
        }
        for row in rows
    ]
    return {**nutrition, "nutrients": nutrients}
