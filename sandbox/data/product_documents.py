"""What the initial data says about each product, derived from its kind, its variant and its number."""

from collections.abc import Iterator
from typing import Any

from .groceries import KINDS, Kind, allergens_in
from .models import short_id

_RECALLED_LOTS = ["LOT42", "LOT50-LOT59", "X9*"]
_KINDS = {kind.name: kind for kind in KINDS}

CERTIFICATIONS = {
    label: {
        "id": short_id(f"certification {label}"),
        "label": label,
        "code": label.upper().replace(" ", "_").replace("-", "_"),
        "description": f"Certified: {label}.",
        "url": "",
        "logo_url": "",
        "issuing_body": f"{label} Board",
    }
    for label in ("Canada Organic", "Kosher", "Non-GMO Project", "Certified Vegan")
}


def kind_of(name: str) -> Kind:
    """The kind of product that a name begins with."""
    return _KINDS[name.split(", ")[0].removeprefix("Organic ")]


def document_of(gtin: str, brand: str, name: str, number: int, year: int) -> dict[str, Any]:
    """What is known about a product in addition to the columns of its table."""
    kind, size = kind_of(name), name.rsplit(", ", 1)[1]
    ingredients = kind.ingredients_of(name.split(", ")[1])
    allergens = allergens_in(*ingredients)
    amount, unit = _measure(size)
    weight = amount if unit == "GRM" else None
    labels = _certified(name, ingredients, allergens, number)
    return {
        "description": f"{name}, from {brand}. Ingredients: {', '.join(ingredients)}.",
        "manufacturer": f"{brand} Ltd.",
        "image_url": f"/p/{gtin}/image.png",
        "net_content": size,
        "net_content_value": amount,
        "net_content_uom": unit,
        "gpc_brick_code": kind.brick,
        "net_weight": weight,
        "gross_weight": round(weight * 1.08, 1) if weight is not None else None,
        "metadata": {},
        "contains_allergens": allergens,
        "ingredients": [_ingredient(gtin, place, item) for place, item in enumerate(ingredients)],
        "nutrition": _nutrition(kind, number),
        "certifications": [_certification(gtin, label, year) for label in labels],
        "claims": [_claim(gtin, label, category) for label, category in _claimed(allergens, number)],
        "recalls": _recalls(gtin, name, brand, number),
    }


def _measure(size: str) -> tuple[float, str]:
    number, _, unit = size.partition(" ")
    factor, code = {
        "g": (1.0, "GRM"),
        "kg": (1000.0, "GRM"),
        "mL": (1.0, "MLT"),
        "L": (1000.0, "MLT"),
        "bags": (1.0, "H87"),
    }.get(unit, (355.0, "MLT"))
    return float(number) * factor, code


def _ingredient(gtin: str, place: int, name: str) -> dict[str, Any]:
    return {
        "id": short_id(f"ingredient {gtin} {name}"),
        "name": name,
        "is_major_allergen": bool(allergens_in(name)),
        "may_contain": False,
        "priority": place + 1,
        "notes": "",
        "percentage": None,
        "origin": "",
    }


def _nutrition(kind: Kind, number: int) -> dict[str, Any]:
    fat = round(0.4 + (len(kind.name) * 7 + number) % 30, 1)
    sugar = round((len(kind.name) * 3 + number) % 25 / 2, 1)
    return {
        "label_format": "CA_CFIA",
        "serving_size": "30 g",
        "serving_size_g": 30.0,
        "servings_per_container": 10.0,
        "nutrients": [
            {"name": "Calories", "amount": f"{60 + int(fat * 5)} kcal", "daily_value_pct": None},
            {"name": "Fat", "amount": f"{fat} g", "daily_value_pct": round(fat / 0.75)},
            {"name": "Sugars", "amount": f"{sugar} g", "daily_value_pct": round(sugar)},
            {"name": "Sodium", "amount": f"{number % 90} mg", "daily_value_pct": round(number % 90 / 23)},
        ],
    }


def _certified(name: str, ingredients: tuple[str, ...], allergens: tuple[str, ...], number: int) -> Iterator[str]:
    if name.startswith("Organic"):
        yield "Canada Organic"
    if number % 5 == 0:
        yield "Kosher"
    if number % 7 == 0:
        yield "Non-GMO Project"
    if "milk" not in allergens and "honey" not in ingredients:
        yield "Certified Vegan"


def _certification(gtin: str, label: str, year: int) -> dict[str, Any]:
    kind = CERTIFICATIONS[label]
    return {
        **kind,
        "is_active": True,
        "valid_from": f"{year}-01-01",
        "expiry_date": f"{year + 1}-12-31",
        "certificate_number": f"{kind['code'][:3]}-{gtin[-6:]}",
        "verification_url": "",
        "verification_status": "verified",
        "scope": "",
        "certification_value": "",
        "metadata": {},
    }


def _claimed(allergens: tuple[str, ...], number: int) -> Iterator[tuple[str, str]]:
    if "gluten" not in allergens:
        yield "Gluten free", "ALLERGEN_FREE"
    if number % 4 == 0:
        yield "Recyclable packaging", "SUSTAINABILITY"


def _claim(gtin: str, label: str, category: str) -> dict[str, Any]:
    return {
        "id": short_id(f"claim {gtin} {label}"),
        "label": label,
        "code": label.upper().replace(" ", "_"),
        "category": category,
        "source": "BRAND_SELF_DECLARED",
        "valid_from": "2026-01-01",
        "expiration_date": None,
        "metadata": {},
    }


def _recalls(gtin: str, name: str, brand: str, number: int) -> list[dict[str, Any]]:
    if gtin == "00614141123452":
        return [_recall(gtin, name, brand, "ONGOING", "CLASS_I", "Salmonella", _RECALLED_LOTS)]
    if number == 40:
        return [_recall(gtin, name, brand, "ONGOING", "CLASS_II", "undeclared milk", [])]
    if number == 120:
        return [_recall(gtin, name, brand, "UNKNOWN", "UNKNOWN", "pieces of glass", ["B7*"])]
    if number % 400 == 80:
        return [_recall(gtin, name, brand, "COMPLETED", "CLASS_III", "a torn seal", [])]
    return []


def _recall(
    gtin: str, name: str, brand: str, status: str, severity: str, hazard: str, lots: list[str]
) -> dict[str, Any]:
    return {
        "id": short_id(f"recall {gtin}"),
        "title": f"{name} recalled because of {hazard}",
        "status": status,
        "source_system": "HEALTH_CANADA",
        "severity": severity,
        "created": "2026-04-17T08:00:00Z",
        "description": f"{brand} recalls {name} because of {hazard}.",
        "hazard": hazard,
        "remedy": "Do not eat it; take it back to where you bought it.",
        "public_url": f"/p/{gtin}#recall",
        "company_name": f"{brand} Ltd.",
        "recall_date": "2026-04-16",
        "jurisdictions": ["CA"],
        "lot_codes": lots,
    }
