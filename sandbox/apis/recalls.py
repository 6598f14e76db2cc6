"""A product's recalls: which are open, and which lots they cover."""

from typing import Any

from ..data.models import Product
from .pagination import paginated
from .problems import ProblemError
from .product_schemas import RecallQuery

OPEN = ("ONGOING", "UNKNOWN")


def covers(lot_codes: list[str], lot: str) -> bool:
    """Whether a recall covers a lot: by exact code, range or prefix; a recall without lots covers all."""
    wanted = lot.casefold()
    for code in (code.casefold() for code in lot_codes):
        first, dash, last = code.partition("-")
        if code == wanted or (code.endswith("*") and wanted.startswith(code[:-1])):
            return True
        if dash and len(first) == len(last) == len(wanted) and first <= wanted <= last:
            return True
    return not lot_codes


def is_open_for(recall: dict[str, Any], lot: str | None) -> bool:
    """Whether an open recall applies to this lot; without a lot, to any lot of the GTIN."""
    return recall["status"] in OPEN and (lot is None or covers(recall["lot_codes"], lot))


def recall_page(product: Product, query: RecallQuery, lot: str | None) -> dict[str, Any]:
    """One page of a product's recalls: the open ones unless `status` is given, and those of a lot if it's given.

    Raises:
        ProblemError: 400, invalid ordering.
    """
    statuses = (query.status,) if query.status else OPEN
    name = query.ordering.removeprefix("-")
    if name not in ("recall_date", "severity"):
        raise ProblemError(400, "ordering must be recall_date or severity, with or without a minus sign.")
    recalls = [
        recall
        for recall in product.document["recalls"]
        if recall["status"] in statuses
        and query.severity in (None, recall["severity"])
        and query.source_system in (None, recall["source_system"])
        and (lot is None or covers(recall["lot_codes"], lot))
    ]
    recalls.sort(key=lambda recall: str(recall[name]), reverse=query.ordering.startswith("-"))
    return paginated(recalls, query)
