"""The initial data: the products in `groceries`, stores, offers and accounts."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db import connection
from django.utils import timezone

from . import accounts, fulltext
from .accounts import FAR_AWAY, HARBOUR
from .groceries import BRANDS, CHAINS, FIXED, KINDS, ORIGINS, PLACES, SOURCES, STREETS
from .gtin import complete
from .models import Brand, CustomUrl, Product, ResolutionRule, Retailer, Store, short_id
from .product_documents import document_of, kind_of

_START = datetime(2026, 4, 1, 9, tzinfo=UTC)
_OWNERS = {"Harbour & Pine": HARBOUR, "Northern Lantern": FAR_AWAY}

_OfferRow = tuple[str | int | None, ...]


def fill() -> None:
    """Write all of it to empty tables."""
    now = timezone.now().replace(second=0, microsecond=0)
    accounts.fill(_START)
    products = list(_products(now))
    Product.objects.bulk_create(products)
    Brand.objects.bulk_create(_brands(products))
    Retailer.objects.bulk_create(_retailers())
    stores = list(_stores())
    Store.objects.bulk_create(stores)
    _write_offers(list(_offers(products, stores, now)))
    _index(products)
    _links()


def _products(now: datetime) -> Iterator[Product]:
    for gtin, brand, name in FIXED:
        yield _product(gtin, brand, name, 0, now)
    number = 0
    for kind in KINDS:
        for variant in kind.variants:
            for size in kind.sizes:
                for brand in BRANDS:
                    number += 1
                    organic = "Organic " if number % 3 == 1 else ""
                    name = f"{organic}{kind.name}, {variant}, {size}"
                    yield _product(complete(f"952{number:09d}"), brand, name, number, now)


def _product(gtin: str, brand: str, name: str, number: int, now: datetime) -> Product:
    owner = _OWNERS.get(brand)
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
        document=document_of(gtin, brand, name, number, now.year),
    )


def _brands(products: list[Product]) -> Iterator[Brand]:
    for name in sorted({product.brand for product in products}):
        document: dict[str, Any] = {"website": "", "description": f"Groceries from {name}.", "metadata": {}}
        yield Brand(
            id=short_id(f"brand {name}"),
            name=name,
            created=_START,
            organization_id=_OWNERS.get(name),
            document=document,
        )


def _retailers() -> Iterator[Retailer]:
    for number, name in enumerate(CHAINS):
        organization = FAR_AWAY if number else HARBOUR
        yield Retailer(id=short_id(f"retailer {name}"), name=name, created=_START, organization_id=organization)


def _stores() -> Iterator[Store]:
    for place, latitude, longitude, count in PLACES:
        for number in range(count):
            chain = CHAINS[number % len(CHAINS)]
            street = STREETS[number % len(STREETS)]
            yield Store(
                id=short_id(f"store {place} {number}"),
                retailer_id=short_id(f"retailer {chain}"),
                name=f"{chain} {street.rsplit(' ', 1)[0]}",
                address=f"{100 + 37 * number} {street}, {place}, BC",
                # No store is at the centre of its place, so that none is at distance 0.
                latitude=round(latitude + (number * 5 % 11 - 5) * 0.004 + 0.0013, 5),
                longitude=round(longitude + (number * 7 % 13 - 6) * 0.005 - 0.0021, 5),
            )


def _offers(products: list[Product], stores: list[Store], now: datetime) -> Iterator[_OfferRow]:
    quantities = (24, 12, 3, 48, 0, 18, None)
    for number, product in enumerate(products):
        cents = kind_of(product.product_name).cents
        for turn in range(4):
            place = (number * 7 + turn * 13) % len(stores)
            checked = now - timedelta(minutes=5 + (number * 11 + turn * 97) % 1430)
            yield (
                short_id(f"offer {product.gtin} {turn}"),
                product.id,
                stores[place].id,
                cents + (number * 31 + turn * 17) % 240 - 120,
                f"{product.gtin[-6:]}-{place:02}",
                quantities[(number + turn) % len(quantities)],
                connection.ops.adapt_datetimefield_value(checked),
            )


def _write_offers(rows: list[_OfferRow]) -> None:
    # There are 8,000: as objects they would take a fifth of the sandbox's start.
    with connection.cursor() as cursor:
        cursor.executemany(
            "INSERT INTO data_offer (id, product_id, store_id, cents, sku, quantity, last_checked_at)"
            " VALUES (%s, %s, %s, %s, %s, %s, %s)",
            rows,
        )


def _index(products: list[Product]) -> None:
    brands = sorted({product.brand for product in products})
    fulltext.add(
        [
            *(fulltext.entry(product) for product in products),
            *(("brand", short_id(f"brand {brand}"), brand, brand, "Brand") for brand in brands),
            *(("retailer", short_id(f"retailer {chain}"), chain, "", "Retailer") for chain in CHAINS),
        ]
    )


def _links() -> None:
    url = CustomUrl.objects.create(
        id=short_id("custom url peanut butter"),
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
