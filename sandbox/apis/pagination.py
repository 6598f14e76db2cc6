"""Pagination: the query parameters, and the envelope of a page."""

from math import ceil
from typing import Any

from ninja import Field, Schema


class Pagination(Schema):
    page: int
    page_size: int
    total_count: int
    total_pages: int
    has_next: bool
    has_previous: bool


class PageQuery(Schema):
    """The query parameters for a page of a list."""

    page: int = Field(1, ge=1, le=1_000_000, description="The page, from 1.")
    page_size: int = Field(25, ge=1, le=100, description="Entries per page.")


def paginated(rows: list[Any], query: PageQuery, total: int | None = None) -> dict[str, Any]:
    """The envelope of one page; `rows` are all rows, or only the page if `total` is given."""
    page, page_size = query.page, query.page_size
    count = len(rows) if total is None else total
    pages = ceil(count / page_size)
    return {
        "data": rows[(page - 1) * page_size : page * page_size] if total is None else rows,
        "pagination": {
            "page": page,
            "page_size": page_size,
            "total_count": count,
            "total_pages": pages,
            "has_next": page < pages,
            "has_previous": page > 1,
        },
    }
