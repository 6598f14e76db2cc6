"""Comparing products: what's in them, who certifies them, whether they're recalled, and what they cost nearby."""

from __future__ import annotations

from ..errors import ToolError
from ..formats.json_values import JsonObject, JsonValue, as_list, as_object, as_text
from .client import SiteClient
from .codes import Asked
from .item import LOW_CONFIDENCE, item_notes
from .lookup import get_product_detail
from .recall_check import check_recalls
from .search import check_availability, read_location
from .several import read_several
from .unit_price import unit_price

_IDENTITY = ("gtin", "name", "brand", "size", "image_url", "data_source", "confidence_score")
_STOCKED = ("in_stock", "low_stock")
_VERDICTS = {
    "yes": "Recalled",
    "may be": "Recalled or not, depending on the lot, which check_recalls compares",
    None: "Whether it's recalled is unknown",
}


async def compare_products(client: SiteClient, arguments: JsonObject) -> JsonObject:
    """Compare 2 to 10 products; what isn't found and what failed is listed apart. null is unknown.

    Raises:
        InvalidArgumentsError: the place is incomplete.
    """
    located = read_location(arguments)
    records: list[JsonObject] = []

    async def compare(written: JsonValue, _: Asked) -> JsonObject:
        detail = await get_product_detail(client, {"gtin": written})
        records.append(as_object(detail["product"]))
        return await _compared(client, written, located, detail)

    several = await read_several(as_list(arguments["gtins"]), compare)
    notes = [f"{asked.gtin}: {note}" for asked in several.asked for note in _notes_on(asked)]
    for asked in several.repeated:
        notes.append(
            f"{asked.gtin} was given again with the lot {asked.lot}, left aside: check_recalls compares a lot."
        )
    return {
        "products": list[JsonValue](several.products),
        "not_found": several.not_found,
        "failed": several.failed,
        "notes": [*notes, *_notes(several.products), *item_notes(records)],
    }


def _notes_on(asked: Asked) -> list[str]:
    of_lot = [f"recalled is about the lot {asked.lot}, the rest about any lot."] if asked.lot else []
    return [*asked.notes, *of_lot]


async def _compared(client: SiteClient, written: JsonValue, located: JsonObject, detail: JsonObject) -> JsonObject:
    product = as_object(detail["product"])
    return {
        **{name: product.get(name) for name in _IDENTITY},
        "low_confidence": _is_low(product.get("confidence_score")),
        "allergens": _allergens(product.get("contains_allergens"), detail["ingredients"]),
        "may_contain": _flagged(detail["ingredients"], "may_contain"),
        "certifications": _labels(detail["certifications"]),
        "claims": _labels(detail["claims"]),
        **await _recalls(client, written),
        **(await _offers(client, written, located, as_text(product.get("size"))) if located else {}),
    }


async def _recalls(client: SiteClient, written: JsonValue) -> JsonObject:
    try:
        found = await check_recalls(client, {"gtin": written})
    except ToolError:
        return {"recalled": None, "recalls": None}
    return {
        "recalled": found["affected"],
        "recalls": [as_object(recall)["title"] for recall in as_list(found["recalls"])],
    }


async def _offers(client: SiteClient, written: JsonValue, located: JsonObject, size: str) -> JsonObject:
    try:
        found = await check_availability(client, {"gtin": written, **located})
    except ToolError:
        return {"cheapest_in_stock": None}
    return {"cheapest_in_stock": _cheapest(as_list(found["items"]), size)}


def _is_low(score: JsonValue) -> bool | None:
    return score < LOW_CONFIDENCE if isinstance(score, int | float) else None


def _allergens(declared: JsonValue, ingredients: JsonValue) -> JsonValue:
    """The declared allergens and those among the ingredients; None if both are unknown."""
    known = [names for names in (declared, _flagged(ingredients, "is_major_allergen")) if isinstance(names, list)]
    return list({str(name).casefold(): name for names in known for name in names}.values()) if known else None


def _flagged(ingredients: JsonValue, flag: str) -> JsonValue:
    """The names of the ingredients with a flag; None unless there are some, and it's known of each."""
    if not isinstance(ingredients, list) or not ingredients:
        return None
    entries = [as_object(entry) for entry in ingredients]
    if any(entry[flag] is None for entry in entries):
        return None
    return [entry["name"] for entry in entries if entry[flag]]


def _labels(entries: JsonValue) -> JsonValue:
    """The labels of certifications or claims, with a status other than verified; None if they're unknown."""
    if not isinstance(entries, list):
        return None
    return [_label(as_object(entry)) for entry in entries]


def _label(entry: JsonObject) -> str:
    status = as_text(entry.get("verification_status"))
    ended = "not active" if entry.get("is_active") is False else ""
    remarks = [remark for remark in (status if status != "verified" else "", ended) if remark]
    return f"{entry['label']} ({', '.join(remarks)})" if remarks else str(entry["label"])


def _cheapest(items: list[JsonValue], size: str) -> JsonValue:
    """The cheapest offer in stock, with its price per kg or L.

    None if there's none, or if the prices can't be compared: their currencies differ or are unknown.
    """
    offers = [item for entry in items if (item := as_object(entry)).get("stock_status") in _STOCKED and "price" in item]
    if not offers or not _comparable(offers):
        return None
    best = min(offers, key=lambda offer: float(str(as_object(offer["price"])["amount"])))
    names = ("price", "store", "distance_km", "stock_status", "last_checked_at")
    price = as_object(best["price"])
    return {
        **{name: best[name] for name in names if name in best},
        "unit_price": unit_price(str(price["amount"]), size),
    }


def _comparable(offers: list[JsonObject]) -> bool:
    """Whether the prices of offers are in the same known currency, as those of fewer than two always are."""
    currencies = {as_text(as_object(offer["price"])["currency"]) for offer in offers}
    return len(offers) < 2 or (len(currencies) == 1 and "" not in currencies)


def _notes(compared: list[JsonObject]) -> list[str]:
    notes: list[str] = []
    for verdict, words in _VERDICTS.items():
        if named := [_named(row) for row in compared if row["recalled"] == verdict]:
            notes.append(f"{words}: {', '.join(named)}.")
    if named := [_named(row) for row in compared if row["allergens"] is None]:
        notes.append(f"Allergens are unknown, which is not none: {', '.join(named)}.")
    if not _comparable([as_object(row["cheapest_in_stock"]) for row in compared if row.get("cheapest_in_stock")]):
        notes.append("The prices are in different or unknown currencies, so they can't be compared.")
    if any("cheapest_in_stock" in row and row["cheapest_in_stock"] is None for row in compared):
        notes.append("cheapest_in_stock is null where no offer in stock nearby, with a comparable price, is known.")
    return notes


def _named(row: JsonObject) -> str:
    return f"{row['name'] or 'no name'} ({row['gtin']})"
