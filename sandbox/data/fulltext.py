"""The full-text index of the catalog, searched with web-search syntax: quotes, `-word` and OR."""

import re
import unicodedata

from django.db import connection

from .models import Product

CREATE = """
CREATE VIRTUAL TABLE catalog_words USING fts5(
    type UNINDEXED, id UNINDEXED, name, brand, description, tokenize = 'porter unicode61 remove_diacritics 2'
)
"""

_TERM = re.compile(r'(-?)(?:"([^"]*)"|(\S+))')
_MOST_TERMS = 32

# Type, id, name, brand and description; search results also have a rank.
Entry = tuple[str, str, str, str, str]
Row = tuple[str, str, str, str, str, float]


def entry(product: Product) -> Entry:
    """The row that a product is found by."""
    return "product", product.gtin, product.product_name, product.brand, str(product.document["description"])


def add(entries: list[Entry]) -> None:
    """Add entries to the index."""
    with connection.cursor() as cursor:
        cursor.executemany(
            "INSERT INTO catalog_words (type, id, name, brand, description) VALUES (%s, %s, %s, %s, %s)", entries
        )


def put(product: Product) -> None:
    """Add a product, replacing its earlier row."""
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM catalog_words WHERE type = 'product' AND id = %s", [product.gtin])
    add([entry(product)])


def rename_brand(before: str, after: str) -> None:
    """Rename a brand, also in the rows of its products."""
    with connection.cursor() as cursor:
        cursor.execute("UPDATE catalog_words SET name = %s WHERE type = 'brand' AND name = %s", [after, before])
        cursor.execute("UPDATE catalog_words SET brand = %s WHERE brand = %s", [after, before])


def clean(query: str) -> str:
    """The query without control characters; SQLite would end the query at a NUL."""
    return "".join(" " if unicodedata.category(char)[0] == "C" else char for char in query).strip()


def expression(query: str) -> str | None:
    """The FTS5 expression for a query, or None if it has no word to search for.

    Every word is quoted, so nothing a caller writes is ever read as FTS5 syntax.
    """
    groups: list[list[str]] = [[]]
    excluded: list[str] = []
    for minus, phrase, word in _TERM.findall(clean(query))[:_MOST_TERMS]:
        text = phrase or word
        if word == "OR" and not minus:
            groups.append([])
        elif any(char.isalnum() for char in text):
            quoted = '"' + text.replace('"', " ") + '"'
            (excluded if minus else groups[-1]).append(quoted)
    alternatives = ["(" + " AND ".join(group) + ")" for group in groups if group]
    if not alternatives:
        return None
    wanted = " OR ".join(alternatives)
    return f"({wanted}) NOT ({' OR '.join(excluded)})" if excluded else wanted


def search(query: str, types: tuple[str, ...], limit: int) -> list[Row]:
    """The best matches; matches substrings if no word matches."""
    marks = ", ".join(["%s"] * len(types))
    columns = "type, id, name, brand, description"
    match = expression(query)
    rows: list[Row] = []
    with connection.cursor() as cursor:
        if match is not None:
            cursor.execute(
                f"SELECT {columns}, -bm25(catalog_words, 0, 0, 10, 4, 1) AS rank FROM catalog_words"  # noqa: S608
                f" WHERE catalog_words MATCH %s AND type IN ({marks}) ORDER BY rank DESC, id LIMIT %s",
                [match, *types, limit],
            )
            rows = cursor.fetchall()
        if not rows and clean(query):
            cursor.execute(
                f"SELECT {columns}, 0.0 FROM catalog_words"  # noqa: S608
                f" WHERE instr(lower(name), lower(%s)) > 0 AND type IN ({marks}) ORDER BY id LIMIT %s",
                [clean(query), *types, limit],
            )
            rows = cursor.fetchall()
    return rows
