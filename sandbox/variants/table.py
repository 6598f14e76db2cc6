"""The variants by name. Needs no Django, so that the command line can list them."""

import re
from dataclasses import dataclass

from . import shapes
from .changes import AddedQuery, Change, IgnoredCredential, Rejection, RewrittenError, RewrittenReply

_CATALOG = re.compile(r"/search/api/v1/search$")
_OPEN_SESSION = re.compile(r"/search/api/v1/search/session$")
_SESSION = re.compile(r"/search/api/v1/search/session(/|$)")
_PRODUCT = re.compile(r"/products/api/v1/products/[^/]+$")
_TRADE_ITEM = re.compile(r"/products/api/v1/trade-items/[^/]+$")
_OF_PRODUCT = re.compile(r"/products/api/v1/(products|trade-items)/(?![0-9]{8,14}(/|$))")
_RECALLS = re.compile(r"/(compliance|products)/api/v1/products/[^/]+/(batches/[^/]+/)?recalls$")


@dataclass(frozen=True)
class Variant:
    """What changes, and a sentence that says so."""

    summary: str
    changes: tuple[Change, ...]


def _unknown(path: re.Pattern[str]) -> Rejection:
    return Rejection(path, 404, "Nothing found at this URL.")


_CLAIMED_ONLY = Rejection(
    re.compile(r"/products/api/v1/products$"),
    422,
    "organization_id: field required.",
    ("GET",),
    unless="organization_id",
)

VARIANTS: dict[str, Variant] = {
    "results-list": Variant(
        "The catalog search answers with total_count and results instead of total and items.",
        (RewrittenReply(_CATALOG, shapes.results_list),),
    ),
    "session-state": Variant(
        "Search sessions answer with their state only, without offers.",
        (RewrittenReply(_SESSION, shapes.session_state),),
    ),
    "annotated-items": Variant(
        "Offers of a session are catalog hits, annotated with store, offer and distance_km.",
        (RewrittenReply(_SESSION, shapes.annotated_items),),
    ),
    "older-offers": Variant(
        "Prices are text next to price_currency instead of an object with amount and currency.",
        (RewrittenReply(_SESSION, shapes.older_offers),),
    ),
    "query-only": Variant(
        "Follow-ups of a session are sent to /query; /refine doesn't exist.",
        (_unknown(re.compile(r"/search/api/v1/search/session/[^/]+/refine$")),),
    ),
    "refine-only": Variant(
        "Follow-ups of a session are sent to /refine; /query doesn't exist.",
        (_unknown(re.compile(r"/search/api/v1/search/session/[^/]+/query$")),),
    ),
    "session-sign-in": Variant(
        "Opening a search session needs a credential.",
        (Rejection(_OPEN_SESSION, 401, "Credentials are missing: sign in to search nearby.", anonymous=True),),
    ),
    "search-ignores-keys": Variant(
        "The public catalog search ignores an invalid credential instead of answering 401.",
        (IgnoredCredential(_CATALOG),),
    ),
    "legacy-errors": Variant(
        'Errors are {"error": {"code", "message", "status", "details"}} instead of RFC 9457 problem documents.',
        (RewrittenError(shapes.legacy_error, "application/json"),),
    ),
    "retry-after": Variant(
        "Errors with status 429 say retry_after instead of retry_after_seconds.",
        (RewrittenError(shapes.renamed_wait),),
    ),
    "bare-digits": Variant(
        "GTINs in paths of the products API are 8 to 14 digits without separators.",
        (Rejection(_OF_PRODUCT, 422, "gtin: must match ^[0-9]{8,14}$."),),
    ),
    "lookup-by-path": Variant(
        "Products are found at /products/{gtin} only: there are no trade items, and /products lists claimed ones.",
        (_unknown(_TRADE_ITEM), _CLAIMED_ONLY),
    ),
    "lookup-by-query": Variant(
        "Products are found at /products?gtin= only.",
        (_unknown(_PRODUCT), _unknown(_TRADE_ITEM)),
    ),
    "lookup-by-trade-item": Variant(
        "Products are found at /trade-items/{gtin} only; /products lists claimed ones.",
        (_unknown(_PRODUCT), _CLAIMED_ONLY),
    ),
    "ongoing-recalls": Variant(
        "Recalls of unknown status are listed only when asked for.",
        (AddedQuery(_RECALLS, "status", "ONGOING"),),
    ),
    "recalls-without-lots": Variant(
        "Recalls don't list the lots they cover; /batches/{lot}/recalls knows.",
        (RewrittenReply(_RECALLS, shapes.without_lots),),
    ),
    "expiry-in-query": Variant(
        "The expiry date of a parsed Digital Link comes from its query instead of its path.",
        (RewrittenReply(re.compile(r"/products/api/v1/digital-link/parse$"), shapes.expiry_of_query),),
    ),
    "older-key-roles": Variant(
        "API keys have the roles viewer, editor and admin.",
        (RewrittenReply(re.compile(r"/account/api/v1/whoami$"), shapes.older_key_role),),
    ),
}
