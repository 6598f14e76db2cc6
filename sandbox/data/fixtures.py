"""The initial data: the products in `groceries`, stores, offers and accounts."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from . import accounts, fulltext
from .accounts import FAR_AWAY, HARBOUR
from .groceries import BRANDS, CHAINS, FIXED, KINDS, ORIGINS, PLACES, SOURCES, STREETS, Kind
from .gtin import complete
from .models import CustomUrl, Offer, Product, ResolutionRule, Store, short_id

_START = datetime(2026, 4, 1, 9, tzinfo=UTC)
_RECALLED_LOTS = ["LOT42", "LOT50-LOT59", "X9*"]


def fill() -> None:
    """Write all of it to empty tables."""
    accounts.fill(_START)
    products = list(_products())
    Product.objects.bulk_create(products)
    stores = list(_stores())
    Store.objects.bulk_create(stores)
    Offer.objects.bulk_create(_offers(products, stores))
    _index(products)
    _links()


def _products() -> Iterator[Product]:
    for gtin, brand, name, place in FIXED:
        yield _product(gtin, brand, name, KINDS[place], 0)
    number = 0
    for kind in KINDS:
        for variant in kind.variants:
            for size in kind.sizes:
                for brand in BRANDS:
                    number += 1
                    organic = "Organic " if number % 3 == 1 else ""
                    name = f"{organic}{kind.name}, {variant}, {size}"
                    yield _product(complete(f"952{number:09d}"), brand, name, kind, number)


def _product(gtin: str, brand: str, name: str, kind: Kind, number: int) -> Product:
    size = name.rsplit(", ", 1)[1]
    owner = HARBOUR if brand == "Harbour & Pine" else FAR_AWAY if brand == "Northern Lantern" else None
    source = "claimed" if owner else SOURCES[1 + number % (len(SOURCES) - 1)]
    return Product(
        id=short_id(f"product {gtin}"),
        gtin=gtin,
        product_name=name,
        brand=brand,
        data_source=source,
        confidence_score=0.98 if owner else round(0.55 + number % 40 / 100, 2),
        country_of_origin=ORIGINS[number % len(ORIGINS)],
        created=_START + timedelta(minutes=number),
        owner_id=owner,
        document=_document(gtin, brand, name, kind, size, number),
    )


def _document(gtin: str, brand: str, name: str, kind: Kind, size: str, number: int) -> dict[str, Any]:
    amount, unit = _measure(size)
    organic = name.startswith("Organic")
    weight = amount if unit == "GRM" else None
    return {
        "description": f"{name}, from {brand}. Ingredients: {', '.join(kind.ingredients)}.",
        "manufacturer": f"{brand} Ltd.",
        "image_url": f"/p/{gtin}/image.svg",
        "net_content": size,
        "net_content_value": amount,
        "net_content_uom": unit,
        "gpc_brick_code": kind.brick,
        "net_weight": weight,
        "gross_weight": round(weight * 1.08, 1) if weight is not None else None,
        "metadata": {},
        "contains_allergens": list(kind.allergens),
        "ingredients": [_ingredient(gtin, place, item, kind) for place, item in enumerate(kind.ingredients)],
        "nutrition": _nutrition(kind, number),
        "certifications": [_certification(gtin, label) for label in _certified(kind, organic, number)],
        "claims": [_claim(gtin, label, category) for label, category in _claimed(kind, number)],
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


def _ingredient(gtin: str, place: int, name: str, kind: Kind) -> dict[str, Any]:
    major = any(allergen.rstrip("s") in name or _stands_for(allergen, name) for allergen in kind.allergens)
    return {
        "id": short_id(f"ingredient {gtin} {name}"),
        "name": name,
        "is_major_allergen": major,
        "may_contain": False,
        "priority": place + 1,
        "notes": "",
        "percentage": None,
        "origin": "",
    }


def _stands_for(allergen: str, ingredient: str) -> bool:
    sources = {
        "tree nuts": ("almonds", "pecans", "hazelnuts"),
        "gluten": ("oats", "wheat"),
        "sesame": ("tahini",),
    }
    return any(source in ingredient for source in sources.get(allergen, ()))


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


def _certified(kind: Kind, organic: bool, number: int) -> Iterator[str]:
    if organic:
        yield "Canada Organic"
    if number % 5 == 0:
        yield "Kosher"
    if number % 7 == 0:
        yield "Non-GMO Project"
    if not {"milk"} & set(kind.allergens) and "honey" not in kind.ingredients:
        yield "Certified Vegan"


def _certification(gtin: str, label: str) -> dict[str, Any]:
    code = label.upper().replace(" ", "_").replace("-", "_")
    return {
        "id": short_id(f"certification {label}"),
        "label": label,
        "code": code,
        "is_active": True,
        "description": f"Certified: {label}.",
        "url": "",
        "logo_url": "",
        "valid_from": "2026-01-01",
        "expiry_date": "2027-12-31",
        "certificate_number": f"{code[:3]}-{gtin[-6:]}",
        "issuing_body": f"{label} Board",
        "verification_url": "",
        "verification_status": "verified",
        "scope": "",
        "certification_value": "",
        "metadata": {},
    }


def _claimed(kind: Kind, number: int) -> Iterator[tuple[str, str]]:
    if "gluten" not in kind.allergens:
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


def _stores() -> Iterator[Store]:
    for place, latitude, longitude, count in PLACES:
        for number in range(count):
            chain = CHAINS[number % len(CHAINS)]
            street = STREETS[number % len(STREETS)]
            yield Store(
                id=short_id(f"store {place} {number}"),
                name=f"{chain} {street.rsplit(' ', 1)[0]}",
                address=f"{100 + 37 * number} {street}, {place}, BC",
                latitude=round(latitude + (number * 5 % 11 - 5) * 0.004, 5),
                longitude=round(longitude + (number * 7 % 13 - 6) * 0.005, 5),
            )


def _offers(products: list[Product], stores: list[Store]) -> Iterator[Offer]:
    statuses = ("in_stock", "in_stock", "low_stock", "in_stock", "out_of_stock", "in_stock", "unknown")
    cents = {kind.name: kind.cents for kind in KINDS}
    for number, product in enumerate(products):
        name = product.product_name.split(",")[0].removeprefix("Organic ")
        for turn in range(4):
            place = (number * 7 + turn * 13) % len(stores)
            yield Offer(
                id=short_id(f"offer {product.gtin} {turn}"),
                product_id=product.id,
                store_id=stores[place].id,
                cents=cents.get(name, 599) + (number * 31 + turn * 17) % 240 - 120,
                stock_status=statuses[(number + turn) % len(statuses)],
                last_checked_at=_START + timedelta(days=24, minutes=(number * 11 + turn * 97) % 1440),
            )


def _index(products: list[Product]) -> None:
    fulltext.add(
        [
            *(fulltext.entry(product) for product in products),
            *(("brand", short_id(f"brand {brand}"), brand, brand, "Brand") for brand in BRANDS),
            *(("retailer", short_id(f"retailer {chain}"), chain, "", "Retailer") for chain in CHAINS),
        ]
    )


def _links() -> None:
    url = CustomUrl.objects.create(
        id=short_id("custom url risotto"),
        organization_id=HARBOUR,
        url="https://brand.example/peanut-butter",
        created=_START,
        modified=_START,
    )
    for place, (gtin, link_type, custom) in enumerate(
        (
            ("00614141123452", "gs1:pip", None),
            ("00614141123452", "gs1:recipeInfo", url),
            ("09506000134352", "gs1:warranty", None),
        )
    ):
        ResolutionRule.objects.create(
            id=short_id(f"rule {place}"),
            organization_id=HARBOUR,
            gtin=gtin,
            document={
                "order_index": place,
                "link_type": link_type,
                "custom_url_id": custom.id if custom else None,
                "created": _START.isoformat(),
            },
        )
