"""The full-text index of the catalog: its table, and how products get into it."""

from django.db import connection

from .models import Product

CREATE = """
CREATE VIRTUAL TABLE catalog_words USING fts5(
    type UNINDEXED, id UNINDEXED, name, brand, description, tokenize = 'porter unicode61 remove_diacritics 2'
)
"""

Words = tuple[str, str, str, str, str]


def of(product: Product) -> Words:
    """What a product is found by."""
    return (
        "product",
        product.gtin,
        product.product_name,
        product.brand,
        str(product.document["description"]),
    )


def add(rows: list[Words]) -> None:
    """Add entries as (type, id, name, brand, description)."""
    with connection.cursor() as cursor:
        cursor.executemany(
            "INSERT INTO catalog_words (type, id, name, brand, description) VALUES (%s, %s, %s, %s, %s)", rows
        )


def put(product: Product) -> None:
    """Add a product, in place of what was there for it."""
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM catalog_words WHERE type = 'product' AND id = %s", [product.gtin])
    add([of(product)])
